import { type Api, bill, payment, startApi } from './api-rig.js';

const usd = (amount: string) => ({ amount, currency: 'USD' });

describe('Customer service over HTTP', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(() => api.stop());

  it('takes what is in dispute out of past due and aging, and reverses what is granted (CS2, PA7)', async () => {
    const { id } = await api.open();
    const account = `/accounts/${id}`;
    await api.post(`${account}/bills`, bill('B-1', '50.00'));
    const subject = { kind: 'charge', billNumber: 'B-1', lineId: 'internet' };
    const opened = await api.post(`${account}/disputes`, { subject, amount: usd('20.00'), reason: 'outage' });
    expect(opened).toMatchObject({
      status: 201,
      body: { amount: usd('20.00'), shares: [{ billNumber: 'B-1', lineId: 'internet', amount: usd('20.00') }] },
    });
    const [disputeId, position] = [String(opened.body['disputeId']), String(opened.body['position'])];

    const late = `asOf=2026-06-01&after=${position}`;
    expect((await api.get(`${account}?${late}`)).body).toMatchObject({
      ...{ open: usd('50.00'), disputed: usd('20.00'), pastDue: usd('30.00') },
    });
    expect((await api.get(`${account}/bills/B-1?${late}`)).body).toMatchObject({
      ...{ open: usd('50.00'), disputed: usd('20.00'), pastDue: true },
    });
    expect((await api.get(`/aging/accounts?effectiveAt=2999-01-01&currency=USD&after=${position}`)).body).toMatchObject(
      {
        items: [{ accountId: id, buckets: { over120Days: usd('30.00') }, disputed: usd('20.00'), open: usd('50.00') }],
      },
    );
    expect((await api.get(`/totals?currency=USD`)).body).toMatchObject({ disputed: usd('20.00') });
    expect((await api.get(`${account}/disputes`)).body).toMatchObject({
      items: [{ disputeId, state: 'open', subject, disputed: usd('20.00'), resolution: null }],
    });

    const resolved = await api.post(`${account}/disputes/${disputeId}/resolution`, {
      ...{ outcome: 'customer', amount: usd('15.00'), reason: 'outage-confirmed' },
    });
    expect(resolved).toMatchObject({
      status: 201,
      body: {
        ...{ outcome: 'customer', granted: usd('15.00'), unapplied: [], payableBy: expect.any(String) as string },
        reversed: [{ billNumber: 'B-1', lineId: 'internet', amount: usd('15.00') }],
      },
    });
    const after = `asOf=2026-06-01&after=${String(resolved.body['position'])}`;
    expect((await api.get(`${account}?${after}`)).body).toMatchObject({
      ...{ open: usd('35.00'), disputed: usd('0.00'), pastDue: usd('35.00'), adjusted: usd('-15.00') },
    });
    const done = await api.get(`${account}/disputes/${disputeId}`);
    expect(done.body).toMatchObject({ state: 'resolved', resolution: { outcome: 'customer', granted: usd('15.00') } });
    const history = (await api.get(`${account}/history`)).body['items'] as { kind: string; amount: object }[];
    expect(history.slice(0, 3).map(({ kind, amount }) => [kind, amount])).toEqual([
      ['dispute-resolved', usd('0.00')],
      ['charge-reversed', usd('-15.00')],
      ['dispute-opened', usd('0.00')],
    ]);
    expect(
      await api.post(`${account}/disputes/${disputeId}/resolution`, { outcome: 'company', reason: 'late' }),
    ).toMatchObject({
      ...{ status: 404, body: { code: 'DISPUTE_UNKNOWN' } },
    });
  });

  it('takes a disputed payment off its bills, for it to be refunded', async () => {
    const { id } = await api.open();
    const account = `/accounts/${id}`;
    await api.post(`${account}/bills`, bill('B-1', '50.00'));
    const paid = await api.post(`${account}/payments`, payment('50.00'));
    const subject = { kind: 'payment', paymentId: String(paid.body['paymentId']) };
    const opened = await api.post(`${account}/disputes`, { subject, reason: 'unauthorized' });
    const resolution = `${account}/disputes/${String(opened.body['disputeId'])}/resolution`;
    const resolved = await api.post(resolution, { outcome: 'customer', reason: 'unauthorized' });
    expect(resolved.body).toMatchObject({
      ...{ granted: usd('50.00'), reversed: [], payableBy: null },
      unapplied: [{ billNumber: 'B-1', lineId: 'internet', amount: usd('50.00') }],
    });
    expect((await api.get(`${account}?after=${String(resolved.body['position'])}`)).body).toMatchObject({
      ...{ open: usd('50.00'), credit: usd('50.00'), balance: usd('0.00') },
    });
  });

  it('posts small adjustments at once and has a second person look at larger ones (CS5)', async () => {
    const { id } = await api.open();
    const account = `/accounts/${id}`;
    await api.post(`${account}/bills`, bill('B-1', '200.00'));
    const as = (actor: string, role?: string) => ({ 'x-actor': actor, ...(role !== undefined && { 'x-role': role }) });
    const adjust = (amount: string, headers: Record<string, string>) =>
      api.post(
        `${account}/adjustments`,
        { kind: 'credit', amount: usd(amount), reason: 'goodwill' },
        undefined,
        headers,
      );
    expect(await adjust('10.00', as('agent:42', 'agent'))).toMatchObject({
      ...{ status: 201, body: { state: 'approved', posted: [{ type: 'CreditIssued', amount: usd('10.00') }] } },
    });
    const proposed = await adjust('120.00', as('agent:42', 'agent'));
    expect(proposed).toMatchObject({ status: 201, body: { state: 'proposed', posted: [] } });
    const adjustmentId = String(proposed.body['adjustmentId']);
    const waiting = await api.get(`/adjustments?state=proposed&after=${String(proposed.body['position'])}`);
    expect(waiting.body).toMatchObject({
      items: [{ accountId: id, adjustmentId, proposedBy: 'agent:42', role: 'agent' }],
    });

    const approval = `${account}/adjustments/${adjustmentId}/approval`;
    const refused = (code: string) => ({ status: 422, body: { code } });
    expect(await api.post(approval, {}, undefined, as('agent:42', 'finance'))).toMatchObject(refused('ADJUSTMENT_OWN'));
    expect(await api.post(approval, {}, undefined, as('agent:43', 'agent'))).toMatchObject(
      refused('ADJUSTMENT_ABOVE_LIMIT'),
    );
    expect(await api.post(approval, {}, undefined, as('finance:7'))).toMatchObject(refused('ROLE_UNKNOWN'));
    const approved = await api.post(approval, {}, undefined, as('finance:7', 'finance'));
    expect(approved).toMatchObject({ status: 201, body: { adjustmentId, state: 'approved' } });
    const listed = await api.get(`${account}/adjustments?after=${String(approved.body['position'])}`);
    expect(listed.body).toMatchObject({
      items: [
        { adjustmentId, state: 'approved', approval: 'second-person', decidedBy: 'finance:7', amount: usd('120.00') },
        { state: 'approved', approval: 'within-limit', decidedBy: null },
      ],
    });
    expect((await api.get(account)).body).toMatchObject({ open: usd('70.00'), adjusted: usd('-130.00') });
  });

  it('leaves a role with limits no way around them (CS5)', async () => {
    const { id } = await api.open();
    const account = `/accounts/${id}`;
    await api.post(`${account}/bills`, bill('B-1', '200.00'));
    const asAgent = { 'x-actor': 'agent:42', 'x-role': 'agent' };
    const needed = { status: 422, body: { code: 'ADJUSTMENT_NEEDED' } };
    const end = await api.end();
    const credit = { amount: usd('100.00'), reason: 'goodwill' };
    expect(await api.post(`${account}/credits`, credit, undefined, asAgent)).toMatchObject(needed);
    const reason = { reason: 'outage' };
    expect(await api.post(`${account}/bills/B-1/reversal`, reason, undefined, asAgent)).toMatchObject(needed);
    const reversals = `${account}/bills/B-1/lines/internet/reversals`;
    expect(await api.post(reversals, reason, undefined, asAgent)).toMatchObject(needed);
    expect(await api.end()).toBe(end);
  });

  it('agrees on instalments and tells what becomes of them (CS3)', async () => {
    const { id } = await api.open();
    const account = `/accounts/${id}`;
    await api.post(`${account}/bills`, bill('B-1', '50.00'));
    const today = new Date().toISOString().slice(0, 10);
    const instalments = [{ dueOn: today, amount: '50.00' }];
    const agreed = await api.post(`${account}/arrangements`, { instalments });
    expect(agreed).toMatchObject({ status: 201, body: { told: ['ArrangementAgreed'] } });
    expect(await api.post(`${account}/arrangements`, { instalments })).toMatchObject({
      ...{ status: 409, body: { code: 'ARRANGEMENT_EXISTS' } },
    });
    const paid = await api.post(`${account}/payments`, payment('50.00'));
    await api.get(`${account}?after=${String(paid.body['position'])}`);
    const key = `day-${id}`;
    const assessed = await api.post('/arrangements/assessment', { on: today }, key);
    expect(assessed).toMatchObject({ status: 201, body: { assessed: 1, kept: 1, broken: 0, completed: 1 } });
    const listed = await api.get(`${account}/arrangements?after=${String(await api.end())}`);
    expect(listed.body).toMatchObject({
      items: [
        {
          ...{ arrangementId: agreed.body['arrangementId'], state: 'completed', amount: usd('50.00') },
          ...{ instalments: [{ number: 1, dueOn: today, amount: usd('50.00'), kept: true }], missing: null },
        },
      ],
    });
  });

  it('keeps what was said sealed, linked to the account’s events (AC4, SE5)', async () => {
    const { id } = await api.open();
    const account = `/accounts/${id}`;
    const billed = await api.post(`${account}/bills`, bill('B-1', '50.00'));
    const opened = await api.post(`${account}/cases`, { channel: 'phone', topic: 'bill-too-high' });
    expect(opened).toMatchObject({ status: 201, body: { revision: '0' } });
    const caseId = String(opened.body['caseId']);
    const text = 'Jane says that she never had internet in December.';
    const revision = String(billed.body['revision']);
    const note = { channel: 'phone', text, links: [{ revision }] };
    const noted = await api.post(`${account}/cases/${caseId}/notes`, note);
    expect(noted).toMatchObject({ status: 201, body: { caseId } });
    const seen = await api.get(`${account}/cases/${caseId}?after=${String(noted.body['position'])}`);
    const stream = `account-${id}`;
    expect(seen.body).toMatchObject({ state: 'open', notes: [{ text, links: [{ stream, revision }] }] });
    const [{ links }] = seen.body['notes'] as [{ links: [{ eventId: string }] }];
    const byEvent = await api.get(`${account}/cases?eventId=${links[0].eventId}`);
    expect(byEvent.body).toMatchObject({ items: [{ caseId, topic: 'bill-too-high' }] });
    for await (const { data } of api.store.readStream(`supportCase-${caseId}`)) {
      expect(JSON.stringify(data)).not.toContain('Jane');
    }
    const unknown = { ...note, links: [{ revision: '999' }] };
    expect(await api.post(`${account}/cases/${caseId}/notes`, unknown)).toMatchObject({
      ...{ status: 422, body: { code: 'EVENT_UNKNOWN' } },
    });
    const closed = await api.post(`${account}/cases/${caseId}/closing`, { outcome: 'explained' });
    const after = String(closed.body['position']);
    expect((await api.get(`${account}/cases?after=${after}`)).body).toMatchObject({ items: [] });
    expect((await api.get(`${account}/cases?state=all`)).body).toMatchObject({
      items: [{ caseId, state: 'closed', outcome: 'explained' }],
    });
    const { id: stranger } = await api.open();
    expect((await api.get(`/accounts/${stranger}/cases/${caseId}`)).status).toBe(404);
  });
});
