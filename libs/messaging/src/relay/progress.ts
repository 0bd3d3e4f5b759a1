import { type Kafka, type KafkaRecord, readTopic, type RecordToWrite } from '#libs/platform';

/** How far a relay has come, as it stands in the topic of progress beside the messages themselves. */
export interface Progress {
  /** Position in the log up to which everything is in the topic; 0n: nothing. */
  readonly position: bigint;
  /** How many messages have been written in all. */
  readonly messages: bigint;
}

/** An entry under the relay's name. One without a position says that an instance has begun and shut out those before it. */
interface Entry {
  readonly instance: string;
  readonly position?: string;
  readonly messages?: string;
}

/** More than the relays of one Paybill write between two of a relay's own entries. */
const TAIL = 1_000;

export function progressEntry(relay: string, instance: string, { position, messages }: Progress): RecordToWrite {
  const entry: Entry = { instance, position: String(position), messages: String(messages) };
  return { key: relay, value: JSON.stringify(entry) };
}

export function fenceEntry(relay: string, instance: string): RecordToWrite {
  const entry: Entry = { instance };
  return { key: relay, value: JSON.stringify(entry) };
}

/** Reads the progress of a relay, as far as it is committed. */
export async function readProgress(kafka: Kafka, topic: string, relay: string): Promise<Progress> {
  const found = (await lastProgress(kafka, topic, relay, TAIL)) ?? (await lastProgress(kafka, topic, relay));
  return found ?? { position: 0n, messages: 0n };
}

async function lastProgress(kafka: Kafka, topic: string, relay: string, last?: number): Promise<Progress | undefined> {
  let progress: Progress | undefined;
  for await (const records of readTopic(kafka, topic, { last })) {
    for (const { position, messages } of entriesOf(records, relay)) {
      if (position === undefined || messages === undefined) continue;
      progress = { position: BigInt(position), messages: BigInt(messages) };
    }
  }
  return progress;
}

/**
 * The instance that wrote under the relay's name last, also in a transaction that is still open: one's own, broken off by
 * an error, would otherwise hide what came after it.
 */
export async function lastInstance(kafka: Kafka, topic: string, relay: string): Promise<string | undefined> {
  let instance: string | undefined;
  for await (const records of readTopic(kafka, topic, { last: TAIL, uncommitted: true })) {
    instance = entriesOf(records, relay).at(-1)?.instance ?? instance;
  }
  return instance;
}

function entriesOf(records: readonly KafkaRecord[], relay: string): Entry[] {
  return records.filter(({ key }) => key === relay).map(({ value }) => JSON.parse(value) as Entry);
}
