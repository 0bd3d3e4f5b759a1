import { randomBytes, randomUUID } from 'node:crypto';
import { type Bar, notMeasured } from './bar.js';
import { latencies, latencyBars } from './fanout-latency.js';
import { HttpConnection } from './http-connection.js';
import { type BenchKafka, withTopics } from './kafka.js';
import { closedLoop } from './load.js';
import { Mailbox } from './mailbox.js';
import { PAYMENT } from './payers.js';
import { withPostgres } from './postgres.js';
import { type Served, startServed, startStandalone } from './processes.js';
import { inScratch, withNode } from './scratch.js';

const SAMPLES = 300;
const WARM_UP = 30;
/** Payments come one after the other; what is measured is how long one takes and not how many fit in. */
const PAUSE_MS = 20;
const P50_MS = 150;
const EMBEDDED = 'payment to mail handed over, ms p50, standalone';
const THROUGH_KAFKA = 'payment to mail handed over, ms p50, through Kafka';

/** From a payment over HTTP to the mail server that has its confirmation, in standalone and through Kafka. */
export async function paymentToMail(cluster: BenchKafka | string): Promise<Bar[]> {
  const mailbox = await Mailbox.open();
  try {
    return [...(await inStandalone(mailbox)), ...(await throughKafka(cluster, mailbox))];
  } finally {
    await mailbox.close();
  }
}

function inStandalone(mailbox: Mailbox): Promise<Bar[]> {
  return inScratch(async (directory) => {
    const standalone = await startStandalone(directory, { PAYBILL_SMTP_URL: mailbox.url });
    try {
      return latencyBars(EMBEDDED, P50_MS, await confirmations(standalone.url, mailbox));
    } finally {
      await standalone.stop();
    }
  });
}

function throughKafka(cluster: BenchKafka | string, mailbox: Mailbox): Promise<Bar[]> {
  if (typeof cluster === 'string') return Promise.resolve([notMeasured('fanout', THROUGH_KAFKA, cluster)]);
  return withPostgres((server) => {
    if (!server) return Promise.resolve([notMeasured('fanout', THROUGH_KAFKA, 'there is no PostgreSQL')]);
    return server.inDatabase((_, databaseUrl) =>
      withTopics(cluster, () =>
        withNode(async (node) => {
          const env = {
            EVENTSTORE_URL: node.connectionString,
            DATABASE_URL: databaseUrl,
            KAFKA_BROKERS: cluster.brokers,
            PAYBILL_MASTER_KEY: randomBytes(32).toString('base64'),
            PAYBILL_SMTP_URL: mailbox.url,
          };
          const started: Served[] = [];
          try {
            for (const app of ['api', 'relay', 'notifications'] as const) started.push(await startServed(app, env));
            return latencyBars(THROUGH_KAFKA, P50_MS, await confirmations(started[0]!.url, mailbox));
          } finally {
            for (const process of started.toReversed()) await process.stop();
          }
        }),
      ),
    );
  });
}

/** Each customer pays once, and has an address that no other has: it tells which payment a mail is about. */
async function confirmations(apiUrl: string, { arrived }: Mailbox): Promise<number[]> {
  const customers = await openWithContacts(apiUrl, WARM_UP + SAMPLES);
  const connection = await HttpConnection.open(apiUrl);
  const body = JSON.stringify(PAYMENT);
  const pay = async ({ id, email }: Customer) => {
    const sent = performance.now();
    const { status, body: answer } = await connection.post(`/accounts/${id}/payments`, randomUUID(), body);
    if (status !== 201) throw new Error(`a payment was answered with ${status}: ${answer}`);
    return { id: email, sent };
  };
  await latencies(WARM_UP, PAUSE_MS, (index) => pay(customers[index]!), arrived);
  const measured = await latencies(SAMPLES, PAUSE_MS, (index) => pay(customers[WARM_UP + index]!), arrived);
  connection.close();
  return measured;
}

interface Customer {
  readonly id: string;
  readonly email: string;
}

async function openWithContacts(apiUrl: string, count: number): Promise<Customer[]> {
  const customers: Customer[] = [];
  await closedLoop({ inFlight: 8, count }, async (index) => {
    const opened = await command('POST', `${apiUrl}/accounts`, { currency: 'USD' });
    const { accountId: id } = opened as { accountId: string };
    const email = `${randomUUID()}@example.com`;
    await command('PUT', `${apiUrl}/accounts/${id}/contact`, { name: 'Jane Q. Public', email });
    customers[index] = { id, email };
  });
  return customers;
}

async function command(method: 'POST' | 'PUT', url: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${url} was answered with ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
