import { randomInt } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { CommandHandling, EventStore, ProjectionRunner, type Submitted } from '#libs/event-sourcing';
import { startSimulator } from '#libs/gateways';
import { EnrollAutopay, IssueBill, OpenAccount, readModels } from '#libs/ledger';
import { commandMetadata } from '#testing/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { postgresEngine, type TestEngine } from '#testing/platform';
import { bySeed, freePort, KilledProcess } from './killed-process.js';

const SECRET = `whsec_${Buffer.from('a secret of the kill test').toString('base64')}`;
const id = (name: string) => uuidv5(name, '2c7e9a50-6f14-5b38-8d0a-c5b1f3e72d94');
/** A debit of each, with what becomes of its payment on the account. */
const TOKENS = {
  sim_ok: 'PaymentApplied',
  sim_timeout: 'PaymentApplied',
  sim_timeout_lost: 'PaymentApplied',
  sim_insufficient_funds: 'PaymentFailed',
  sim_decline: 'PaymentFailed',
} as const;
const NAMES = Object.keys(TOKENS) as (keyof typeof TOKENS)[];
/** Ahead by the day that a run may be, so that midnight may pass meanwhile. */
const DAY = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

interface Outcome {
  readonly streams: Record<string, unknown[]>;
  readonly report: unknown;
  /** What the gateway holds of each payment. */
  readonly held: Record<string, string>;
  readonly kills: number;
}

/** Runs autopay for a day in a process that is killed at its effects, by the seed, or in one that is not. */
async function tell(engine: TestEngine, seed?: number): Promise<Outcome> {
  const node = await startTestNode();
  const store = new EventStore(node.connectionString);
  const database = await engine.create();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const simulator = await startSimulator({ webhook: { url: `${url}/gateway-webhooks/simulator`, secret: SECRET } });
  const stopping = new AbortController();
  const projecting = new ProjectionRunner(store, database.db, readModels).run(stopping.signal);
  const process = new KilledProcess(bySeed(seed), {
    EVENTSTORE_URL: node.connectionString,
    DATABASE_URL: database.url!,
    PAYBILL_PORT: String(port),
    PAYBILL_GATEWAY: 'simulator',
    PAYBILL_SIMULATOR_URL: simulator.url,
    PAYBILL_SIMULATOR_WEBHOOK_SECRET: SECRET,
    PAYBILL_GATEWAY_TIMEOUT_MS: '500',
    LOG_LEVEL: 'error',
  });
  try {
    await enroll(store);
    await process.runUntil(async () => {
      const [, finished] = await told(store, `autopayRun-${DAY}`);
      if (finished === undefined) await askForRun(url);
      return finished !== undefined;
    });
    await process.runUntil(async () => {
      const streams = await Promise.all(NAMES.map((name) => told(store, `account-${id(name)}`)));
      return streams.every((events) => events.length === ACCOUNT_EVENTS);
    });
    const streams = Object.fromEntries(
      await Promise.all(NAMES.map(async (name) => [name, await told(store, `account-${id(name)}`)] as const)),
    );
    const [, finished] = await told(store, `autopayRun-${DAY}`);
    const all = (await (await fetch(`${simulator.url}/simulator/payments`)).json()) as Held[];
    const held = Object.fromEntries(all.map((one) => [one.paymentId, one.held]));
    return { streams, report: finished?.['report'], held, kills: process.kills };
  } finally {
    await process.stop();
    stopping.abort();
    await projecting;
    await simulator.close();
    await store.close();
    await node.close();
    await database.drop();
  }
}

interface Held {
  readonly paymentId: string;
  readonly held: string;
}

/** Opened, enrolled, billed, announced, presented, and paid or declined. */
const ACCOUNT_EVENTS = 6;

async function enroll(store: EventStore): Promise<void> {
  const send = (name: string, definition: unknown, data: object) => {
    const command = { definition, data, metadata: commandMetadata(id(`${name} ${JSON.stringify(data)}`)) };
    return new CommandHandling(store).handle(id(name), command as unknown as Submitted<never, never>);
  };
  for (const [index, token] of NAMES.entries()) {
    await send(token, OpenAccount, { payBillNumber: `1234567890${index}244`, currency: 'USD', openedOn: '2026-01-01' });
    const enrolling = {
      method: { kind: 'card', token, expires: '2099-12' },
      consent: { by: 'account-holder', agreedAt: '2026-01-01T09:00:00Z', wording: 'autopay-2026-01', means: 'online' },
      // No notice is needed inside, so that the debit may be made at once.
      noticeRange: { from: '1.00', to: '500.00' },
    };
    await send(token, EnrollAutopay, EnrollAutopay.schema.parse(enrolling));
    const lines = [{ lineId: 'L1', service: 'internet', description: 'Fibre', unitPrice: `${40 + index}.00` }];
    const bill = { billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: DAY, lines };
    await send(token, IssueBill, IssueBill.schema.parse(bill));
  }
}

/** Asks for the run, as an operator does until it is finished; a process that is dead does not answer. */
async function askForRun(url: string): Promise<void> {
  const body = JSON.stringify({ date: DAY });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/autopay-runs`, { method: 'POST', body, headers }).catch(() => undefined);
}

/** A stream without what differs between runs: the moments. */
async function told(store: EventStore, stream: string): Promise<Record<string, unknown>[]> {
  const events = [];
  for await (const { type, data } of store.readStream(stream)) {
    const { effectiveAt: _, ...rest } = data as Record<string, unknown>;
    events.push({ type, ...rest });
  }
  return events;
}

describe.each(await postgresEngine())('The autopay run, killed again and again ($name)', (engine) => {
  const seed = Number(process.env['PAYBILL_SEED'] ?? randomInt(1_000_000));

  it(`debits every account once, and reports what a run nobody disturbed does (kill -9, PAYBILL_SEED=${seed})`, async () => {
    const undisturbed = await tell(engine);
    expect(undisturbed.report).toMatchObject({
      ...{ accounts: 5, announced: 5, presented: 5, failed: 0 },
      totals: [{ amount: '210.00', currency: 'USD' }],
    });
    for (const name of NAMES) {
      expect(undisturbed.streams[name]!.map((event) => (event as { type: string }).type)).toEqual([
        ...['AccountOpened', 'AutopayEnrolled', 'BillIssued', 'AutopayDebitAnnounced', 'AutopayDebitPresented'],
        TOKENS[name],
      ]);
    }
    const disturbed = await tell(engine, seed);
    expect(disturbed.streams).toEqual(undisturbed.streams);
    expect(disturbed.report).toEqual(undisturbed.report);
    expect(disturbed.held).toEqual(undisturbed.held);
    expect(Object.values(disturbed.held).sort()).toEqual(['0', '0', '4000', '4100', '4200']);
    expect(disturbed.kills).toBeGreaterThan(2);
  }, 600_000);
});
