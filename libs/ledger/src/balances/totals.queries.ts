import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE } from '#libs/platform';
import { type LedgerTotals } from '../importing/reconciliation.js';
import { digitsOf, type MoneyJson } from '../money/money.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';

interface Totals {
  accounts: string;
  bills: string;
  billed: string;
  open: string;
  credit: string;
  claimed: string;
  disputed: string;
  trial_balance: string;
}

interface KindTotal {
  channel: string;
  method: string;
  count: string;
  total: string;
  returns: string;
  returned: string;
  refunds: string;
  refunded: string;
}

/** What the whole ledger comes to in one currency: the figures a reconciliation starts from. */
@Injectable()
export class TotalsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** All figures are of the same position of the log. */
  async totals(
    currency: string,
  ): Promise<LedgerTotals & Record<'open' | 'credit' | 'claimed' | 'disputed', MoneyJson>> {
    const digits = digitsOf(currency, 'currency');
    const money = (minor: bigint): MoneyJson => ({ amount: formatMinor(minor, digits), currency });
    const minor = (amount: string) => parseMinor(amount, digits);
    const { totals, kinds } = await this.#read(currency);
    const open = minor(totals.open);
    const credit = minor(totals.credit);
    const sum = (count: 'count' | 'returns' | 'refunds', amount: 'total' | 'returned' | 'refunded') => ({
      count: kinds.reduce((all, kind) => all + Number(kind[count]), 0),
      total: money(kinds.reduce((all, kind) => all + minor(kind[amount]), 0n)),
    });
    return {
      accounts: Number(totals.accounts),
      bills: { count: Number(totals.bills), total: money(minor(totals.billed)) },
      payments: sum('count', 'total'),
      paymentsByKind: kinds.map(({ channel, method, count, total }) => ({
        channel,
        method,
        count: Number(count),
        total: money(minor(total)),
      })),
      returns: sum('returns', 'returned'),
      refunds: sum('refunds', 'refunded'),
      claimed: money(minor(totals.claimed)),
      disputed: money(minor(totals.disputed)),
      open: money(open),
      credit: money(credit),
      balance: money(open - credit),
      trialBalance: money(minor(totals.trial_balance)),
    };
  }

  /** One snapshot for both statements: a projection may be writing between them. */
  #read(currency: string): Promise<{ totals: Totals; kinds: KindTotal[] }> {
    return this.db.sql.transaction().execute(async (tx) => {
      await sql`set transaction isolation level repeatable read, read only`.execute(tx);
      const { rows } = await sql<Totals>`
        select b.*, a.*, t.* from
          (select count(*) as bills, coalesce(sum(total), 0) as billed,
            coalesce(sum(open_disputed), 0) as disputed from bills where currency = ${currency}) as b,
          (select count(*) as accounts, coalesce(sum(open), 0) as open, coalesce(sum(credit), 0) as credit,
            coalesce(sum(claimed), 0) as claimed
            from account_balances where currency = ${currency}) as a,
          (select coalesce(sum(debit - credit), 0) as trial_balance from trial_balance where currency = ${currency}) as t
        `.execute(tx);
      const kinds = await sql<KindTotal>`
        select channel, method, count(*) as count, sum(amount) as total,
          count(*) filter (where state = 'returned') as returns,
          coalesce(sum(amount) filter (where state = 'returned'), 0) as returned,
          count(*) filter (where refunded > 0) as refunds, coalesce(sum(refunded), 0) as refunded
        from payments where currency = ${currency} group by channel, method order by channel, method`.execute(tx);
      return { totals: rows[0]!, kinds: kinds.rows };
    });
  }
}
