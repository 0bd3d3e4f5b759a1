import { setTimeout as delay } from 'node:timers/promises';
import { type Api, startApi } from './api-rig.js';

/** A day so many days from now. */
const ahead = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const enrolling = {
  method: { kind: 'card', token: 'tok_1NirD82eZvKYlo2C', lastFour: '4242', expires: '2099-12' },
  consent: { by: 'account-holder', agreedAt: '2026-01-08T17:49:00Z', wording: 'autopay-2026-01', means: 'online' },
};

describe('Autopay, over HTTP', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.stop());

  it('is enrolled, shown without the token, listed, and cancelled, each once for its key (PA6)', async () => {
    const { id } = await api.open();
    expect(await api.get(`/accounts/${id}/autopay`)).toMatchObject({
      status: 200,
      body: { enrollment: null, debits: [] },
    });
    const first = await api.post(`/accounts/${id}/autopay`, enrolling, 'enroll-1');
    expect(first).toMatchObject({ status: 201, body: { accountId: id, repeated: false } });
    const enrollmentId = first.body['enrollmentId'];
    expect(await api.post(`/accounts/${id}/autopay`, enrolling, 'enroll-1')).toMatchObject({
      body: { enrollmentId, repeated: true },
    });
    const shown = await api.get(`/accounts/${id}/autopay`);
    expect(shown.body).toMatchObject({
      enrollment: {
        ...{ enrollmentId, status: 'active', code: null, daysBeforeDue: 0, noticeRange: null },
        method: { kind: 'card', lastFour: '4242', expires: '2099-12' },
        consent: { by: 'account-holder', wording: 'autopay-2026-01', means: 'online' },
      },
    });
    expect(JSON.stringify(shown.body)).not.toContain('tok_1NirD82eZvKYlo2C');
    const list = await api.get(`/autopay/enrollments?status=active&after=${String(first.body['position'])}`);
    expect(list.body['items']).toContainEqual(expect.objectContaining({ accountId: id, enrollmentId }));
    const cancelled = await api.post(`/accounts/${id}/autopay/cancel`, { reason: 'customer-asked' });
    expect(cancelled).toMatchObject({ status: 201, body: { lastDebits: [] } });
    expect(await api.post(`/accounts/${id}/autopay/resume`, { reason: 'customer-asked' })).toMatchObject({
      status: 409,
      body: { code: 'AUTOPAY_NOT_ENROLLED' },
    });
  });

  it('says which field of an authorization is wrong, and changes nothing', async () => {
    const { id } = await api.open();
    const before = await api.end();
    const refused = async (body: object, status: number, field: string) => {
      const answer = await api.post(`/accounts/${id}/autopay`, body);
      expect(answer).toMatchObject({ status });
      expect(answer.body.errors?.map((error) => error.field)).toContain(field);
    };
    await refused({ ...enrolling, consent: { ...enrolling.consent, wording: undefined } }, 400, 'consent/wording');
    await refused({ ...enrolling, method: { ...enrolling.method, expires: '2020-01' } }, 422, 'method/expires');
    await refused({ ...enrolling, method: { ...enrolling.method, token: '4242424242424242' } }, 422, 'method/token');
    expect(await api.post(`/accounts/${id}/autopay/debits/7/stop`, {})).toMatchObject({
      status: 404,
      body: { code: 'AUTOPAY_DEBIT_UNKNOWN' },
    });
    expect(await api.end()).toBe(before);
  });

  it('tries the run without doing anything, and refuses it without a gateway, ahead of its day, or with no day', async () => {
    const { id } = await api.open();
    await api.post(`/accounts/${id}/autopay`, { ...enrolling, noticeRange: { from: '1', to: '500' } });
    const lines = [{ lineId: 'L1', service: 'internet', description: 'Fibre 500', unitPrice: '60.00' }];
    const bill = { billNumber: 'B-1', issuedOn: ahead(-20), dueOn: ahead(1), lines };
    expect(await api.post(`/accounts/${id}/bills`, bill)).toMatchObject({ status: 201 });
    const before = await api.end();
    const body = { date: ahead(1), dryRun: true };
    let run = await api.request('POST', '/autopay-runs', { body });
    while (run.body['state'] === 'running') {
      await delay(10);
      run = await api.get(`/autopay-runs/${body.date}?dryRun=true`);
    }
    expect(run.body).toMatchObject({ state: 'finished', report: { announced: 1, presented: 1, failed: 0 } });
    expect(await api.end()).toBe(before);
    expect(await api.request('POST', '/autopay-runs', { body: { date: ahead(0) } })).toMatchObject({
      status: 409,
      body: { code: 'GATEWAY_MISSING' },
    });
    expect(await api.get('/autopay-runs/tomorrow')).toMatchObject({
      status: 404,
      body: { code: 'AUTOPAY_RUN_UNKNOWN' },
    });
  });
});
