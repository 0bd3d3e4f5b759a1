import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { codeToSend, publicMessage, verification } from '#libs/ledger';
import { Following } from '#libs/messaging';
import { NotificationSettings, startNotifications } from '#libs/notifications';
import { createLogger, readConfig } from '#libs/platform';
import { till } from '#testing/notifications';
import { type Api, startApi } from './api-rig.js';

describe('A one-time code', () => {
  let api: Api;
  let outbox: string;
  let stop: () => Promise<void>;
  let now: () => Date = () => new Date();

  beforeAll(async () => {
    api = await startApi();
    outbox = await mkdtemp(join(tmpdir(), 'paybill-outbox-'));
    begin();
  }, 60_000);
  afterAll(async () => {
    await stop();
    await api.stop();
    await rm(outbox, { recursive: true });
  });

  /** Notifications follow the log, from where they were. */
  function begin(): void {
    const { db, store } = api;
    const log = createLogger({ level: 'debug', destination: { write: (line) => void api.lines.push(line) } });
    const notifications = startNotifications({
      ...{ db, log, personalData: api.personalData! },
      settings: readConfig(NotificationSettings, { PAYBILL_OUTBOX: outbox }),
      codes: { store, category: verification.category, toCode: codeToSend },
      clock: () => now(),
    });
    const source = { log: { store, category: 'account', toMessage: publicMessage } };
    const stopping = new AbortController();
    const working = new Following(db, notifications.handler, source, log).run(stopping.signal, (signal) =>
      notifications.run(signal),
    );
    stop = async () => {
      stopping.abort();
      await working;
    };
  }

  /** A customer with addresses that notifications know of. */
  const customer = async () => {
    const { id } = await api.open();
    await api.put(`/accounts/${id}/contact`, { email: 'ada@example.com', phone: '+14155550123' });
    await till(async () => {
      const { rows } = await sql`select 1 from notifications.recipients
        where account_id = ${id}::uuid and email is not null`.execute(api.db.sql);
      return rows.length > 0;
    });
    return id;
  };
  const send = (id: string, key: string = randomUUID(), purpose = 'account-access') =>
    api.post(`/accounts/${id}/verification/codes`, { purpose }, key);
  const check = (id: string, secret: string, purpose = 'account-access') =>
    api.post(`/accounts/${id}/verification/checks`, { method: 'code', purpose, askedBy: 'online', secret });
  const files = async () => (await readdir(outbox)).filter((name) => name.includes('verification-code'));
  /** The codes of all text messages there are, once there are so many. */
  const received = async (many: number) => {
    await till(async () => (await files()).length >= 2 * many);
    const texts = (await files()).filter((name) => name.endsWith('.txt')).sort();
    const codes = texts.map(
      async (name) => /\d{6}/.exec((await readFile(join(outbox, name), 'utf8')).split('\n\n')[1]!)![0],
    );
    return Promise.all(codes);
  };

  it('comes by every way the customer is reached, works once and for its purpose, and is stored nowhere', async () => {
    const id = await customer();
    const key = randomUUID();
    const asked = await send(id, key);
    expect(asked).toMatchObject({ status: 201, body: { purpose: 'account-access', digits: 6 } });
    expect((await send(id, key)).body).toEqual({ ...asked.body, repeated: true });
    const [code] = (await received(1)) as [string];
    const mail = await readFile(
      join(
        outbox,
        (await files()).find((name) => name.endsWith('.eml'))!,
      ),
      'utf8',
    );
    expect(mail).toContain(code);
    expect(mail).toContain('10 minutes');

    expect(await check(id, code, 'contact-change')).toMatchObject({ body: { code: 'VERIFICATION_NOT_SET_UP' } });
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    expect((await check(id, wrong)).body).toMatchObject({ verified: false });
    expect((await check(id, code)).body).toMatchObject({ verified: true });
    expect(await check(id, code)).toMatchObject({ status: 409, body: { code: 'CODE_VOID' } });

    const told = await api.db.sql.transaction().execute(async (tx) => {
      const { rows } = await sql`select n.*, d.* from notifications.notifications n
        join notifications.deliveries d on d.notification_id = n.id where n.account_id = ${id}::uuid`.execute(tx);
      return rows as { type: string }[];
    });
    expect(told.map(({ type }) => type)).toEqual(['verification-code', 'verification-code']);
    const written: unknown[] = [api.lines, told, asked.body, (await api.get(`/accounts/${id}/verification`)).body];
    for await (const { data, metadata } of api.store.readStream(`verification-${id}`)) written.push(data, metadata);
    // Six figures may stand in an id or a hash by chance; a code on its own may not.
    expect(JSON.stringify(written)).not.toMatch(new RegExp(`(?<![0-9a-zA-Z_-])${code}(?![0-9a-zA-Z_-])`));
  }, 60_000);

  it('asked for while notifications stood still is sent once they go on, and not when it has expired by then', async () => {
    const id = await customer();
    const deliveries = async () => {
      const { rows } = await sql<{ purpose: string; withheld: string | null; ways: string }>`
        select n.content->>'purpose' as purpose, n.withheld, count(d.id) as ways from notifications.notifications n
        left join notifications.deliveries d on d.notification_id = n.id
        where n.account_id = ${id}::uuid group by 1, 2 order by 1`.execute(api.db.sql);
      return rows.map(({ purpose, withheld, ways }) => [purpose, withheld, Number(ways)]);
    };
    await stop();
    await send(id, randomUUID(), 'pin-reset');
    begin();
    await till(async () => (await deliveries()).length === 1);
    await stop();
    await send(id, randomUUID(), 'contact-change');
    now = () => new Date(Date.now() + 11 * 60_000);
    begin();
    await till(async () => (await deliveries()).length === 2);
    now = () => new Date();
    expect(await deliveries()).toEqual([
      ['contact-change', 'history', 0],
      ['pin-reset', null, 2],
    ]);
  }, 60_000);

  it('is not sent to somebody unknown, and not without end', async () => {
    expect(await send(randomUUID())).toMatchObject({ status: 404, body: { code: 'ACCOUNT_UNKNOWN' } });
    const { id } = await api.open();
    const answers = [];
    for (let sends = 0; sends < 6; sends++) answers.push(await send(id));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 409]);
    expect(answers.at(-1)).toMatchObject({ body: { code: 'CODES_TOO_MANY' } });
  }, 60_000);
});
