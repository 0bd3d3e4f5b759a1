import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { randomBytes, randomUUID } from 'node:crypto';
import { type Bar, staysUnder, told } from './bar.js';
import { HttpPool } from './http-connection.js';
import { openLoop } from './load.js';
import { median, quantile, ROUNDS } from './measuring.js';
import { openAccounts, PAYMENT } from './payers.js';
import { type BenchServer, withPostgres } from './postgres.js';
import { startServed, startStandalone, untilFollowed, untilProjected } from './processes.js';
import { inScratch, withNode } from './scratch.js';

const LOAD = { perSecond: 500, seconds: 10 };
const CONNECTIONS = 64;
const ACCOUNTS = 5_000;
const P99_MS = 30;
const CREATED = 201;

interface Asked {
  readonly method?: 'PUT';
  readonly path: string;
  readonly body: object;
}

const usd = (amount: string) => ({ amount, currency: 'USD' });

/** Of the bill that every account begins with. */
const FIRST_BILL = '2026-01';

/** Each asks for something that is taken, whatever was asked of the account before. */
const pays = (id: string): Asked => ({ path: `/accounts/${id}/payments`, body: PAYMENT });
const isBilled = (id: string, index: number): Asked => ({
  path: `/accounts/${id}/bills`,
  body: {
    billNumber: `B-${index}`,
    issuedOn: '2026-02-01',
    dueOn: '2026-02-28',
    lines: [
      {
        service: 'internet',
        description: 'Fibre 500',
        unitPrice: '59.99',
        taxes: [{ jurisdiction: 'US-PA', rate: '0.06' }],
      },
      { service: 'mobile', description: 'Mobile Unlimited', unitPrice: '35.00' },
    ],
  },
});
const isReached = (id: string, index: number): Asked => ({
  method: 'PUT',
  path: `/accounts/${id}/contact`,
  body: { name: `Customer ${index}`, email: `c${index}@example.com` },
});
const isOpened = (_id: string, index: number): Asked => ({
  path: '/accounts',
  body: { currency: 'USD', customerReference: `C-${index}`, openedOn: '2026-01-01' },
});
const isGivenBack = (id: string): Asked => ({
  path: `/accounts/${id}/bills/${FIRST_BILL}/lines/L1/reversals`,
  body: { amount: usd('1.00'), reason: 'billed-in-error' },
});
const enrolls = (id: string): Asked => ({
  path: `/accounts/${id}/autopay`,
  body: {
    method: { kind: 'bank-account', token: 'tok_1NirD82eZvKYlo2C', lastFour: '6789' },
    consent: { by: 'account-holder', agreedAt: '2026-01-08T17:49:00Z', wording: 'autopay-2026-01', means: 'online' },
  },
});
const disputes = (id: string): Asked => ({
  path: `/accounts/${id}/disputes`,
  body: {
    subject: { kind: 'charge', billNumber: FIRST_BILL, lineId: 'L1' },
    amount: usd('1.00'),
    reason: 'not-ordered',
  },
});

/** Twenty commands of a biller's day: mostly payments and bills, and some of everything else. */
const DAY: readonly ((id: string, index: number) => Asked)[] = [
  ...[pays, isBilled, pays, isReached, pays, isBilled, pays, isOpened, pays, isGivenBack],
  ...[pays, isBilled, pays, enrolls, pays, isBilled, pays, disputes, pays, isReached],
];

/**
 * Commands of many kinds over HTTP at fixed times, from the moment each was due: to the API as a process of its own, as an
 * installation has it, and to standalone with everything in it running: read models, notifications, fraud monitoring.
 */
export async function commandLatency(): Promise<Bar[]> {
  return [...(await withPostgres(apiApart)), ...(await inStandalone())];
}

/** Whoever follows the log has machines of its own there, so nobody does here; the log and the database are on this one. */
async function apiApart(server: BenchServer | undefined): Promise<Bar[]> {
  if (!server) return [];
  return server.inDatabase((_db, databaseUrl) =>
    withNode(async (node) => {
      const masterKey = randomBytes(32).toString('base64');
      const api = await startServed('api', {
        EVENTSTORE_URL: node.connectionString,
        DATABASE_URL: databaseUrl,
        PAYBILL_MASTER_KEY: masterKey,
      });
      try {
        return barsOf('API process', await latencies(api.url, (await payers(node.connectionString)).ids));
      } finally {
        await api.stop();
      }
    }),
  );
}

function inStandalone(): Promise<Bar[]> {
  return inScratch(async (directory) => {
    const standalone = await startStandalone(directory);
    const { url, eventStoreUrl } = standalone;
    try {
      const { ids, position } = await payers(eventStoreUrl);
      await untilProjected(url, position);
      await untilFollowed(url, position);
      return barsOf('standalone', await latencies(url, ids));
    } finally {
      await standalone.stop();
    }
  });
}

async function payers(eventStoreUrl: string): Promise<{ ids: string[]; position: bigint }> {
  const store = new EventStore(eventStoreUrl);
  const ids = await openAccounts(new CommandHandling(store), ACCOUNTS);
  const position = await store.lastOf('account');
  await store.close();
  return { ids, position };
}

function barsOf(where: string, rounds: readonly (readonly number[])[]): Bar[] {
  const ms = (share: number) => median(rounds.map((round) => quantile([...round], share)));
  return [
    staysUnder('billing', `ms p99 of mixed commands, 500/s, ${where}`, ms(0.99), P99_MS),
    told('billing', 'ms p50 of the same', ms(0.5)),
  ];
}

/** Milliseconds of each command, a list for each round; one round before them is not counted. */
async function latencies(url: string, ids: readonly string[]): Promise<number[][]> {
  const pool = await HttpPool.open(url, CONNECTIONS);
  const rounds: number[][] = [];
  let sent = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = await openLoop(LOAD, (index) => {
      sent += 1;
      // Neighbours in time are not neighbours in the log: a prime step goes through all accounts in a scattered order.
      const id = ids[(sent * 2_203) % ids.length]!;
      const { method = 'POST', path, body } = DAY[index % DAY.length]!(id, sent);
      const text = JSON.stringify(body);
      return pool.ask((connection) => connection.command(method, path, randomUUID(), text), CREATED);
    });
    if (round > 0) rounds.push(measured);
  }
  pool.close();
  return rounds;
}
