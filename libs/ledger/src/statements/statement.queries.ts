import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE } from '#libs/platform';
import { type HistoryKind } from '../history/history-entry.js';
import { type MoneyJson } from '../money/money.js';
import { accountUnknown, moneyOf } from '../reads/answers.js';
import { type PeriodSums, type RollForward, rollForward } from '../roll-forward/roll-forward.js';
import { isWithin } from '../as-of/counting.queries.js';
import { countsUpToEnd, type RecordedPeriod, sumsOf } from '../roll-forward/roll-forward.queries.js';

/** The account's sums with each of its lines; without any, one row in which no line is there. */
interface Row extends PeriodSums {
  currency: string;
  pay_bill_number: string;
  revision: string | null;
  position: string;
  kind: HistoryKind;
  reference: string | null;
  reason: string | null;
  amount: string;
  balance: string;
  effective_at: Date;
  recorded_at: Date;
}

interface StatementLine {
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly kind: HistoryKind;
  readonly reference: string | null;
  readonly reason: string | null;
  readonly amount: MoneyJson;
  /** What was owed after it, in effective order. */
  readonly balance: MoneyJson;
  readonly revision: string;
  readonly position: string;
}

/** What an account owed at the beginning of a period, each thing that changed it, and what it owed at the end. */
export interface Statement extends RollForward {
  readonly accountId: string;
  readonly payBillNumber: string;
  readonly currency: string;
  readonly lines: readonly StatementLine[];
}

@Injectable()
export class StatementQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /**
   * The statement of a period. Its lines are those that move money, in the order in which they count for the customer, and
   * of those that count from the same moment in the order of the log.
   * @throws Rejected ACCOUNT_UNKNOWN
   */
  async statement(accountId: string, period: RecordedPeriod): Promise<Statement> {
    const { rows } = await sql<Row>`
      with counted as (
        select h.*, sum(h.amount) over (order by h.effective_at, h.revision) as balance from billing_history as h
        where h.account_id = ${accountId}::uuid and ${countsUpToEnd(period)})
      select a.currency, a.pay_bill_number, s.*, l.* from account_balances as a
        cross join (select ${sumsOf(period)} from counted as h) as s
        left join (
          select h.revision, h.position, h.kind, h.reference, h.reason, h.amount, h.balance, h.effective_at, h.recorded_at
          from counted as h where ${isWithin(period.from)} and (h.gl_accounts is not null or h.bill_numbers is not null)
        ) as l on true
      where a.account_id = ${accountId}::uuid order by l.effective_at, l.revision`.execute(this.db.sql);
    const first = rows[0];
    if (!first) throw accountUnknown();
    const { currency, pay_bill_number: payBillNumber } = first;
    const lines = first.revision === null ? [] : rows.map(lineOf);
    return { accountId, payBillNumber, currency, ...rollForward(first, currency), lines };
  }
}

function lineOf(row: Row): StatementLine {
  return {
    effectiveAt: row.effective_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
    kind: row.kind,
    reference: row.reference,
    reason: row.reason,
    amount: moneyOf(row.amount, row.currency),
    balance: moneyOf(row.balance, row.currency),
    revision: row.revision!,
    position: row.position,
  };
}
