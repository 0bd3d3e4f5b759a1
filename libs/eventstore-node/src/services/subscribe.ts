import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EventLog, type StoredEvent } from '../store/event-log.js';
import { viewOf } from '../store/stream-view.js';
import { type EventStore } from '../store/event-store.js';
import { MessageBatch } from '../wire/message-batch.js';
import { readRecordedHeader } from '../wire/recorded-event.js';
import { type Outlet } from './outlet.js';
import { type ReadRequest, type Start } from './read-request.js';
import { caughtUp, checkpoint, confirmation, fellBehind, present, type Progress } from './read-responses.js';
import { streamDeleted } from './rpc-error.js';

const PAGE_EVENTS = 128;
/** A live subscription that has at least this many events to go is told that it fell behind. */
const BEHIND_AFTER = 1024;

/** Where a subscription stands, and what comes next. */
interface Cursor {
  /** The events after the last ones; empty at the end of the log. */
  next(live: boolean): StoredEvent[];
  progress(): Progress;
}

/** Serves a subscription until the client goes away: first what there is, then what comes. */
export async function subscribe(store: EventStore, request: ReadRequest, outlet: Outlet): Promise<void> {
  const tail = new Tail(store, outlet);
  const cursor =
    request.stream === undefined
      ? logCursor(store.log, request.from)
      : streamCursor(store.log, request.stream, request.from);
  const subscription = new Subscription(store.log, request, outlet, cursor);
  await outlet.send(new MessageBatch().add(confirmation(randomUUID())));
  while (!outlet.closed) {
    if (!(await subscription.advance())) await tail.change();
  }
}

/** Lets a subscription sleep at the end of the log without missing a commit. */
class Tail {
  #changed = false;
  #wake: () => void = () => undefined;

  constructor({ commits }: EventStore, outlet: Outlet) {
    const wake = (): void => {
      this.#changed = true;
      this.#wake();
    };
    const stop = commits.listen(wake);
    outlet.onClose(() => {
      stop();
      wake();
    });
  }

  async change(): Promise<void> {
    if (!this.#changed) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#changed = false;
  }
}

class Subscription {
  #live = false;
  /** Events looked at since the last checkpoint, and since the subscription last was at the end. */
  #unreported = 0;
  /** The last event looked at was not wanted, and no checkpoint has said so. */
  #leftOut = false;
  #backlog = 0;

  constructor(
    private readonly log: EventLog,
    private readonly request: ReadRequest,
    private readonly outlet: Outlet,
    private readonly cursor: Cursor,
  ) {}

  /** Sends the next page; false when there is none for the time being. */
  async advance(): Promise<boolean> {
    const events = this.cursor.next(this.#live);
    const batch = new MessageBatch();
    for (const event of events) this.#add(batch, event);
    this.#backlog = events.length > 0 ? this.#backlog + events.length : 0;
    if (this.#live && this.#backlog >= BEHIND_AFTER) {
      this.#live = false;
      batch.add(fellBehind(this.cursor.progress()));
    }
    if (events.length === 0) this.#pause(batch);
    // Looking through events that nobody wants never waits for the network; others get their turn all the same.
    if (batch.size === 0) await nextTurn();
    else await this.outlet.send(batch);
    return events.length > 0;
  }

  #add(batch: MessageBatch, event: StoredEvent): void {
    const { filter } = this.request;
    const wanted = !filter || filter.matches(readRecordedHeader(event.record));
    if (wanted) batch.addEvent(present(this.log, event, this.request));
    this.#leftOut = !wanted;
    if (filter && ++this.#unreported >= filter.checkpointInterval) {
      this.#unreported = 0;
      this.#leftOut = false;
      batch.add(checkpoint(event.position));
    }
  }

  /**
   * At the end of the log. When nobody wanted the last of it, that is reported: a reader with a filter would else seem to be
   * behind for as long as nothing comes that it wants.
   */
  #pause(batch: MessageBatch): void {
    const progress = this.cursor.progress();
    const due = this.#live ? this.#leftOut : this.#unreported > 0;
    if (due && progress.position !== undefined) batch.add(checkpoint(progress.position));
    if (due) this.#unreported = 0;
    this.#leftOut = false;
    if (this.#live) return;
    this.#live = true;
    batch.add(caughtUp(progress));
  }
}

function logCursor(log: EventLog, from: Start): Cursor {
  let last = from === 'start' ? -1 : from === 'end' ? log.last : Number(from);
  return {
    next: () => {
      const events = log.last > last ? log.forward(last + 1, PAGE_EVENTS) : [];
      last = events.at(-1)?.position ?? last;
      return events;
    },
    progress: () => (last < 0 ? {} : { position: last }),
  };
}

function streamCursor(log: EventLog, stream: string, from: Start): Cursor {
  // A live subscription is given the tombstone, and ended then.
  let ended = false;
  let last = from === 'start' ? -1 : from === 'end' ? log.head(stream).last : Number(from);
  return {
    next: (live) => {
      const view = viewOf(log, stream);
      if (view.kind === 'tombstoned') {
        const record = live && !ended ? log.at(view.position) : undefined;
        if (!record) throw streamDeleted(stream);
        ended = true;
        return [{ position: view.position, record }];
      }
      if (view.kind === 'none') return [];
      const { head } = view;
      // What arrives live is delivered even when the stream's metadata already hides it.
      const first = Math.max(last + 1, live ? 0 : view.first);
      if (first > head.last) return [];
      const events = log.ofStream(head, first, Math.min(head.last, first + PAGE_EVENTS - 1));
      last = first + events.length - 1;
      return events;
    },
    progress: () => (last < 0 ? {} : { revision: last }),
  };
}
