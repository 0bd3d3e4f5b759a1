import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { GatewayTimedOut, GatewayUnavailable, WebhookRefused } from '#libs/ledger';
import { until } from '#testing/platform';
import { SIMULATED_METHODS } from './simulated-payment.js';
import { type Simulator, startSimulator } from './simulator.js';
import { SimulatorGateway } from './simulator-gateway.js';

const SECRET = `whsec_${Buffer.from('a secret of the simulator test').toString('base64')}`;
const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const refundId = idOf(900);

interface Call {
  readonly body: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

describe('The gateway simulator', () => {
  const calls: Call[] = [];
  let status = 204;
  let receiver: Server;
  let simulator: Simulator;
  let gateway: SimulatorGateway;
  let payments = 0;

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      void text(request).then((body) => {
        calls.push({ body, headers: request.headers });
        response.writeHead(status).end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    simulator = await startSimulator({ webhook: { url, secret: SECRET } });
    gateway = new SimulatorGateway(simulator.url, SECRET, 300);
  });
  afterAll(async () => {
    await simulator.close();
    receiver.closeAllConnections();
    receiver.close();
  });
  beforeEach(() => {
    status = 204;
    calls.length = 0;
    payments += 1;
  });

  const asked = () => ({ paymentId: idOf(payments), idempotencyKey: idOf(payments), reference: undefined });
  const charge = (token: string) => ({
    ...asked(),
    ...{ accountId: idOf(999), amount: 6000n, currency: 'USD', method: { kind: 'card' as const, token } },
  });
  const held = async () => {
    const answer = await fetch(`${simulator.url}/simulator/payments`);
    const all = (await answer.json()) as { paymentId: string; held: string }[];
    return all.find(({ paymentId }) => paymentId === idOf(payments))?.held;
  };
  const received = (count: number) => until(() => calls.length >= count);

  it.each([
    ['sim_ok', 'settled', '6000'],
    ['sim_authorized', 'authorized', '0'],
    ['sim_late', 'pending', '0'],
    ['sim_decline', 'failed', '0'],
    ['sim_insufficient_funds', 'failed', '0'],
    ['pm_of_another_gateway', 'failed', undefined],
  ])('with %s is %s, and holds %s cents', async (token, expected, cents) => {
    expect(await gateway.charge(charge(token))).toMatchObject({ status: expected });
    expect(await held()).toBe(cents);
  });

  it('moves money once for each key, and refuses a key that comes with another request', async () => {
    const first = await gateway.charge(charge('sim_ok'));
    expect(await gateway.charge(charge('sim_ok'))).toEqual(first);
    const other = { ...charge('sim_ok'), amount: 6001n };
    await expect(gateway.charge(other)).rejects.toBeInstanceOf(GatewayUnavailable);
    const order = { ...asked(), refundId, refundKey: refundId, amount: 1500n };
    await gateway.refund(order);
    expect((await gateway.refund(order)).refunds).toMatchObject([{ refundId, status: 'settled' }]);
    expect(await held()).toBe('4500');
    const beyond = { ...order, refundId: idOf(901), refundKey: idOf(901), amount: 4501n };
    expect((await gateway.refund(beyond)).refunds).toMatchObject([
      { refundId, status: 'settled' },
      { refundId: idOf(901), status: 'failed' },
    ]);
  });

  it('gives no answer where a token says so, and knows afterwards what it did', async () => {
    await expect(gateway.charge(charge('sim_timeout'))).rejects.toBeInstanceOf(GatewayTimedOut);
    expect(await gateway.find(asked())).toMatchObject({ status: 'settled' });
    payments += 1;
    await expect(gateway.charge(charge('sim_timeout_lost'))).rejects.toBeInstanceOf(GatewayTimedOut);
    expect(await gateway.find(asked())).toBeUndefined();
    expect(await gateway.charge(charge('sim_timeout_lost'))).toMatchObject({ status: 'settled' });
  });

  it('voids before settlement and not after', async () => {
    await gateway.charge(charge('sim_authorized'));
    expect(await gateway.void(asked())).toMatchObject({ status: 'voided' });
    payments += 1;
    await gateway.charge(charge('sim_ok'));
    expect(await gateway.void(asked())).toMatchObject({ status: 'settled', voidRefused: 'payment-settled' });
  });

  it('lets returns, disputes and what they come to happen one after the other', async () => {
    await gateway.charge(charge('sim_return'));
    simulator.advance();
    expect(await gateway.find(asked())).toMatchObject({ return: { code: 'R01' } });
    expect(await held()).toBe('0');
    payments += 1;
    await gateway.charge(charge('sim_dispute'));
    simulator.advance();
    const { chargeback } = (await gateway.find(asked()))!;
    expect(chargeback).toMatchObject({ status: 'open', reasonCode: 'fraudulent' });
    await gateway.represent(asked(), chargeback!.chargebackId, 'losing-7');
    simulator.advance();
    expect(await gateway.find(asked())).toMatchObject({ chargeback: { status: 'lost' } });
    expect(await held()).toBe('0');
  });

  it('sends each webhook twice, the later before the earlier, and again until it is taken (Standard Webhooks)', async () => {
    status = 503;
    const first = charge('sim_ok');
    payments += 1;
    const second = charge('sim_ok');
    await Promise.all([gateway.charge(first), gateway.charge(second)]);
    await received(4);
    status = 204;
    await received(8);
    const paymentsOf = (some: readonly Call[]) =>
      Promise.all(some.map(({ body, headers }) => gateway.readWebhook(body, headers)));
    const all = (await paymentsOf(calls.slice(0, 8))).flat();
    for (const { paymentId } of [first, second]) expect(all.filter((one) => one === paymentId)).toHaveLength(4);
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  });

  it('signs its webhooks over their bytes: another secret, another byte or an old time is refused', async () => {
    await gateway.charge(charge('sim_ok'));
    await received(2);
    const { body, headers } = calls[0]!;
    const refused = (bytes: string, with_: Call['headers'], by = gateway) =>
      expect(by.readWebhook(bytes, with_)).rejects.toBeInstanceOf(WebhookRefused);
    await refused(`${body} `, headers);
    await refused(body, {});
    await refused(body, { ...headers, 'webhook-timestamp': '1600000000' });
    const other = `whsec_${Buffer.from('some other secret, as long as').toString('base64')}`;
    await refused(body, headers, new SimulatorGateway(simulator.url, other, 300));
  });

  it('that cannot be reached has surely done nothing', async () => {
    const closed = await startSimulator();
    await closed.close();
    const nobody = new SimulatorGateway(closed.url, SECRET, 300);
    await expect(nobody.charge(charge('sim_ok'))).rejects.toBeInstanceOf(GatewayUnavailable);
  });

  it('has every token in the guide', async () => {
    const guide = await readFile(new URL('../../../../docs/guides/payments.md', import.meta.url), 'utf8');
    for (const token of Object.keys(SIMULATED_METHODS)) expect(guide).toContain(`\`${token}\``);
  });
});
