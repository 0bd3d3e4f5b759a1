import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS, toWire, type WireRecord } from '#libs/contracts';
import { type Kafka, readTopic } from '#libs/platform';
import { type MessageLog } from '../consuming/follow-log.js';
import { readProgress } from './progress.js';

/** One way in which the topic is not what the log says. */
interface Fault {
  readonly kind: 'missing' | 'duplicate' | 'different' | 'unknown' | 'wrong-partition';
  readonly accountId: string;
  /** Number of the message among those of the account. */
  readonly sequence: string;
}

/** What a comparison of topic and log came to. */
export interface Verification {
  /** Position in the log up to which the two were compared: that of the relay when it began. */
  readonly position: bigint;
  /** Messages and accounts the log has up to there. */
  readonly messages: number;
  readonly accounts: number;
  readonly faults: number;
  /** The first of them. */
  readonly examples: readonly Fault[];
}

interface VerifyOptions {
  readonly name?: string;
  readonly topic?: string;
  readonly progressTopic?: string;
  /** So long messages that the topic does not show at its end are looked for again. */
  readonly patienceMs?: number;
  readonly onProgress?: (stage: 'log' | 'topic', messages: number) => void;
}

const EXAMPLES = 100;
/** Longer than the broker lets a transaction be open. */
const PATIENCE_MS = 70_000;
const RETRY_MS = 500;

/**
 * Holds the topic against the log: for each account the same messages with the same content in the same order, none
 * missing, none twice, all in one partition. Keeps eight bytes for each message.
 */
export async function verifyRelay(log: MessageLog, kafka: Kafka, options: VerifyOptions = {}): Promise<Verification> {
  const { name = 'relay', topic = TOPICS.account, progressTopic = TOPICS.relayProgress, onProgress } = options;
  const { position } = await readProgress(kafka, progressTopic, name);
  const expected = await readLog(log, position, (messages) => onProgress?.('log', messages));
  const messages = [...expected.values()].reduce((sum, { length }) => sum + length, 0);
  const patience = performance.now() + (options.patienceMs ?? PATIENCE_MS);
  for (;;) {
    const comparison = await compare(expected, readTopic(kafka, topic), position, onProgress);
    const { faults, examples, endsEarly } = comparison;
    // The cluster shows what is committed partition by partition, and nothing behind a transaction that is open: what is
    // missing at the end may only not be shown yet.
    if (!endsEarly || performance.now() > patience) {
      return { position, messages, accounts: expected.size, faults, examples };
    }
    await delay(RETRY_MS);
  }
}

async function compare(
  expected: ReadonlyMap<string, readonly number[]>,
  topic: AsyncIterable<readonly (WireRecord & { readonly partition: number })[]>,
  position: bigint,
  onProgress: VerifyOptions['onProgress'],
): Promise<Comparison> {
  const comparison = new Comparison(expected);
  let read = 0;
  for await (const records of topic) {
    for (const record of records) {
      // Written after the comparison began.
      if (positionOf(record) > position) continue;
      comparison.meet(record.partition, record);
      read += 1;
    }
    onProgress?.('topic', read);
  }
  comparison.finish();
  return comparison;
}

/** Where in the log a record says it is from; the beginning, for one that is none of ours. */
function positionOf({ headers }: WireRecord): bigint {
  const text = headers['ce_position'] ?? '';
  return /^\d{1,18}$/.test(text) ? BigInt(text) : 0n;
}

/** By account, a digest of each of its messages; the index is the sequence. */
async function readLog(
  { store, category, toMessage }: MessageLog,
  position: bigint,
  onProgress: (messages: number) => void,
): Promise<Map<string, number[]>> {
  const digests = new Map<string, number[]>();
  if (position === 0n) return digests;
  const enough = new AbortController();
  let messages = 0;
  for await (const batch of store.subscribe({ after: 0n, categories: [category], signal: enough.signal })) {
    let done = false;
    for (const item of batch) {
      if (item.kind === 'caught-up') done = true;
      if (item.kind !== 'event') continue;
      if (item.event.position > position) {
        done = true;
        break;
      }
      const message = toMessage(item.event);
      const known = digests.get(message.key);
      if (known) known.push(digest(toWire(message)));
      else digests.set(message.key, [digest(toWire(message))]);
      messages += 1;
      done ||= item.event.position === position;
    }
    onProgress(messages);
    if (done) break;
  }
  enough.abort();
  return digests;
}

/** Six bytes of SHA-256 over all of a record: as much as a number holds exactly. */
function digest({ key, value, headers }: WireRecord): number {
  const hash = createHash('sha256').update(key).update('\n').update(value);
  for (const name of Object.keys(headers).sort()) hash.update(`\n${name}: ${headers[name]}`);
  return hash.digest().readUIntBE(0, 6);
}

class Comparison {
  faults = 0;
  #missingAtEnd = 0;
  readonly examples: Fault[] = [];
  readonly #next = new Map<string, number>();
  readonly #partitions = new Map<string, number>();

  constructor(private readonly expected: ReadonlyMap<string, readonly number[]>) {}

  meet(partition: number, record: WireRecord): void {
    const { key, headers } = record;
    const digests = this.expected.get(key);
    const sequence = Number(headers['ce_sequence'] ?? Number.NaN);
    const text = String(sequence);
    if (digests?.[sequence] === undefined) return this.#fault('unknown', key, text);
    if ((this.#partitions.get(key) ?? partition) !== partition) this.#fault('wrong-partition', key, text);
    this.#partitions.set(key, partition);
    const next = this.#next.get(key) ?? 0;
    if (sequence < next) return this.#fault('duplicate', key, text);
    for (let missing = next; missing < sequence; missing++) this.#fault('missing', key, String(missing));
    if (digests[sequence] !== digest(record)) this.#fault('different', key, text);
    this.#next.set(key, sequence + 1);
  }

  /** What has not been met by now is not there. */
  finish(): void {
    for (const [key, digests] of this.expected) {
      for (let missing = this.#next.get(key) ?? 0; missing < digests.length; missing++) {
        this.#missingAtEnd += 1;
        this.#fault('missing', key, String(missing));
      }
    }
  }

  /** Whether all that is wrong is that messages are missing after the last of some accounts. */
  get endsEarly(): boolean {
    return this.faults > 0 && this.faults === this.#missingAtEnd;
  }

  #fault(kind: Fault['kind'], accountId: string, sequence: string): void {
    this.faults += 1;
    if (this.examples.length < EXAMPLES) this.examples.push({ kind, accountId, sequence });
  }
}
