import { randomUUID } from 'node:crypto';
import { type Answer, type Api, bill, startApi } from './api-rig.js';

const USD = (amount: string) => ({ amount, currency: 'USD' });

describe('Paying at a till', () => {
  let api: Api;
  let tills = 0;
  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(() => api.stop());

  const as = (actor: string) => ({
    post: (url: string, body: unknown, key: string = randomUUID()) => api.post(url, body, key, { 'x-actor': actor }),
  });
  const agent = as('agent-7');
  const customer = async () => {
    const { id, payBillNumber } = await api.open();
    await api.post(`/accounts/${id}/bills`, bill('B-1', '57.23'));
    return { id, payBillNumber };
  };
  const open = async () => {
    tills += 1;
    const till = { location: 'harrisburg-01', till: `till-${tills}`, number: 1 };
    return { till, batch: `/till-batches/${String((await agent.post('/till-batches', till)).body['batchId'])}` };
  };
  const paying = (payBillNumber: string, amount: string, method: object = { kind: 'cash' }) => {
    return { payBillNumber, amount: USD(amount), method };
  };
  const count = (amount: string) => ({ counts: [{ means: 'cash', amount: USD(amount) }] });
  const position = ({ body }: Answer) => String(body['position']);
  const cashOverAndShort = async (after: string) => {
    const { body } = await api.get(`/journal/trial-balance?after=${after}`);
    const [books] = body['currencies'] as { difference: object; accounts: { account: string; balance: object }[] }[];
    expect(books?.difference).toEqual(USD('0.00'));
    return books?.accounts.find(({ account }) => account === 'Cash Over and Short')?.balance ?? USD('0.00');
  };

  it('is on the account at once, effective when it was taken, and confirmed (PA1, PA3)', async () => {
    const { id, payBillNumber } = await customer();
    const { batch } = await open();
    const before = new Date().toISOString();
    const paid = await agent.post(`${batch}/payments`, paying(payBillNumber, '57.23'));
    expect(paid).toMatchObject({ status: 201, body: { status: 'taken', amount: USD('57.23'), repeated: false } });
    const { confirmationNumber, paymentId } = paid.body;
    const found = await api.get(`/payments/${String(confirmationNumber)}?after=${position(paid)}`);
    expect(found).toMatchObject({ status: 200, body: { paymentId, accountId: id, channel: 'in-person' } });
    expect(String(found.body['effectiveAt']) >= before).toBe(true);
    expect(await api.get(`/accounts/${id}?after=${position(paid)}`)).toMatchObject({ body: { open: USD('0.00') } });
  });

  it('is taken once, however often the till sends it', async () => {
    const { id, payBillNumber } = await customer();
    const { batch } = await open();
    const key = randomUUID();
    const first = await agent.post(`${batch}/payments`, paying(payBillNumber, '10.00'), key);
    const again = await agent.post(`${batch}/payments`, paying(payBillNumber, '10.00'), key);
    expect(again.body).toEqual({ ...first.body, repeated: true });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await agent.post(`${batch}/payments`, paying(payBillNumber, '11.00'), key)).toMatchObject({ status: 409 });
    expect(await api.get(`/accounts/${id}?after=${position(first)}`)).toMatchObject({ body: { open: USD('47.23') } });
  });

  it('says nothing of the account but that the money was taken or not (ID5)', async () => {
    const { id, payBillNumber } = await customer();
    const { batch } = await open();
    const refused = async (body: object, status: number, code: string) =>
      expect(await agent.post(`${batch}/payments`, body)).toMatchObject({ status, body: { code } });
    await refused(paying('12345678901245', '1.00'), 422, 'PAY_BILL_NUMBER_INVALID');
    await refused(paying(payBillNumber, '0.00'), 422, 'AMOUNT_NOT_POSITIVE');
    await refused(paying(payBillNumber, '1.00', { kind: 'card' }), 422, 'TILL_CARD_TOKEN_MISSING');
    await refused(
      paying(payBillNumber, '1.00', { kind: 'card', token: '4111111111111111' }),
      422,
      'CARD_NUMBER_REFUSED',
    );
    await refused(
      { ...paying(payBillNumber, '1.00'), amount: { amount: '1.00', currency: 'EUR' } },
      409,
      'PAYMENT_NOT_TAKEN',
    );
    await api.post(`/accounts/${id}/payments`, { amount: USD('57.23'), channel: 'online', method: { kind: 'cash' } });
    await api.post(`/accounts/${id}/closure`, { reason: 'moved' });
    await refused(paying(payBillNumber, '1.00'), 409, 'PAYMENT_NOT_TAKEN');
    expect((await api.get(batch)).body['payments']).toEqual([]);
  });

  it('is voided in an open batch: the debt stands again, and the drawer is expected to hold less', async () => {
    const { id, payBillNumber } = await customer();
    const { batch } = await open();
    const paid = await agent.post(`${batch}/payments`, paying(payBillNumber, '57.23'));
    const void_ = `${batch}/payments/${String(paid.body['paymentId'])}/void`;
    const voided = await agent.post(void_, { reason: 'wrong-amount' });
    expect(voided).toMatchObject({ status: 201, body: { status: 'voided' } });
    expect(await api.get(`/accounts/${id}?after=${position(voided)}`)).toMatchObject({ body: { open: USD('57.23') } });
    expect((await api.get(batch)).body['totals']).toMatchObject([
      { payments: 0, expected: USD('0.00'), counted: null },
    ]);
    expect(await agent.post(void_, { reason: 'wrong-amount' })).toMatchObject({
      body: { code: 'TILL_PAYMENT_NOT_TAKEN' },
    });
  });

  it('is not voided when part of it was refunded', async () => {
    const { id, payBillNumber } = await customer();
    const { batch } = await open();
    const paid = await agent.post(`${batch}/payments`, paying(payBillNumber, '60.00'));
    const paymentId = String(paid.body['paymentId']);
    await api.post(`/accounts/${id}/payments/${paymentId}/refunds`, { reason: 'overpaid' });
    expect(await agent.post(`${batch}/payments/${paymentId}/void`, { reason: 'wrong-amount' })).toMatchObject({
      status: 409,
      body: { code: 'TILL_PAYMENT_REFUNDED' },
    });
  });

  it('ends with a count: a small difference is in the books at once', async () => {
    const { payBillNumber } = await customer();
    const { batch } = await open();
    const paid = await agent.post(`${batch}/payments`, paying(payBillNumber, '57.23'));
    const before = await cashOverAndShort(position(paid));
    expect(before).toEqual(USD('0.00'));
    const closed = await agent.post(`${batch}/close`, count('57.00'));
    expect(closed).toMatchObject({
      status: 201,
      body: {
        state: 'closed',
        totals: [
          { means: 'cash', payments: 1, expected: USD('57.23'), counted: USD('57.00'), difference: USD('-0.23') },
        ],
      },
    });
    expect(await cashOverAndShort(position(closed))).toEqual(USD('0.23'));
    expect(await agent.post(`${batch}/payments`, paying(payBillNumber, '1.00'))).toMatchObject({
      status: 409,
      body: { code: 'TILL_BATCH_CLOSED' },
    });
    const { body } = await api.get(`/journal?after=${position(closed)}&limit=100`);
    expect((body['items'] as object[]).at(-1)).toMatchObject({
      ...{ accountId: null, kind: 'till-difference', reference: batch.split('/').at(-1) },
      postings: [
        { account: 'Cash Clearing', amount: USD('-0.23') },
        { account: 'Cash Over and Short', amount: USD('0.23') },
      ],
    });
  });

  it('waits with a large difference until another than agent and counter approves it', async () => {
    const { payBillNumber } = await customer();
    const { batch } = await open();
    const paid = await agent.post(`${batch}/payments`, paying(payBillNumber, '57.23'));
    const before = (await cashOverAndShort(position(paid))) as { amount: string };
    const closed = await agent.post(`${batch}/close`, count('7.23'));
    expect(closed.body).toMatchObject({ state: 'awaiting-approval' });
    expect(await cashOverAndShort(position(closed))).toEqual(before);
    const why = { reason: 'drawer-left-open' };
    expect(await agent.post(`${batch}/approval`, why)).toMatchObject({ body: { code: 'TILL_APPROVER_INVOLVED' } });
    expect(await api.post(`${batch}/approval`, why)).toMatchObject({ body: { code: 'TILL_STAFF_UNNAMED' } });
    expect(await agent.post(`${batch}/deposit`, { reference: 'SLIP-1' })).toMatchObject({
      body: { code: 'TILL_BATCH_NOT_CLOSED' },
    });
    const approved = await as('supervisor-1').post(`${batch}/approval`, why);
    expect(approved.status).toBe(201);
    const cents = (amount: string) => Number(amount.replace('.', ''));
    const after = (await cashOverAndShort(position(approved))) as { amount: string };
    expect(cents(after.amount) - cents(before.amount)).toBe(5000);
    expect(await agent.post(`${batch}/deposit`, { reference: 'SLIP-4711' })).toMatchObject({
      body: { reference: 'SLIP-4711', amounts: [USD('7.23')] },
    });
    expect(await api.get(batch)).toMatchObject({
      body: { state: 'deposited', approvedBy: 'supervisor-1', deposit: { reference: 'SLIP-4711' } },
    });
  });

  it('has its differences in every export of the journal that goes to the last account', async () => {
    const { payBillNumber } = await customer();
    const { batch } = await open();
    await agent.post(`${batch}/payments`, paying(payBillNumber, '57.23'));
    const closed = await agent.post(`${batch}/close`, count('58.00'));
    const id = batch.split('/').at(-1)!;
    const exported = async (query: string) => {
      const { status, headers, body } = await api.get(`/journal/export?after=${position(closed)}&${query}`);
      expect(status).toBe(200);
      return { entries: headers.get('journal-entries'), text: (body as { text?: string }).text ?? '' };
    };
    const csv = await exported('format=csv');
    expect(csv.text).toContain(`till-difference,${id}`);
    expect(csv.text.split('\r\n').filter((line) => line.includes(id))).toHaveLength(2);
    const events = new Set(
      csv.text
        .split('\r\n')
        .slice(1, -1)
        .map((line) => line.split(',')[4]),
    );
    expect(csv.entries).toBe(String(events.size));
    expect((await exported('format=hledger')).text).toContain('Income:Cash Over and Short  -0.77 USD');
    const before = await exported('format=csv&accountTo=fffffffe-ffff-ffff-ffff-ffffffffffff');
    expect(before.text).not.toContain('till-difference');
  });

  it('has one open batch for a till, whose batches are numbered without a gap', async () => {
    const { till, batch } = await open();
    const at = `/tills/${till.location}/${till.till}`;
    const next = { ...till, number: 2 };
    expect(await agent.post('/till-batches', next)).toMatchObject({ status: 409, body: { code: 'TILL_BATCH_OPEN' } });
    expect(await as('agent-8').post('/till-batches', till)).toMatchObject({ body: { code: 'TILL_BATCH_EXISTS' } });
    expect(await agent.post('/till-batches', { ...till, number: 4 })).toMatchObject({
      body: { code: 'TILL_BATCH_OUT_OF_ORDER' },
    });
    expect(await api.post('/till-batches', next)).toMatchObject({ body: { code: 'TILL_STAFF_UNNAMED' } });
    const closed = await agent.post(`${batch}/close`, { counts: [] });
    expect(await api.get(`${at}?after=${position(closed)}`)).toMatchObject({
      body: { nextNumber: 2, openBatchId: null },
    });
    const opened = await agent.post('/till-batches', next);
    expect(opened.status).toBe(201);
    expect(await api.get(`${at}?after=${position(opened)}`)).toMatchObject({
      body: { nextNumber: 3, openBatchId: opened.body['batchId'] },
    });
    const { body } = await api.get(`/till-batches?till=${till.till}&after=${position(opened)}`);
    expect(body['items']).toMatchObject([
      { number: 2, state: 'open', agent: 'agent-7', totals: [] },
      { number: 1, state: 'closed', countedBy: 'agent-7' },
    ]);
  });

  it('lists what each batch holds, and answers a wrong address as what it is', async () => {
    const { payBillNumber } = await customer();
    const { till, batch } = await open();
    await agent.post(`${batch}/payments`, paying(payBillNumber, '20.00'));
    await agent.post(`${batch}/payments`, paying(payBillNumber, '5.00'));
    const check = await agent.post(`${batch}/payments`, paying(payBillNumber, '7.00', { kind: 'check' }));
    const { body } = await api.get(`/till-batches?till=${till.till}&state=open&after=${position(check)}`);
    expect(body['items']).toMatchObject([
      {
        totals: [
          { means: 'cash', payments: 2, expected: USD('25.00'), counted: null },
          { means: 'check', payments: 1, expected: USD('7.00') },
        ],
      },
    ]);
    expect(await api.get(`/till-batches/${randomUUID()}`)).toMatchObject({
      status: 404,
      body: { code: 'TILL_BATCH_UNKNOWN' },
    });
    expect(await api.get('/till-batches/x')).toMatchObject({ status: 404 });
    expect(await agent.post(`${batch}/close`, count('25.00'))).toMatchObject({
      status: 422,
      body: { code: 'TILL_COUNT_MISSING' },
    });
  });
});
