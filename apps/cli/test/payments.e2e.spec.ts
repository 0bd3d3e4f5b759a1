import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { startSimulator } from '#libs/gateways';
import { until } from '#testing/platform';
import { CommandLine } from './command-line.js';

type Simulator = Awaited<ReturnType<typeof startSimulator>>;
type Body = Record<string, unknown> & { events: { what: string; detail: string | null }[] };

const SECRET = `whsec_${Buffer.from('a secret of the payments test').toString('base64')}`;

describe('Payments that a gateway collects, beside a running Paybill', () => {
  let line: CommandLine;
  let simulator: Simulator;
  let url: string;

  beforeAll(async () => {
    line = await CommandLine.open();
    simulator = await startSimulator();
    url = await line.standalone({
      PAYBILL_GATEWAY: 'simulator',
      PAYBILL_SIMULATOR_URL: simulator.url,
      PAYBILL_SIMULATOR_WEBHOOK_SECRET: SECRET,
    });
  }, 120_000);
  afterAll(async () => {
    await line.close();
    await simulator.close();
  }, 60_000);

  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
  }
  const post = (path: string, body: object, headers?: Record<string, string>) => ask('POST', path, body, headers);
  const get = async (path: string) => (await ask('GET', path)).body;

  async function owing(amount: string): Promise<string> {
    const { body } = await post('/accounts', { currency: 'USD' });
    const id = String(body['accountId']);
    const lines = [{ lineId: 'internet', service: 'internet', description: 'Fibre 500', unitPrice: amount }];
    await post(`/accounts/${id}/bills`, { billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: '2026-01-31', lines });
    return id;
  }

  const asking = (token: string, amount = '60.00') => ({
    ...{ amount: { amount, currency: 'USD' }, channel: 'online', method: { kind: 'card', token } },
  });
  const collect = async (account: string, token: string, amount?: string) =>
    String((await post(`/accounts/${account}/payments/collect`, asking(token, amount))).body['paymentId']);

  /** The life of a payment, read until it is as wanted: the payment process takes a moment. */
  async function life(paymentId: string, wanted: (life: Body) => boolean): Promise<Body> {
    let found: Body | undefined;
    await until(async () => wanted((found = await get(`/payments/${paymentId}/life`))));
    return found!;
  }
  const account = (id: string, wanted: (account: Body) => boolean) =>
    until(async () => wanted(await get(`/accounts/${id}`)));
  /** As the gateway itself sends it. */
  function webhook(paymentId: string, secret = SECRET) {
    const body = { type: 'payment.changed', timestamp: new Date().toISOString(), data: { paymentId } };
    const at = new Date();
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('msg_1', at, JSON.stringify(body)),
    };
    return post('/gateway-webhooks/simulator', body, headers);
  }

  it('go from asked for to settled to applied on the account, with one confirmation number all along (PA3, PA5)', async () => {
    const id = await owing('50.00');
    const key = randomUUID();
    const asked = await post(`/accounts/${id}/payments/collect`, asking('sim_ok'), { 'idempotency-key': key });
    expect(asked).toMatchObject({ status: 201, body: { state: 'pending', amount: { amount: '60.00' }, payOn: null } });
    const paymentId = String(asked.body['paymentId']);
    const settled = await life(paymentId, ({ posting }) => posting === 'posted');
    expect(settled).toMatchObject({ state: 'settled', held: { amount: '60.00' }, postingRefused: null });
    expect(settled.events.map(({ what }) => what)).toEqual(['payment-pending', 'payment-settled', 'payment-posted']);
    await account(id, ({ balance }) => (balance as { amount: string } | undefined)?.amount === '-10.00');
    const { items } = await get(`/accounts/${id}/payments`);
    const { confirmationNumber } = asked.body;
    expect(items).toMatchObject([{ paymentId, confirmationNumber, state: 'partially_applied' }]);
    const again = await post(`/accounts/${id}/payments/collect`, asking('sim_ok'), { 'idempotency-key': key });
    expect(again.body).toMatchObject({ paymentId, repeated: true });
  });

  it('that are declined are told to the account and move nothing', async () => {
    const id = await owing('50.00');
    const failed = await life(await collect(id, 'sim_insufficient_funds'), ({ events }) =>
      events.some(({ what }) => what === 'failure-reported'),
    );
    expect(failed).toMatchObject({ state: 'failed', declineCode: 'insufficient_funds', held: { amount: '0.00' } });
  });

  it('are settled and returned as signed webhooks have it asked for, and by nobody else (Standard Webhooks)', async () => {
    const id = await owing('60.00');
    const paymentId = await collect(id, 'sim_return');
    await life(paymentId, ({ posting }) => posting === 'posted');
    simulator.advance();
    expect(
      await webhook(paymentId, `whsec_${Buffer.from('some other secret, as long').toString('base64')}`),
    ).toMatchObject({ status: 401, body: { code: 'WEBHOOK_REFUSED' } });
    expect((await get(`/payments/${paymentId}/life`))['state']).toBe('settled');
    expect((await webhook(paymentId)).status).toBe(204);
    await webhook(paymentId);
    const returned = await life(paymentId, ({ posting }) => posting === 'reversed');
    expect(returned).toMatchObject({ state: 'returned', returned: { amount: '60.00' } });
    await account(id, ({ open }) => (open as { amount: string } | undefined)?.amount === '60.00');
  });

  it('are refunded by the method they came by when the account has set the money aside (PA10)', async () => {
    const id = await owing('50.00');
    const paymentId = await collect(id, 'sim_ok');
    await life(paymentId, ({ posting }) => posting === 'posted');
    const reason = 'overpaid';
    const tooMuch = await post(`/payments/${paymentId}/refund`, { reason, amount: { amount: '11', currency: 'USD' } });
    expect(tooMuch).toMatchObject({ status: 422, body: { code: 'REFUND_EXCEEDS_UNAPPLIED' } });
    const all = await post(`/payments/${paymentId}/refund`, { reason });
    expect(all).toMatchObject({ status: 422, body: { code: 'REFUND_EXCEEDS_UNAPPLIED' } });
    const ten = { reason, amount: { amount: '10', currency: 'USD' } };
    const key = { 'idempotency-key': randomUUID() };
    const asked = await post(`/payments/${paymentId}/refund`, ten, key);
    expect(asked.status).toBe(201);
    const refunded = await life(paymentId, ({ refunds }) => (refunds as { status: string }[])[0]?.status === 'settled');
    expect(refunded).toMatchObject({ state: 'settled', held: { amount: '50.00' }, refunded: { amount: '10.00' } });
    await account(id, ({ credit }) => (credit as { amount: string } | undefined)?.amount === '0.00');
    // Nothing is left to refund, and the same request is answered as it was; with another amount it is refused.
    const again = await post(`/payments/${paymentId}/refund`, ten, key);
    expect(again.body).toMatchObject({ refundId: asked.body['refundId'], repeated: true });
    const other = await post(
      `/payments/${paymentId}/refund`,
      { reason, amount: { amount: '9', currency: 'USD' } },
      key,
    );
    expect(other).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('are scheduled, shown, and voided by the command line', async () => {
    const id = await owing('50.00');
    const payOn = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
    const pay = ['payments', 'collect', id, '--amount', '25.00', '--token', 'sim_ok', '--on', payOn, '--json'];
    const scheduled = JSON.parse((await line.paybill(pay)).out) as Body;
    expect(scheduled).toMatchObject({ state: 'scheduled', payOn });
    const paymentId = String(scheduled['paymentId']);
    expect((await line.paybill(['payments', 'show', paymentId])).out).toContain('payment-scheduled');
    const voided = await line.paybill(['payments', 'void', paymentId, '--reason', 'payer-asked']);
    expect(voided).toMatchObject({ code: 0, out: expect.stringContaining(paymentId) as string });
    let found: Body[] = [];
    while (found[0]?.['state'] !== 'voided') {
      const { out } = await line.paybill(['payments', 'list', '--account', id, '--json']);
      found = (JSON.parse(out) as { payments: Body[] }).payments;
    }
    expect(found).toMatchObject([{ paymentId, payOn }]);
  });

  it('are refused with a reason before any money moves (VE1)', async () => {
    const refused = async (path: string, body: object) => (await post(path, body)).body['code'];
    const id = await owing('50.00');
    expect(await refused(`/accounts/${randomUUID()}/payments/collect`, asking('sim_ok'))).toBe('ACCOUNT_UNKNOWN');
    const inEuro = { ...asking('sim_ok'), amount: { amount: '1', currency: 'EUR' } };
    expect(await refused(`/accounts/${id}/payments/collect`, inEuro)).toBe('CURRENCY_MISMATCH');
    expect(await refused(`/accounts/${id}/payments/collect`, { ...asking('sim_ok'), payOn: '2020-01-01' })).toBe(
      'PAY_ON_NOT_AHEAD',
    );
    expect(await refused(`/accounts/${id}/payments/collect`, asking('4111111111111111'))).toBe('CARD_NUMBER_REFUSED');
    expect(await refused(`/payments/${randomUUID()}/void`, { reason: 'payer-asked' })).toBe('PAYMENT_UNKNOWN');
    expect(await refused('/gateway-webhooks/unknown', {})).toBe('GATEWAY_UNKNOWN');
  });
});
