import { Inject, Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { type Database, DATABASE, keyOf, type Page, pageOf, rowsOf } from '#libs/platform';
import { type HistoryKind } from '../history/history-entry.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf, type MoneyJson } from '../money/money.js';
import { moneyOf } from '../reads/answers.js';
import { counts, isWithin } from '../as-of/counting.queries.js';
import { dayOf, endOfWholeDays, type Moments, wholeDays } from '../as-of/moment.js';
import { type JournalEntry, type ReceiptJournalKind, TILL_DIFFERENCE } from './journal-entry.js';
import { type JournalSelection } from './journal-selection.js';
import { type TrialBalanceRow } from './trial-balance.js';

/** What one account of the books comes to. */
type BookRow = Pick<TrialBalanceRow, 'gl_account' | 'currency' | 'debit' | 'credit'>;

interface Row {
  position: string;
  account_id: string;
  revision: string;
  event_id: string;
  currency: string;
  kind: HistoryKind;
  reference: string | null;
  reason: string | null;
  effective_at: Date;
  recorded_at: Date;
  gl_accounts: string[];
  gl_amounts: string[];
}

type UnownedRow = Omit<Row, 'account_id' | 'kind' | 'reference'> & {
  readonly kind: Extract<JournalEntry['kind'], typeof TILL_DIFFERENCE | ReceiptJournalKind>;
  readonly reference: string;
};

/** Where entries of no account stand: those of tills, and of receipts. Each has what identifies and names an entry in its own way. */
const UNOWNED = [
  { table: sql.table('till_journal'), kind: sql.lit(TILL_DIFFERENCE), reference: sql.ref('h.batch_id') },
  { table: sql.table('receipt_journal'), kind: sql.ref('h.kind'), reference: sql.ref('h.receipt_id') },
] as const;
type Unowned = (typeof UNOWNED)[number];

/** The books of one currency. */
export interface TrialBalance {
  readonly currency: string;
  readonly debit: MoneyJson;
  readonly credit: MoneyJson;
  /** Debit − credit: zero, or something is very wrong. */
  readonly difference: MoneyJson;
  readonly accounts: readonly (Record<'debit' | 'credit' | 'balance', MoneyJson> & { readonly account: string })[];
}

const ENTRY = sql`
  h.position, h.account_id, h.revision, h.event_id, a.currency, h.kind, h.reference, h.reason, h.effective_at, h.recorded_at,
  h.gl_accounts, h.gl_amounts::text[]
  from billing_history as h join account_balances as a on a.account_id = h.account_id
  where h.gl_accounts is not null`;

/** Which entries; days are of `effectiveAt` in UTC, both included. */
export interface JournalFilter {
  readonly accountId?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Accounts from one id to another, both included. */
export interface AccountRange {
  readonly first: string;
  readonly last: string;
}

@Injectable()
export class JournalQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The journal in the order of the log. @throws Problem CURSOR_INVALID */
  async entries(filter: JournalFilter, limit: number, cursor: string | undefined): Promise<Page<JournalEntry>> {
    const after = keyOf(cursor);
    // Within an account the order of revisions is that of positions, and has an index that begins with the account.
    const order = filter.accountId === undefined ? sql`h.position` : sql`h.revision`;
    const { rows } = await sql<Row>`
      select ${ENTRY} ${conditions(filter)} ${after === null ? sql`` : sql`and ${order} > ${after}::bigint`}
      order by ${order} limit ${limit + 1}`.execute(this.db.sql);
    if (filter.accountId !== undefined) return pageOf(rows, limit, ({ revision }) => revision, entryOf);
    const unowned = await this.#ofEach((book) => this.#unownedEntries(book, filter, limit + 1, after));
    const all = [...rows.map(entryOf), ...unowned.flat()].sort(byPosition);
    return pageOf(
      all,
      limit,
      ({ position }) => position,
      (entry) => entry,
    );
  }

  /** Those of no account, each with all of its currencies. */
  async #unownedEntries(
    book: Unowned,
    filter: JournalFilter,
    limit: number,
    after: string | null,
  ): Promise<JournalEntry[]> {
    const selected = sql`true ${conditions(filter)} ${after === null ? sql`` : sql`and h.position > ${after}::bigint`}`;
    const rows = await this.#unownedRows(
      book,
      sql`
      where h.position in (
        select distinct h.position from ${book.table} as h where ${selected} order by h.position limit ${limit})
      order by h.position, h.currency`,
    );
    const entries = new Map<string, JournalEntry>();
    for (const entry of rows.map(unownedEntryOf)) {
      const postings = [...(entries.get(entry.position)?.postings ?? []), ...entry.postings];
      entries.set(entry.position, { ...entry, postings });
    }
    return [...entries.values()];
  }

  /** None while nobody has made the table yet. */
  #unownedRows({ table, kind, reference }: Unowned, which: RawBuilder<unknown>): Promise<UnownedRow[]> {
    const entries = sql<UnownedRow>`
      select h.position, ${kind} as kind, ${reference} as reference, h.revision, h.event_id, h.currency, h.reason,
        h.effective_at, h.recorded_at, h.gl_accounts, h.gl_amounts::text[]
      from ${table} as h ${which}`;
    return rowsOf(entries, this.db.sql);
  }

  #ofEach<Result>(ask: (book: Unowned) => Promise<Result>): Promise<Result[]> {
    return Promise.all(UNOWNED.map(ask));
  }

  /** The entries of no account, by where they stand and currency, and in the order in which they count. */
  async unowned(selection: JournalSelection): Promise<JournalEntry[][]> {
    const which = sql`where true ${known(selection)} order by h.currency, h.effective_at, h.position`;
    const books = await this.#ofEach((book) => this.#unownedRows(book, which));
    return books.flatMap((rows) => {
      const currencies = [...new Set(rows.map(({ currency }) => currency))];
      return currencies.map((currency) => rows.filter((row) => row.currency === currency).map(unownedEntryOf));
    });
  }

  /** How many entries of no account a selection holds; one in two currencies counts twice. */
  async countUnowned(selection: JournalSelection): Promise<number> {
    const { from } = selection;
    const counted = await this.#ofEach(({ table }) => {
      const entries = sql<{ entries: string }>`
        select count(*) as entries from ${table} as h where true ${known(selection)} ${conditions({ from })}`;
      return rowsOf(entries, this.db.sql);
    });
    return counted.reduce((sum, [row]) => sum + Number(row?.entries ?? 0), 0);
  }

  /**
   * The entries of a few accounts, by account and in the order in which they count: by effective moment, then as they were
   * recorded. All until the period's end: what an account came to before the period is in them.
   */
  async ofAccounts({ first, last }: AccountRange, selection: JournalSelection): Promise<JournalEntry[]> {
    const { rows } = await sql<Row>`
      select ${ENTRY} ${known(selection)} and h.account_id between ${first}::uuid and ${last}::uuid
      order by h.account_id, h.effective_at, h.revision`.execute(this.db.sql);
    return rows.map(entryOf);
  }

  /** How many entries of some accounts a selection holds. */
  async count({ first, last }: AccountRange, selection: JournalSelection): Promise<number> {
    const { from } = selection;
    const { rows } = await sql<{ entries: string }>`
      select count(*) as entries from billing_history as h
      where h.gl_accounts is not null ${known(selection)} and h.account_id between ${first}::uuid and ${last}::uuid
        ${conditions({ from })}`.execute(this.db.sql);
    return Number(rows[0]!.entries);
  }

  /**
   * Totals of every general-ledger account, by currency, at two moments. Whole days come from the sums that are kept by day,
   * and the days that an instant divides from the lines of history.
   */
  async trialBalance(moments: Moments = {}): Promise<TrialBalance[]> {
    const [effective, recorded] = [endOfWholeDays(moments.effectiveAt), endOfWholeDays(moments.recordedAt)];
    // Arrays unnested in the select list take half the time that those in the from clause do.
    const ofDividedDays = sql`union all
      select currency, gl_account, greatest(amount, 0) as debit, greatest(-amount, 0) as credit
      from (
        select a.currency, unnest(h.gl_accounts) as gl_account, unnest(h.gl_amounts) as amount
        from billing_history as h join account_balances as a on a.account_id = h.account_id
        where ${counts(moments)}
          and (h.effective_at >= ${effective}::timestamptz or h.recorded_at >= ${recorded}::timestamptz)) as postings`;
    const { rows } = await sql<BookRow>`
      select currency, gl_account, sum(debit) as debit, sum(credit) as credit from (
        select currency, gl_account, debit, credit from trial_balance
        where effective_on < ${dayOf(effective)}::date and recorded_on < ${dayOf(recorded)}::date
        ${wholeDays(moments) ? sql`` : ofDividedDays}) as posted
      group by currency, gl_account`.execute(this.db.sql);
    const all = together([...rows, ...(await this.#unownedAt(moments))]);
    const currencies = [...new Set(all.map(({ currency }) => currency))];
    return currencies.map((currency) =>
      booksOf(
        currency,
        all.filter((row) => row.currency === currency),
      ),
    );
  }

  /** What entries of no account add to the trial balance: few, so no sums are kept of them. */
  async #unownedAt(moments: Moments): Promise<BookRow[]> {
    const posted = await this.#ofEach(({ table }) =>
      rowsOf(
        sql<BookRow>`
      select currency, gl_account, sum(greatest(amount, 0)) as debit, sum(greatest(-amount, 0)) as credit from (
        select h.currency, unnest(h.gl_accounts) as gl_account, unnest(h.gl_amounts) as amount
        from ${table} as h where ${counts(moments)}) as postings
      group by currency, gl_account`,
        this.db.sql,
      ),
    );
    return posted.flat();
  }
}

function conditions({ accountId, from, to }: JournalFilter): RawBuilder<unknown> {
  return sql`
    ${accountId === undefined ? sql`` : sql`and h.account_id = ${accountId}::uuid`}
    and ${isWithin(from)} and ${counts({ effectiveAt: to })}`;
}

/** What was known of the journal, and counts until the end of the period. */
function known({ position, recordedAt, to }: JournalSelection): RawBuilder<unknown> {
  return sql`and h.position <= ${position}::bigint and ${counts({ effectiveAt: to, recordedAt })}`;
}

/** The same account of the books from two sources, once; in the order of currencies and accounts. */
function together(rows: readonly BookRow[]): BookRow[] {
  const sums = new Map<string, BookRow>();
  for (const row of rows) {
    const key = `${row.currency} ${row.gl_account}`;
    const before = sums.get(key);
    const sum = (side: 'debit' | 'credit') => {
      const digits = digitsOf(row.currency);
      return formatMinor(parseMinor(before?.[side] ?? '0', digits) + parseMinor(row[side], digits), digits);
    };
    sums.set(key, { ...row, debit: sum('debit'), credit: sum('credit') });
  }
  return [...sums].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

function byPosition(left: JournalEntry, right: JournalEntry): number {
  return BigInt(left.position) < BigInt(right.position) ? -1 : 1;
}

function unownedEntryOf(row: UnownedRow): JournalEntry {
  return {
    position: row.position,
    accountId: null,
    revision: row.revision,
    eventId: row.event_id,
    kind: row.kind,
    reference: row.reference,
    reason: row.reason,
    ...timesAndPostings(row),
  };
}

function entryOf(row: Row): JournalEntry {
  return {
    position: row.position,
    accountId: row.account_id,
    revision: row.revision,
    eventId: row.event_id,
    kind: row.kind,
    reference: row.reference,
    reason: row.reason,
    ...timesAndPostings(row),
  };
}

type Posted = Pick<Row, 'currency' | 'effective_at' | 'recorded_at' | 'gl_accounts' | 'gl_amounts'>;

function timesAndPostings(row: Posted): Pick<JournalEntry, 'effectiveAt' | 'recordedAt' | 'postings'> {
  return {
    effectiveAt: row.effective_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
    postings: row.gl_accounts.map((account, index) => ({
      account,
      amount: moneyOf(row.gl_amounts[index]!, row.currency),
    })),
  };
}

function booksOf(currency: string, rows: readonly BookRow[]): TrialBalance {
  const digits = digitsOf(currency);
  const minor = (amount: string) => parseMinor(amount, digits);
  const money = (amount: bigint): MoneyJson => ({ amount: formatMinor(amount, digits), currency });
  const sum = (side: 'debit' | 'credit') => rows.reduce((total, row) => total + minor(row[side]), 0n);
  const [debit, credit] = [sum('debit'), sum('credit')];
  return {
    currency,
    debit: money(debit),
    credit: money(credit),
    difference: money(debit - credit),
    accounts: rows.map((row) => ({
      account: row.gl_account,
      debit: money(minor(row.debit)),
      credit: money(minor(row.credit)),
      balance: money(minor(row.debit) - minor(row.credit)),
    })),
  };
}
