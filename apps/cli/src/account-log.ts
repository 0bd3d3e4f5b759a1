import { connectEventStore, type EventStore, EventStoreUnavailable, type StoredEvent } from '#libs/event-sourcing';
import { publicMessage } from '#libs/ledger';
import { type MessageLog } from '#libs/messaging';
import { type EventStoreOptions, NoTarget, runningEventStore, withoutCredentials } from './target.js';

/** Somebody waits at a terminal: a store that is not there is said so soon. */
const PATIENCE = { attempts: 4, waitMs: 500 };

/** The log of accounts, and what its events say in public. */
function accountLog(store: EventStore): MessageLog {
  return { store, category: 'account', toMessage: publicMessage };
}

/** Does something with the log of a running Paybill. @throws NoTarget when there is none */
export function withLog<T>(options: EventStoreOptions, action: (log: MessageLog) => Promise<T>): Promise<T> {
  return withStore(options, (store) => action(accountLog(store)));
}

/** Does something with the event store of a running Paybill. @throws NoTarget when there is none */
export async function withStore<T>(options: EventStoreOptions, action: (store: EventStore) => Promise<T>): Promise<T> {
  const url = await runningEventStore(options);
  const store = await connectEventStore(url, PATIENCE).catch((error: Error) => {
    throw new NoTarget(`the event store at ${withoutCredentials(url)} does not answer: ${error.message}`);
  });
  try {
    return await action(store);
  } catch (error) {
    if (error instanceof EventStoreUnavailable) throw new NoTarget(`the event store went away: ${error.message}`);
    throw error;
  } finally {
    await store.close();
  }
}

/** The events of accounts after a position up to another, in the order of the log, then ends. */
export async function* eventsBetween(
  { store, category }: Pick<MessageLog, 'store' | 'category'>,
  after: bigint,
  until: bigint,
): AsyncGenerator<StoredEvent> {
  if (after >= until) return;
  const enough = new AbortController();
  try {
    for await (const batch of store.subscribe({ after, categories: [category], signal: enough.signal })) {
      for (const item of batch) {
        if (item.kind === 'caught-up') return;
        if (item.kind !== 'event') continue;
        if (item.event.position > until) return;
        yield item.event;
        if (item.event.position === until) return;
      }
    }
  } finally {
    enough.abort();
  }
}
