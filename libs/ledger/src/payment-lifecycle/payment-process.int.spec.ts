import { sql } from 'kysely';
import { pino } from 'pino';
import { v5 as uuidv5 } from 'uuid';
import { CommandHandling, EventStore, type Submitted } from '#libs/event-sourcing';
import { commandMetadata } from '#testing/event-sourcing';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { embeddedDatabase, type TestDatabase, until } from '#testing/platform';
import { RequestAccountTransfer } from '../account-transfers/account-transfer.js';
import { AccountTransferWorker } from '../account-transfers/account-transfers.job.js';
import { OpenAccount } from '../accounts/open-account.js';
import { account } from '../billing/account.js';
import { HoldPayments } from '../billing/hold-payments.js';
import { IssueBill } from '../billing/issue-bill.js';
import { ReleaseHold } from '../billing/release-hold.js';
import { CollectPayment } from './collect-payment.js';
import { type KnownPayment, payment } from './payment.js';
import { asking, report } from './payment-examples.js';
import {
  type AskedPayment,
  type Charge,
  type GatewayReport,
  GatewayTimedOut,
  GatewayUnavailable,
  type PaymentGateway,
} from './payment-gateway.js';
import { StreamWork } from '../processes/stream-work.job.js';
import { PAYMENT_WORK, PaymentProcess } from './payment-process.job.js';
import { VoidPayment } from './void-payment.js';

const id = (name: string) => uuidv5(name, '3f1c9f62-2b8a-5d0e-9a11-6d5a6c1b7e20');
const HOUR = 3_600_000;

/** A gateway that answers as each test says, and counts what it is asked. */
class ScriptedGateway implements PaymentGateway {
  readonly name = 'simulator';
  readonly charges: string[] = [];
  asked = 0;
  onCharge: (charge: Charge) => GatewayReport = () => report();
  onFind: (payment: AskedPayment) => GatewayReport | undefined = () => undefined;

  charge(charge: Charge) {
    this.charges.push(charge.idempotencyKey);
    return this.#answer(() => this.onCharge(charge));
  }
  find(asked: AskedPayment) {
    this.asked += 1;
    return this.#answer(() => this.onFind(asked));
  }
  void = () => this.#answer(() => report({ status: 'voided' }));
  refund = () => this.#answer(() => report());
  represent = () => this.#answer(() => report());
  readWebhook = () => Promise.resolve([]);

  async #answer<Answer>(answer: () => Answer): Promise<Answer> {
    return Promise.resolve().then(answer);
  }
}

describe('The payment process', () => {
  let node: TestNode;
  let store: EventStore;
  let test: TestDatabase;
  let handling: CommandHandling;
  let gateway: ScriptedGateway;
  let now: number;
  let running: Promise<void>;
  let stopping: AbortController;
  let turn = 0;

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    test = await embeddedDatabase();
  }, 60_000);
  afterAll(async () => {
    await store.close();
    await node.close();
    await test.drop();
  });
  beforeEach(() => {
    turn += 1;
    now = Date.parse('2026-01-15T12:00:00.000Z');
    handling = new CommandHandling(store, { clock: () => new Date(now) });
    gateway = new ScriptedGateway();
    start();
  });
  afterEach(async () => {
    stopping.abort();
    await running;
  });

  function start(): void {
    stopping = new AbortController();
    const options = { store, db: test.db, handling, gateways: [gateway], log: pino({ enabled: false }) };
    // The longest wait there can be: no jitter.
    running = new PaymentProcess({ ...options, clock: () => new Date(now), random: () => 1, lookEveryMs: 5 }).run(
      stopping.signal,
    );
  }

  const send = (stream: string, definition: unknown, data: object) =>
    handling.handle(stream, { definition, data, metadata: commandMetadata() } as unknown as Submitted<never, never>);
  const mine = (name: string) => id(`${name} ${turn}`);

  /** An account that owes 40.00 on bill B-1. */
  async function owing(): Promise<string> {
    const accountId = mine('account');
    await send(accountId, OpenAccount, { payBillNumber: '12345678901244', currency: 'USD' });
    const lines = [{ lineId: 'L1', service: 'internet', description: 'Fibre', unitPrice: '40.00' }];
    const bill = { billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: '2026-01-31', lines };
    await send(accountId, IssueBill, IssueBill.schema.parse(bill));
    return accountId;
  }

  async function collect(more: Parameters<typeof asking>[0] = {}): Promise<string> {
    const accountId = await owing();
    await send(mine('payment'), CollectPayment, CollectPayment.schema.parse(asking({ accountId, ...more })));
    return mine('payment');
  }

  /** The payment, read until it is as wanted. */
  async function reached(paymentId: string, wanted: (state: KnownPayment) => boolean): Promise<KnownPayment> {
    let { state } = await handling.current(paymentId, payment);
    await until(async () => {
      ({ state } = await handling.current(paymentId, payment));
      return state.status !== 'new' && wanted(state);
    });
    return state as KnownPayment;
  }

  const accountNow = async () => (await handling.current(mine('account'), account)).state;

  /** Returns when every payment has been looked at and none is due. */
  const atRest = () =>
    until(async () => {
      const end = await store.lastOf(payment.category);
      const { rows } = await sql<{ due: number; position: string }>`
        select position, (select count(*)::int from payment_process.work
          where happened > seen or hints > 0 or again_at <= ${new Date(now).toISOString()}::timestamptz) as due
        from payment_process.progress`.execute(test.db.sql);
      return rows[0]?.due === 0 && BigInt(rows[0].position) >= end;
    });

  it('starts a scheduled payment when its day has come by the clock, and not before (PA6)', async () => {
    const paymentId = await collect({ payOn: '2026-01-20' });
    await atRest();
    now = Date.parse('2026-01-19T23:59:59.999Z');
    await atRest();
    expect(gateway.charges).toEqual([]);
    now = Date.parse('2026-01-20T00:00:00.000Z');
    const state = await reached(paymentId, ({ posting }) => posting === 'posted');
    expect(state).toMatchObject({ status: 'settled', pending: { since: '2026-01-20T00:00:00.000Z' } });
    expect(gateway.charges).toEqual([paymentId]);
  });

  it('asks about an unknown outcome with growing patience, and never charges again while it does (PA5)', async () => {
    gateway.onCharge = () => {
      throw new GatewayTimedOut('no answer');
    };
    gateway.onFind = () => {
      throw new GatewayTimedOut('no answer');
    };
    const paymentId = await collect();
    await reached(paymentId, ({ status }) => status === 'unknown');
    await atRest();
    expect(gateway.asked).toBe(0);
    for (const [index, waitMs] of [2_000, 4_000, 8_000, 16_000].entries()) {
      now += waitMs - 1;
      await atRest();
      expect(gateway.asked).toBe(index);
      now += 1;
      await atRest();
      expect(gateway.asked).toBe(index + 1);
    }
    gateway.onFind = () => report();
    now += 32_000;
    await reached(paymentId, ({ posting }) => posting === 'posted');
    expect(gateway.charges).toEqual([paymentId]);
  });

  it('sends a charge the gateway never heard of again under its key for a day, and then it has failed', async () => {
    gateway.onCharge = () => {
      throw new GatewayTimedOut('no answer');
    };
    const paymentId = await collect();
    await reached(paymentId, ({ status }) => status === 'unknown');
    await atRest();
    now += 2_000;
    await atRest();
    expect(gateway.charges).toEqual([paymentId, paymentId]);
    now += 24 * HOUR;
    const state = await reached(paymentId, ({ failureReported }) => failureReported);
    expect(state).toMatchObject({ status: 'failed', declineCode: 'never_received', posting: 'none' });
    expect(new Set(gateway.charges)).toEqual(new Set([paymentId]));
  });

  it('waits for a gateway that cannot be reached, with the payment pending and not unknown', async () => {
    gateway.onCharge = () => {
      throw new GatewayUnavailable('away');
    };
    const paymentId = await collect();
    await atRest();
    expect(await reached(paymentId, () => true)).toMatchObject({ status: 'pending' });
    gateway.onCharge = () => report();
    now += 2_000;
    await reached(paymentId, ({ posting }) => posting === 'posted');
  });

  it('asks about a payment that stays pending, until the gateway has said its last word', async () => {
    gateway.onCharge = () => report({ status: 'pending' });
    gateway.onFind = () => report({ status: 'pending' });
    const paymentId = await collect();
    await reached(paymentId, ({ gatewayReference }) => gatewayReference !== undefined);
    await atRest();
    now += 2 * HOUR;
    await atRest();
    expect(gateway.asked).toBe(1);
    gateway.onFind = () => report();
    now += 2 * HOUR;
    await reached(paymentId, ({ posting }) => posting === 'posted');
    await atRest();
    now += 24 * HOUR;
    await atRest();
    expect(gateway.asked).toBe(2);
  });

  it('keeps money that the account will not take, says why, and posts it when the account does (PA8)', async () => {
    const accountId = mine('account');
    const holdId = mine('hold');
    gateway.onCharge = () => report({ status: 'pending' });
    const paymentId = await collect();
    await reached(paymentId, ({ gatewayReference }) => gatewayReference !== undefined);
    // The time of the next question is reckoned from now, not from what the clock is put to next.
    await atRest();
    await send(accountId, HoldPayments, { holdId, reason: 'card-testing' });
    gateway.onFind = () => report();
    now += HOUR;
    const refused = await reached(paymentId, ({ postingRefused }) => postingRefused !== undefined);
    expect(refused).toMatchObject({ status: 'settled', posting: 'none', postingRefused: 'PAYMENTS_HELD' });
    await atRest();
    await send(accountId, ReleaseHold, { holdId, reason: 'dismissed' });
    now += 2 * HOUR;
    const posted = await reached(paymentId, ({ posting }) => posting === 'posted');
    expect(posted).not.toHaveProperty('postingRefused');
    expect(await accountNow()).toMatchObject({ open: 0n, credit: 2000n });
  });

  it('applies money without the payer’s instruction when its bill is not what it was (52 Pa. Code §56.24)', async () => {
    const paymentId = await collect({ allocation: [{ billNumber: 'B-9', amount: '60.00' }] });
    await reached(paymentId, ({ posting }) => posting === 'posted');
    expect(await accountNow()).toMatchObject({ open: 0n, credit: 2000n });
  });

  it('voids an authorized payment that had counted, and the debt stands again', async () => {
    gateway.onCharge = () => report({ status: 'authorized' });
    const paymentId = await collect({ policy: { version: 'payments/1', applyOn: 'authorized' } });
    await reached(paymentId, ({ posting }) => posting === 'posted');
    await send(paymentId, VoidPayment, { reason: 'payer-asked' });
    expect(await reached(paymentId, ({ posting }) => posting === 'reversed')).toMatchObject({ status: 'voided' });
    expect(await accountNow()).toMatchObject({ open: 4000n, credit: 0n });
  });

  it('reinstates money that settled after its authorization was thought to have failed, in the asker’s name (PA5)', async () => {
    gateway.onCharge = () => report({ status: 'authorized' });
    const paymentId = await collect({ policy: { version: 'payments/1', applyOn: 'authorized' } });
    await reached(paymentId, ({ posting }) => posting === 'posted');
    await atRest();
    gateway.onFind = () => report({ status: 'failed', declineCode: 'expired' });
    now += HOUR;
    await reached(paymentId, ({ posting }) => posting === 'reversed');
    gateway.onFind = () => report();
    await new StreamWork(test.db, PAYMENT_WORK).askSoon([paymentId]);
    await reached(paymentId, ({ posting }) => posting === 'posted');
    const last = await store.readLast(`account-${mine('account')}`);
    expect(last).toMatchObject({
      type: 'PaymentReinstated',
      data: { reason: 'settled-late', unapplied: '20.00' },
      metadata: { actor: 'payment-process', onBehalfOf: 'test' },
    });
  });

  it('does not charge again under a key that may be forgotten, when it was killed as it charged and starts days later', async () => {
    gateway.onCharge = () => {
      throw new GatewayUnavailable('killed');
    };
    const paymentId = await collect();
    await atRest();
    expect(gateway.charges).toHaveLength(1);
    stopping.abort();
    await running;
    // What it did not hear the end of has settled; its tables are those of before the charge.
    await sql`update payment_process.work set seen = 0, again_at = null`.execute(test.db.sql);
    gateway.onFind = () => report();
    now += 25 * HOUR;
    start();
    await reached(paymentId, ({ posting }) => posting === 'posted');
    expect(gateway.charges).toHaveLength(1);
  });

  it('asks about money that is in once more after days, for a webhook may have been lost (Nacha: 60 days)', async () => {
    const paymentId = await collect();
    await reached(paymentId, ({ posting }) => posting === 'posted');
    await atRest();
    now += 72 * HOUR - 1;
    await atRest();
    expect(gateway.asked).toBe(0);
    gateway.onFind = () => report({ return: { code: 'R10', reason: 'unauthorized' } });
    now += 1;
    expect(await reached(paymentId, ({ posting }) => posting === 'reversed')).toMatchObject({ status: 'returned' });
  });

  it('collects nothing on its day for an account that was held meanwhile, and says why (SE3)', async () => {
    const paymentId = await collect({ payOn: '2026-01-20' });
    await atRest();
    await send(mine('account'), HoldPayments, { holdId: mine('hold'), reason: 'card-testing' });
    now = Date.parse('2026-01-20T00:00:00.000Z');
    const state = await reached(paymentId, ({ status }) => status === 'voided');
    expect(state).toMatchObject({ void: { reason: 'payments-held' }, captured: 0n });
    expect(gateway.charges).toEqual([]);
  });

  it('carries a payment that was scheduled for an account merged meanwhile to the one that answers for it (ID2)', async () => {
    const paymentId = await collect({ payOn: '2026-01-20' });
    const [fromAccountId, successorId, transferId] = [mine('account'), mine('successor'), mine('transfer')];
    await send(successorId, OpenAccount, { payBillNumber: '12345678901244', currency: 'USD' });
    const asked = { fromAccountId, successorId, kind: 'merger', reason: 'duplicate-account' };
    await send(transferId, RequestAccountTransfer, RequestAccountTransfer.schema.parse(asked));
    await new AccountTransferWorker(store, handling).look({ id: transferId });
    now = Date.parse('2026-01-20T00:00:00.000Z');
    await reached(paymentId, ({ posting }) => posting === 'posted');
    const { state: successor } = await handling.current(successorId, account);
    expect(successor.sources.get(paymentId)).toMatchObject({ kind: 'payment', returned: false });
    expect((await accountNow()).sources.get(paymentId)).toBeUndefined();
    expect([successor.open, gateway.charges]).toEqual([0n, [paymentId]]);
  });

  it('records nothing of a capture that is not of the whole amount, and keeps it for a person to see', async () => {
    gateway.onCharge = () => report({ captured: '5900' });
    const paymentId = await collect();
    await atRest();
    expect(await reached(paymentId, () => true)).toMatchObject({ status: 'pending', captured: 0n });
    const { rows } = await sql<{ trouble: string }>`
      select trouble from payment_process.work where payment_id = ${paymentId}::uuid`.execute(test.db.sql);
    expect(rows).toEqual([{ trouble: 'GATEWAY_AMOUNT_DIFFERS' }]);
  });

  it('finds what there is to do again from the log, when its tables are lost', async () => {
    gateway.onCharge = () => report({ status: 'pending' });
    const paymentId = await collect();
    await reached(paymentId, ({ gatewayReference }) => gatewayReference !== undefined);
    await atRest();
    stopping.abort();
    await running;
    await sql`drop schema payment_process cascade`.execute(test.db.sql);
    gateway.onFind = () => report();
    start();
    await atRestOnceMore();
    now += HOUR;
    await reached(paymentId, ({ posting }) => posting === 'posted');
    expect(gateway.charges.filter((key) => key === paymentId)).toHaveLength(1);
  });

  /** As atRest, for a process that has yet to make its tables. */
  async function atRestOnceMore(): Promise<void> {
    await until(() =>
      sql`select 1 from payment_process.progress`.execute(test.db.sql).then(
        () => true,
        () => false,
      ),
    );
    await atRest();
  }
});
