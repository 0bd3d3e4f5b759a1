import { randomUUID } from 'node:crypto';
import { type Api, bill, payment, startApi } from './api-rig.js';

const usd = (amount: string) => ({ amount, currency: 'USD' });
const line = bill('B-9', '1.00').lines[0];

/** What a bad body is sent to, the body, and the status, code and fields it must be refused with. */
type Bad = readonly [
  title: string,
  path: string,
  body: unknown,
  status: number,
  code: string,
  fields: readonly string[],
];

const BAD_BODIES: readonly Bad[] = [
  ['an unknown field', 'payments', { ...payment('1.00'), tip: '1' }, 400, 'REQUEST_MALFORMED', ['tip']],
  [
    'an unknown field deep inside',
    'bills',
    { ...bill('B-9', '1.00'), lines: [{ ...line, color: 'red' }] },
    400,
    'REQUEST_MALFORMED',
    ['lines/0/color'],
  ],
  [
    'a number where money is a string',
    'payments',
    { ...payment('1'), amount: { amount: 1, currency: 'USD' } },
    400,
    'REQUEST_MALFORMED',
    ['amount/amount'],
  ],
  ['an amount in exponent notation', 'payments', payment('1e3'), 400, 'REQUEST_MALFORMED', ['amount/amount']],
  ['a price that is no number', 'bills', bill('B-9', 'ten'), 400, 'REQUEST_MALFORMED', ['lines/0/unitPrice']],
  ['a missing field', 'payments', { amount: usd('1.00'), channel: 'online' }, 400, 'REQUEST_MALFORMED', ['method']],
  [
    'several wrong fields at once',
    'bills',
    { ...bill('B-9', '-1'), dueOn: 'soon' },
    400,
    'REQUEST_MALFORMED',
    ['dueOn', 'lines/0/unitPrice'],
  ],
  [
    'a day that does not exist',
    'bills',
    { ...bill('B-9', '1.00'), dueOn: '2026-02-30' },
    400,
    'REQUEST_MALFORMED',
    ['dueOn'],
  ],
  [
    'a month that does not exist',
    'bills',
    { ...bill('B-9', '1.00'), issuedOn: '2026-13-01' },
    400,
    'REQUEST_MALFORMED',
    ['issuedOn'],
  ],
  [
    'an instant that does not exist',
    'payments',
    { ...payment('1.00'), effectiveAt: '2026-01-01T25:00:00Z' },
    400,
    'REQUEST_MALFORMED',
    ['effectiveAt'],
  ],
  [
    'a bill due before it is issued',
    'bills',
    { ...bill('B-9', '1.00'), dueOn: '2025-12-31' },
    422,
    'DUE_BEFORE_ISSUED',
    ['dueOn'],
  ],
  [
    'a payment far in the future',
    'payments',
    { ...payment('1.00'), effectiveAt: '2999-01-01T00:00:00Z' },
    422,
    'EFFECTIVE_IN_FUTURE',
    ['effectiveAt'],
  ],
  ['a negative amount', 'payments', payment('-1.00'), 422, 'AMOUNT_NOT_POSITIVE', ['amount/amount']],
  ['nothing', 'payments', payment('0.00'), 422, 'AMOUNT_NOT_POSITIVE', ['amount/amount']],
  ['an amount finer than a cent', 'payments', payment('1.001'), 422, 'AMOUNT_TOO_PRECISE', ['amount/amount']],
  ['an amount nobody has', 'payments', payment('9'.repeat(16)), 422, 'AMOUNT_TOO_LARGE', ['amount/amount']],
  ['another currency', 'payments', payment('1.00', 'EUR'), 422, 'CURRENCY_MISMATCH', ['amount/currency']],
  ['a currency that does not exist', 'payments', payment('1.00', 'XQZ'), 422, 'CURRENCY_UNKNOWN', ['amount/currency']],
  ['a bill number used twice', 'bills', bill('B-1', '1.00'), 409, 'BILL_NUMBER_USED', ['billNumber']],
  ['a bill without lines', 'bills', { ...bill('B-9', '1.00'), lines: [] }, 400, 'REQUEST_MALFORMED', ['lines']],
  [
    'two lines of one id',
    'bills',
    { ...bill('B-9', '1.00'), lines: [line, line] },
    422,
    'LINE_ID_DUPLICATE',
    ['lines/1/lineId'],
  ],
  [
    'a reversal of more than was charged',
    'bills/B-1/lines/internet/reversals',
    { amount: usd('99.00'), reason: 'x' },
    422,
    'REVERSAL_EXCEEDS_CHARGE',
    ['amount/amount'],
  ],
  [
    'a reversal on a bill that is not there',
    'bills/B-7/lines/internet/reversals',
    { reason: 'x' },
    404,
    'BILL_UNKNOWN',
    ['billNumber'],
  ],
  [
    'a reversal of a line that is not there',
    'bills/B-1/lines/phone/reversals',
    { reason: 'x' },
    404,
    'LINE_UNKNOWN',
    ['lineId'],
  ],
  [
    'a return of a payment that is not there',
    `payments/${randomUUID()}/returns`,
    { reason: 'x' },
    404,
    'PAYMENT_UNKNOWN',
    ['paymentId'],
  ],
  [
    'a payment id that is no id',
    'payments/latest/unapplications',
    { reason: 'x' },
    404,
    'PAYMENT_UNKNOWN',
    ['paymentId'],
  ],
  [
    'an instruction for more than is open',
    'payments',
    { ...payment('90.00'), allocation: [{ billNumber: 'B-1', amount: '80.00' }] },
    422,
    'ALLOCATION_EXCEEDS_OPEN',
    ['allocation/0/amount'],
  ],
  [
    'a card number for a token',
    'payments',
    { ...payment('1.00'), method: { kind: 'card', token: '4111111111111111' } },
    422,
    'CARD_NUMBER_REFUSED',
    ['method/token'],
  ],
  [
    'a hold whose id is no id',
    'holds',
    { holdId: 'latest', reason: 'card-testing' },
    400,
    'REQUEST_MALFORMED',
    ['holdId'],
  ],
  [
    'a hold for a reason in free text',
    'holds',
    { holdId: randomUUID(), reason: 'Mrs Smith again' },
    400,
    'REQUEST_MALFORMED',
    ['reason'],
  ],
  [
    'the release of a hold that does not stand',
    `holds/${randomUUID()}/release`,
    { reason: 'x' },
    404,
    'HOLD_UNKNOWN',
    ['holdId'],
  ],
  ['the release of a hold whose id is no id', 'holds/all/release', { reason: 'x' }, 404, 'HOLD_UNKNOWN', ['holdId']],
  [
    'a failed payment with the provider’s sentence for a code',
    'failed-payments',
    { ...payment('1.00'), declineCode: 'Insufficient funds, call Jane' },
    400,
    'REQUEST_MALFORMED',
    ['declineCode'],
  ],
  [
    'a failed payment with a card number for a token',
    'failed-payments',
    { ...payment('1.00'), method: { kind: 'card', token: '4111111111111111' }, declineCode: 'stolen_card' },
    422,
    'CARD_NUMBER_REFUSED',
    ['method/token'],
  ],
  [
    'a failed payment in another currency',
    'failed-payments',
    { ...payment('1.00', 'EUR'), declineCode: 'stolen_card' },
    422,
    'CURRENCY_MISMATCH',
    ['amount/currency'],
  ],
  [
    'a refund of a payment that is not there',
    `payments/${randomUUID()}/refunds`,
    { reason: 'x' },
    404,
    'PAYMENT_UNKNOWN',
    ['paymentId'],
  ],
  [
    'a refund to an account of one’s own choice',
    `payments/${randomUUID()}/refunds`,
    { reason: 'x', iban: 'DE02' },
    400,
    'REQUEST_MALFORMED',
    ['iban'],
  ],
  ['free text for a reason', 'closure', { reason: 'Mrs Smith has died' }, 400, 'REQUEST_MALFORMED', ['reason']],
  ['a control character', 'bills', bill('B\u0000', '1.00'), 400, 'REQUEST_MALFORMED', ['billNumber']],
  ['a list for an object', 'payments', [payment('1.00')], 400, 'REQUEST_MALFORMED', ['']],
  ['a text for an object', 'payments', 'pay', 400, 'REQUEST_MALFORMED', ['']],
  ['null', 'payments', null, 400, 'REQUEST_MALFORMED', ['']],
  ['an unknown account', 'unknown', payment('1.00'), 404, 'ACCOUNT_UNKNOWN', []],
  ['an account id that is no id', 'malformed', payment('1.00'), 404, 'ACCOUNT_UNKNOWN', []],
];

describe('Bad input', () => {
  let api: Api;
  let account: string;
  beforeAll(async () => {
    api = await startApi({ PAYBILL_BODY_LIMIT: '4096' });
    const { id } = await api.open();
    account = `/accounts/${id}`;
    await api.post(`${account}/bills`, bill('B-1', '50.00'));
  }, 60_000);
  afterAll(() => api.stop());

  it.each(BAD_BODIES)('refuses %s and changes nothing', async (_, path, body, status, code, fields) => {
    const end = await api.end();
    const urls: Record<string, string> = {
      unknown: `/accounts/${randomUUID()}/payments`,
      malformed: '/accounts/me/payments',
    };
    const answer = await api.post(urls[path] ?? `${account}/${path}`, body);
    expect(answer.body).toMatchObject({
      status,
      code,
      type: `urn:paybill:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.errors?.map(({ field }) => field).sort()).toEqual([...fields].sort());
    expect(await api.end()).toBe(end);
  });

  it.each([
    ['a broken JSON text', '{"amount":', 'application/json', 400, 'JSON_MALFORMED'],
    ['a body that poisons a prototype', '{"__proto__":{"admin":true}}', 'application/json', 400, 'JSON_MALFORMED'],
    ['an empty body', '', 'application/json', 400, 'JSON_MALFORMED'],
    ['a form', 'amount=1', 'application/x-www-form-urlencoded', 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['plain text', 'amount 1', 'text/plain', 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['XML', '<amount/>', 'application/xml', 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['an oversized body', JSON.stringify({ pad: 'x'.repeat(5000) }), 'application/json', 413, 'REQUEST_TOO_LARGE'],
  ])('refuses %s', async (_, payload, type, status, code) => {
    const end = await api.end();
    const headers = { 'content-type': type, 'idempotency-key': randomUUID() };
    const answer = await api.request('POST', `${account}/payments`, { payload, headers });
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await api.end()).toBe(end);
  });

  it.each([
    ['no key', {}, 'IDEMPOTENCY_KEY_MISSING'],
    ['an empty key', { 'idempotency-key': '' }, 'IDEMPOTENCY_KEY_MISSING'],
    ['a key of 256 characters', { 'idempotency-key': 'k'.repeat(256) }, 'IDEMPOTENCY_KEY_INVALID'],
    ['a key with signs beyond ASCII', { 'idempotency-key': 'cl\u00e9' }, 'IDEMPOTENCY_KEY_INVALID'],
    ['an e-mail address for the actor', { 'idempotency-key': 'k', 'x-actor': 'jane@example.com' }, 'HEADER_INVALID'],
    [
      'a card number for a correlation',
      { 'idempotency-key': 'k', 'x-correlation-id': '4111-1111-1111-1111' },
      'HEADER_INVALID',
    ],
  ])('refuses a command with %s', async (_, headers, code) => {
    const end = await api.end();
    const answer = await api.request('POST', `${account}/payments`, { body: payment('1.00'), headers });
    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(await api.end()).toBe(end);
  });

  it.each([
    ['no currency', {}, 400, 'REQUEST_MALFORMED', 'currency'],
    ['a currency that does not exist', { currency: 'XQZ' }, 422, 'CURRENCY_UNKNOWN', 'currency'],
    [
      'a pay bill number of its own',
      { currency: 'USD', payBillNumber: '12345678901244' },
      400,
      'REQUEST_MALFORMED',
      'payBillNumber',
    ],
    [
      'both a day and an instant',
      { currency: 'USD', openedOn: '2026-01-01', effectiveAt: '2026-01-01T00:00:00Z' },
      400,
      'REQUEST_MALFORMED',
      'effectiveAt',
    ],
    [
      'an opening in the far future',
      { currency: 'USD', openedOn: '2999-01-01' },
      422,
      'EFFECTIVE_IN_FUTURE',
      'openedOn',
    ],
  ])('opens no account with %s, and claims no number for it', async (_, body, status, code, field) => {
    const end = await api.end();
    const answer = await api.post('/accounts', body);
    expect(answer).toMatchObject({ status, body: { code, errors: [{ field }] } });
    expect(await api.end()).toBe(end);
  });

  it.each([
    ['an unknown parameter', '?color=red', 400, 'REQUEST_MALFORMED', 'color'],
    ['a position that is none', '?after=now', 400, 'REQUEST_MALFORMED', 'after'],
    ['a day that does not exist', '?asOf=2026-02-30', 400, 'REQUEST_MALFORMED', 'asOf'],
    ['a cursor of its own', '/history?cursor=abc', 400, 'CURSOR_INVALID', 'cursor'],
  ])('refuses a read with %s', async (_, query, status, code, field) => {
    expect(await api.get(account + query)).toMatchObject({ status, body: { code, errors: [{ field }] } });
  });

  it('answers a read that waits for what never comes as behind, to be asked again', async () => {
    const behind = await api.get(`${account}?after=999999999999`);
    expect(behind).toMatchObject({ status: 503, body: { code: 'READ_MODEL_BEHIND' } });
    expect(behind.headers.get('retry-after')).toBe('1');
  });

  it('answers an unknown address and a malformed one as problems', async () => {
    expect(await api.get('/nothing')).toMatchObject({ status: 404, body: { code: 'ROUTE_UNKNOWN' } });
    expect(await api.get('/accounts/%zz')).toMatchObject({ status: 400, body: { code: 'URL_MALFORMED' } });
  });

  it('never repeats what was sent, in answers or in the log', async () => {
    const secret = { card: '4111111111111111', name: 'Jane Q Public', mail: 'jane@example.com' };
    const sent = [
      { ...payment('1.00'), [secret.card]: secret.name },
      { ...payment(secret.card), channel: secret.name, method: { kind: secret.mail, token: secret.card } },
      { ...payment('1.00'), method: { kind: 'card', token: secret.card }, effectiveAt: secret.mail },
    ];
    const answers = await Promise.all(sent.map((body) => api.post(`${account}/payments`, body)));
    answers.push(await api.get(`/${secret.mail}?card=${secret.card}`));
    answers.push(
      await api.request('POST', `${account}/payments`, {
        payload: `{"token":"${secret.card}" "name":"${secret.name}"}`,
        headers: { 'idempotency-key': secret.card },
      }),
    );
    const said = JSON.stringify(answers.map(({ body }) => body)) + api.lines.join('');
    for (const value of Object.values(secret)) expect(said).not.toContain(value);
  });
});
