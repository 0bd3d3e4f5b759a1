import { Module } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import {
  createHttpApp,
  createLogger,
  type Database,
  HttpSettings,
  openApiDocument,
  openDatabase,
  PersonalData,
  PROBLEM_OF,
  readConfig,
  READINESS_PROBES,
} from '#libs/platform';
import { AccountMessages } from '#testing/notifications';
import { Outbox } from './channels/outbox.js';
import { NotificationsModule } from './notifications.module.js';
import { notificationsHandler } from './notifications-handler.js';

@Module({})
class Host {
  static with() {
    const providers = [
      { provide: PROBLEM_OF, useValue: () => undefined },
      { provide: READINESS_PROBES, useValue: {} },
    ];
    return { module: Host, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}

describe('Notifications over HTTP', () => {
  let db: Database;
  let app: NestFastifyApplication;
  let outbox: string;
  let woken = 0;

  beforeAll(async () => {
    db = await openDatabase({});
    outbox = await mkdtemp(join(tmpdir(), 'paybill-outbox-'));
    const personalData = new PersonalData(db, randomBytes(32));
    const features = [Host.with(), NotificationsModule.forRoot({ db, personalData, outbox, wake: () => void woken++ })];
    app = await createHttpApp({
      features,
      settings: readConfig(HttpSettings, {}),
      log: createLogger({ level: 'silent' }),
    });
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await db.close();
    await rm(outbox, { recursive: true });
  });

  const get = async (url: string) => {
    const answer = await app.inject({ method: 'GET', url });
    return { status: answer.statusCode, text: answer.body, headers: answer.headers, body: jsonOf(answer.body) };
  };
  const jsonOf = (text: string): Record<string, unknown> & { items: Record<string, unknown>[]; next: string } =>
    text.startsWith('{') ? (JSON.parse(text) as never) : ({} as never);
  const send = async (method: 'POST' | 'DELETE', url: string, body?: object, key: string = randomUUID()) => {
    const headers = { 'idempotency-key': key, 'x-actor': 'operator-7' };
    const answer = await app.inject({ method, url, headers, ...(body && { payload: body }) });
    return { status: answer.statusCode, headers: answer.headers, body: jsonOf(answer.body) };
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
    expect(again.headers['idempotent-replayed']).toBe('true');
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
  ])('refuse a webhook at %s', async (url, field) => {
    expect(await send('POST', '/webhook-endpoints', { url })).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_MALFORMED', errors: [{ field }] },
    });
  });

  it('show what was told and what became of it, a page at a time', async () => {
    const handler = notificationsHandler({ PAYBILL_HISTORY_DAYS: 7, PAYBILL_DEFAULT_CHANNELS: ['email'] });
    const messages = [account.opened(), ...Array.from({ length: 3 }, () => account.payment('5.00'))];
    await db.sql.transaction().execute((tx) => handler.handle(tx, messages));
    for (const url of [
      `/accounts/${account.accountId}/notifications`,
      `/notifications/deliveries?account=${account.accountId}`,
    ]) {
      const mark = url.includes('?') ? '&' : '?';
      const first = await get(`${url}${mark}limit=2`);
      const rest = await get(`${url}${mark}limit=2&cursor=${first.body.next}`);
      expect(rest.body.next).toBeNull();
      const all = await get(url);
      expect([...first.body.items, ...rest.body.items]).toEqual(all.body.items);
      expect(all.body.items).toHaveLength(3);
      expect(await get(`${url}${mark}cursor=nonsense`)).toMatchObject({
        status: 400,
        body: { code: 'CURSOR_INVALID' },
      });
    }
    expect((await get('/notifications/deliveries?state=delivered')).body.items).toEqual([]);
    expect((await get('/notifications/deliveries?state=lost')).status).toBe(400);
  });

  it('let an operator have a parked delivery tried again, or give it up with a reason that is kept', async () => {
    await sql`update notifications.deliveries set state = 'parked', last_error = 'HTTP 410', attempts = 1`.execute(
      db.sql,
    );
    const { items } = (await get('/parked-deliveries')).body;
    expect(items).toHaveLength(3);
    const [first, second] = items as [{ id: string }, { id: string }];
    expect(await send('POST', `/parked-deliveries/${first.id}/retry`)).toMatchObject({ status: 201 });
    expect(woken).toBe(1);
    expect(await send('POST', `/parked-deliveries/${second.id}/discard`, {})).toMatchObject({ status: 400 });
    expect(await send('POST', `/parked-deliveries/${second.id}/discard`, { reason: 'receiver is gone' })).toMatchObject(
      {
        status: 201,
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
      expect(headers['content-security-policy']).toContain("default-src 'none'");
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
