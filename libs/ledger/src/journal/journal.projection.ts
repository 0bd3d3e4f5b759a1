import { sql } from 'kysely';
import { type Projection } from '#libs/event-sourcing';
import { type ColumnTypes, insertRows } from '#libs/platform';
import { digitsOfStored, stored } from '../balances/movements.js';
import { type AccountEvent, accountEvents } from '../billing/account-events.js';
import { parseMinor } from '../money/minor-units.js';
import { postingsOf, type Posting } from './postings.js';

/** One journal entry: the balanced postings of one event. */
export interface JournalRow {
  /** Of the event in the log: the order of the journal. */
  position: string;
  account_id: string;
  revision: string;
  event_type: AccountEvent['type'];
  effective_at: string;
  recorded_at: string;
  currency: string;
  /** JSON text of `[account, amount]` pairs, debit positive: one row per event is a third of the rows. */
  postings: string;
}

/** Totals of one general-ledger account in one currency, each as a positive amount. */
export interface TrialBalanceRow {
  gl_account: string;
  currency: string;
  debit: string;
  credit: string;
}

export type StoredPosting = readonly [account: string, amount: string];

const JOURNAL_COLUMNS: ColumnTypes<JournalRow> = {
  position: 'bigint',
  account_id: 'uuid',
  revision: 'bigint',
  event_type: 'text',
  effective_at: 'timestamptz',
  recorded_at: 'timestamptz',
  currency: 'text',
  postings: 'json',
};

const TRIAL_BALANCE_COLUMNS: ColumnTypes<TrialBalanceRow> = {
  gl_account: 'text',
  currency: 'text',
  debit: 'numeric',
  credit: 'numeric',
};

/** The double-entry journal, and the totals of every general-ledger account beside it. */
export const journalProjection: Projection<AccountEvent> = {
  name: 'journal',
  version: 1,
  category: 'account',
  events: accountEvents,
  tables: ['journal_entries', 'trial_balance'],
  ddl: [
    `create table journal_entries (
      position bigint primary key, account_id uuid not null, revision bigint not null, event_type text not null,
      effective_at timestamptz not null, recorded_at timestamptz not null, currency text not null,
      postings json not null)`,
    `create index journal_entries_by_account on journal_entries (account_id, position)`,
    `create table trial_balance (
      gl_account text not null, currency text not null, debit numeric not null, credit numeric not null,
      primary key (gl_account, currency)) with (fillfactor = 50)`,
  ],
  async apply(tx, batch) {
    const entries: JournalRow[] = [];
    const totals = new Totals();
    for (const event of batch) {
      const postings = postingsOf(event);
      const currency = postings[0]?.currency;
      if (currency === undefined) continue;
      totals.add(postings);
      entries.push({
        position: event.position.toString(),
        account_id: event.entityId,
        revision: event.revision.toString(),
        event_type: event.type,
        effective_at: event.data.effectiveAt,
        recorded_at: event.metadata.recordedAt,
        currency,
        postings: JSON.stringify(postings.map(({ account, amount }): StoredPosting => [account, amount])),
      });
    }
    await insertRows(tx, 'journal_entries', JOURNAL_COLUMNS, entries);
    await insertRows(tx, 'trial_balance', TRIAL_BALANCE_COLUMNS, totals.rows(), addToTotals);
  },
};

const addToTotals = sql`on conflict (gl_account, currency) do update set
  debit = trial_balance.debit + excluded.debit, credit = trial_balance.credit + excluded.credit`;

/** Adds up the postings of a batch by account and currency. */
class Totals {
  readonly #sums = new Map<string, { account: string; currency: string; debit: bigint; credit: bigint }>();

  /** Throws when the postings do not sum to zero: such an entry must never reach the books. */
  add(postings: readonly Posting[]): void {
    let sum = 0n;
    for (const { account, currency, amount } of postings) {
      const minor = parseMinor(amount, digitsOfStored(currency));
      sum += minor;
      const key = `${currency} ${account}`;
      let total = this.#sums.get(key);
      if (!total) this.#sums.set(key, (total = { account, currency, debit: 0n, credit: 0n }));
      if (minor > 0n) total.debit += minor;
      else total.credit -= minor;
    }
    if (sum !== 0n) throw new Error('the postings of the event do not balance');
  }

  rows(): TrialBalanceRow[] {
    return [...this.#sums.values()].map(({ account, currency, debit, credit }) => {
      const digits = digitsOfStored(currency);
      return { gl_account: account, currency, debit: stored(debit, digits), credit: stored(credit, digits) };
    });
  }
}
