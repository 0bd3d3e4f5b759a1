import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type MoneyJson } from '../money/money.js';
import { accountUnknown, moneyOf } from '../reads/answers.js';
import { type HistoryKind } from './history-entry.js';

/** The account's currency with each line; without lines, one row of which only the currency is there. */
interface Row {
  currency: string;
  revision: string | null;
  position: string;
  kind: HistoryKind;
  reference: string | null;
  reason: string | null;
  amount: string;
  running_balance: string;
  effective_at: Date;
  recorded_at: Date;
}

/** One line of a billing history. */
export interface HistoryLine {
  readonly revision: string;
  readonly position: string;
  readonly kind: HistoryKind;
  readonly reference: string | null;
  readonly reason: string | null;
  readonly amount: MoneyJson;
  readonly balance: MoneyJson;
  readonly effectiveAt: string;
  readonly recordedAt: string;
}

@Injectable()
export class HistoryQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The billing history, newest first. @throws Rejected ACCOUNT_UNKNOWN, Problem CURSOR_INVALID */
  async history(accountId: string, limit: number, cursor: string | undefined): Promise<Page<HistoryLine>> {
    const before = keyOf(cursor);
    const { rows } = await sql<Row>`
      select a.currency, h.*
      from account_balances as a left join lateral (
        select revision, position, kind, reference, reason, amount, running_balance, effective_at, recorded_at
        from billing_history
        where account_id = a.account_id and revision < coalesce(${before}::bigint, 9223372036854775807)
        order by revision desc limit ${limit + 1}) as h on true
      where a.account_id = ${accountId}::uuid`.execute(this.db.sql);
    const first = rows[0];
    if (!first) throw accountUnknown();
    return pageOf(first.revision === null ? [] : rows, limit, (row) => row.revision!, lineOf);
  }
}

function lineOf(row: Row): HistoryLine {
  return {
    revision: row.revision!,
    position: row.position,
    kind: row.kind,
    reference: row.reference,
    reason: row.reason,
    amount: moneyOf(row.amount, row.currency),
    balance: moneyOf(row.running_balance, row.currency),
    effectiveAt: row.effective_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
  };
}
