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

  describe('consolidation of accounts under one number (ID3)', () => {
    /** What a payment has come to once all of its parts are on their accounts. */
    async function applied(confirmation: string) {
      for (;;) {
        const found = await api.get(`/payments/${confirmation}?after=${(await api.end()).toString()}`);
        const whole = found.body['partOf'] as { paymentId: string } | undefined;
        if (!whole) continue;
        const { body } = await api.get(`/consolidated-payments/${whole.paymentId}`);
        if (body['status'] === 'applied') return body;
      }
    }

    it('allocates a payment over the open bills of all, tells the payer one confirmation number, and lets them leave', async () => {
      const [one, two] = [await api.open(), await api.open()];
      await api.post(`/accounts/${one.id}/bills`, { ...bill('B-1', '40.00'), dueOn: '2026-02-20' });
      await api.post(`/accounts/${two.id}/bills`, { ...bill('B-1', '10.00'), dueOn: '2026-02-10' });
      const number = one.payBillNumber;
      const ask = { accountId: two.id, reason: 'one-household' };
      const joined = await api.post(`/pay-bill-numbers/${number}/accounts`, ask);
      expect(joined.status).toBe(201);
      expect(JSON.stringify(joined.body)).not.toContain(number);
      const key = randomUUID();
      const paid = await api.post(`/pay-bill-numbers/${number}/payments`, payment('30.00'), key);
      expect(paid.body).toEqual({ confirmationNumber: expect.any(String) as string, taken: true, repeated: false });
      const whole = await applied(String(paid.body['confirmationNumber']));
      expect(whole).toMatchObject({
        amount: { amount: '30.00' },
        parts: [
          { accountId: two.id, amount: { amount: '10.00' } },
          { accountId: one.id, amount: { amount: '20.00' } },
        ],
      });
      expect(JSON.stringify(whole)).not.toContain(number);
      const left = await api.post(`/pay-bill-numbers/${number}/accounts/${two.id}/departure`, { reason: 'moved-out' });
      expect(left.status).toBe(201);
      const again = await api.post(`/pay-bill-numbers/${number}/payments`, payment('30.00'), key);
      expect(again.body).toEqual({ ...paid.body, repeated: true });
      await api.post(`/pay-bill-numbers/${number}/payments`, payment('5.00'));
      const after = `?after=${(await api.end()).toString()}`;
      expect((await api.get(`/accounts/${one.id}${after}`)).body).toMatchObject({ open: { amount: '15.00' } });
      expect((await api.get(`/accounts/${two.id}`)).body).toMatchObject({
        open: { amount: '0.00' },
        payBillNumber: two.payBillNumber,
      });
      // A part is not returned by itself, and the whole is with all of its parts.
      const [part] = whole['parts'] as { paymentId: string }[];
      const alone = await api.post(`/accounts/${two.id}/payments/${part!.paymentId}/returns`, { reason: 'bounced' });
      expect(alone).toMatchObject({ status: 409, body: { code: 'PAYMENT_IS_PART' } });
      const url = `/consolidated-payments/${String(whole['paymentId'])}`;
      expect(await api.post(`${url}/returns`, { reason: 'bounced' })).toMatchObject({ status: 201 });
      while ((await api.get(url)).body['status'] !== 'returned') await api.end();
      const end = `?after=${(await api.end()).toString()}`;
      expect((await api.get(`/accounts/${two.id}${end}`)).body).toMatchObject({ open: { amount: '10.00' } });
      expect((await api.get(`/accounts/${one.id}`)).body).toMatchObject({ open: { amount: '35.00' } });
    });

    it('refuses an account of another currency, and one that is under another number already', async () => {
      const [one, two, three] = [await api.open(), await api.open(), await api.open()];
      const euros = await api.post('/accounts', { currency: 'EUR' });
      const join = (number: string, accountId: unknown) =>
        api.post(`/pay-bill-numbers/${number}/accounts`, { accountId, reason: 'one-household' });
      const refused = await join(one.payBillNumber, euros.body['accountId']);
      expect(refused).toMatchObject({ status: 422, body: { code: 'CURRENCY_MISMATCH' } });
      await join(one.payBillNumber, two.id);
      expect(await join(three.payBillNumber, two.id)).toMatchObject({
        status: 409,
        body: { code: 'ACCOUNT_CONSOLIDATED' },
      });
      expect(await join('12345678901244', two.id)).toMatchObject({
        status: 404,
        body: { code: 'PAY_BILL_NUMBER_UNKNOWN' },
      });
    });
  });

  describe('a payer who knows only a number (ID5)', () => {
    /** An account alone, one that was merged into another, and two under one number: each by the number a payer has. */
    async function payees() {
      const [alone, old, successor, shared, other] = await Promise.all([1, 2, 3, 4, 5].map(() => api.open()));
      await transferred(old!.id, { successorId: successor!.id, kind: 'merger' });
      const ask = { accountId: other!.id, reason: 'one-household' };
      await api.post(`/pay-bill-numbers/${shared!.payBillNumber}/accounts`, ask);
      return [
        { number: alone!.payBillNumber, id: alone!.id },
        { number: old!.payBillNumber, id: successor!.id },
        { number: shared!.payBillNumber, id: other!.id },
      ];
    }

    /** A refusal without what is new in each: the request it answers. */
    const told = ({ status, headers, body }: Awaited<ReturnType<Api['post']>>) => {
      const { instance: _, correlationId: __, ...said } = body;
      return { status, said, headers: [...headers.keys()].sort() };
    };

    it('hears the same whatever stands in the way, on whichever account, and whatever has become of the number', async () => {
      const numbers = await payees();
      const refusals = [];
      for (const { number, id } of numbers) {
        refusals.push(told(await api.post(`/pay-bill-numbers/${number}/payments`, payment('1.00', 'EUR'))));
        await api.post(`/accounts/${id}/holds`, { holdId: randomUUID(), reason: 'suspected-fraud' });
        refusals.push(told(await api.post(`/pay-bill-numbers/${number}/payments`, payment('1.00'))));
      }
      const closed = await api.open();
      await api.post(`/accounts/${closed.id}/closure`, { reason: 'moved-away' });
      refusals.push(told(await api.post(`/pay-bill-numbers/${closed.payBillNumber}/payments`, payment('1.00'))));
      expect(refusals[0]).toMatchObject({ status: 409, said: { code: 'PAYMENT_NOT_TAKEN' } });
      for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
    });

    it('is told of a payment that was taken its confirmation number, and nothing that tells one number from another', async () => {
      const taken = [];
      for (const { number } of await payees()) {
        taken.push(told(await api.post(`/pay-bill-numbers/${number}/payments`, payment('1.00'))));
      }
      for (const { status, said, headers } of taken) {
        expect(status).toBe(201);
        expect(said).toEqual({ confirmationNumber: expect.any(String) as string, taken: true, repeated: false });
        expect(headers).toEqual(taken[0]!.headers);
      }
    });

    it('finds no whole number in the log, nor where many numbers stand together', async () => {
      api.lines.length = 0;
      const numbers = await payees();
      for (const { number, id } of numbers) {
        await api.post(`/pay-bill-numbers/${number}/payments`, payment('1.00'));
        await api.post(`/accounts/${id}/bills`, bill('B-9', '5.00'));
      }
      const after = `after=${(await api.end()).toString()}`;
      const lists = [
        await api.get(`/aging/accounts?${after}`),
        await api.get(`/roll-forward/accounts?${after}`),
        await api.get(`/journal?${after}`),
        await api.get(`/accounts/${numbers[1]!.id}/history?${after}`),
      ];
      for (const { status } of lists) expect(status).toBe(200);
      const shown = JSON.stringify(lists.map(({ body }) => body)) + api.lines.join('');
      for (const { number } of numbers) expect(shown).not.toContain(number);
    });
  });
});
