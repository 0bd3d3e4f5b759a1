import { randomUUID } from 'node:crypto';
import { type Api, bill, payment, startApi } from './api-rig.js';

describe('Pay bill numbers', () => {
  let api: Api;

  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(async () => {
    await api.stop();
  });

  describe('a second number for an account (ID2)', () => {
    it('is printed from then on, while a payment to the old one still reaches the account', async () => {
      const { id, payBillNumber: old } = await api.open();
      await api.post(`/accounts/${id}/bills`, bill('B-1', '40.00'));
      const key = randomUUID();
      const given = await api.post(`/accounts/${id}/pay-bill-numbers`, { reason: 'number-misused' }, key);
      expect(given).toMatchObject({ status: 201, body: { accountId: id, repeated: false } });
      const fresh = String(given.body['payBillNumber']);
      expect(fresh).not.toBe(old);
      for (const number of [old, fresh]) {
        expect(await api.post(`/pay-bill-numbers/${number}/payments`, payment('10.00'))).toMatchObject({ status: 201 });
      }
      const again = await api.post(`/accounts/${id}/pay-bill-numbers`, { reason: 'number-misused' }, key);
      expect(again.body).toMatchObject({ payBillNumber: fresh, repeated: true });
      const after = `?after=${(await api.end()).toString()}`;
      expect((await api.get(`/accounts/${id}${after}`)).body).toMatchObject({
        payBillNumber: fresh,
        open: { amount: '20.00' },
      });
      for (const number of [old, fresh]) {
        expect((await api.get(`/pay-bill-numbers/${number}`)).body).toMatchObject({ accountId: id });
      }
    });

    it('is claimed for no account that is closed or unknown', async () => {
      const { id } = await api.open();
      await api.post(`/accounts/${id}/closure`, { reason: 'moved-away' });
      const before = await api.end();
      const closed = await api.post(`/accounts/${id}/pay-bill-numbers`, { reason: 'number-misused' });
      expect(closed).toMatchObject({ status: 409, body: { code: 'ACCOUNT_CLOSED' } });
      const unknown = await api.post(`/accounts/${randomUUID()}/pay-bill-numbers`, { reason: 'number-misused' });
      expect(unknown).toMatchObject({ status: 404, body: { code: 'ACCOUNT_UNKNOWN' } });
      expect(await api.end()).toBe(before);
    });
  });

  /** Asks for a transfer, and waits until it is carried out. */
  async function transferred(from: string, body: object, key: string = randomUUID()) {
    const asked = await api.post(`/accounts/${from}/transfers`, { reason: 'duplicate-account', ...body }, key);
    expect(asked.status).toBe(201);
    const id = String(asked.body['transferId']);
    for (;;) {
      const { body: transfer } = await api.get(`/account-transfers/${id}`);
      if (transfer['status'] !== 'requested') return transfer;
    }
  }

  describe('a merger of two accounts (ID2, AC5)', () => {
    it('leads the old number, and money that is sent to it, to the account that answers now', async () => {
      const [one, two] = [await api.open(), await api.open()];
      await api.post(`/accounts/${one.id}/bills`, bill('B-1', '40.00'));
      const early = randomUUID();
      const before = await api.post(`/pay-bill-numbers/${one.payBillNumber}/payments`, payment('10.00'), early);
      const key = randomUUID();
      const ask = { successorId: two.id, kind: 'merger', newPayBillNumber: true };
      expect(await transferred(one.id, ask, key)).toMatchObject({ status: 'completed', moves: 'all' });
      const late = await api.post(`/pay-bill-numbers/${one.payBillNumber}/payments`, payment('5.00'));
      expect(late).toMatchObject({ status: 201, body: { taken: true } });
      // What was paid before the merger and is asked for again is not taken a second time.
      const again = await api.post(`/pay-bill-numbers/${one.payBillNumber}/payments`, payment('10.00'), early);
      expect(again.body).toEqual({ ...before.body, repeated: true });
      const after = `?after=${(await api.end()).toString()}`;
      const [old, now] = [await api.get(`/accounts/${one.id}${after}`), await api.get(`/accounts/${two.id}`)];
      const nothing = { amount: '0.00' };
      expect(old.body).toMatchObject({ status: 'closed', successorId: two.id, open: nothing, credit: nothing });
      expect(now.body).toMatchObject({ status: 'open', open: { amount: '25.00' }, billed: nothing });
      expect(now.body['payBillNumber']).not.toBe(two.payBillNumber);
      for (const number of [one.payBillNumber, two.payBillNumber, now.body['payBillNumber']]) {
        expect((await api.get(`/pay-bill-numbers/${String(number)}`)).body).toMatchObject({ accountId: two.id });
      }
      // The whole history of the old account stays readable, and each cent of it is explained.
      const { body: history } = await api.get(`/accounts/${one.id}/history`);
      expect(JSON.stringify(history)).toContain('account-transferred');
      const { body: explained } = await api.get(`/accounts/${one.id}/explain`);
      expect(explained).toMatchObject({ balance: nothing });
      const { body: trial } = await api.get('/journal/trial-balance');
      const [{ accounts }] = trial['currencies'] as [{ accounts: { account: string; balance: object }[] }];
      const between = accounts.find(({ account }) => account === 'Account Transfers');
      expect(between?.balance).toMatchObject({ amount: '0.00' });
      const repeated = await api.post(`/accounts/${one.id}/transfers`, { reason: 'duplicate-account', ...ask }, key);
      expect(repeated.body).toMatchObject({ repeated: true, status: 'completed' });
    });

    it('is refused with a reason, and changes nothing, to an account that is closed or in another currency', async () => {
      const [one, closed] = [await api.open(), await api.open()];
      await api.post(`/accounts/${closed.id}/closure`, { reason: 'moved-away' });
      const euros = await api.post('/accounts', { currency: 'EUR' });
      const before = await api.end();
      const ask = (successorId: unknown) =>
        api.post(`/accounts/${one.id}/transfers`, { successorId, kind: 'merger', reason: 'duplicate-account' });
      expect(await ask(closed.id)).toMatchObject({ status: 409, body: { code: 'ACCOUNT_CLOSED' } });
      expect(await ask(euros.body['accountId'])).toMatchObject({ status: 422, body: { code: 'CURRENCY_MISMATCH' } });
      expect(await ask(one.id)).toMatchObject({ status: 422, body: { code: 'TRANSFER_TO_ITSELF' } });
      expect(await ask(randomUUID())).toMatchObject({ status: 404, body: { code: 'ACCOUNT_UNKNOWN' } });
      expect(await api.end()).toBe(before);
    });
  });
});
