import { fromWire, type Message, toWire, Unreadable, type WireRecord } from '#libs/contracts';

/** A record as it reached a consumer: a message, or something that cannot be read as one, with the reason. */
export type Arrival = { readonly origin: string; readonly key: string } & (
  { readonly message: Message } | { readonly unreadable: string; readonly record: WireRecord }
);

/**
 * Reads a record of a topic.
 * @param origin names the record where it came from, so that what is not readable is recognised when it comes again.
 */
export function arrived(origin: string, record: WireRecord): Arrival {
  try {
    const message = fromWire(record);
    return { origin: message.id, key: record.key, message };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { origin, key: record.key, record, unreadable: error.message };
  }
}

/** The record of an arrival, to be kept and read again. */
export function recordOf(arrival: Arrival): WireRecord {
  return 'message' in arrival ? toWire(arrival.message) : arrival.record;
}

/**
 * Its number among the messages of its key, also of one that cannot be read when that much of it can; undefined when not
 * even that is known.
 */
export function sequenceOf(arrival: Arrival): bigint | undefined {
  if ('message' in arrival) return arrival.message.sequence;
  const text = arrival.record.headers['ce_sequence'] ?? '';
  return /^\d{1,18}$/.test(text) ? BigInt(text) : undefined;
}
