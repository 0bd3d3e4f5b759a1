import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Rejected } from '#libs/event-sourcing';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type MoneyJson } from '../money/money.js';
import { refuseUnknownAccount } from '../reads/account-exists.queries.js';
import { moneyOf } from '../reads/answers.js';
import { type OpenedRow, type ResolvedRow } from './disputes.projection.js';

type Row = Omit<OpenedRow, 'effective_at' | 'recorded_at'> &
  Partial<Omit<ResolvedRow, 'account_id' | 'dispute_id' | 'resolved_at'>> & {
    state: 'open' | 'resolved';
    effective_at: Date;
    recorded_at: Date;
    resolved_at: Date | null;
  };

interface Resolution {
  readonly outcome: 'customer' | 'company';
  readonly granted: MoneyJson;
  readonly reason: string;
  /** Until then what was in dispute and not granted is not dunned for; null: nothing was left. */
  readonly payableBy: string | null;
  readonly resolvedBy: string;
  readonly at: string;
}

/** A dispute and how it was decided. */
export interface DisputeView {
  readonly disputeId: string;
  readonly accountId: string;
  readonly state: 'open' | 'resolved';
  readonly subject: {
    readonly kind: OpenedRow['subject'];
    readonly billNumber: string | null;
    readonly lineId: string | null;
    readonly paymentId: string | null;
  };
  readonly amount: MoneyJson;
  /** What is in dispute by now: less where charges were reversed, nothing once it is resolved. */
  readonly disputed: MoneyJson;
  readonly reason: string;
  readonly policy: string;
  readonly openedBy: string;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly resolution: Resolution | null;
  readonly revision: string;
}

const COLUMNS = sql`account_id, dispute_id, revision, subject, bill_number, line_id, payment_id, currency, amount, disputed,
  reason, policy, opened_by, effective_at, recorded_at, state, outcome, granted, payable_by::text, resolution, resolved_by,
  resolved_at`;

@Injectable()
export class DisputesQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** An account's disputes, the latest opened first. @throws Rejected ACCOUNT_UNKNOWN, Problem CURSOR_INVALID */
  async disputes(
    accountId: string,
    { state, limit, cursor }: { state: 'open' | 'all'; limit: number; cursor?: string | undefined },
  ): Promise<Page<DisputeView>> {
    const before = keyOf(cursor);
    const { rows } = await sql<Row>`
      select ${COLUMNS} from disputes
      where account_id = ${accountId}::uuid ${state === 'open' ? sql`and outcome is null` : sql``}
        ${before === null ? sql`` : sql`and revision < ${before}::bigint`}
      order by revision desc limit ${limit + 1}`.execute(this.db.sql);
    if (rows.length === 0) await refuseUnknownAccount(this.db, accountId);
    return pageOf(rows, limit, ({ revision }) => revision, viewOf);
  }

  /** @throws Rejected ACCOUNT_UNKNOWN | DISPUTE_UNKNOWN */
  async dispute(accountId: string, disputeId: string): Promise<DisputeView> {
    const { rows } = await sql<Row>`
      select ${COLUMNS} from disputes
      where account_id = ${accountId}::uuid and dispute_id = ${disputeId}::uuid`.execute(this.db.sql);
    if (rows[0]) return viewOf(rows[0]);
    await refuseUnknownAccount(this.db, accountId);
    throw new Rejected('DISPUTE_UNKNOWN', 'the account has no dispute with this id; list its disputes', 'disputeId');
  }
}

function viewOf(row: Row): DisputeView {
  const { currency } = row;
  return {
    disputeId: row.dispute_id,
    accountId: row.account_id,
    state: row.state,
    subject: { kind: row.subject, billNumber: row.bill_number, lineId: row.line_id, paymentId: row.payment_id },
    amount: moneyOf(row.amount, currency),
    disputed: moneyOf(row.disputed, currency),
    reason: row.reason,
    policy: row.policy,
    openedBy: row.opened_by,
    effectiveAt: row.effective_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
    resolution: resolutionOf(row),
    revision: row.revision,
  };
}

function resolutionOf({ currency, outcome, granted, resolution, resolved_by, resolved_at, ...row }: Row) {
  if (!outcome || !resolved_at) return null;
  return {
    outcome,
    granted: moneyOf(granted!, currency),
    reason: resolution!,
    payableBy: row.payable_by ?? null,
    resolvedBy: resolved_by!,
    at: resolved_at.toISOString(),
  };
}
