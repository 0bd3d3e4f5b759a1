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
  const tail = await readEntries(kafka, topic, relay, TAIL);
  // It stands in the tail but for a relay that has not written for long; a short topic is all tail.
  const { progress } = tail.progress !== undefined || tail.from < TAIL ? tail : await readEntries(kafka, topic, relay);
  return progress ?? { position: 0n, messages: 0n };
}

async function readEntries(
  kafka: Kafka,
  topic: string,
  relay: string,
  last?: number,
): Promise<{ progress?: Progress; from: bigint }> {
  let progress: Progress | undefined;
  let from: bigint | undefined;
  for await (const records of readTopic(kafka, topic, { last })) {
    from ??= records[0]?.offset;
    for (const { position, messages } of entriesOf(records, relay)) {
      if (position === undefined || messages === undefined) continue;
      progress = { position: BigInt(position), messages: BigInt(messages) };
    }
  }
  return { ...(progress && { progress }), from: from ?? 0n };
}

/** The instance that wrote under the relay's name last. */
export async function lastInstance(kafka: Kafka, topic: string, relay: string): Promise<string | undefined> {
  return (await instanceIn(kafka, topic, relay, TAIL)) ?? (await instanceIn(kafka, topic, relay));
}

async function instanceIn(kafka: Kafka, topic: string, relay: string, last?: number): Promise<string | undefined> {
  let instance: string | undefined;
  for await (const records of readTopic(kafka, topic, { last })) {
    instance = entriesOf(records, relay).at(-1)?.instance ?? instance;
  }
  return instance;
}

function entriesOf(records: readonly KafkaRecord[], relay: string): Entry[] {
  return records.filter(({ key }) => key === relay).map(({ value }) => JSON.parse(value) as Entry);
}
