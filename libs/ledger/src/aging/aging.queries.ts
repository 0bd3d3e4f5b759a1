import { Inject, Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { counts, openBillsAt } from '../as-of/counting.queries.js';
import { type Moments } from '../as-of/moment.js';
import { digitsOf, type MoneyJson } from '../money/money.js';
import { moneyOf } from '../reads/answers.js';
import { maskPayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { AGING_BUCKETS, type AgingBucket } from './aging-bucket.js';

const SUMS = ['open', 'disputed', 'prepaid', 'receivable', 'unapplied', 'balance'] as const;
type Sum = (typeof SUMS)[number];

type Row = Record<Sum, string> & Record<AgingBucket, string> & { currency: string };

/** Receivables by how long they are past due. */
interface Aging extends Record<Sum, MoneyJson> {
  readonly currency: string;
  readonly buckets: Readonly<Record<AgingBucket, MoneyJson>>;
}

export interface AgedTotals extends Aging {
  /** With something open or to their good. */
  readonly accounts: number;
}

export interface AgedAccount extends Aging {
  readonly accountId: string;
  readonly payBillNumber: string;
}

const NAMES = [...AGING_BUCKETS.map(({ name }) => name), ...SUMS];
const HAS_ANYTHING = sql`(open <> 0 or receivable <> 0 or unapplied <> 0)`;

@Injectable()
export class AgingQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** Totals by currency, at two moments. @param on the day that days past due are reckoned from. */
  async totals(moments: Moments, on: string, currency?: string): Promise<AgedTotals[]> {
    const sums = NAMES.map((name) => sql`sum(${sql.id(name)}) as ${sql.id(name)}`);
    if (currency !== undefined) digitsOf(currency, 'currency');
    const { rows } = await sql<Row & { accounts: string }>`
      with ${agedAccounts(moments, on)}
      select currency, count(*) filter (where ${HAS_ANYTHING}) as accounts, ${sql.join(sums)} from aged_accounts
      where ${currency === undefined ? sql`true` : sql`currency = ${currency}`}
      group by currency order by currency`.execute(this.db.sql);
    return rows.map((row) => ({ ...agingOf(row), accounts: Number(row.accounts) }));
  }

  /** The accounts with something open or to their good, in the order of their ids. @throws Problem CURSOR_INVALID */
  async accounts(
    moments: Moments,
    on: string,
    { currency, limit, cursor }: { currency?: string | undefined; limit: number; cursor?: string | undefined },
  ): Promise<Page<AgedAccount>> {
    const after = keyOf(cursor, 'id');
    if (currency !== undefined) digitsOf(currency, 'currency');
    // One account after the other until the page is full; those that have nothing now and had nothing then are not gone into.
    const { rows } = await sql<Row & { account_id: string; pay_bill_number: string }>`
      select p.pay_bill_number, x.* from account_balances as p, lateral (
        with ${agedAccounts(moments, on, sql`p.account_id`)} select * from aged_accounts where ${HAS_ANYTHING}) as x
      where ${after === null ? sql`true` : sql`p.account_id > ${after}::uuid`}
        and ${currency === undefined ? sql`true` : sql`p.currency = ${currency}`}
        and (p.open > 0 or p.credit > 0
          or exists (select 1 from billing_history as h where h.account_id = p.account_id and not ${counts(moments)}))
      order by p.account_id limit ${limit + 1}`.execute(this.db.sql);
    return pageOf(
      rows,
      limit,
      ({ account_id }) => account_id,
      (row) => ({
        accountId: row.account_id,
        payBillNumber: maskPayBillNumber(row.pay_bill_number),
        ...agingOf(row),
      }),
    );
  }
}

/**
 * Common table expressions that end with `aged_accounts`: what is open of one account or of all by days past due, but for what
 * is in dispute (`disputed`); what of all that is open is covered by money on bills beyond what they charge (`prepaid`); the
 * rest, which is Accounts Receivable in the books; what of payments and credits is on no bill (`unapplied`); and what is owed
 * in all.
 */
function agedAccounts(moments: Moments, on: string, account?: RawBuilder<string>): RawBuilder<unknown> {
  const past = sql`${on}::date - due_on`;
  const buckets = AGING_BUCKETS.map(({ name, from, to }) => {
    const least = from === null ? sql`true` : sql`${past} >= ${sql.lit(from)}`;
    const most = to === null ? sql`true` : sql`${past} <= ${sql.lit(to)}`;
    return sql`sum(open - disputed) filter (where ${least} and ${most}) as ${sql.id(name)}`;
  });
  const names = AGING_BUCKETS.map(({ name }) => sql`coalesce(${sql.id(name)}, 0) as ${sql.id(name)}`);
  return sql`${openBillsAt(moments, account)},
    aged as (select account_id, sum(open) as open, sum(disputed) as disputed, ${sql.join(buckets)} from open_bills group by account_id),
    moved as (select account_id, sum(change) as receivable from undone group by account_id),
    changed as (select account_id, sum(amount) as balance from excluded group by account_id),
    standing as (
      select a.account_id, a.currency, coalesce(aged.open, 0) as open,
        coalesce(aged.disputed, 0) as disputed, ${sql.join(names)},
        a.open - coalesce(moved.receivable, 0) as receivable, a.balance - coalesce(changed.balance, 0) as balance
      from account_balances as a left join aged on aged.account_id = a.account_id
        left join moved on moved.account_id = a.account_id left join changed on changed.account_id = a.account_id
      where ${account === undefined ? sql`true` : sql`a.account_id = ${account}`}),
    aged_accounts as (select *, open - receivable as prepaid, receivable - balance as unapplied from standing)`;
}

function agingOf(row: Row): Aging {
  const money = (name: Sum | AgingBucket) => moneyOf(row[name], row.currency);
  return {
    currency: row.currency,
    buckets: {
      current: money('current'),
      days1To30: money('days1To30'),
      days31To60: money('days31To60'),
      days61To90: money('days61To90'),
      days91To120: money('days91To120'),
      over120Days: money('over120Days'),
    },
    open: money('open'),
    disputed: money('disputed'),
    prepaid: money('prepaid'),
    receivable: money('receivable'),
    unapplied: money('unapplied'),
    balance: money('balance'),
  };
}
