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
});
