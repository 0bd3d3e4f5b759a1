import { jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { simpleParser } from 'mailparser';
import { Webhook } from 'standardwebhooks';
import { type Message } from '#libs/contracts';
import { PersonalData, readConfig } from '#libs/platform';
import {
  AccountMessages,
  startHttpReceiver,
  startMailServer,
  till,
  type HttpReceiver,
  type MailServer,
} from '#testing/notifications';
import { testEngines, type TestDatabase } from '#testing/platform';
import { Outbox } from './channels/outbox.js';
import { type BillDocument } from './deliveries/carrier.js';
import { type DeliveryView } from './deliveries/delivery-view.js';
import { DeliveriesQueries } from './deliveries/deliveries.queries.js';
import { ParkedDeliveries } from './deliveries/parked-deliveries.js';
import { NotificationSettings } from './settings.js';
import { type Notifications, startNotifications } from './start-notifications.js';
import { NotificationsQueries } from './telling/notifications.queries.js';
import { WebhookEndpoints } from './webhook-endpoints/webhook-endpoints.js';

jest.setTimeout(30_000);

describe.each(await testEngines())('Notifications on $name', (engine) => {
  let test: TestDatabase;
  let personalData: PersonalData;
  let mail: MailServer;
  let receiver: HttpReceiver;
  let outbox: string;
  let now: Date;
  let logged: string;
  let stop: () => Promise<void>;
  let notifications: Notifications;

  beforeAll(async () => {
    test = await engine.create();
    outbox = await mkdtemp(join(tmpdir(), 'paybill-outbox-'));
    personalData = new PersonalData(test.db, randomBytes(32));
    for (const statement of set({}).handler.ddl) await sql.raw(statement).execute(test.db.sql);
  }, 120_000);
  afterAll(async () => {
    await test.drop();
    await rm(outbox, { recursive: true });
  });

  beforeEach(async () => {
    await sql`truncate notifications.recipients, notifications.bills, notifications.credits, notifications.notifications,
      notifications.deliveries, notifications.webhook_endpoints`.execute(test.db.sql);
    [mail, receiver] = await Promise.all([startMailServer(), startHttpReceiver()]);
    now = new Date();
    logged = '';
    stop = () => Promise.resolve();
    notifications = set({ PAYBILL_SMTP_URL: mail.url });
  });

  afterEach(async () => {
    await stop();
    await Promise.all([mail.close().catch(() => undefined), receiver.close()]);
  });

  function set(environment: Record<string, string>, billDocument?: BillDocument): Notifications {
    const note = (fields: object, message: string) => void (logged += JSON.stringify({ ...fields, message }));
    return startNotifications({
      db: test.db,
      personalData,
      settings: readConfig(NotificationSettings, { PAYBILL_OUTBOX: outbox, ...environment }),
      log: { warn: note, error: note },
      billDocument,
      clock: () => now,
      // No wait at all between attempts: what is tested is that there are attempts.
      random: () => 0,
    });
  }

  function start(running = notifications): void {
    const stopping = new AbortController();
    const before = stop;
    const ended = running.run(stopping.signal);
    stop = async () => {
      stopping.abort();
      await ended;
      await before();
    };
  }

  async function receive(...messages: Message[]): Promise<void> {
    await test.db.sql.transaction().execute((tx) => notifications.handler.handle(tx, messages));
  }

  const contact = async (account: AccountMessages, contact: { name?: string; email?: string; phone?: string }) => {
    const sealed: Record<string, string> = {};
    for (const [field, text] of Object.entries(contact)) {
      sealed[field] = await personalData.seal(account.accountId, field, text);
    }
    return account.of('contact.changed', { contact: sealed, changed: [] });
  };
  const wants = (account: AccountMessages, wish: object = {}) =>
    account.of('notification-preferences.changed', { locale: 'en-US', timeZone: 'UTC', channels: {}, ...wish });

  async function ada(email = 'ada@example.com', time?: string): Promise<AccountMessages> {
    const account = new AccountMessages(time);
    await receive(account.opened(), await contact(account, { name: 'Ada', email, phone: '+15550100' }));
    return account;
  }

  const deliveries = (account: AccountMessages) =>
    new DeliveriesQueries(test.db).deliveries({ account: account.accountId }, 100, null);
  const told = (account: AccountMessages) => new NotificationsQueries(test.db).ofAccount(account.accountId, 100, null);
  const states = async (account: AccountMessages) => (await deliveries(account)).map(({ state }) => state).reverse();
  const parked = async (): Promise<DeliveryView[]> => new ParkedDeliveries(test.db).list('0', 100);

  describe('A payment', () => {
    it('is confirmed by mail at once, with its confirmation number, what it paid and nothing that is secret', async () => {
      const account = await ada();
      start();
      await receive(account.bill('B-1', '2026-02-01', '80.00'), account.payment('80.00', 'B-1'));
      await till(() => mail.mails.length === 2);
      const confirmation = mail.mails.find(({ subject }) => subject?.includes('payment'))!;
      expect(confirmation.subject).toBe('We received your payment of $80.00');
      expect(confirmation.text).toContain('Hello Ada,');
      expect(confirmation.text).toContain('Confirmation number: C-3');
      expect(confirmation.text).toContain('Bill B-1: $80.00');
      expect(confirmation.html).toContain('C-3');
      expect(confirmation.from?.text).toBe('"Paybill" <billing@paybill.localhost>');
      await till(async () => (await states(account)).every((state) => state === 'delivered'));
      const { id } = (await deliveries(account)).find(({ type }) => type === 'payment-confirmation')!;
      expect(confirmation.messageId).toBe(`<${id}@paybill.localhost>`);
    });

    it('is shown online whether or not the customer can be written to', async () => {
      const account = new AccountMessages();
      await receive(account.opened(), account.payment('5.00'));
      expect(await told(account)).toMatchObject([
        {
          type: 'payment-confirmation',
          withheld: null,
          content: { confirmationNumber: 'C-1', credit: { amount: '5.00' } },
        },
      ]);
      expect(await deliveries(account)).toEqual([]);
    });

    it('is told once, however often its message comes', async () => {
      const account = await ada();
      const payment = account.payment('5.00');
      await receive(payment);
      await receive(payment);
      expect(await told(account)).toHaveLength(1);
      expect(await deliveries(account)).toHaveLength(1);
    });

    it('of long ago that is recorded only now is shown online and sent to nobody', async () => {
      const account = await ada();
      await receive(account.payment('5.00', undefined, '2025-01-01T12:00:00.000Z'));
      expect(await told(account)).toMatchObject([{ withheld: 'history' }]);
      expect(await deliveries(account)).toEqual([]);
    });

    it('that is received long after it was recorded, as by a database filled anew, is sent to nobody', async () => {
      const account = await ada('ada@example.com', '2026-03-01T12:00:00.000Z');
      now = new Date('2026-03-08T12:00:00.000Z');
      await receive(account.payment('5.00'));
      now = new Date('2026-03-08T12:00:00.001Z');
      await receive(account.payment('6.00'));
      expect(await told(account)).toMatchObject([
        { withheld: 'history', content: { amount: { amount: '6.00' } } },
        { withheld: null, content: { amount: { amount: '5.00' } } },
      ]);
      expect(await deliveries(account)).toHaveLength(1);
    });

    it('that is returned is told with the confirmation number the customer knows it by', async () => {
      const account = await ada();
      const payment = account.payment('5.00');
      await receive(payment);
      await receive(account.returned(payment));
      expect((await told(account))[0]).toMatchObject({
        type: 'payment-returned',
        content: { confirmationNumber: 'C-2', amount: { amount: '5.00', currency: 'USD' } },
      });
    });
  });

  describe('A customer', () => {
    it('is told by the channels wanted for each type, in the customer’s language', async () => {
      const account = await ada();
      notifications = set({});
      start();
      const channels = { 'payment-confirmation': ['sms'], 'bill-ready': [] };
      await receive(wants(account, { locale: 'es-MX', channels }));
      await receive(account.bill('B-1', '2026-02-01', '80.00'), account.payment('80.00', 'B-1'));
      await till(async () => (await states(account)).includes('delivered'));
      expect((await deliveries(account)).map(({ channel, type }) => [channel, type])).toEqual([
        ['sms', 'payment-confirmation'],
      ]);
      const [name] = await new Outbox(outbox).list();
      const text = await readFile(join(outbox, name!), 'utf8');
      expect(text).toMatch(/^To: \+15550100\n\nPaybill: recibimos USD.80\.00 el .* Número de confirmación C-4\.\n$/);
    });

    it('without a way to send mail finds it in the outbox, as a file that mail programs open', async () => {
      const account = await ada();
      notifications = set({});
      start();
      await receive(account.payment('80.00'));
      await till(async () => (await states(account)).includes('delivered'));
      const [name] = await new Outbox(outbox).list();
      const opened = await simpleParser((await new Outbox(outbox).read(name!))!);
      expect(opened.subject).toBe('We received your payment of $80.00');
      expect(opened.html).toContain('Confirmation number');
    });

    it('who was erased is not written to any more', async () => {
      const account = await ada();
      await receive(account.payment('5.00'));
      await personalData.erase(account.accountId);
      start();
      await till(async () => (await states(account))[0] === 'suppressed');
      expect((await deliveries(account))[0]).toMatchObject({ reason: 'no-address' });
      expect(mail.mails).toHaveLength(0);
    });

    it('in quiet hours is told of a payment at once and of a bill in the morning', async () => {
      const account = await ada();
      now = new Date('2026-03-11T03:00:00Z');
      const quietHours = { from: '22:00', to: '07:00' };
      await receive(wants(account, { timeZone: 'America/New_York', quietHours }));
      await receive(account.bill('B-1', '2026-12-01', '80.00'), account.payment('80.00', 'B-1'));
      start();
      await till(async () => (await states(account)).includes('delivered'));
      await till(async () => (await deliveries(account))[1]?.notBefore?.toISOString() === '2026-03-11T11:00:00.000Z');
      const [confirmation, bill] = await deliveries(account);
      expect(confirmation).toMatchObject({ type: 'payment-confirmation', state: 'delivered' });
      expect(bill).toMatchObject({ type: 'bill-ready', state: 'pending', attempts: 0 });
      now = new Date('2026-03-11T11:00:00Z');
      notifications.wake();
      await till(async () => (await states(account)).every((state) => state === 'delivered'));
      expect(mail.mails).toHaveLength(2);
    });
  });

  describe('A paperless customer, who wants bill-document by e-mail (CO2),', () => {
    const paperless = { channels: { 'bill-document': ['email'] } };

    it('gets the bill itself with the mail that it is ready, and nobody else does', async () => {
      const made: string[] = [];
      notifications = set({ PAYBILL_SMTP_URL: mail.url }, (accountId, billNumber) => {
        made.push(`${accountId} ${billNumber}`);
        return Promise.resolve({ filename: 'bill-B_1.pdf', content: Buffer.from('%PDF-1.7 a bill') });
      });
      const [one, other] = [await ada(), await ada('bob@example.com')];
      await receive(
        wants(one, paperless),
        one.bill('B/1', '2099-01-01', '10.00'),
        other.bill('B/2', '2099-01-01', '10.00'),
      );
      start();
      await till(() => mail.mails.length === 2);
      const attached = mail.mails.flatMap(({ attachments }) => attachments);
      expect(attached).toMatchObject([{ filename: 'bill-B_1.pdf', contentType: 'application/pdf' }]);
      expect(attached[0]!.content.toString()).toBe('%PDF-1.7 a bill');
      expect(made).toEqual([`${one.accountId} B/1`]);
    });

    it('waits for the mail while the bill cannot be made, and gets both', async () => {
      let tries = 0;
      notifications = set({ PAYBILL_SMTP_URL: mail.url }, () => {
        const made = { filename: 'bill-B-1.pdf', content: Buffer.from('%PDF') };
        return ++tries < 3 ? Promise.reject(new Error('away')) : Promise.resolve(made);
      });
      const account = await ada();
      await receive(wants(account, paperless), account.bill('B-1', '2099-01-01', '10.00'));
      start();
      await till(() => mail.mails.length === 1);
      expect(tries).toBe(3);
      expect(mail.mails[0]!.attachments).toHaveLength(1);
    });
  });

  describe('A reminder that has waited', () => {
    it('is not sent of a bill that was paid meanwhile, and is of one that is open in part', async () => {
      const account = await ada('ada@example.com', '2026-03-10T12:00:00.000Z');
      now = new Date('2026-03-11T03:00:00Z');
      const wish = { channels: { 'bill-ready': [], 'payment-confirmation': [] } };
      const quietHours = { from: '22:00', to: '07:00' };
      await receive(wants(account, { ...wish, timeZone: 'America/New_York', quietHours }));
      await receive(account.bill('B-1', '2026-03-12', '80.00'), account.bill('B-2', '2026-03-12', '80.00'));
      start();
      await till(async () => (await deliveries(account)).filter(({ notBefore }) => notBefore !== null).length === 2);
      await receive(account.payment('80.00', 'B-1'), account.payment('30.00', 'B-2'));
      now = new Date('2026-03-11T11:00:00Z');
      notifications.wake();
      await till(async () => !(await states(account)).includes('pending'));
      expect((await deliveries(account)).reverse()).toMatchObject([
        { type: 'bill-due-soon', state: 'suppressed', reason: 'settled' },
        { type: 'bill-due-soon', state: 'delivered' },
      ]);
      expect(mail.mails.map(({ subject }) => subject)).toEqual(['$80.00 due March 12, 2026 for bill B-2']);
    });

    it('is not sent of a bill that was paid while the mail server was away, nor to a webhook', async () => {
      const endpoints = new WebhookEndpoints(test.db, personalData);
      const types = ['bill-overdue'];
      await endpoints.add({ id: crypto.randomUUID(), url: receiver.url, types, addedBy: 'downstream' });
      const account = await ada('ada@example.com', '2026-03-10T12:00:00.000Z');
      now = new Date('2026-03-11T12:00:00Z');
      mail.answer = () => ({ code: 421, text: '4.3.2 away' });
      receiver.answer = () => ({ status: 503, headers: { 'retry-after': '60' } });
      notifications = set({ PAYBILL_SMTP_URL: mail.url, PAYBILL_DELIVERY_ATTEMPTS: '100' });
      await receive(wants(account, { channels: { 'bill-ready': [], 'payment-confirmation': [] } }));
      await receive(account.bill('B-1', '2026-03-10', '80.00'));
      start();
      await till(async () => (await deliveries(account)).filter(({ attempts }) => attempts > 0).length === 2);
      await receive(account.payment('80.00', 'B-1'));
      now = new Date('2026-03-11T12:02:00Z');
      notifications.wake();
      await till(async () => !(await states(account)).includes('pending'));
      expect(await deliveries(account)).toMatchObject([
        { state: 'suppressed', reason: 'settled' },
        { state: 'suppressed', reason: 'settled' },
      ]);
      expect(mail.mails).toHaveLength(0);
    });
  });

  describe('A mail server that', () => {
    it('is down is tried again until a person has to look, and a retry after mending delivers', async () => {
      const account = await ada();
      const { port } = new URL(mail.url);
      await mail.close();
      notifications = set({ PAYBILL_SMTP_URL: mail.url, PAYBILL_DELIVERY_ATTEMPTS: '3' });
      start();
      await receive(account.payment('5.00'), account.payment('6.00'));
      await till(async () => (await parked()).length === 1, 10_000);
      expect(await parked()).toMatchObject([{ state: 'parked', attempts: 3, reason: 'SMTP: ESOCKET' }]);
      expect(await notifications.parked()).toBe(1);
      // The one behind it waits.
      expect(await states(account)).toEqual(['parked', 'pending']);
      mail = await startMailServer(Number(port));
      const [first] = await parked();
      expect(await new ParkedDeliveries(test.db, () => notifications.wake()).retry(first!.id, 'operator-7')).toBe(true);
      await till(async () => (await states(account)).every((state) => state === 'delivered'), 10_000);
      expect(mail.mails.map(({ subject }) => subject)).toEqual([
        'We received your payment of $5.00',
        'We received your payment of $6.00',
      ]);
    });

    it('refuses one recipient for good has that one parked at once, without the address, while others go on', async () => {
      const [broken, fine] = [await ada('gone@example.com'), await ada('ada@example.com')];
      mail.answer = (to) => (to.startsWith('gone') ? { code: 550, text: `5.1.1 <${to}> user unknown` } : undefined);
      start();
      await receive(broken.payment('1.00'), broken.payment('2.00'), fine.payment('3.00'));
      await till(async () => (await parked()).length === 1 && mail.mails.length === 1);
      expect(await parked()).toMatchObject([{ attempts: 1, reason: 'SMTP 550 5.1.1 on RCPT TO' }]);
      expect(await states(broken)).toEqual(['parked', 'pending']);
      expect(logged).toContain('SMTP 550');
      expect(logged).not.toContain('example.com');
      // Given up with a reason, it lets the one behind it go; which is refused too.
      const operators = new ParkedDeliveries(test.db, () => notifications.wake());
      const [first] = await parked();
      expect(await operators.discard(first!.id, 'customer has left', 'operator-7')).toBe(true);
      await till(async () => (await states(broken))[1] === 'parked');
      expect((await deliveries(broken))[1]).toMatchObject({
        state: 'discarded',
        decidedBy: 'operator-7',
        decidedBecause: 'customer has left',
      });
      expect(await operators.discard(first!.id, 'again', 'operator-7')).toBe(false);
    });

    it('asks to come back later is asked again', async () => {
      const account = await ada();
      let asked = 0;
      mail.answer = () => (++asked < 3 ? { code: 451, text: '4.7.1 greylisted' } : undefined);
      start();
      await receive(account.payment('5.00'));
      await till(async () => (await states(account))[0] === 'delivered', 10_000);
      expect(await deliveries(account)).toMatchObject([{ attempts: 3, reason: null }]);
    });

    it('never sees an address that is none', async () => {
      const account = await ada('ada@example.com, eve@example.com');
      start();
      await receive(account.payment('5.00'));
      await till(async () => (await parked()).length === 1);
      expect(await parked()).toMatchObject([{ attempts: 1, reason: 'the e-mail address is no address' }]);
      expect(mail.mails).toHaveLength(0);
    });
  });

  describe('A webhook', () => {
    async function endpoint(types: string[] | null = null) {
      const endpoints = new WebhookEndpoints(test.db, personalData);
      const id = crypto.randomUUID();
      const added = await endpoints.add({ id, url: receiver.url, types, addedBy: 'downstream' });
      return { id, endpoints, secret: added!.secret };
    }

    it('is called with a signature its receiver can verify, for the types it wants', async () => {
      const { secret } = await endpoint(['payment-confirmation']);
      const account = new AccountMessages();
      start();
      await receive(account.opened(), account.bill('B-1', '2026-02-01', '80.00'), account.payment('80.00', 'B-1'));
      await till(() => receiver.received.length === 1);
      const [{ headers, body }] = receiver.received as [{ headers: Record<string, string>; body: string }];
      expect(new Webhook(secret).verify(body, headers)).toMatchObject({
        type: 'payment-confirmation',
        data: { accountId: account.accountId, confirmationNumber: 'C-2', amount: { amount: '80.00', currency: 'USD' } },
      });
      expect(() => new Webhook(secret).verify(body.replace('80.00', '90.00'), headers)).toThrow();
      const [delivery] = await deliveries(account);
      expect(headers['webhook-id']).toBe(delivery!.id);
    });

    it('that asks to be left alone is called again no earlier, and as the same delivery', async () => {
      await endpoint();
      const account = new AccountMessages();
      receiver.answer = () => ({ status: 429, headers: { 'retry-after': '120' } });
      start();
      await receive(account.payment('5.00'));
      await till(async () => (await deliveries(account))[0]?.reason === 'HTTP 429');
      const [{ notBefore, lastAttemptAt }] = (await deliveries(account)) as [DeliveryView];
      expect(notBefore!.getTime() - lastAttemptAt!.getTime()).toBeGreaterThanOrEqual(120_000);
      receiver.answer = () => ({ status: 204 });
      now = notBefore!;
      notifications.wake();
      await till(async () => (await states(account))[0] === 'delivered');
      expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(receiver.received).toHaveLength(2);
    });

    it.each([401, 403, 404])('that answers %d until it is mended is called until then', async (status) => {
      await endpoint();
      receiver.answer = () => ({ status: receiver.received.length < 3 ? status : 204 });
      const account = new AccountMessages();
      start();
      await receive(account.payment('5.00'));
      await till(async () => (await states(account))[0] === 'delivered');
      expect(await deliveries(account)).toMatchObject([{ attempts: 3 }]);
    });

    it.each([410, 400, 302])('that answers %d has its delivery parked at once', async (status) => {
      await endpoint();
      receiver.answer = () => ({ status, headers: { location: '/elsewhere' } });
      const account = new AccountMessages();
      start();
      await receive(account.payment('5.00'));
      await till(async () => (await parked()).length === 1);
      expect(await parked()).toMatchObject([{ attempts: 1, reason: `HTTP ${status}` }]);
      expect(receiver.received).toHaveLength(1);
    });

    it('into this machine is refused where that is set', async () => {
      await endpoint();
      notifications = set({ PAYBILL_WEBHOOK_PRIVATE_ADDRESSES: 'refuse' });
      const account = new AccountMessages();
      start();
      await receive(account.payment('5.00'));
      await till(async () => (await parked()).length === 1);
      expect(receiver.received).toHaveLength(0);
    });

    it('that is removed is not called any more', async () => {
      const { id, endpoints } = await endpoint();
      const account = new AccountMessages();
      await receive(account.payment('5.00'));
      expect(await endpoints.remove(id)).toBe(true);
      await receive(account.payment('6.00'));
      expect(await states(account)).toEqual(['suppressed']);
      expect(await endpoints.list('0', 10)).toEqual([]);
      expect(await endpoints.remove(id)).toBe(false);
    });

    it('tells its secret again to the same request and to no other', async () => {
      const { id, endpoints, secret } = await endpoint(['bill-ready']);
      const again = { id, url: receiver.url, types: ['bill-ready'], addedBy: 'downstream' };
      expect(await endpoints.add(again)).toEqual({ secret, repeated: true });
      expect(await endpoints.add({ ...again, types: null })).toBeUndefined();
      const { rows } = await sql<{
        row: string;
      }>`select w::text as row from notifications.webhook_endpoints as w`.execute(test.db.sql);
      expect(rows[0]!.row).not.toContain(secret);
    });
  });

  describe('Two processes at once', () => {
    it('deliver each mail once', async () => {
      const account = await ada();
      const others = await Promise.all(Array.from({ length: 8 }, () => ada()));
      const all = [account, ...others];
      await receive(...all.flatMap((each) => Array.from({ length: 5 }, () => each.payment('5.00'))));
      start();
      start(set({ PAYBILL_SMTP_URL: mail.url }));
      await till(() => mail.mails.length >= 45, 20_000);
      await till(async () => (await Promise.all(all.map(states))).flat().every((state) => state === 'delivered'));
      expect(mail.mails).toHaveLength(45);
      expect(new Set(mail.mails.map(({ messageId }) => messageId)).size).toBe(45);
    });

    it('one of which died while sending: the other sends it again as the same mail', async () => {
      const account = await ada();
      await receive(account.payment('5.00'));
      await sql`update notifications.deliveries
        set claimed_until = ${new Date(now.getTime() + 120_000)}, attempts = 1`.execute(test.db.sql);
      start();
      await expect(till(() => mail.mails.length > 0, 300)).rejects.toThrow();
      now = new Date(now.getTime() + 120_000);
      notifications.wake();
      await till(() => mail.mails.length === 1);
      const [delivery] = await deliveries(account);
      expect(mail.mails[0]!.messageId).toBe(`<${delivery!.id}@paybill.localhost>`);
      expect(delivery!.attempts).toBe(2);
    });
  });
});
