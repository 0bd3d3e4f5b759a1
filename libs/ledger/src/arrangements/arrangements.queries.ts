import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type MoneyJson } from '../money/money.js';
import { refuseUnknownAccount } from '../reads/account-exists.queries.js';
import { moneyOf } from '../reads/answers.js';
import { type AgreedRow, type CourseRow } from './arrangements.projection.js';

interface Row extends Omit<AgreedRow, 'agreed_at'>, Pick<CourseRow, 'state' | 'missing' | 'reason'> {
  kept: number;
  agreed_at: Date;
  ended_at: Date | null;
}

/** An arrangement and what became of it. */
export interface ArrangementView {
  readonly arrangementId: string;
  readonly accountId: string;
  readonly state: CourseRow['state'];
  readonly amount: MoneyJson;
  readonly bills: readonly { readonly billNumber: string; readonly amount: MoneyJson }[];
  readonly instalments: readonly {
    readonly number: number;
    readonly dueOn: string;
    readonly amount: MoneyJson;
    readonly kept: boolean;
  }[];
  readonly graceDays: number;
  readonly policy: string;
  readonly agreedBy: string;
  readonly agreedAt: string;
  /** What was missing when it was broken. */
  readonly missing: MoneyJson | null;
  readonly reason: string | null;
  readonly endedAt: string | null;
  readonly revision: string;
}

const COLUMNS = sql`account_id, arrangement_id, revision, currency, amount, bill_numbers, bill_amounts::text[], due_on::text[],
  instalment_amounts::text[], grace_days, policy, agreed_by, agreed_at, kept, state, missing, reason, ended_at`;

@Injectable()
export class ArrangementsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** An account's arrangements, the latest first. @throws Rejected ACCOUNT_UNKNOWN, Problem CURSOR_INVALID */
  async arrangements(
    accountId: string,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<ArrangementView>> {
    const before = keyOf(cursor);
    const { rows } = await sql<Row>`
      select ${COLUMNS} from arrangements
      where account_id = ${accountId}::uuid ${before === null ? sql`` : sql`and revision < ${before}::bigint`}
      order by revision desc limit ${limit + 1}`.execute(this.db.sql);
    if (rows.length === 0) await refuseUnknownAccount(this.db, accountId);
    return pageOf(rows, limit, ({ revision }) => revision, viewOf);
  }

  /** The accounts with an arrangement that stands, so many after one, in the order of their ids. */
  async standing(after: string | undefined, limit: number): Promise<string[]> {
    const { rows } = await sql<{ account_id: string }>`
      select account_id from arrangements
      where state = 'active' ${after === undefined ? sql`` : sql`and account_id > ${after}::uuid`}
      order by account_id limit ${limit}`.execute(this.db.sql);
    return rows.map(({ account_id }) => account_id);
  }
}

function viewOf(row: Row): ArrangementView {
  const money = (amount: string) => moneyOf(amount, row.currency);
  return {
    arrangementId: row.arrangement_id,
    accountId: row.account_id,
    state: row.state,
    amount: money(row.amount),
    bills: row.bill_numbers.map((billNumber, at) => ({ billNumber, amount: money(row.bill_amounts[at]!) })),
    instalments: row.due_on.map((dueOn, at) => ({
      number: at + 1,
      dueOn,
      amount: money(row.instalment_amounts[at]!),
      kept: at < row.kept,
    })),
    graceDays: row.grace_days,
    policy: row.policy,
    agreedBy: row.agreed_by,
    agreedAt: row.agreed_at.toISOString(),
    missing: row.missing === null ? null : money(row.missing),
    reason: row.reason,
    endedAt: row.ended_at?.toISOString() ?? null,
    revision: row.revision,
  };
}
