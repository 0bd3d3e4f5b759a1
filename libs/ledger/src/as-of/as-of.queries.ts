import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE } from '#libs/platform';
import { type Part } from '../balances/balance.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf, type MoneyJson } from '../money/money.js';
import { accountUnknown } from '../reads/answers.js';
import { counts, openBillsAt, partsOf } from './counting.queries.js';
import { type Moments } from './moment.js';

/** The account with each of its open bills; without any, one row in which no bill is there. */
interface Row extends Record<Part, string> {
  currency: string;
  pay_bill_number: string;
  balance: string;
  events: string;
  revision: string | null;
  position: string | null;
  bill_number: string | null;
  issued_on: string;
  due_on: string;
  days_past_due: number;
  total: string;
  open: string;
  disputed: string;
}

interface OpenBill extends Record<'total' | 'open' | 'disputed', MoneyJson> {
  readonly billNumber: string;
  readonly issuedOn: string;
  readonly dueOn: string;
  /** Zero when it is not past due. */
  readonly daysPastDue: number;
}

/** What an account came to at two moments. */
export interface AccountAsOf extends Record<Part | 'balance' | 'open' | 'credit' | 'pastDue' | 'disputed', MoneyJson> {
  readonly accountId: string;
  readonly payBillNumber: string;
  readonly currency: string;
  /** How many of the account's events count, and the last of them in the log. */
  readonly events: number;
  readonly revision: string | null;
  readonly position: string | null;
  /** The first due first. */
  readonly openBills: readonly OpenBill[];
}

@Injectable()
export class AsOfQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /**
   * What an account owed, why, and on which bills, at two moments.
   * @param on the day that days past due are reckoned from.
   * @throws Rejected ACCOUNT_UNKNOWN
   */
  async account(accountId: string, moments: Moments, on: string): Promise<AccountAsOf> {
    const { rows } = await sql<Row>`
      with ${openBillsAt(moments, sql`${accountId}::uuid`)},
      sums as (
        select ${partsOf(sql`true`)}, coalesce(sum(h.amount), 0) as balance, count(*) as events,
          max(h.revision) as revision, max(h.position) as position
        from billing_history as h where h.account_id = ${accountId}::uuid and ${counts(moments)})
      select a.currency, a.pay_bill_number, s.*, b.bill_number, b.issued_on::text, b.due_on::text,
        greatest(${on}::date - b.due_on, 0) as days_past_due, b.total, b.open, b.disputed
      from account_balances as a cross join sums as s left join open_bills as b on true
      where a.account_id = ${accountId}::uuid order by b.due_on, b.revision`.execute(this.db.sql);
    const first = rows[0];
    if (!first) throw accountUnknown();
    return viewOf(accountId, first, first.bill_number === null ? [] : rows);
  }
}

function viewOf(accountId: string, account: Row, bills: readonly Row[]): AccountAsOf {
  const { currency } = account;
  const digits = digitsOf(currency);
  const minor = (amount: string) => parseMinor(amount, digits);
  const money = (amount: bigint): MoneyJson => ({ amount: formatMinor(amount, digits), currency });
  const sum = (of: readonly Row[], name: 'open' | 'disputed') =>
    of.reduce((total, row) => total + minor(row[name]), 0n);
  const [balance, open] = [minor(account.balance), sum(bills, 'open')];
  const late = bills.filter(({ days_past_due }) => days_past_due > 0);
  const part = (name: Part) => money(minor(account[name]));
  return {
    accountId,
    payBillNumber: account.pay_bill_number,
    currency,
    balance: money(balance),
    open: money(open),
    credit: money(open - balance),
    pastDue: money(sum(late, 'open') - sum(late, 'disputed')),
    disputed: money(sum(bills, 'disputed')),
    billed: part('billed'),
    paid: part('paid'),
    returned: part('returned'),
    refunded: part('refunded'),
    claimed: part('claimed'),
    adjusted: part('adjusted'),
    writtenOff: part('writtenOff'),
    reinstated: part('reinstated'),
    events: Number(account.events),
    revision: account.revision,
    position: account.position,
    openBills: bills.map((row) => ({
      billNumber: row.bill_number!,
      issuedOn: row.issued_on,
      dueOn: row.due_on,
      daysPastDue: row.days_past_due,
      total: money(minor(row.total)),
      open: money(minor(row.open)),
      disputed: money(minor(row.disputed)),
    })),
  };
}
