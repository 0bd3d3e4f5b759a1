import { EventStore } from '#libs/event-sourcing';
import { type Bar, reaches, staysUnder } from './bar.js';
import { accountsToImport, importInto } from './biller.js';
import { fullHistory } from './history.js';
import { closedLoop } from './load.js';
import { interleaved, perSecond, seconds } from './measuring.js';
import { asProposed, RawAppends } from './raw-appends.js';
import { withNode } from './scratch.js';

/** About 40,000 events a round. */
const ACCOUNTS = 600;
const EVENTS_PER_APPEND = 100;
/** As many as the import has in flight. */
const RAW = { inFlight: 16, count: 400 };
const MINUTES = 10 * 60;

/** The import against appends of a hundred of the same events, and the whole job from beginning to end. */
export async function importing(): Promise<Bar[]> {
  const rate = await withNode(async ({ connectionString }) => {
    await using raw = new RawAppends(connectionString);
    let round = 0;
    const imported = async () => {
      let events = 0;
      const name = `round-${round++}`;
      const took = await seconds(async () => {
        events = (await importInto(connectionString, name, accountsToImport(ACCOUNTS))).events;
      });
      return events / took;
    };
    await imported();
    const events = await accountEvents(connectionString, EVENTS_PER_APPEND);
    const appended = () => closedLoop(RAW, (index) => raw.append(index, events));
    await appended();
    return await interleaved({ raw: () => perSecond(RAW.count * EVENTS_PER_APPEND, appended), imported });
  });
  const { what, seconds: whole } = await fullHistory();
  return [
    reaches('import', 'events/s, against hundred-event appends', rate.imported, rate.raw, 0.6),
    staysUnder('import', `seconds for ${what}, reconciled`, whole, MINUTES),
  ];
}

/** The first events of accounts in the log, bills and payments in turn as they were imported. */
async function accountEvents(eventStoreUrl: string, count: number) {
  const store = new EventStore(eventStoreUrl);
  const enough = new AbortController();
  const events = [];
  for await (const messages of store.subscribe({ after: 0n, categories: ['account'], signal: enough.signal })) {
    for (const message of messages) if (message.kind === 'event') events.push(asProposed(message.event));
    if (events.length >= count) break;
  }
  enough.abort();
  await store.close();
  return events.slice(0, count);
}
