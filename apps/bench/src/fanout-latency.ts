import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { TOPICS } from '#libs/contracts';
import { consumeTopic } from '#libs/platform';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bar, notMeasured, staysUnder, told } from './bar.js';
import { type BenchKafka, withTopics } from './kafka.js';
import { quantile } from './measuring.js';
import { openAccounts, pay } from './payers.js';
import { startServed } from './processes.js';
import { withNode } from './scratch.js';

const SAMPLES = 300;
/** Of those that meet no transaction but their own. */
const SAMPLES_ALONE = 100;
const WARM_UP = 50;
const ACCOUNTS = 60;
const PAUSE_MS = 5;
const PATIENCE_MS = 60_000;
const P50_MS = 50;
const NAME = 'append to Kafka consumer, ms p50';

/** From a command to the consumer that has its message, through a relay that has caught up. */
export function appendToConsumer(cluster: BenchKafka | string): Promise<Bar[]> {
  if (typeof cluster === 'string') return Promise.resolve([notMeasured('fanout', NAME, cluster)]);
  return withTopics(cluster, () => withNode((node) => measure(cluster, node.connectionString)));
}

async function measure({ brokers, kafka }: BenchKafka, eventStoreUrl: string): Promise<Bar[]> {
  const relay = await startServed('relay', { EVENTSTORE_URL: eventStoreUrl, KAFKA_BROKERS: brokers });
  const enough = new AbortController();
  const arrived = new Map<string, number>();
  const consuming = consumeTopic(
    kafka,
    {
      groupId: `bench-${randomUUID()}`,
      topic: TOPICS.account,
      handle: (records) => {
        const now = performance.now();
        for (const { headers } of records) arrived.set(headers['ce_position']!, now);
        return Promise.resolve();
      },
    },
    enough.signal,
  );
  const store = new EventStore(eventStoreUrl);
  try {
    const handling = new CommandHandling(store);
    const ids = await openAccounts(handling, ACCOUNTS);
    const payment = async (index: number) => {
      const sent = performance.now();
      const { position } = await pay(handling, ids[index % ids.length]!);
      return { id: String(position), sent };
    };
    await latencies(WARM_UP, PAUSE_MS, payment, arrived);
    const streaming = await latencies(SAMPLES, PAUSE_MS, payment, arrived);
    const alone: number[] = [];
    for (let index = 0; index < SAMPLES_ALONE; index++) {
      alone.push(...(await latencies(1, PAUSE_MS, () => payment(index), arrived)));
    }
    // An idle machine is one where a message meets no other; what a stream of them does to it is told beside it.
    return [
      ...latencyBars(NAME, P50_MS, alone),
      told('fanout', `${NAME}, one every ${PAUSE_MS} ms`, quantile(streaming, 0.5)),
    ];
  } finally {
    enough.abort();
    await consuming;
    await store.close();
    await relay.stop();
  }
}

/** What is sent, by the name under which it arrives, and when the sending began. */
interface Sent {
  readonly id: string;
  readonly sent: number;
}

/** Sends one after the other with a pause between them and waits until all have arrived. @returns milliseconds of each. */
export async function latencies(
  count: number,
  pauseMs: number,
  send: (index: number) => Promise<Sent>,
  arrived: ReadonlyMap<string, number>,
): Promise<number[]> {
  const sent: Sent[] = [];
  for (let index = 0; index < count; index++) {
    sent.push(await send(index));
    await delay(pauseMs);
  }
  const deadline = performance.now() + PATIENCE_MS;
  while (!sent.every(({ id }) => arrived.has(id))) {
    if (performance.now() > deadline) throw new Error('not all that was sent has arrived within a minute');
    await delay(10);
  }
  return sent.map((each) => arrived.get(each.id)! - each.sent);
}

/** The median is what is promised; the others say how it looks for the unlucky. */
export function latencyBars(name: string, limitMs: number, milliseconds: readonly number[]): Bar[] {
  return [
    staysUnder('fanout', name, quantile(milliseconds, 0.5), limitMs),
    told('fanout', name.replace('p50', 'p95'), quantile(milliseconds, 0.95)),
    told('fanout', name.replace('p50', 'p99'), quantile(milliseconds, 0.99)),
  ];
}
