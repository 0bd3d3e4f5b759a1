import { type Bar } from './bar.js';
import { appendToConsumer } from './fanout-latency.js';
import { fanoutMemory } from './fanout-memory.js';
import { fraudRules } from './fraud-rules.js';
import { withKafka } from './kafka.js';
import { paymentToMail } from './mail-latency.js';
import { relayRate } from './relay-rate.js';

/** From the log to those who live on its messages: how many a second, how soon, and in how much memory. */
export async function fanout({ full }: { full: boolean }): Promise<Bar[]> {
  const fraud = await fraudRules();
  return withKafka(async (cluster) => [
    ...(await relayRate(cluster, full)),
    ...(await appendToConsumer(cluster)),
    ...(await paymentToMail(cluster)),
    ...fraud,
    ...(full ? await fanoutMemory(cluster) : []),
  ]);
}
