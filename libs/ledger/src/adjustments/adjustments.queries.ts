import { Inject, Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type MoneyJson } from '../money/money.js';
import { refuseUnknownAccount } from '../reads/account-exists.queries.js';
import { moneyOf } from '../reads/answers.js';
import { type DecidedRow, type ProposedRow } from './adjustments.projection.js';

export const ADJUSTMENT_STATES = ['proposed', 'approved', 'refused'] as const;
type AdjustmentState = (typeof ADJUSTMENT_STATES)[number];

type Row = Omit<ProposedRow, 'proposed_at'> &
  Pick<DecidedRow, 'approval' | 'refusal' | 'decided_by'> & {
    state: AdjustmentState;
    proposed_at: Date;
    decided_at: Date | null;
  };

/** An adjustment, and who decided it. */
export interface AdjustmentView {
  readonly adjustmentId: string;
  readonly accountId: string;
  readonly state: AdjustmentState;
  readonly kind: ProposedRow['kind'];
  readonly billNumber: string | null;
  readonly lineId: string | null;
  readonly disputeId: string | null;
  readonly amount: MoneyJson;
  readonly reason: string;
  readonly policy: string;
  readonly proposedBy: string;
  readonly role: string;
  readonly proposedAt: string;
  readonly approval: DecidedRow['approval'];
  readonly refusal: string | null;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly revision: string;
}

interface Listing {
  readonly state?: AdjustmentState | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

@Injectable()
export class AdjustmentsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** An account's adjustments, the latest proposed first. @throws Rejected ACCOUNT_UNKNOWN, Problem CURSOR_INVALID */
  async ofAccount(accountId: string, { state, limit, cursor }: Listing): Promise<Page<AdjustmentView>> {
    const before = keyOf(cursor);
    const rows = await this.#read(
      sql`account_id = ${accountId}::uuid ${isOf(state)}
        ${before === null ? sql`` : sql`and revision < ${before}::bigint`} order by revision desc limit ${limit + 1}`,
    );
    if (rows.length === 0) await refuseUnknownAccount(this.db, accountId);
    return pageOf(rows, limit, ({ revision }) => revision, viewOf);
  }

  /** Those of all accounts, the first proposed first: what waits longest is decided first. @throws Problem CURSOR_INVALID */
  async ofAll({ state, limit, cursor }: Listing): Promise<Page<AdjustmentView>> {
    const after = keyOf(cursor);
    const rows = await this.#read(
      sql`true ${isOf(state)} ${after === null ? sql`` : sql`and position > ${after}::bigint`}
        order by position limit ${limit + 1}`,
    );
    return pageOf(rows, limit, ({ position }) => position, viewOf);
  }

  async #read(which: RawBuilder<unknown>): Promise<Row[]> {
    const { rows } = await sql<Row>`select * from adjustments where ${which}`.execute(this.db.sql);
    return rows;
  }
}

function isOf(state: AdjustmentState | undefined): RawBuilder<unknown> {
  // The state as a literal, so that the index on what waits can serve.
  return state === undefined ? sql`` : sql`and state = ${sql.lit(state)}`;
}

function viewOf(row: Row): AdjustmentView {
  return {
    adjustmentId: row.adjustment_id,
    accountId: row.account_id,
    state: row.state,
    kind: row.kind,
    billNumber: row.bill_number,
    lineId: row.line_id,
    disputeId: row.dispute_id,
    amount: moneyOf(row.amount, row.currency),
    reason: row.reason,
    policy: row.policy,
    proposedBy: row.proposed_by,
    role: row.role,
    proposedAt: row.proposed_at.toISOString(),
    approval: row.approval,
    refusal: row.refusal,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.toISOString() ?? null,
    revision: row.revision,
  };
}
