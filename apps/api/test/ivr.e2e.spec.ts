import { randomUUID } from 'node:crypto';
import { type Answer, type Api, bill, startApi } from './api-rig.js';

const PIN = '4826';
const METHOD = { kind: 'card', token: 'tok_1NirD82eZvKYlo2C' };

describe('Paying by phone', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(() => api.stop());

  const customer = async () => {
    const { id, payBillNumber } = await api.openFor(PIN);
    await api.post(`/accounts/${id}/bills`, bill('B-1', '57.23'));
    expect(await api.put(`/accounts/${id}/verification/pin`, { pin: PIN })).toMatchObject({ status: 201 });
    return { id, payBillNumber };
  };
  const begin = (key: string = randomUUID()) => api.post('/ivr/calls', { method: METHOD }, key);
  /** Presses keys in the turn an answer named. */
  const press = ({ body }: Answer, digits: string) =>
    api.request('POST', `/ivr/calls/${String(body['callId'])}/inputs`, { body: { turn: body['turn'], digits } });
  /** A call in which all of these were pressed, one after the other. */
  const call = async (keys: readonly string[], key?: string) => {
    let answer = await begin(key);
    for (const digits of keys) answer = await press(answer, digits);
    return answer;
  };
  const payments = async (id: string) => {
    const found = [];
    for await (const { type, data, metadata } of api.store.readStream(`account-${id}`))
      if (type === 'PaymentApplied') found.push({ data: data as Record<string, unknown>, metadata });
    return found;
  };
  const failures = async (id: string) => {
    const found = [];
    for await (const { type } of api.store.readStream(`verification-${id}`)) found.push(type);
    return found.filter((type) => type === 'VerificationFailed').length;
  };

  it('takes number, PIN, amount and a 1, and confirms with a number said figure by figure', async () => {
    const { id, payBillNumber } = await customer();
    const began = await begin();
    expect(began).toMatchObject({
      status: 201,
      body: { turn: 1, state: 'pay-bill-number', expect: { digits: 14, terminator: '#' } },
    });
    const paid = await call([`${payBillNumber}#`, `${PIN}#`, '5723#', '1']);
    const { confirmationNumber, say, state, expect: keys, callId } = paid.body;
    expect({ state, keys }).toEqual({ state: 'paid', keys: null });
    expect(say).toContain([...String(confirmationNumber)].join(', '));
    const [{ data, metadata }] = (await payments(id)) as [Awaited<ReturnType<typeof payments>>[number]];
    expect(data).toMatchObject({
      ...{ channel: 'phone', confirmationNumber, method: METHOD, unapplied: '0.00' },
      amount: { amount: '57.23', currency: 'USD' },
    });
    expect(metadata.correlationId).toBe(callId);
  }, 60_000);

  it('tells nothing to one who knows a number and no PIN: nobody’s number, none set, a wrong one and a locked one sound the same', async () => {
    const [known, locked] = [await customer(), await customer()];
    for (let guess = 0; guess < 5; guess++) {
      const check = { method: 'pin', purpose: 'account-access', askedBy: 'online', secret: '7391' };
      await api.post(`/accounts/${locked.id}/verification/checks`, check);
    }
    const heard = async (number: string, pin: string) => {
      const from = performance.now();
      const { status, body } = await call([number, pin]);
      const { callId: _, ...rest } = body;
      return { status, rest, ms: performance.now() - from };
    };
    // The first has check digits that hold, and nobody has been given it.
    const calls = [
      await heard('10000000000083', PIN),
      await heard((await api.open()).payBillNumber, PIN),
      await heard(known.payBillNumber, '7391'),
      await heard(locked.payBillNumber, PIN),
    ];
    expect(calls[0]).toMatchObject({ status: 200, rest: { state: 'pay-bill-number', turn: 3 } });
    for (const { status, rest, ms } of calls) {
      expect({ status, rest }).toEqual({ status: calls[0]!.status, rest: calls[0]!.rest });
      // None is answered before the time that all take.
      expect(ms).toBeGreaterThanOrEqual(290);
    }
    expect([await failures(known.id), await failures(locked.id)]).toEqual([1, 5]);
  }, 60_000);

  it('counts wrong PINs in the stream and not in the call: calling again brings no new attempts', async () => {
    const { id, payBillNumber } = await customer();
    for (let calls = 0; calls < 3; calls++) {
      expect((await call([payBillNumber, '7391', payBillNumber, '7392'])).body['state']).toBe('pay-bill-number');
    }
    expect(await failures(id)).toBe(5);
    expect((await call([payBillNumber, PIN])).body['state']).toBe('pay-bill-number');
    expect(await payments(id)).toEqual([]);
  }, 60_000);

  it('pays once for one call, whatever is sent again, and also when the process that had it is gone', async () => {
    const { id, payBillNumber } = await customer();
    const key = randomUUID();
    const confirm = await call([payBillNumber, PIN, '1000'], key);
    const [first, second] = await Promise.all([press(confirm, '1'), press(confirm, '1')]);
    expect(second.body).toEqual(first.body);
    expect(first.body).toMatchObject({ state: 'paid' });
    // Begun with the same key it is the same call, and where it was.
    expect((await begin(key)).body).toEqual(first.body);
    expect(await press({ ...confirm, body: { ...confirm.body, turn: 1 } }, '1')).toMatchObject({
      status: 409,
      body: { code: 'IVR_TURN_PASSED' },
    });
    expect(await payments(id)).toHaveLength(1);
    const gone = await api.request('POST', `/ivr/calls/${randomUUID()}/inputs`, { body: { turn: 1, digits: '1' } });
    expect(gone).toMatchObject({ status: 404, body: { code: 'IVR_CALL_UNKNOWN' } });
  }, 60_000);

  it('takes nothing while payments are held, and does not say why', async () => {
    const { id, payBillNumber } = await customer();
    const hold = { holdId: randomUUID(), reason: 'card-testing' };
    const confirm = await call([payBillNumber, PIN, '1000']);
    await api.post(`/accounts/${id}/holds`, hold);
    for (const answer of [await press(confirm, '1'), await call([payBillNumber, PIN])]) {
      expect(answer.body).toMatchObject({ state: 'ended', expect: null });
      expect(answer.body['say']).not.toMatch(/held|hold|fraud/i);
    }
    expect(await payments(id)).toEqual([]);
  }, 60_000);

  it('ends after three inputs that make no sense, and refuses what is no keypad, and a card number for a token', async () => {
    expect((await call(['1', '2', '3'])).body).toMatchObject({ state: 'ended', expect: null });
    const began = await begin();
    expect(await press(began, 'abc')).toMatchObject({ status: 400, body: { errors: [{ field: 'digits' }] } });
    const card = { method: { kind: 'card', token: '4111111111111111' } };
    expect(await api.post('/ivr/calls', card)).toMatchObject({ status: 422, body: { code: 'CARD_NUMBER_REFUSED' } });
  }, 60_000);

  it('leaves PIN and keys in no log and no event', async () => {
    const { id, payBillNumber } = await customer();
    await call([payBillNumber, '60419273', payBillNumber, PIN, '1000', '1']);
    const written: unknown[] = [api.lines];
    for (const stream of [`account-${id}`, `verification-${id}`]) {
      for await (const { data, metadata } of api.store.readStream(stream)) written.push(data, metadata);
    }
    expect(JSON.stringify(written)).not.toContain('60419273');
    expect(api.lines.join('')).not.toContain(payBillNumber);
  }, 60_000);
});
