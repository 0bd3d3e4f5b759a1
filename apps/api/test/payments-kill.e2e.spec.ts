import { randomInt } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { CommandHandling, EventStore, type Submitted } from '#libs/event-sourcing';
import { startSimulator } from '#libs/gateways';
import { CollectPayment, IssueBill, OpenAccount, payment, RepresentChargeback, RequestRefund } from '#libs/ledger';
import { commandMetadata } from '#testing/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { postgresEngine, type TestEngine } from '#testing/platform';
import { bySeed, freePort, KilledProcess, KILLS } from './killed-process.js';

const SECRET = `whsec_${Buffer.from('a secret of the kill test').toString('base64')}`;
const id = (name: string) => uuidv5(name, '5b0d3f0e-6d3b-5c1d-8c43-0b6c8a4f1e27');
const [ACCOUNT, DISPUTED, LOST, DECLINED] = ['account', 'disputed', 'lost', 'declined'].map(id) as [
  string,
  string,
  string,
  string,
];

/** What a run came to: everything that does not differ between two runs of the same story. */
interface Outcome {
  readonly streams: Record<string, unknown[]>;
  readonly held: Record<string, string>;
  readonly kills: number;
}

/** Tells the story of three payments to a process that is killed at its effects, by the seed, or to one that is not. */
async function tell(engine: TestEngine, seed?: number): Promise<Outcome> {
  const node = await startTestNode();
  const store = new EventStore(node.connectionString);
  const database = await engine.create();
  const port = await freePort();
  const webhook = { url: `http://127.0.0.1:${port}/gateway-webhooks/simulator`, secret: SECRET };
  const simulator = await startSimulator({ webhook });
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
    await story(store, process, simulator);
    const streams: Outcome['streams'] = {};
    for (const stream of [`account-${ACCOUNT}`, ...[DISPUTED, LOST, DECLINED].map((one) => `payment-${one}`)]) {
      streams[stream] = await told(store, stream);
    }
    const answer = await fetch(`${simulator.url}/simulator/payments`);
    const all = (await answer.json()) as { paymentId: string; held: string }[];
    return {
      streams,
      kills: process.kills,
      held: Object.fromEntries(all.map(({ paymentId, held }) => [paymentId, held])),
    };
  } finally {
    await process.stop();
    await simulator.close();
    await store.close();
    await node.close();
    await database.drop();
  }
}

async function story(store: EventStore, process: KilledProcess, simulator: { advance(): void }): Promise<void> {
  const send = (stream: string, command: Pick<Submitted<never, never>, 'definition' | 'data'>, name: string) =>
    // Another handling each time: nothing it remembers may stand in for what is in the log.
    new CommandHandling(store).handle(stream, { ...command, metadata: commandMetadata(id(name)) });
  const stateOf = async (paymentId: string) => {
    let state = payment.initialState;
    for await (const { type, data, metadata } of store.readStream(`payment-${paymentId}`)) {
      state = payment.evolve(state, payment.events.read(type, metadata.schemaVersion, data));
    }
    return state as Exclude<typeof state, { status: 'new' }>;
  };
  type State = Awaited<ReturnType<typeof stateOf>>;
  const until = (paymentId: string, reached: (state: State) => boolean) =>
    process.runUntil(async () => reached(await stateOf(paymentId)));
  const collect = (paymentId: string, token: string, amount: string) => {
    const data = {
      ...{
        accountId: ACCOUNT,
        amount: { amount, currency: 'USD' },
        channel: 'online',
        method: { kind: 'card', token },
      },
      ...{ gateway: 'simulator', policy: { version: 'payments/1', applyOn: 'settled' } },
    };
    return send(paymentId, { definition: CollectPayment, data } as never, `collect ${paymentId}`);
  };

  const opened = { payBillNumber: '12345678901244', currency: 'USD', openedOn: '2026-01-01' };
  await send(ACCOUNT, { definition: OpenAccount, data: opened } as never, 'open');
  const lines = [{ lineId: 'L1', service: 'internet', description: 'Fibre', unitPrice: '40.00' }];
  const bill = IssueBill.schema.parse({ billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: '2026-01-31', lines });
  await send(ACCOUNT, { definition: IssueBill, data: bill } as never, 'bill');

  await collect(DISPUTED, 'sim_dispute', '60.00');
  await until(DISPUTED, ({ posting }) => posting === 'posted');
  const refund = { amount: { amount: '15.00', currency: 'USD' }, by: 'original-method', reason: 'overpaid' };
  await send(DISPUTED, { definition: RequestRefund, data: refund } as never, 'refund');
  await until(DISPUTED, ({ refunds }) => refunds[0]?.status === 'settled');
  simulator.advance();
  await until(DISPUTED, ({ posting }) => posting === 'reversed');
  await send(DISPUTED, { definition: RepresentChargeback, data: { evidence: 'winning-7' } } as never, 'represent');
  await until(DISPUTED, ({ chargeback }) => chargeback?.status === 'represented');
  simulator.advance();
  await until(DISPUTED, ({ posting }) => posting === 'posted');

  await collect(LOST, 'sim_timeout', '10.00');
  await until(LOST, ({ posting }) => posting === 'posted');
  await collect(DECLINED, 'sim_insufficient_funds', '20.00');
  await until(DECLINED, ({ failureReported }) => failureReported);
}

/** A stream without what differs between runs: moments, and ids that are made of hashes over them. */
async function told(store: EventStore, stream: string): Promise<unknown[]> {
  const events = [];
  for await (const { type, data } of store.readStream(stream)) {
    const { effectiveAt: _, ...rest } = data as Record<string, unknown>;
    // Whether a time-out was noted before the answer was found is a matter of when the process was killed.
    if (type !== 'PaymentOutcomeUnknown')
      events.push({ type, ...rest, ...('refundId' in rest && { refundId: 'one' }) });
  }
  return events;
}

describe.each(await postgresEngine())('The payment process, killed again and again ($name)', (engine) => {
  const seed = Number(process.env['PAYBILL_SEED'] ?? randomInt(1_000_000));

  it(`ends with the events, the books and the money of a run that nobody disturbed (kill -9, PAYBILL_SEED=${seed})`, async () => {
    const undisturbed = await tell(engine);
    const disturbed = await tell(engine, seed);
    expect(undisturbed.held).toEqual({ [DISPUTED]: '4500', [LOST]: '1000', [DECLINED]: '0' });
    expect(disturbed.streams).toEqual(undisturbed.streams);
    expect(disturbed.held).toEqual(undisturbed.held);
    expect(disturbed.kills).toBeGreaterThan(KILLS / 2);
    const account = undisturbed.streams[`account-${ACCOUNT}`] as { type: string }[];
    expect(account.map(({ type }) => type)).toEqual([
      ...['AccountOpened', 'BillIssued', 'PaymentApplied', 'PaymentRefunded', 'PaymentReturned', 'PaymentReinstated'],
      ...['PaymentApplied', 'PaymentFailed'],
    ]);
  }, 600_000);
});
