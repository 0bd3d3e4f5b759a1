import {
  CommandHandling,
  connectEventStore,
  type EventStore,
  ProjectionRunner,
  ReadBarrier,
} from '#libs/event-sourcing';
import {
  BillingRuns,
  billingRunOf,
  OpenAccount,
  readCatalogue,
  StartSubscription,
  subscriptionReadModels,
} from '#libs/ledger';
import { type Database, openDatabase } from '#libs/platform';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bar, reaches, staysUnder, told } from './bar.js';
import { accountsWithOneBill, importInto } from './biller.js';
import { closedLoop } from './load.js';
import { interleaved, ROUNDS, seconds } from './measuring.js';
import { inScratch, withNode } from './scratch.js';

/** What a run over 100,000 accounts may take: minutes, which is under ten. */
const MINUTES = 10 * 60;
const MANY = 100_000;
/** So many accounts are long enough to be measured once. */
const ONCE = 20_000;
/** An import writes the claim of a number, the opening and the bill. */
const EVENTS_OF_IMPORT = 3;
const IN_FLIGHT = 16;
const CALLER = { actor: 'bench', correlationId: 'bench' };
const DATE = '2026-02-28';

/**
 * A billing run against the import of as many accounts with the same bill: both write one bill for each account, through the
 * same command, and ask the store three times for it. The import looks for the account, claims its number, and appends opening
 * and bill; the run reads account and subscriptions, and appends the bill.
 * @param accounts of one cycle in a round; each gets one bill of two lines
 */
export function billingRunRate(accounts: number): Promise<Bar[]> {
  return withNode(({ connectionString }) =>
    inScratch(async (directory) => {
      const store = await connectEventStore(connectionString);
      const db = await openDatabase({ dataDir: directory });
      const stopping = new AbortController();
      const projecting = new ProjectionRunner(store, db, subscriptionReadModels).run(stopping.signal);
      let round = 0;
      const rates = await interleaved(
        {
          imported: () => importRate(connectionString, accounts, `billing-${round++}`),
          billed: () => billingRate(store, db, accounts, 10 + round++),
        },
        accounts < ONCE ? ROUNDS : 1,
      );
      stopping.abort();
      await projecting;
      await db.close();
      await store.close();
      const { billed, imported } = rates;
      const each = `of ${accounts.toLocaleString('en')} accounts`;
      return [
        reaches('billing', `bills/s of a run ${each}, against accounts imported a second`, billed, imported, 0.6),
        told('billing', 'events/s of that import', EVENTS_OF_IMPORT * imported),
        accounts < MANY
          ? told('billing', 'seconds for 100,000 accounts at this rate', MANY / billed)
          : staysUnder('billing', `seconds of a run ${each}`, accounts / billed, MINUTES),
      ];
    }),
  );
}

async function importRate(eventStoreUrl: string, accounts: number, name: string): Promise<number> {
  const took = await seconds(async () => {
    const { events } = await importInto(eventStoreUrl, name, accountsWithOneBill(accounts));
    if (events !== (EVENTS_OF_IMPORT - 1) * accounts) throw new Error(`${events} events were imported`);
  });
  return accounts / took;
}

/** Rounds are cycles of their own, so that each bills accounts that were never billed. */
async function billingRate(store: EventStore, db: Database, accounts: number, cycle: number): Promise<number> {
  await subscribers(store, accounts, cycle);
  const runs = new BillingRuns(store, db, new ReadBarrier(db, 60_000), await readCatalogue());
  const run = billingRunOf({ date: DATE, cycle });
  const took = await seconds(async () => {
    let { state } = await runs.start(run, { dryRun: false, caller: CALLER });
    while (state === 'running') {
      await delay(20);
      ({ state } = await runs.standing(run, false));
    }
  });
  const { report, error } = await runs.standing(run, false);
  if (report?.billed !== accounts) throw new Error(`${report?.billed} accounts were billed of ${accounts}: ${error}`);
  return accounts / took;
}

async function subscribers(store: EventStore, accounts: number, cycleDay: number): Promise<void> {
  const handling = new CommandHandling(store, { cachedEvents: 1_000 });
  await closedLoop({ inFlight: IN_FLIGHT, count: accounts }, async () => {
    const id = randomUUID();
    const metadata = () => ({ ...CALLER, commandId: randomUUID(), causationId: id });
    const opening = { payBillNumber: '12345678901244', currency: 'USD', effectiveAt: '2026-01-01T00:00:00.000Z' };
    await handling.handleAll(id, [{ definition: OpenAccount, data: opening, metadata: metadata() }], { isNew: true });
    const starting = StartSubscription.schema.parse({
      ...{ subscriptionId: 'home', plan: 'fibre-300', startsOn: `2026-01-${cycleDay}`, taxArea: 'US-PA', cycleDay },
      catalogue: 'us-2020-01',
    });
    await handling.handleAll(id, [{ definition: StartSubscription, data: starting, metadata: metadata() }], {
      isNew: true,
    });
  });
}
