import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE } from '#libs/platform';
import { type JournalEntry } from '../journal-entry.js';
import { type AccountRange, JournalQueries } from '../journal.queries.js';
import { type JournalSelection } from '../journal-selection.js';
import { byAccount, exportedEntries } from './exported-entry.js';
import { type JournalExtent, type JournalFormat } from './journal-format.js';

/** About so many events are read at a time: other queries get the database in between, of which PGlite has one. */
const EVENTS_AT_A_TIME = 2_048;
/** Counting takes a tenth of the time that reading does. */
const COUNTED_AT_A_TIME = 16 * EVENTS_AT_A_TIME;
const ACCOUNTS_AT_A_TIME = 1_024;

/**
 * The journal from its first account to its last, in memory for a few accounts. It needs no transaction: entries never
 * change, and those that come into the books meanwhile lie after the selection's position.
 */
@Injectable()
export class JournalExport {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(JournalQueries) private readonly journal: JournalQueries,
  ) {}

  /** How much there is to export. */
  async extent(selection: JournalSelection): Promise<JournalExtent> {
    let entries = 0;
    for await (const range of this.#ranges(selection, COUNTED_AT_A_TIME)) {
      entries += await this.journal.count(range, selection);
    }
    if (holdsUnowned(selection)) entries += await this.journal.countUnowned(selection);
    return { ...selection, entries };
  }

  /** The text of an export, piece by piece. Throws when it does not come to what the extent says. */
  async *text(extent: JournalExtent, format: JournalFormat): AsyncGenerator<string> {
    yield format.begin(extent);
    let entries = 0;
    for await (const read of oneAhead(this.#entries(extent))) {
      let text = '';
      for (const account of byAccount(read)) {
        const exported = exportedEntries(account, extent.from);
        entries += exported.filter(({ eventId }) => eventId !== null).length;
        if (exported.length > 0) text += format.account(exported);
      }
      if (text !== '') yield text;
    }
    for (const ofCurrency of holdsUnowned(extent) ? await this.journal.unowned(extent) : []) {
      const exported = exportedEntries(ofCurrency, extent.from);
      entries += exported.filter(({ eventId }) => eventId !== null).length;
      if (exported.length > 0) yield format.account(exported);
    }
    if (entries !== extent.entries)
      throw new Error(`${entries} entries were read where ${extent.entries} were counted`);
    yield format.end(extent);
  }

  async *#entries(extent: JournalExtent): AsyncGenerator<readonly JournalEntry[]> {
    for await (const range of this.#ranges(extent, EVENTS_AT_A_TIME)) yield this.journal.ofAccounts(range, extent);
  }

  /** Cuts the selected accounts into ranges with about so many events each, or of one account that has more. */
  async *#ranges(
    { accountFrom = LOWEST, accountTo = HIGHEST }: JournalSelection,
    events: number,
  ): AsyncGenerator<AccountRange> {
    let first: string | undefined;
    let last: string | undefined;
    let inRange = 0;
    for (let more = true; more;) {
      const { rows } = await sql<{ account_id: string; revision: string }>`
        select account_id, revision from account_balances
        where account_id between ${accountFrom}::uuid and ${accountTo}::uuid
          ${last === undefined ? sql`` : sql`and account_id > ${last}::uuid`}
        order by account_id limit ${ACCOUNTS_AT_A_TIME}`.execute(this.db.sql);
      more = rows.length === ACCOUNTS_AT_A_TIME;
      for (const { account_id: id, revision } of rows) {
        first ??= id;
        last = id;
        inRange += Number(revision) + 1;
        if (inRange < events) continue;
        yield { first, last };
        first = undefined;
        inRange = 0;
      }
    }
    if (first !== undefined && last !== undefined) yield { first, last };
  }
}

const LOWEST = '00000000-0000-0000-0000-000000000000';
const HIGHEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** What no account has comes after the last one, so that the shares of all accounts are together the whole. */
function holdsUnowned({ accountTo = HIGHEST }: JournalSelection): boolean {
  return accountTo === HIGHEST;
}

/** Has the next of something on its way while one is in hand: the database works while the text is written. */
async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (let current = await next; !current.done; current = await next) {
      next = source.next();
      // Whoever stops before taking it does not hear of its failure, and need not.
      next.catch(() => undefined);
      yield current.value;
    }
  } finally {
    await source.return(undefined);
  }
}
