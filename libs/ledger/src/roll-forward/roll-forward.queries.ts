import { Inject, Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { counts, isWithin, partsOf } from '../as-of/counting.queries.js';
import { PARTS } from '../balances/balance.js';
import { digitsOf } from '../money/money.js';
import { maskPayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { type PeriodSums, type RollForward, rollForward } from './roll-forward.js';

/** Days of `effectiveAt` in UTC, both included, as far as they were known at `recordedAt`; without a bound, everything. */
export interface RecordedPeriod {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly recordedAt?: string | undefined;
}

export interface RolledTotals extends RollForward {
  readonly currency: string;
  readonly accounts: number;
}

export interface RolledAccount extends RollForward {
  readonly accountId: string;
  readonly payBillNumber: string;
  readonly currency: string;
}

@Injectable()
export class RollForwardQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The roll-forward of all accounts together, by currency. */
  async totals(period: RecordedPeriod, currency?: string): Promise<RolledTotals[]> {
    if (currency !== undefined) digitsOf(currency, 'currency');
    const sums = ['opening', ...PARTS, 'closing'].map((name) => sql`sum(s.${sql.id(name)}) as ${sql.id(name)}`);
    // By account first: to count distinct accounts of all lines, they would have to be sorted.
    const { rows } = await sql<PeriodSums & { currency: string; accounts: string }>`
      select a.currency, count(*) as accounts, ${sql.join(sums)}
      from (
        select h.account_id, ${sumsOf(period)} from billing_history as h
        where ${countsUpToEnd(period)} group by h.account_id) as s join account_balances as a using (account_id)
      where ${currency === undefined ? sql`true` : sql`a.currency = ${currency}`}
      group by a.currency order by a.currency`.execute(this.db.sql);
    return rows.map((row) => ({
      currency: row.currency,
      accounts: Number(row.accounts),
      ...rollForward(row, row.currency),
    }));
  }

  /** The same for each account that anything counts of, in the order of their ids. @throws Problem CURSOR_INVALID */
  async accounts(
    period: RecordedPeriod,
    { currency, limit, cursor }: { currency?: string | undefined; limit: number; cursor?: string | undefined },
  ): Promise<Page<RolledAccount>> {
    const after = keyOf(cursor, 'id');
    if (currency !== undefined) digitsOf(currency, 'currency');
    const { rows } = await sql<PeriodSums & { account_id: string; pay_bill_number: string; currency: string }>`
      select a.account_id, a.pay_bill_number, a.currency, s.* from account_balances as a, lateral (
        select count(*) as events, ${sumsOf(period)} from billing_history as h
        where h.account_id = a.account_id and ${countsUpToEnd(period)}) as s
      where s.events > 0 and ${after === null ? sql`true` : sql`a.account_id > ${after}::uuid`}
        and ${currency === undefined ? sql`true` : sql`a.currency = ${currency}`}
      order by a.account_id limit ${limit + 1}`.execute(this.db.sql);
    return pageOf(
      rows,
      limit,
      ({ account_id }) => account_id,
      (row) => ({
        accountId: row.account_id,
        payBillNumber: maskPayBillNumber(row.pay_bill_number),
        currency: row.currency,
        ...rollForward(row, row.currency),
      }),
    );
  }
}

/** What had been owed before a period, the parts of what it changed, and what was owed after it, as columns. */
export function sumsOf({ from }: RecordedPeriod): RawBuilder<unknown> {
  const within = isWithin(from);
  return sql`coalesce(sum(h.amount) filter (where not ${within}), 0) as opening, ${partsOf(within)},
    coalesce(sum(h.amount), 0) as closing`;
}

export function countsUpToEnd({ to, recordedAt }: RecordedPeriod): RawBuilder<boolean> {
  return counts({ effectiveAt: to, recordedAt });
}
