import fc from 'fast-check';
import { sql } from 'kysely';
import { install, type Recorded } from '#libs/event-sourcing';
import { accountLog } from '#testing/ledger';
import { testEngines, type TestDatabase } from '#testing/platform';
import { type AccountEvent } from '../../billing/account-events.js';
import { readModels } from '../../read-models.js';
import { type JournalEntry } from '../journal-entry.js';
import { inChart, isResult } from '../chart-of-accounts.js';
import { JournalQueries } from '../journal.queries.js';
import { type JournalSelection } from '../journal-selection.js';
import { journalOf, totalsOf } from './entry-examples.js';
import { JournalExport } from './journal-export.queries.js';
import { jsonLines } from './json-lines.js';

type Log = readonly Recorded<AccountEvent>[];

const RUNS = { numRuns: 15 };
const [ledger] = readModels;
const SCHEMA = `${ledger!.name}_v1`;
const END = { position: '999999999' };

/** The same log, with events effective on other days than in the order they were recorded in. */
const log = fc.tuple(accountLog, fc.array(fc.nat(90), { minLength: 1, maxLength: 5 })).map(([events, days]) =>
  events.map((event, index): Recorded<AccountEvent> => {
    const effectiveAt = new Date(Date.UTC(2026, 0, 1 + days[index % days.length]!, 12)).toISOString();
    return { ...event, data: { ...event.data, effectiveAt } } as Recorded<AccountEvent>;
  }),
);

/** The journal of a log, folded by hand. */
const byHand = (events: Log): JournalEntry[] => {
  const day = ({ data }: Recorded<AccountEvent>) =>
    (Date.parse(data.effectiveAt) - Date.UTC(2026, 0, 1, 12)) / 86_400_000;
  return journalOf(events, events.length > 0 ? events.map(day) : [0]);
};

describe.each(await testEngines())('The journal export on $name', (engine) => {
  let test: TestDatabase;
  let journal: JournalExport;

  beforeAll(async () => {
    test = await engine.create();
    await install(test.db, readModels);
    journal = new JournalExport(test.db, new JournalQueries(test.db));
  }, 120_000);
  afterAll(() => test.drop());

  async function project(events: Log): Promise<void> {
    const tables = ledger!.tables.map(({ name }) => sql.id(SCHEMA, name));
    await sql`truncate ${sql.join(tables)}`.execute(test.db.sql);
    await add(events);
  }

  const add = (events: Log) =>
    test.db.sql.transaction().execute(async (tx) => {
      await sql`set local search_path to ${sql.id(SCHEMA)}, public`.execute(tx);
      await ledger!.apply(tx, events, 0);
    });

  async function exported(selection: JournalSelection): Promise<JournalEntry[]> {
    const pieces: string[] = [];
    for await (const piece of journal.text(await journal.extent(selection), jsonLines)) pieces.push(piece);
    const lines = pieces.join('').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as JournalEntry);
  }

  it('holds every entry once, account by account in the order in which they count', async () => {
    await fc.assert(
      fc.asyncProperty(log, async (events) => {
        await project(events);
        expect(await exported(END)).toEqual(byHand(events));
        expect(await journal.extent(END)).toEqual({ ...END, entries: byHand(events).length });
      }),
      RUNS,
    );
  }, 120_000);

  it('as of a position or a moment is what an export made then was', async () => {
    await fc.assert(
      fc.asyncProperty(log, fc.nat(), async (events, cut) => {
        const known = events.slice(0, 1 + (cut % events.length));
        const { position, metadata } = known.at(-1)!;
        await project(events);
        expect(await exported({ position: `${position}` })).toEqual(byHand(known));
        expect(await exported({ ...END, recordedAt: metadata.recordedAt })).toEqual(byHand(known));
      }),
      RUNS,
    );
  }, 120_000);

  it('of a period has its entries, and comes to what all of them until its end come to', async () => {
    const bounds = fc.tuple(fc.nat(100), fc.nat(100)).map((two) => {
      const [from, to] = two
        .sort((a, b) => a - b)
        .map((day) => new Date(Date.UTC(2026, 0, day)).toISOString().slice(0, 10));
      return { from: from!, to: to! };
    });
    await fc.assert(
      fc.asyncProperty(log, bounds, async (events, { from, to }) => {
        await project(events);
        const until = byHand(events).filter(({ effectiveAt }) => effectiveAt.slice(0, 10) <= to);
        const all = await exported({ ...END, from, to });
        expect(all.filter(({ eventId }) => eventId !== null)).toEqual(
          until.filter(({ effectiveAt }) => effectiveAt >= from),
        );
        const { 'Opening Balances': _, ...totals } = totalsOf(all);
        const balances = Object.entries(totalsOf(until)).filter(([account]) => !isResult(inChart(account)));
        expect(totals).toMatchObject(Object.fromEntries(balances));
      }),
      RUNS,
    );
  }, 120_000);

  it('by ranges of accounts is the whole, cut', async () => {
    await fc.assert(
      fc.asyncProperty(log, fc.uuid(), async (events, middle) => {
        await project(events);
        const before = (BigInt(`0x${middle.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
        const left = await exported({ ...END, accountTo: before });
        const right = await exported({ ...END, accountFrom: middle });
        expect([...left, ...right]).toEqual(byHand(events));
      }),
      RUNS,
    );
  }, 120_000);

  it('goes on undisturbed while more comes into the books', async () => {
    const [events] = fc.sample(
      log.filter(({ length }) => length > 20),
      { seed: 11, numRuns: 1 },
    );
    const first = events!.slice(0, 10);
    await project(first);
    const extent = await journal.extent({ position: `${first.at(-1)!.position}` });
    const text = journal.text(extent, jsonLines);
    await text.next();
    await add(events!.slice(10));
    let rest = '';
    for await (const piece of text) rest += piece;
    expect(
      rest
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(byHand(first));
  });

  it('breaks off when what it reads is not what was counted', async () => {
    const [events] = fc.sample(log, { seed: 3, numRuns: 1 });
    await project(events!);
    const { entries } = await journal.extent(END);
    const text = journal.text({ ...END, entries: entries + 1 }, jsonLines);
    const all = (async () => {
      for await (const _ of text) continue;
    })();
    await expect(all).rejects.toThrow(`${entries} entries were read where ${entries + 1} were counted`);
  });
});
