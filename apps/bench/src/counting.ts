import { type EventStore } from '#libs/event-sourcing';

/** Follows the log up to a position and counts events: what a reader would take that did nothing with them. */
export async function countEvents(store: EventStore, categories: readonly string[], position: bigint): Promise<number> {
  const enough = new AbortController();
  let events = 0;
  for await (const messages of store.subscribe({ after: 0n, categories, signal: enough.signal })) {
    let last = 0n;
    for (const message of messages) {
      if (message.kind !== 'event') continue;
      events += 1;
      last = message.event.position;
    }
    if (last >= position) break;
  }
  enough.abort();
  return events;
}
