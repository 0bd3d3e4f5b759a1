import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { randomUUID } from 'node:crypto';
import { type Bar, reaches } from './bar.js';
import { ACCOUNTS, IN_FLIGHT, paymentOf } from './commands.bench.js';
import { HttpPool } from './http-connection.js';
import { closedLoop } from './load.js';
import { interleaved, perSecond } from './measuring.js';
import { openAccounts, PAYMENT } from './payers.js';
import { startApi, startStandalone, untilProjected } from './processes.js';
import { RawAppends } from './raw-appends.js';
import { inScratch, withNode } from './scratch.js';

const LOAD = { inFlight: IN_FLIGHT, count: ACCOUNTS };
const CREATED = 201;
const POSITION = /"position":"(\d+)"/;

/** Durable payments through HTTP against the client's own appends: with the API apart, and in standalone. */
export async function http(): Promise<Bar[]> {
  return [await apiApart(), await inStandalone()];
}

function apiApart(): Promise<Bar> {
  return withNode(async (node) => {
    const api = await startApi(node.connectionString);
    try {
      const { paid, raw } = await measure(api.url, node.connectionString, () => Promise.resolve());
      return reaches('http', 'ApplyPayment/s, API process, 64 connections', paid, raw, 0.5);
    } finally {
      await api.stop();
    }
  });
}

function inStandalone(): Promise<Bar> {
  return inScratch(async (directory) => {
    const standalone = await startStandalone(directory);
    const { url, eventStoreUrl } = standalone;
    try {
      const { paid, raw } = await measure(url, eventStoreUrl, (position) => untilProjected(url, position));
      return reaches('http', 'ApplyPayment/s, standalone with its projections running', paid, raw, 0.5);
    } finally {
      await standalone.stop();
    }
  });
}

/** @param settled waits until nothing is being done any more for payments up to a position. */
async function measure(
  url: string,
  eventStoreUrl: string,
  settled: (position: bigint) => Promise<void>,
): Promise<Record<'paid' | 'raw', number>> {
  const { ids, sample } = await prepare(eventStoreUrl);
  await using raw = new RawAppends(eventStoreUrl);
  const pool = await HttpPool.open(url, IN_FLIGHT);
  const body = JSON.stringify(PAYMENT);
  let last = 0n;
  const paid = () =>
    closedLoop(LOAD, async (index) => {
      const path = `/accounts/${ids[index]}/payments`;
      const answer = await pool.ask((connection) => connection.post(path, randomUUID(), body), CREATED);
      const position = BigInt(POSITION.exec(answer.body)![1]!);
      if (position > last) last = position;
    });
  const appended = () => closedLoop(LOAD, (index) => raw.append(index, [sample]));
  const rate = (work: () => Promise<void>) => async () => {
    await settled(last);
    return perSecond(LOAD.count, work);
  };
  // Once unmeasured: accounts are read into the API's cache, and the code of both is compiled.
  await appended();
  await paid();
  const rates = await interleaved({ raw: rate(appended), paid: rate(paid) });
  pool.close();
  return rates;
}

/** Accounts to pay to, and a payment as it is stored. */
async function prepare(eventStoreUrl: string) {
  const store = new EventStore(eventStoreUrl);
  const handling = new CommandHandling(store);
  const ids = await openAccounts(handling, ACCOUNTS);
  const sample = await paymentOf(store, handling, ids[0]!);
  await store.close();
  return { ids, sample };
}
