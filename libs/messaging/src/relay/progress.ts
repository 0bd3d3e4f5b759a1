import { type Kafka, type KafkaRecord, readTopic, type RecordToWrite } from '#libs/platform';

/** How far a relay has come, as it stands in the topic of progress beside the messages themselves. */
export interface Progress {
  /** Position in the log up to which everything is in the topic; 0n: nothing. */
  readonly position: bigint;
  /** How many messages have been written in all. */
  readonly messages: bigint;
}

/**
 * An entry under the relay's name, by one instance of it. A claim says that it is about to shut out those before it, one with
 * a position what it has written; one with neither that it has begun.
 */
interface Entry {
  readonly instance: string;
  readonly claims?: true;
  readonly position?: string;
  readonly messages?: string;
}

/** Who the relay's name belongs to. */
interface Claim {
  /** The instance that claimed it last; undefined before the first. */
  readonly instance: string | undefined;
  /** Whether that instance has begun, and so has shut out all others. */
  readonly begun: boolean;
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

export function claimEntry(relay: string, instance: string): RecordToWrite {
  const entry: Entry = { instance, claims: true };
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

/** Who claimed the relay's name last, as far as it is committed. */
export async function readClaim(kafka: Kafka, topic: string, relay: string): Promise<Claim> {
  const tail = await claimIn(kafka, topic, relay, TAIL);
  return tail.instance === undefined ? claimIn(kafka, topic, relay) : tail;
}

async function claimIn(kafka: Kafka, topic: string, relay: string, last?: number): Promise<Claim> {
  let claim: Claim = { instance: undefined, begun: false };
  for await (const records of readTopic(kafka, topic, { last })) {
    for (const { instance, claims } of entriesOf(records, relay)) {
      if (claims) claim = { instance, begun: false };
      // The one before may write on until it is shut out; where the claim itself is long gone, who writes is who holds.
      else if (claim.instance === undefined || claim.instance === instance) claim = { instance, begun: true };
    }
  }
  return claim;
}

function entriesOf(records: readonly KafkaRecord[], relay: string): Entry[] {
  return records.filter(({ key }) => key === relay).map(({ value }) => JSON.parse(value) as Entry);
}
