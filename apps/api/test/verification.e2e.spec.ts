import { randomUUID } from 'node:crypto';
import { type Answer, type Api, startApi } from './api-rig.js';

const PIN = '4826';
const ATTEMPTS = 5;

describe('Who a customer is', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(() => api.stop());

  const check = (id: string, secret: string, more: Record<string, unknown> = {}, key = randomUUID()) => {
    const body = { method: 'pin', purpose: 'account-access', askedBy: 'phone', secret, ...more };
    return api.post(`/accounts/${id}/verification/checks`, body, key);
  };
  const withPin = async () => {
    const { id } = await api.open();
    const set = await api.put(`/accounts/${id}/verification/pin`, { pin: PIN });
    expect(set).toMatchObject({ status: 201, body: { accountId: id, policy: 'us-telephone/1' } });
    return id;
  };
  const unlock = (id: string, headers: Record<string, string> = { 'x-actor': 'agent-7' }) =>
    api.post(`/accounts/${id}/verification/unlock`, { reason: 'identified-in-person' }, randomUUID(), headers);
  const shown = async (id: string) => (await api.get(`/accounts/${id}/verification`)).body;
  const stream = async (id: string) => {
    const events = [];
    for await (const event of api.store.readStream(`verification-${id}`)) events.push(event);
    return events;
  };

  it('is proved by PIN and by question, and each is set in the words of the policy', async () => {
    const id = await withPin();
    expect((await check(id, PIN)).body).toMatchObject({ verified: true, attemptsLeft: null, lockedUntil: null });
    expect((await check(id, '4827')).body).toMatchObject({ verified: false, attemptsLeft: ATTEMPTS - 1 });
    const question = { question: 'first-concert', answer: 'The Kinks' };
    expect(await api.put(`/accounts/${id}/verification/security-question`, question)).toMatchObject({ status: 201 });
    const answered = await check(id, ' the KINKS!', { method: 'security-question' });
    expect(answered.body).toMatchObject({ verified: true });
    expect(await shown(id)).toMatchObject({
      ...{ question: 'first-concert', questionText: 'What was the first concert you went to?' },
      ...{ locked: false, attemptsLeft: ATTEMPTS - 1 },
    });
  }, 60_000);

  it('is not proved by what is tried first, and what is wrong with a secret is said without it', async () => {
    const { id, payBillNumber } = await api.open();
    const end = await api.end();
    const refused = async (answer: Promise<Answer>, status: number, code: string, secret: string) => {
      const { body, status: got } = await answer;
      expect({ got, code: body['code'] }).toEqual({ got: status, code });
      expect(JSON.stringify(body)).not.toContain(secret);
    };
    const put = (path: string, body: object, to = id) => api.put(`/accounts/${to}/verification/${path}`, body);
    await refused(put('pin', { pin: '121212' }), 422, 'PIN_TOO_SIMPLE', '121212');
    const onTheBill = payBillNumber.slice(-4);
    await refused(put('pin', { pin: onTheBill }), 422, 'PIN_TOO_SIMPLE', onTheBill);
    await refused(put('pin', { pin: '48267391555' }), 400, 'REQUEST_MALFORMED', '48267391555');
    await refused(put('security-question', { question: 'pets', answer: 'Rex' }), 422, 'QUESTION_UNKNOWN', 'Rex');
    const short = put('security-question', { question: 'first-job', answer: 'Z!?' });
    await refused(short, 422, 'ANSWER_TOO_SHORT', 'Z!?');
    await refused(put('pin', { pin: PIN }, randomUUID()), 404, 'ACCOUNT_UNKNOWN', PIN);
    await refused(check(id, PIN), 409, 'VERIFICATION_NOT_SET_UP', PIN);
    expect(await api.end()).toBe(end);
  }, 60_000);

  it('is guessed no oftener than allowed, however many guess at once: fifty spend exactly the attempts there are', async () => {
    const id = await withPin();
    const guesses = await Promise.all(Array.from({ length: 50 }, (_, guess) => check(id, String(5000 + guess))));
    const [wrong, locked] = [201, 409].map((wanted) => guesses.filter(({ status }) => status === wanted));
    expect([wrong!.length, locked!.length]).toEqual([ATTEMPTS, 50 - ATTEMPTS]);
    expect(new Set(locked!.map(({ body }) => body['code']))).toEqual(new Set(['VERIFICATION_LOCKED']));
    const types = (await stream(id)).map(({ type }) => type);
    expect(types).toEqual(['PinSet', ...Array<string>(ATTEMPTS).fill('VerificationFailed'), 'VerificationLocked']);
    // The right one neither is taken, nor is it told apart from the wrong ones.
    expect(await check(id, PIN)).toMatchObject({ status: 409, body: { code: 'VERIFICATION_LOCKED' } });
  }, 60_000);

  it('is unlocked by staff, who say who they are and why, and the trail keeps it', async () => {
    const id = await withPin();
    for (let guess = 1; guess <= ATTEMPTS; guess++) await check(id, '7391');
    expect(await shown(id)).toMatchObject({ locked: true, attemptsLeft: 0 });
    expect(await unlock(id, {})).toMatchObject({ status: 400, body: { code: 'ACTOR_MISSING' } });
    expect(await unlock(id)).toMatchObject({ status: 201, body: { unlocked: true } });
    expect(await unlock(id)).toMatchObject({ status: 201, body: { unlocked: false } });
    const { trail, locked } = await shown(id);
    expect(locked).toBe(false);
    const [last, before] = trail as object[];
    expect(last).toMatchObject({ what: 'VerificationUnlocked', actor: 'agent-7', reason: 'identified-in-person' });
    expect(before).toMatchObject({ what: 'VerificationLocked', policy: 'us-telephone/1' });
    expect((await check(id, PIN)).body).toMatchObject({ verified: true });
  }, 60_000);

  it('is compared once for one key: a retry gets the first answer, and another guess under it is refused, right or wrong', async () => {
    const id = await withPin();
    const key = randomUUID();
    const first = await check(id, '7391', {}, key);
    expect((await check(id, '7391', {}, key)).body).toEqual({ ...first.body, repeated: true });
    const end = await api.end();
    for (const guess of ['7392', PIN]) {
      expect(await check(id, guess, {}, key)).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    }
    expect(await api.end()).toBe(end);
    const setting = randomUUID();
    const set = () => api.put(`/accounts/${id}/verification/pin`, { pin: '83015527' }, setting);
    expect([(await set()).body['repeated'], (await set()).body['repeated']]).toEqual([false, true]);
  }, 60_000);

  it('leaves no secret anywhere: not in events or their metadata, not in answers, not in the log', async () => {
    const { id } = await api.open();
    const secrets = { pin: '83015527', answer: 'Zanzibar Quartet', guess: '60419273' };
    const answers = [
      await api.put(`/accounts/${id}/verification/pin`, { pin: secrets.pin }),
      await api.put(`/accounts/${id}/verification/security-question`, {
        question: 'first-job',
        answer: secrets.answer,
      }),
      await check(id, secrets.guess),
      await check(id, secrets.pin),
      await api.get(`/accounts/${id}/verification`),
    ].map(({ body }) => body);
    const events = (await stream(id)).map(({ data, metadata }) => ({ data, metadata }));
    expect(events).toHaveLength(4);
    const written = JSON.stringify([events, answers]) + api.lines.join('');
    for (const secret of [...Object.values(secrets), 'zanzibar', 'verifier":"v1.'])
      expect(written).not.toContain(secret);
    expect(JSON.stringify(answers)).not.toContain((events[0]!.data as { verifier: string }).verifier);
  }, 60_000);

  it('is forgotten with the customer: nothing can be compared any more', async () => {
    const id = await withPin();
    await api.personalData!.erase(id);
    const end = await api.end();
    expect(await check(id, PIN)).toMatchObject({ status: 409, body: { code: 'VERIFICATION_FORGOTTEN' } });
    const set = await api.put(`/accounts/${id}/verification/pin`, { pin: PIN });
    expect(set).toMatchObject({ status: 409, body: { code: 'VERIFICATION_FORGOTTEN' } });
    expect(await api.end()).toBe(end);
  }, 60_000);
});
