import { AUDITED_CATEGORIES, auditKeys, renewedKeys, verifyLog } from '#libs/audit';
import { EventStore } from '#libs/event-sourcing';
import { type Bar, reaches, staysFlat, told } from './bar.js';
import { eventsToImport, importInto } from './biller.js';
import { countEvents } from './counting.js';
import { interleaved, seconds } from './measuring.js';
import { ended, start } from './processes.js';
import { PeakMemory } from './resident.js';
import { inScratch, withNode } from './scratch.js';

const FEW_EVENTS = 25_000;
const EVENTS = 470_000;
/** Nobody has signed these logs: what is measured is reading, hashing and the tree. */
const { verifiers } = auditKeys(renewedKeys('', 'bench.local/log'));

/**
 * Verification of all hash chains and of the tree over the log, against a subscription that only counts; and its memory on a
 * log and on a much larger one.
 */
export async function verifyRate(): Promise<Bar[]> {
  const few = await onLog(FEW_EVENTS, memoryOfVerifying);
  return onLog(EVENTS, async (eventStoreUrl) => {
    const store = new EventStore(eventStoreUrl);
    const rates = await ratesOn(store, eventStoreUrl);
    await store.close();
    const memory = await memoryOfVerifying(eventStoreUrl);
    return [
      reaches('replay', 'events/s of verification of chains and tree', rates.verified, rates.counted, 0.7),
      told('replay', 'events/s of a subscription that counts, all categories', rates.counted),
      told('replay', 'events/s of a reader of stored bytes that counts', rates.read),
      staysFlat('replay', 'MB of paybill audit verify', memory, few, 1.5),
    ];
  });
}

async function onLog<Result>(events: number, work: (eventStoreUrl: string) => Promise<Result>): Promise<Result> {
  return withNode(async ({ connectionString }) => {
    await importInto(connectionString, 'verify', eventsToImport(events, 1));
    return work(connectionString);
  });
}

async function ratesOn(store: EventStore, eventStoreUrl: string) {
  const until = await store.lastPosition();
  const { events } = await verifyLog({ store, keys: verifiers });
  const rate = async (work: () => Promise<unknown>) => events / (await seconds(work));
  return interleaved({
    counted: () => rate(() => countEvents(eventStoreUrl, AUDITED_CATEGORIES, until)),
    read: () => rate(() => readBytes(store, until)),
    verified: () => rate(() => verifyLog({ store, keys: verifiers })),
  });
}

async function readBytes(store: EventStore, until: bigint): Promise<number> {
  const { signal } = new AbortController();
  let events = 0;
  for await (const batch of store.bytes.log({ after: 0n, categories: AUDITED_CATEGORIES, until, signal })) {
    events += batch.events.length;
  }
  return events;
}

/** The most that the command has as its own while it verifies. */
function memoryOfVerifying(eventStoreUrl: string): Promise<number> {
  return inScratch(async (data) => {
    const options = ['--eventstore', eventStoreUrl, '--key', verifiers[0]!.text];
    const child = start('cli', ['audit', 'verify', ...options], { PAYBILL_DATA: data, PAYBILL_URL: '' });
    const peak = new PeakMemory(() => Promise.resolve(child.pid));
    await ended(child);
    return peak.stop().own;
  });
}
