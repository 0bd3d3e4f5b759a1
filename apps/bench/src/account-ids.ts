import { EventStore } from '#libs/event-sourcing';

/** The first accounts whose events stand in the log after a position; as many, or all there are. */
export async function accountsAfter(eventStoreUrl: string, position: bigint, count: number): Promise<string[]> {
  const store = new EventStore(eventStoreUrl);
  const enough = new AbortController();
  const ids = new Set<string>();
  for await (const messages of store.subscribe({ after: position, categories: ['account'], signal: enough.signal })) {
    for (const message of messages) {
      if (message.kind === 'event' && ids.size < count) ids.add(message.event.stream.slice('account-'.length));
    }
    if (ids.size === count || messages.some(({ kind }) => kind === 'caught-up')) break;
  }
  enough.abort();
  await store.close();
  return [...ids];
}
