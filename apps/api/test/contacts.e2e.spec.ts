import { randomUUID } from 'node:crypto';
import { publicMessage } from '#libs/ledger';
import { type Api, payment, startApi } from './api-rig.js';

const JANE = { name: 'Jane Q. Public', email: 'jane@example.com', phone: '+12125550187' };
const PREFERENCES = {
  locale: 'en-US',
  timeZone: 'America/New_York',
  channels: { 'bill-ready': ['email'], 'payment-confirmation': ['email', 'sms'] },
  quietHours: { from: '22:00', to: '07:00' },
};

describe('How a customer is reached', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(() => api.stop());

  const fresh = (url: string, { body }: { body: Record<string, unknown> }) =>
    api.get(`${url}?after=${String(body['position'])}`);

  it('is kept and shown: set, changed in part, removed in part', async () => {
    const { id } = await api.open();
    const contact = `/accounts/${id}/contact`;
    const set = await api.put(contact, JANE);
    expect(set).toMatchObject({ status: 201, body: { changed: ['name', 'email', 'phone'], revision: '1' } });
    const seen = await fresh(contact, set);
    expect(seen).toMatchObject({ status: 200, body: { accountId: id, ...JANE, erased: false } });
    expect(seen.headers.get('cache-control')).toBe('no-store');
    const changed = await api.put(contact, { email: 'jane.public@example.com', phone: null });
    expect(changed).toMatchObject({ status: 201, body: { changed: ['email', 'phone'], revision: '2' } });
    expect((await fresh(contact, changed)).body).toMatchObject({
      name: JANE.name,
      email: 'jane.public@example.com',
      phone: null,
    });
  });

  it('is changed once for one key, and not at all by what it says already', async () => {
    const { id } = await api.open();
    const contact = `/accounts/${id}/contact`;
    const key = randomUUID();
    const first = await api.put(contact, JANE, key);
    expect(await api.put(contact, JANE, key)).toMatchObject({ status: 201, body: { ...first.body, repeated: true } });
    const end = await api.end();
    expect(await api.put(contact, JANE)).toMatchObject({ status: 201, body: { changed: [], revision: '1' } });
    expect(await api.put(contact, {})).toMatchObject({ status: 201, body: { changed: [] } });
    const reused = await api.put(contact, { ...JANE, name: 'Jane R. Public' }, key);
    expect(reused).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await api.end()).toBe(end);
  });

  it('is nowhere in the clear: not in the event, not in its message, not in the log', async () => {
    const { id } = await api.open();
    await api.put(`/accounts/${id}/contact`, JANE);
    const event = await api.store.readLast(`account-${id}`);
    expect(event).toMatchObject({ type: 'ContactChanged' });
    const message = publicMessage(event!);
    expect(message.type).toBe('contact.changed');
    const written = JSON.stringify([event!.data, event!.metadata, message.data]) + api.lines.join('');
    for (const text of Object.values(JANE)) expect(written).not.toContain(text);
  });

  it('is gone once the customer is erased, while the account stays as it was and takes no new contact', async () => {
    const { id } = await api.open();
    const contact = `/accounts/${id}/contact`;
    await api.put(contact, JANE);
    const paid = await api.post(`/accounts/${id}/payments`, payment('5.00'));
    await api.personalData!.erase(id);
    const erased = { name: null, email: null, phone: null, erased: true };
    expect(await fresh(contact, paid)).toMatchObject({ status: 200, body: erased });
    expect((await api.get(`/accounts/${id}`)).body).toMatchObject({ credit: { amount: '5.00', currency: 'USD' } });
    const end = await api.end();
    expect(await api.put(contact, JANE)).toMatchObject({ status: 409, body: { code: 'PERSONAL_DATA_ERASED' } });
    expect(await api.end()).toBe(end);
  });

  it('is as the customer likes: preferences are replaced as a whole, and read back', async () => {
    const { id } = await api.open();
    const preferences = `/accounts/${id}/notification-preferences`;
    const set = await api.put(preferences, { ...PREFERENCES, locale: 'en-us' });
    expect(set).toMatchObject({ status: 201, body: { changed: true, revision: '1' } });
    expect((await fresh(preferences, set)).body).toEqual({ accountId: id, preferences: PREFERENCES });
    const same = await api.put(preferences, {
      ...PREFERENCES,
      channels: { 'payment-confirmation': ['sms', 'email'], 'bill-ready': ['email'] },
    });
    expect(same).toMatchObject({ status: 201, body: { changed: false, revision: '1' } });
    const bare = await api.put(preferences, { locale: 'es-MX', timeZone: 'America/Mexico_City', channels: {} });
    expect((await fresh(preferences, bare)).body['preferences']).toEqual({
      locale: 'es-MX',
      timeZone: 'America/Mexico_City',
      channels: {},
    });
  });

  it('has nothing to show before anything was said', async () => {
    const opened = await api.post('/accounts', { currency: 'USD' });
    const account = `/accounts/${String(opened.body['accountId'])}`;
    expect((await fresh(`${account}/contact`, opened)).body).toMatchObject({ name: null, email: null, erased: false });
    expect((await fresh(`${account}/notification-preferences`, opened)).body['preferences']).toBeNull();
  });

  it.each([
    ['an e-mail address without a domain', 'contact', { email: 'jane.at.home' }, ['email']],
    ['an e-mail address with a line break', 'contact', { email: 'jane@example.com\nBcc: all@example.com' }, ['email']],
    ['an endless e-mail address', 'contact', { email: `${'j'.repeat(300)}@example.com` }, ['email']],
    ['a local phone number', 'contact', { phone: '0415 555 0123' }, ['phone']],
    ['a phone number that is a number', 'contact', { phone: 14155550123 }, ['phone']],
    ['an empty name', 'contact', { name: '  ' }, ['name']],
    ['a card number for a name', 'contact', { name: '4111 1111 1111 1111' }, ['name']],
    ['a name with a control character', 'contact', { name: 'Jane\u0007' }, ['name']],
    ['an unknown field', 'contact', { fax: JANE.phone }, ['fax']],
    ['two wrong fields at once', 'contact', { email: JANE.phone, phone: JANE.email }, ['email', 'phone']],
    ['no locale', 'notification-preferences', { ...PREFERENCES, locale: undefined }, ['locale']],
    ['a locale that is none', 'notification-preferences', { ...PREFERENCES, locale: 'american!' }, ['locale']],
    ['a zone that is none', 'notification-preferences', { ...PREFERENCES, timeZone: 'Mars/Olympus' }, ['timeZone']],
    ['an offset for a zone', 'notification-preferences', { ...PREFERENCES, timeZone: '+05:00' }, ['timeZone']],
    [
      'an unknown channel',
      'notification-preferences',
      { ...PREFERENCES, channels: { 'bill-ready': ['pigeon'] } },
      ['channels/bill-ready/0'],
    ],
    [
      'an hour that does not exist',
      'notification-preferences',
      { ...PREFERENCES, quietHours: { from: '24:00', to: '07:00' } },
      ['quietHours/from'],
    ],
    [
      'quiet hours that begin when they end',
      'notification-preferences',
      { ...PREFERENCES, quietHours: { from: '07:00', to: '07:00' } },
      ['quietHours/to'],
    ],
  ])('is not taken with %s; the field is named, and nothing is repeated', async (_, path, body, fields) => {
    const { id } = await api.open();
    const end = await api.end();
    const answer = await api.put(`/accounts/${id}/${path}`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_MALFORMED' } });
    expect(answer.body.errors?.map(({ field }) => field).sort()).toEqual(fields);
    const said = JSON.stringify(answer.body);
    for (const value of Object.values(body)) if (typeof value === 'string') expect(said).not.toContain(value);
    expect(await api.end()).toBe(end);
  });

  it('is not taken for an account that is not there, and leaves no key behind', async () => {
    const nobody = randomUUID();
    expect(await api.put(`/accounts/${nobody}/contact`, JANE)).toMatchObject({
      status: 404,
      body: { code: 'ACCOUNT_UNKNOWN' },
    });
    await expect(api.personalData!.open(nobody, 'name', 'v1.AAAA')).rejects.toThrow('there is no key');
    expect(await api.put('/accounts/me/contact', JANE)).toMatchObject({ status: 404 });
    expect(await api.get(`/accounts/${nobody}/contact`)).toMatchObject({ status: 404 });
    expect(await api.get(`/accounts/${nobody}/notification-preferences`)).toMatchObject({ status: 404 });
    expect(await api.put(`/accounts/${nobody}/notification-preferences`, PREFERENCES)).toMatchObject({ status: 404 });
  });

  it('is not taken without a key, like any command', async () => {
    const { id } = await api.open();
    const answer = await api.request('PUT', `/accounts/${id}/contact`, { body: JANE });
    expect(answer).toMatchObject({ status: 400, body: { code: 'IDEMPOTENCY_KEY_MISSING' } });
  });
});

describe('Without a master key', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi({}, { locked: true });
  }, 60_000);
  afterAll(() => api.stop());

  it('contacts are neither taken nor shown, and everything else works', async () => {
    const { id } = await api.open();
    const locked = { status: 503, body: { code: 'PERSONAL_DATA_LOCKED' } };
    expect(await api.put(`/accounts/${id}/contact`, JANE)).toMatchObject(locked);
    expect(await api.get(`/accounts/${id}/contact`)).toMatchObject(locked);
    expect(await api.put(`/accounts/${id}/notification-preferences`, PREFERENCES)).toMatchObject({ status: 201 });
    expect(await api.post(`/accounts/${id}/payments`, payment('1.00'))).toMatchObject({ status: 201 });
  });
});
