import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { journalFormat, JournalExport, JournalQueries } from '#http/ledger';
import { EventStore } from '#libs/event-sourcing';
import { readCatalogue, readCollectionPolicy } from '#libs/ledger';
import { createLogger, type Database } from '#libs/platform';
import { startTestNode } from '#testing/eventstore-node';
import { accountingPrograms } from '#testing/ledger';
import { testEngines } from '#testing/platform';
import { FIRST_DAY } from './days.js';
import { DECIDERS, examine, type Examination } from './examine.js';
import { type Plan } from './plan.js';
import { Projector } from './projector.js';
import { Simulation } from './simulation.js';

const [engine] = await testEngines();
// Where a program is missing, that is said once, and outside of any test.
const PROGRAMS = accountingPrograms();

/** A biller on a log and a database of its own, lived through and examined. */
async function lived<Result>(plan: Plan, look: (found: Examination, db: Database) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'paybill-simulation-'));
  const node = await startTestNode();
  const store = new EventStore(node.connectionString);
  const test = await engine!.create();
  const projector = new Projector(node.connectionString, test.db);
  try {
    const simulation = new Simulation({
      ...{ plan, store, db: test.db, barrier: projector.barrier, gatewayFile: join(directory, 'gateway.jsonl') },
      ...{ catalogue: await readCatalogue(), policy: await readCollectionPolicy() },
      log: createLogger({ level: 'error' }),
    });
    await simulation.run();
    return await look(await examine(store, test.db, projector.barrier, simulation.gateway), test.db);
  } finally {
    await projector.stop();
    await store.close();
    await node.close();
    await test.drop();
    await rm(directory, { recursive: true });
  }
}

/** A position that no log comes to. */
const EVERYTHING = '999999999999999999';

const LIVED = { accounts: 12, months: 12, from: FIRST_DAY };
const SEEDS = [1, 2, 3];

/** Kinds of events that need not happen in these years, and why. */
const NOT_LIVED = {
  'account AutopayResumed': 'as AutopaySuspended',
  'account AutopaySuspended': 'of twelve customers, few have debits that come back by a code that suspends',
  'account ArrangementCancelled': 'few drop an arrangement while it stands',
  'consolidatedPayment ConsolidatedPartMoved':
    'no account closes between the two moments at which its part is decided and taken',
  'consolidatedPayment ConsolidatedPartRefused': 'accounts are asked before money for several of them is taken',
  'consolidatedPayment ConsolidatedPaymentReturned':
    'few checks are returned, and few of them are for several accounts',
  'consolidatedPayment ConsolidatedReturnReceived': 'as the one before',
  'payment RefundFailed': 'few refunds of twelve customers come back',
  'payment RefundRefused': 'nobody asks for more than is there',
  'payment VoidRefused': 'payments are taken back before they have gone to the gateway',
  'payment VoidRequested': 'as the one before',
  'receipt ReceiptClaimSettled': 'as ReceiptReturnedTwice',
  'receipt ReceiptReturnedTwice': 'the bank takes back only what is on an account',
  'receipt ReceiptReleased': 'money is found to be for accounts that take it',
  'tillBatch TillBatchRecounted': 'a drawer is counted once',
  'tillBatch TillPaymentRefused': 'who comes to the counter owes what they pay',
  'tillBatch TillVoidRefused': 'what is voided is voided at once',
};

describe('A simulated biller', () => {
  const happened = new Map<number, readonly string[]>();

  it.each(SEEDS)(
    'keeps its books for a year, with seed %i (AQ2, AQ3, AQ4)',
    async (seed) => {
      await lived({ ...LIVED, seed }, async (found, db) => {
        expect(found.invariants.filter(({ faults }) => faults.length > 0)).toEqual([]);
        expect(found.invariants).toHaveLength(9);
        for (const program of PROGRAMS) await accepted(program, db);
        happened.set(
          seed,
          found.happened.map(({ category, type }) => `${category} ${type}`),
        );
      });
    },
    600_000,
  );

  it('has every kind of event happen with one of these seeds, but those that have a reason not to', () => {
    expect([...happened.keys()]).toEqual(SEEDS);
    const kinds = DECIDERS.flatMap(({ category, events }) =>
      Object.keys(events.definitions).map((type) => `${category} ${type}`),
    );
    const seen = new Set([...happened.values()].flat());
    expect(kinds.filter((kind) => !seen.has(kind) && !(kind in NOT_LIVED))).toEqual([]);
  });

  it('is the same twice, with the same ids, data and times, and another with another seed', async () => {
    const digest = (seed: number) =>
      lived({ accounts: 6, months: 1, seed, from: FIRST_DAY }, ({ digest: one }) => Promise.resolve(one));
    const [first, again, other] = [await digest(7), await digest(7), await digest(8)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  }, 300_000);

  it('begins on any day of a month, ends on that day, and keeps its books', async () => {
    await lived({ accounts: 6, months: 1, seed: 7, from: '2026-05-27' }, async (found, db) => {
      expect(found.invariants.filter(({ faults }) => faults.length > 0)).toEqual([]);
      const { rows } = await sql<{ first: string; last: string }>`
        select min(recorded_at)::date::text as first, max(recorded_at)::date::text as last
          from billing_history`.execute(db.sql);
      expect(rows).toEqual([{ first: '2026-05-27', last: '2026-06-25' }]);
    });
  }, 300_000);
});

async function accepted(program: ReturnType<typeof accountingPrograms>[number], db: Database): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'paybill-journal-'));
  try {
    const file = join(directory, 'books.journal');
    const exporting = new JournalExport(db, new JournalQueries(db));
    const selection = { position: EVERYTHING };
    const extent = await exporting.extent(selection);
    let text = '';
    for await (const piece of exporting.text(extent, journalFormat(program.name, selection))) text += piece;
    await writeFile(file, text);
    await program.check(file);
  } finally {
    await rm(directory, { recursive: true });
  }
}
