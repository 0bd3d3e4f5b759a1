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
  demoBiller,
  Import,
  IssueBill,
  OpenAccount,
  readCatalogue,
  type SourceLine,
  StartSubscription,
  subscriptionReadModels,
} from '#libs/ledger';
import { type Database, openDatabase } from '#libs/platform';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bar, reaches, told } from './bar.js';
import { closedLoop } from './load.js';
import { interleaved, perSecond, seconds } from './measuring.js';
import { inScratch, withNode } from './scratch.js';

/** Accounts of one cycle in a round; each gets one bill of two lines. */
const ACCOUNTS = 4_000;
const IN_FLIGHT = 16;
const CALLER = { actor: 'bench', correlationId: 'bench' };
const DATE = '2026-02-28';

/**
 * A billing run against the import of as many accounts with the same bill: both write one bill for each account, through the
 * same command. The import opens the account and claims its number as well; the run reads account and subscriptions first.
 */
export function billing(): Promise<Bar[]> {
  return withNode(({ connectionString }) =>
    inScratch(async (directory) => {
      const store = await connectEventStore(connectionString);
      const db = await openDatabase({ dataDir: directory });
      const stopping = new AbortController();
      const projecting = new ProjectionRunner(store, db, subscriptionReadModels).run(stopping.signal);
      let round = 0;
      const rates = await interleaved({
        imported: () => importRate(store, `billing-${round++}`),
        billed: () => billingRate(store, db, 10 + round++),
      });
      stopping.abort();
      await projecting;
      await db.close();
      await store.close();
      const { billed, imported } = rates;
      return [
        reaches('billing', 'bills/s of a run, against accounts with one bill imported a second', billed, imported, 0.6),
        told('billing', 'seconds for 100,000 accounts at this rate', 100_000 / billed),
      ];
    }),
  );
}

async function importRate(store: EventStore, name: string): Promise<number> {
  const handling = new CommandHandling(store, { cachedEvents: 20_000 });
  const importing = new Import(store, handling, { name, currency: 'USD', actor: 'bench' });
  return perSecond(ACCOUNTS, () => importing.run(accountsWithOneBill()));
}

/** Rounds are cycles of their own, so that each bills accounts that were never billed. */
async function billingRate(store: EventStore, db: Database, cycle: number): Promise<number> {
  await subscribers(store, cycle);
  const runs = new BillingRuns(store, db, new ReadBarrier(db, 60_000), await readCatalogue());
  const run = billingRunOf({ date: DATE, cycle });
  const took = await seconds(async () => {
    let { state } = await runs.start(run, { dryRun: false, caller: CALLER });
    while (state === 'running') {
      await delay(5);
      ({ state } = await runs.standing(run, false));
    }
  });
  const { report, error } = await runs.standing(run, false);
  if (report?.billed !== ACCOUNTS) throw new Error(`${report?.billed} accounts were billed of ${ACCOUNTS}: ${error}`);
  return ACCOUNTS / took;
}

async function subscribers(store: EventStore, cycleDay: number): Promise<void> {
  const handling = new CommandHandling(store, { cachedEvents: 1_000 });
  await closedLoop({ inFlight: IN_FLIGHT, count: ACCOUNTS }, async () => {
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

/** Accounts of the made-up biller, with their first bill and nothing after it. */
function* accountsWithOneBill(): Generator<SourceLine> {
  let line = 0;
  for (const { plan, figures } of demoBiller({ accounts: ACCOUNTS, months: 1, seed: 1 })) {
    const commands = plan.commands.filter(({ definition }) => definition === IssueBill);
    yield { line: ++line, plan: { ...plan, commands }, figures };
  }
}
