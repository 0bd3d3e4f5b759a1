import { setTimeout as delay } from 'node:timers/promises';
import { AheadOfLog, type EventStore, EventStoreUnavailable, type StoredEvent } from '#libs/event-sourcing';
import { type Message, SOURCE, type WireRecord } from '#libs/contracts';
import { type Arrival, claimedSequence } from './arrival.js';
import { type Consumer } from './consumer.js';

/** The log as a source of messages: the events of one category of streams, and what each says in public. */
export interface MessageLog {
  readonly store: EventStore;
  /** Stream category whose streams are named `<category>-<key>`. */
  readonly category: string;
  readonly toMessage: (event: StoredEvent) => Message;
}

/** Told how a source fares. */
export interface SourceListener {
  /** Something has to be waited for. */
  waits?(this: void, reason: string): void;
  /** Messages have been received. */
  received?(this: void): void;
}

const RETRY_MS = 250;
const BATCH = 1_000;

/**
 * Feeds a consumer straight from the log, without Kafka: the same messages in the same order with the same guarantees, its
 * position being part of the inbox's transaction. Returns when `signal` aborts.
 */
export async function followLog(
  { store, category, toMessage }: MessageLog,
  consumer: Consumer,
  signal: AbortSignal,
  told: SourceListener = {},
): Promise<void> {
  while (!signal.aborted) {
    try {
      const after = await consumer.position();
      await consumer.requireSameLog(store);
      for await (const messages of store.subscribe({ after, categories: [category], signal })) {
        for (let from = 0; from < messages.length; from += BATCH) {
          const part = messages.slice(from, from + BATCH);
          const arrivals: Arrival[] = [];
          let position: bigint | undefined;
          let mark: StoredEvent | undefined;
          for (const message of part) {
            if (message.kind === 'event') {
              arrivals.push(arrivalOf(message.event, toMessage));
              position = message.event.position;
              mark = message.event;
            } else if (message.kind === 'checkpoint') position = message.position;
          }
          if (position !== undefined) await consumer.receive(arrivals, signal, { position, mark });
          if (signal.aborted) return;
          told.received?.();
        }
      }
    } catch (error) {
      if (error instanceof AheadOfLog) {
        told.waits?.(error.message);
        return untilAborted(signal);
      }
      if (!(error instanceof EventStoreUnavailable)) throw error;
      told.waits?.('the event store is away');
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** What is not of this log is no better a moment later: it is left alone until somebody has restored it. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** An event that says nothing this build understands is parked like any other message that cannot be read. */
function arrivalOf(event: StoredEvent, toMessage: (event: StoredEvent) => Message): Arrival {
  const key = event.stream.slice(event.stream.indexOf('-') + 1);
  try {
    return { origin: event.id, key, message: toMessage(event) };
  } catch (error) {
    const headers = {
      ce_id: event.id,
      ce_source: SOURCE,
      ce_type: event.type,
      ce_sequence: String(event.revision),
    };
    return { origin: event.id, key, unreadable: (error as Error).message, record: { key, value: '', headers } };
  }
}

/**
 * Reads a parked event from the log again: of one that this build did not understand, nothing was kept but where it is.
 * Undefined for a record that says no place in the log.
 */
export async function readAgain(
  { store, category, toMessage }: MessageLog,
  record: WireRecord,
): Promise<Arrival | undefined> {
  const sequence = claimedSequence(record);
  if (sequence === undefined) return undefined;
  for await (const event of store.readStream(`${category}-${record.key}`, { from: sequence, limit: 1 })) {
    return arrivalOf(event, toMessage);
  }
  return undefined;
}
