import { randomUUID } from 'node:crypto';
import { type Api, bill, payment, startApi } from './api-rig.js';

const usd = (amount: string) => ({ amount, currency: 'USD' });

describe('Commands over HTTP', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(() => api.stop());

  it('opens an account with a pay bill number, bills it, takes a payment and answers what became of the money', async () => {
    const opened = await api.post('/accounts', { currency: 'USD', customerReference: 'C-1' });
    expect(opened).toMatchObject({ status: 201, body: { revision: '0', repeated: false, currency: 'USD' } });
    expect(opened.body['payBillNumber']).toMatch(/^\d{14}$/);
    const account = `/accounts/${String(opened.body['accountId'])}`;

    const billed = await api.post(`${account}/bills`, bill('B-1', '50.00'));
    expect(billed).toMatchObject({
      status: 201,
      body: {
        revision: '1',
        billNumber: 'B-1',
        dueOn: '2026-01-31',
        total: usd('50.00'),
        lines: [{ lineId: 'internet', net: usd('50.00'), total: usd('50.00') }],
        creditApplied: [],
      },
    });

    const paid = await api.post(`${account}/payments`, payment('70.00'));
    expect(paid).toMatchObject({
      status: 201,
      body: {
        revision: '2',
        amount: usd('70.00'),
        allocations: [{ billNumber: 'B-1', lineId: 'internet', amount: usd('50.00') }],
        unapplied: usd('20.00'),
      },
    });
    expect(paid.body['confirmationNumber']).toEqual(expect.any(String));
    const seen = await api.get(`${account}?after=${String(paid.body['position'])}`);
    expect(seen).toMatchObject({
      status: 200,
      body: {
        payBillNumber: opened.body['payBillNumber'],
        balance: usd('-20.00'),
        open: usd('0.00'),
        credit: usd('20.00'),
        position: paid.body['position'],
      },
    });
  });

  it('uses credit on the next bill, reverses a charge, and takes a payment off and back', async () => {
    const { id } = await api.open();
    const account = `/accounts/${id}`;
    const credit = await api.post(`${account}/credits`, { amount: usd('5.00'), reason: 'goodwill' });
    expect(credit).toMatchObject({ status: 201, body: { allocations: [], unapplied: usd('5.00') } });

    const billed = await api.post(`${account}/bills`, bill('B-1', '30.00'));
    expect(billed.body).toMatchObject({
      creditApplied: [{ sourceId: credit.body['creditId'], sourceKind: 'credit', amount: usd('5.00') }],
    });
    const reversed = await api.post(`${account}/bills/B-1/lines/internet/reversals`, {
      amount: usd('10.00'),
      reason: 'billed-in-error',
    });
    expect(reversed).toMatchObject({
      status: 201,
      body: { billNumber: 'B-1', lineId: 'internet', amount: usd('10.00') },
    });

    const paid = await api.post(`${account}/payments`, payment('15.00'));
    const payments = `${account}/payments/${String(paid.body['paymentId'])}`;
    const unapplied = await api.post(`${payments}/unapplications`, { reason: 'wrong-bill' });
    expect(unapplied).toMatchObject({ status: 201, body: { amount: usd('15.00'), released: [{ billNumber: 'B-1' }] } });
    const applied = await api.post(`${account}/credit-applications`, {});
    expect(applied).toMatchObject({
      status: 201,
      body: { amount: usd('15.00'), allocations: [{ sourceKind: 'payment' }] },
    });
    const returned = await api.post(`${payments}/returns`, { returnCode: 'R01', reason: 'insufficient-funds' });
    expect(returned).toMatchObject({ status: 201, body: { amount: usd('15.00'), unappliedRemoved: usd('0.00') } });
    await expect(api.post(`${payments}/returns`, { reason: 'again' })).resolves.toMatchObject({
      status: 409,
      body: { code: 'PAYMENT_ALREADY_RETURNED' },
    });
  });

  it('pays back what lies on no bill, and books what the bank takes back after that as a claim', async () => {
    const { id } = await api.open();
    const account = `/accounts/${id}`;
    await api.post(`${account}/bills`, bill('B-1', '30.00'));
    const paid = await api.post(`${account}/payments`, payment('50.00'));
    const payments = `${account}/payments/${String(paid.body['paymentId'])}`;
    const key = randomUUID();
    const refunded = await api.post(`${payments}/refunds`, { amount: usd('15.00'), reason: 'overpaid' }, key);
    expect(refunded).toMatchObject({
      status: 201,
      body: { paymentId: paid.body['paymentId'], amount: usd('15.00'), revision: '3' },
    });
    const again = await api.post(`${payments}/refunds`, { amount: usd('15.00'), reason: 'overpaid' }, key);
    expect(again).toMatchObject({ status: 201, body: { refundId: refunded.body['refundId'], repeated: true } });
    const tooMuch = await api.post(`${payments}/refunds`, { amount: usd('5.01'), reason: 'overpaid' });
    expect(tooMuch).toMatchObject({ status: 422, body: { code: 'REFUND_EXCEEDS_UNAPPLIED' } });
    const rest = await api.post(`${payments}/refunds`, { reason: 'overpaid' });
    expect(rest).toMatchObject({ status: 201, body: { amount: usd('5.00') } });

    const after = String(rest.body['position']);
    const seen = await api.get(`${account}/payments?after=${after}`);
    expect(seen.body['items']).toMatchObject([
      { state: 'applied', applied: usd('30.00'), unapplied: usd('0.00'), refunded: usd('20.00') },
    ]);
    expect((await api.get(account)).body).toMatchObject({ balance: usd('0.00'), refunded: usd('20.00') });

    const returned = await api.post(`${payments}/returns`, { returnCode: 'R10', reason: 'not-authorised' });
    expect(returned.body).toMatchObject({
      amount: usd('50.00'),
      released: [{ billNumber: 'B-1', amount: usd('30.00') }],
      unappliedRemoved: usd('0.00'),
      alreadyRefunded: usd('20.00'),
    });
    const standing = await api.get(`${account}?after=${String(returned.body['position'])}`);
    expect(standing.body).toMatchObject({ balance: usd('30.00'), returned: usd('50.00'), claimed: usd('20.00') });
    expect((await api.get('/totals?currency=USD')).body).toMatchObject({ trialBalance: usd('0.00') });
  });

  it('takes no payment while a hold stands, by whatever way it comes, and takes it again afterwards', async () => {
    const { id, payBillNumber } = await api.open();
    const [holds, holdId] = [`/accounts/${id}/holds`, randomUUID()];
    const held = await api.post(holds, { holdId, reason: 'card-testing' });
    expect(held).toMatchObject({ status: 201, body: { holdId, state: 'held', revision: '1' } });
    const twice = await api.post(holds, { holdId: holdId.toUpperCase(), reason: 'card-testing' });
    expect(twice).toMatchObject({ status: 201, body: { holdId, state: 'held', revision: '1' } });

    const refused = await api.post(`/accounts/${id}/payments`, payment('1.00'));
    expect(refused).toMatchObject({ status: 409, body: { code: 'PAYMENTS_HELD' } });
    expect(refused.body['detail']).toContain(`ask the fraud desk to release hold ${holdId}`);
    expect(JSON.stringify(refused.body)).not.toContain('card-testing');
    const byNumber = await api.post(`/pay-bill-numbers/${payBillNumber}/payments`, payment('1.00'));
    expect(byNumber).toMatchObject({ status: 409, body: { code: 'PAYMENT_NOT_TAKEN' } });
    expect(JSON.stringify(byNumber.body)).not.toContain(holdId);
    expect(JSON.stringify(byNumber.body)).not.toContain('fraud');

    const released = await api.post(`${holds}/${holdId}/release`, { reason: 'dismissed' });
    expect(released).toMatchObject({ status: 201, body: { holdId, state: 'released', revision: '2' } });
    await expect(api.post(`${holds}/${holdId}/release`, { reason: 'dismissed' })).resolves.toMatchObject({
      status: 404,
      body: { code: 'HOLD_UNKNOWN' },
    });
    expect(await api.post(`/accounts/${id}/payments`, payment('1.00'))).toMatchObject({ status: 201 });
  });

  it('records a declined attempt: no money moves, and the history shows it', async () => {
    const { id } = await api.open();
    const attemptId = randomUUID();
    const failed = await api.post(`/accounts/${id}/failed-payments`, {
      ...payment('20.00'),
      attemptId,
      declineCode: 'insufficient_funds',
    });
    expect(failed).toMatchObject({ status: 201, body: { attemptId, revision: '1' } });
    const history = await api.get(`/accounts/${id}/history?limit=1&after=${String(failed.body['position'])}`);
    expect(history.body['items']).toMatchObject([
      { kind: 'payment-failed', reference: attemptId, reason: 'insufficient_funds', amount: usd('0.00') },
    ]);
  });

  it('closes an account that is settled, and refuses to close one that is not', async () => {
    const { id } = await api.open();
    await api.post(`/accounts/${id}/bills`, bill('B-1', '9.99'));
    const refused = await api.post(`/accounts/${id}/closure`, { reason: 'moved-away' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'ACCOUNT_HAS_BALANCE' } });
    await api.post(`/accounts/${id}/payments`, payment('9.99'));
    const closed = await api.post(`/accounts/${id}/closure`, { reason: 'moved-away' });
    expect(closed).toMatchObject({ status: 201, body: { status: 'closed', revision: '3' } });
    const billed = await api.post(`/accounts/${id}/bills`, bill('B-2', '1.00'));
    expect(billed).toMatchObject({ status: 409, body: { code: 'ACCOUNT_CLOSED' } });
  });

  it('records who did it, for whom and in which conversation', async () => {
    const { id } = await api.open();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = {
      'x-actor': 'agent:42',
      'x-on-behalf-of': 'customer:7',
      'x-correlation-id': 'call-9001',
      traceparent,
    };
    await api.post(`/accounts/${id}/payments`, payment('1.00'), randomUUID(), headers);
    const last = await api.store.readLast(`account-${id}`);
    expect(last?.metadata).toMatchObject({
      actor: 'agent:42',
      onBehalfOf: 'customer:7',
      correlationId: 'call-9001',
      traceparent,
    });
    const ignored = await api.post(`/accounts/${id}/payments`, payment('1.00'), randomUUID(), {
      traceparent: 'nonsense',
    });
    expect(ignored.status).toBe(201);
  });

  describe('retries', () => {
    it('answers a repeated request with its first result, and appends nothing', async () => {
      const { id } = await api.open();
      const key = randomUUID();
      const first = await api.post(`/accounts/${id}/payments`, payment('12.00'), key);
      await api.post(`/accounts/${id}/payments`, payment('1.00'));
      const end = await api.end();
      const again = await api.post(`/accounts/${id}/payments`, payment('12.00'), key);
      expect(again).toMatchObject({ status: 201, body: { ...first.body, repeated: true } });
      expect(first.headers.get('idempotent-replayed')).toBeNull();
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(await api.end()).toBe(end);
    });

    it('opens one account for one key, and another for the same key of another actor', async () => {
      const key = randomUUID();
      const [first, ...others] = await Promise.all(
        Array.from({ length: 8 }, () => api.post('/accounts', { currency: 'USD' }, key)),
      );
      for (const other of others) {
        expect(other.body['accountId']).toBe(first?.body['accountId']);
        expect(other.body['payBillNumber']).toBe(first?.body['payBillNumber']);
      }
      const theirs = await api.post('/accounts', { currency: 'USD' }, key, { 'x-actor': 'service:billing' });
      expect(theirs.body['accountId']).not.toBe(first?.body['accountId']);
      const end = await api.end();
      const reused = await api.post('/accounts', { currency: 'EUR' }, key);
      expect(reused).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
      expect(await api.end()).toBe(end);
    });

    it('carries out concurrent requests with one key once', async () => {
      const { id } = await api.open();
      const key = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 16 }, () => api.post(`/accounts/${id}/payments`, payment('3.00'), key)),
      );
      expect(new Set(answers.map(({ body }) => body['confirmationNumber'])).size).toBe(1);
      expect(answers.filter(({ body }) => body['repeated'] === false)).toHaveLength(1);
      expect((await api.store.readLast(`account-${id}`))?.revision).toBe(1n);
    });

    it('refuses a key that was used with another body or another command, and appends nothing', async () => {
      const { id } = await api.open();
      const key = randomUUID();
      await api.post(`/accounts/${id}/payments`, payment('12.00'), key);
      const end = await api.end();
      const otherBody = await api.post(`/accounts/${id}/payments`, payment('12.01'), key);
      expect(otherBody).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
      const otherCommand = await api.post(`/accounts/${id}/credits`, { amount: usd('1.00'), reason: 'goodwill' }, key);
      expect(otherCommand).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
      expect(await api.end()).toBe(end);
    });

    it('takes the same key on another account as another command', async () => {
      const key = randomUUID();
      const [one, two] = [await api.open(), await api.open()];
      const first = await api.post(`/accounts/${one.id}/payments`, payment('1.00'), key);
      const second = await api.post(`/accounts/${two.id}/payments`, payment('1.00'), key);
      expect(second.body['repeated']).toBe(false);
      expect(second.body['paymentId']).not.toBe(first.body['paymentId']);
    });
  });

  describe('paying by pay bill number', () => {
    it('takes the money and says nothing about the account (ID5)', async () => {
      const { id, payBillNumber } = await api.open();
      await api.post(`/accounts/${id}/bills`, bill('B-1', '40.00'));
      const printed = encodeURIComponent(payBillNumber.replace(/^(.{4})(.{4})(.{4})/, '$1 $2 $3 '));
      const key = randomUUID();
      const taken = await api.post(`/pay-bill-numbers/${printed}/payments`, payment('15.00'), key);
      expect(taken.status).toBe(201);
      expect(taken.body).toEqual({ confirmationNumber: expect.any(String) as string, taken: true, repeated: false });
      const again = await api.post(`/pay-bill-numbers/${payBillNumber}/payments`, payment('15.00'), key);
      expect(again.body).toEqual({ ...taken.body, repeated: true });
      const stored = await api.store.readLast(`account-${id}`);
      expect(stored).toMatchObject({ type: 'PaymentApplied', revision: 2n, data: { unapplied: '0.00' } });
    });

    it('knows no account for a number nobody holds, and no number whose check digits fail', async () => {
      const { payBillNumber } = await api.open();
      const unknown = await api.post('/pay-bill-numbers/12345678901244/payments', payment('1.00'));
      expect(unknown).toMatchObject({ status: 404, body: { code: 'PAY_BILL_NUMBER_UNKNOWN' } });
      const wrong = payBillNumber.slice(0, -1) + String((Number(payBillNumber.at(-1)) + 1) % 10);
      const refused = await api.post(`/pay-bill-numbers/${wrong}/payments`, payment('1.00'));
      expect(refused).toMatchObject({
        status: 422,
        body: { code: 'PAY_BILL_NUMBER_INVALID', errors: [{ field: 'payBillNumber' }] },
      });
    });

    it('refuses without telling what the account owes, holds or is kept in', async () => {
      const { id, payBillNumber } = await api.open();
      const euros = await api.post(`/pay-bill-numbers/${payBillNumber}/payments`, payment('1.00', 'EUR'));
      expect(euros).toMatchObject({ status: 409, body: { code: 'PAYMENT_NOT_TAKEN' } });
      expect(JSON.stringify(euros.body)).not.toContain('USD');
      await api.post(`/accounts/${id}/closure`, { reason: 'moved-away' });
      const closed = await api.post(`/pay-bill-numbers/${payBillNumber}/payments`, payment('1.00'));
      expect(closed).toMatchObject({ status: 409, body: { code: 'PAYMENT_NOT_TAKEN' } });
    });
  });
});
