import { fromWire, type Message, SOURCE, toWire, Unreadable, type WireRecord } from '#libs/contracts';

/** A record as it reached a consumer: a message, or something that cannot be read as one, with the reason. */
export type Arrival = { readonly origin: string; readonly key: string } & (
  { readonly message: Message } | { readonly unreadable: string; readonly record: WireRecord }
);

/**
 * Reads a record of a topic.
 * @param origin names the record where it came from, so that what is not readable is recognised when it comes again.
 */
export function arrived(origin: string, { key, value, headers }: WireRecord): Arrival {
  // A record of Kafka has more to it than is kept.
  const record = { key, value, headers };
  try {
    const message = fromWire(record);
    return { origin: message.id, key, message };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { origin, key, record, unreadable: error.message };
  }
}

/** The record of an arrival, to be kept and read again. */
export function recordOf(arrival: Arrival): WireRecord {
  return 'message' in arrival ? toWire(arrival.message) : arrival.record;
}

/**
 * The number that something unreadable claims to have among the messages of its key: that of a message of ours which this
 * build cannot read yet. Undefined for what is no message of ours at all.
 */
export function claimedSequence({ headers }: WireRecord): bigint | undefined {
  const { ce_sequence: text = '', ce_source: source, ce_id: id } = headers;
  return source === SOURCE && id !== undefined && /^\d{1,18}$/.test(text) ? BigInt(text) : undefined;
}
