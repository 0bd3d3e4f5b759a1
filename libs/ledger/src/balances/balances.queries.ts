import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE } from '#libs/platform';
import { type MoneyJson } from '../money/money.js';
import { accountUnknown, moneyOf } from '../reads/answers.js';

type Plain =
  'billed' | 'paid' | 'returned' | 'refunded' | 'claimed' | 'adjusted' | 'reinstated' | 'open' | 'credit' | 'balance';
type Amount = Plain | 'written_off' | 'past_due' | 'disputed';

type Row = Record<Amount, string> & {
  pay_bill_number: string;
  customer_reference: string | null;
  currency: string;
  status: 'open' | 'closed';
  opened_at: Date;
  closed_at: Date | null;
  successor_id: string | null;
  last_effective_at: Date;
  revision: string;
  position: string;
};

/** An account as it stands. */
export interface AccountView extends Record<Plain | 'writtenOff' | 'pastDue' | 'disputed', MoneyJson> {
  readonly accountId: string;
  readonly payBillNumber: string;
  readonly customerReference: string | null;
  readonly currency: string;
  readonly status: 'open' | 'closed';
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly successorId: string | null;
  readonly lastEffectiveAt: string;
  readonly asOf: string;
  readonly revision: string;
  readonly position: string;
}

@Injectable()
export class BalancesQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /**
   * What an account owes and why; a bill is past due when it was due before `asOf`.
   * @throws Rejected ACCOUNT_UNKNOWN
   */
  async account(accountId: string, asOf: string): Promise<AccountView> {
    const { rows } = await sql<Row>`
      select pay_bill_number, customer_reference, currency, status, opened_at, closed_at, successor_id,
        billed, paid, returned, refunded, claimed, adjusted, written_off, reinstated, open, credit, balance, last_effective_at, revision, position,
        b.past_due, b.disputed
      from account_balances as a, lateral (
        select coalesce(sum(bills.open - open_disputed) filter (where due_on < ${asOf}::date), 0) as past_due,
          coalesce(sum(open_disputed), 0) as disputed
        from bills where bills.account_id = a.account_id and bills.open > 0) as b
      where account_id = ${accountId}::uuid`.execute(this.db.sql);
    const row = rows[0];
    if (!row) throw accountUnknown();
    const money = (amount: Amount) => moneyOf(row[amount], row.currency);
    return {
      accountId,
      payBillNumber: row.pay_bill_number,
      customerReference: row.customer_reference,
      currency: row.currency,
      status: row.status,
      openedAt: row.opened_at.toISOString(),
      closedAt: row.closed_at?.toISOString() ?? null,
      successorId: row.successor_id,
      lastEffectiveAt: row.last_effective_at.toISOString(),
      balance: money('balance'),
      open: money('open'),
      credit: money('credit'),
      pastDue: money('past_due'),
      disputed: money('disputed'),
      billed: money('billed'),
      paid: money('paid'),
      returned: money('returned'),
      refunded: money('refunded'),
      claimed: money('claimed'),
      adjusted: money('adjusted'),
      writtenOff: money('written_off'),
      reinstated: money('reinstated'),
      asOf,
      revision: row.revision,
      position: row.position,
    };
  }
}
