import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createHttpApp, openApiDocument } from '#http/platform';
import { createLogger, HttpSettings, PersonalData, readConfig } from '#libs/platform';
import { AccountMessages } from '#testing/notifications';
import { embeddedDatabase, type TestDatabase } from '#testing/platform';
import { Outbox } from './channels/outbox.js';
import { NotificationsModule } from './notifications.module.js';
import { notificationsHandler } from './notifications-handler.js';

describe('Notifications over HTTP', () => {
  let database: TestDatabase;
  let app: NestFastifyApplication;
  let outbox: string;
  let url: string;
  let woken = 0;

  beforeAll(async () => {
    database = await embeddedDatabase();
    const { db } = database;
    outbox = await mkdtemp(join(tmpdir(), 'paybill-outbox-'));
    const personalData = new PersonalData(db, randomBytes(32));
    const features = [NotificationsModule.forRoot({ db, personalData, outbox, wake: () => void woken++ })];
    app = await createHttpApp({
      features,
      probes: {},
      settings: readConfig(HttpSettings, {}),
      log: createLogger({ level: 'silent' }),
    });
    await app.listen(0, '127.0.0.1');
    url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await database.drop();
    await rm(outbox, { recursive: true });
  });

  const get = async (path: string) => {
    const answer = await fetch(url + path);
    const text = await answer.text();
    return { status: answer.status, text, headers: answer.headers, body: jsonOf(text) };
  };
  const jsonOf = (text: string): Record<string, unknown> & { items: Record<string, unknown>[]; next: string } =>
    text.startsWith('{') ? (JSON.parse(text) as never) : ({} as never);
  const send = async (method: 'POST' | 'DELETE', path: string, body?: object, key: string = randomUUID()) => {
    const type = body && { 'content-type': 'application/json' };
    const headers = { 'idempotency-key': key, 'x-actor': 'operator-7', ...type };
    const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: answer.status, headers: answer.headers, body: jsonOf(await answer.text()) };
  };
  const account = new AccountMessages();

  it('can be read before anything has been told', async () => {
    expect(await get(`/accounts/${account.accountId}/notifications`)).toMatchObject({
      status: 200,
      body: { items: [], next: null },
    });
  });

  it('take a webhook and tell its secret to who adds it, and to no other', async () => {
    const key = randomUUID();
    const added = await send('POST', '/webhook-endpoints', { url: 'https://example.com/hook' }, key);
    expect(added).toMatchObject({ status: 201, body: { secret: expect.stringMatching(/^whsec_/) as string } });
    const again = await send('POST', '/webhook-endpoints', { url: 'https://example.com/hook' }, key);
    expect(again.body).toEqual(added.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await send('POST', '/webhook-endpoints', { url: 'https://example.org/hook' }, key);
    expect(other).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    const { text, body } = await get('/webhook-endpoints');
    expect(body.items).toMatchObject([{ url: 'https://example.com/hook', types: null, addedBy: 'operator-7' }]);
    expect(text).not.toContain(String(added.body['secret']));
  });

  it.each([
    ['ftp://example.com', 'url'],
    ['file:///etc/passwd', 'url'],
    ['https://user:password@example.com/', 'url'],
  ])('refuse a webhook at %s', async (target, field) => {
    expect(await send('POST', '/webhook-endpoints', { url: target })).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_MALFORMED', errors: [{ field }] },
    });
  });

  it('show what was told and what became of it, a page at a time', async () => {
    const handler = notificationsHandler({
      PAYBILL_HISTORY_DAYS: 7,
      PAYBILL_DUE_SOON_DAYS: 3,
      PAYBILL_DEFAULT_CHANNELS: ['email'],
    });
    const messages = [account.opened(), ...Array.from({ length: 3 }, () => account.payment('5.00'))];
    await database.db.sql.transaction().execute((tx) => handler.handle(tx, messages));
    for (const path of [
      `/accounts/${account.accountId}/notifications`,
      `/notifications/deliveries?account=${account.accountId}`,
    ]) {
      const mark = path.includes('?') ? '&' : '?';
      const first = await get(`${path}${mark}limit=2`);
      const rest = await get(`${path}${mark}limit=2&cursor=${first.body.next}`);
      expect(rest.body.next).toBeNull();
      const all = await get(path);
      expect([...first.body.items, ...rest.body.items]).toEqual(all.body.items);
      expect(all.body.items).toHaveLength(3);
      expect(await get(`${path}${mark}cursor=nonsense`)).toMatchObject({
        status: 400,
        body: { code: 'CURSOR_INVALID' },
      });
    }
    expect((await get('/notifications/deliveries?state=delivered')).body.items).toEqual([]);
    expect((await get('/notifications/deliveries?state=lost')).status).toBe(400);
  });

  it('let an operator have a parked delivery tried again, or give it up with a reason that is kept', async () => {
    await sql`update notifications.deliveries set state = 'parked', last_error = 'HTTP 410', attempts = 1`.execute(
      database.db.sql,
    );
    const { items } = (await get('/parked-deliveries')).body;
    expect(items).toHaveLength(3);
    const [first, second] = items as [{ id: string }, { id: string }];
    expect(await send('POST', `/parked-deliveries/${first.id}/retry`)).toMatchObject({ status: 202 });
    expect(woken).toBe(1);
    expect(await send('POST', `/parked-deliveries/${second.id}/discard`, {})).toMatchObject({ status: 400 });
    expect(await send('POST', `/parked-deliveries/${second.id}/discard`, { reason: 'receiver is gone' })).toMatchObject(
      {
        status: 200,
      },
    );
    expect(await send('POST', `/parked-deliveries/${second.id}/retry`)).toMatchObject({
      status: 404,
      body: { code: 'PARKED_DELIVERY_UNKNOWN' },
    });
    expect((await get('/notifications/deliveries?state=discarded')).body.items).toMatchObject([
      { id: second.id, reason: 'HTTP 410', decidedBy: 'operator-7', decidedBecause: 'receiver is gone' },
    ]);
    expect((await get('/notifications/deliveries?state=pending')).body.items).toMatchObject([
      { id: first.id, attempts: 0 },
    ]);
  });

  it('forget a webhook that is removed', async () => {
    const { items } = (await get('/webhook-endpoints')).body;
    expect(await send('DELETE', `/webhook-endpoints/${String(items[0]!['id'])}`)).toMatchObject({ status: 204 });
    expect(await send('DELETE', `/webhook-endpoints/${String(items[0]!['id'])}`)).toMatchObject({ status: 404 });
    expect((await get('/webhook-endpoints')).body.items).toEqual([]);
  });

  it('are described in the OpenAPI document', () => {
    const paths = Object.keys(openApiDocument(app).paths);
    expect(paths).toEqual(
      expect.arrayContaining([
        '/accounts/{accountId}/notifications',
        '/notifications/deliveries',
        '/parked-deliveries',
        '/parked-deliveries/{id}/retry',
        '/parked-deliveries/{id}/discard',
        '/webhook-endpoints',
        '/webhook-endpoints/{id}',
      ]),
    );
  });

  describe('have an outbox', () => {
    const mail = (id: string, at: string) => ({
      id,
      type: 'bill-ready',
      at: new Date(at),
      to: { name: 'Ada', address: 'ada@example.com' },
      subject: 'Su factura está lista',
      text: 'Hola',
      html: '<p style="color:red">Su factura está lista = “sí”</p><script>alert(1)</script>',
    });

    it('that shows each mail in a frame in which nothing runs', async () => {
      const written = new Outbox(outbox);
      await written.mail(mail(randomUUID(), '2026-01-31T12:00:00Z'), {
        name: 'Paybill',
        address: 'billing@example.com',
      });
      const list = await get('/dev/outbox');
      expect(list.text).toContain('2026-01-31 12:00:00 UTC');
      const [name] = await written.list();
      const { text, headers } = await get(`/dev/outbox/${name}`);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(text).toContain(
        '<iframe sandbox="" srcdoc="&lt;p style=&quot;color:red&quot;&gt;Su factura está lista = “sí”&lt;/p&gt;',
      );
      expect(text).not.toContain('<script>');
    });

    it('that shows nothing from outside of it', async () => {
      await writeFile(join(outbox, 'secret.txt'), 'secret');
      await symlink('/etc/hostname', join(outbox, 'link.eml'));
      for (const name of ['secret.txt', 'link.eml', '..%2f..%2fetc%2fpasswd', '%2fetc%2fpasswd', '..']) {
        expect((await get(`/dev/outbox/${name}`)).status).toBe(404);
      }
    });

    it('that keeps the newest only', async () => {
      const written = new Outbox(join(outbox, 'small'), 2);
      for (const day of ['01', '02', '03']) {
        await written.text({
          id: randomUUID(),
          type: 'bill-ready',
          at: new Date(`2026-01-${day}T00:00:00Z`),
          to: '+1',
          text: 'x',
        });
      }
      expect((await written.list()).map((name) => name.slice(0, 8))).toEqual(['20260103', '20260102']);
    });
  });
});
