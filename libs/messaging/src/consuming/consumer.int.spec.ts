import fc from 'fast-check';
import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import { type Message, toWire } from '#libs/contracts';
import { type Arrival, arrived, Consumer, type MessageHandler, ParkedMessages } from '#libs/messaging';
import { type Database, insertRows } from '#libs/platform';
import { type TestDatabase, testEngines, until } from '#testing/platform';

const ALIVE = new AbortController().signal;

/** The messages of an account: closed and closed again, which is all a test of the way they come needs. */
function messageOf(key: string, sequence: number): Message {
  return {
    id: randomUUID(),
    type: 'account.closed',
    version: 1,
    key,
    sequence: BigInt(sequence),
    position: BigInt(sequence),
    time: '2026-01-01T00:00:00.000Z',
    correlationId: randomUUID(),
    causationId: randomUUID(),
    data: { accountId: key, effectiveAt: '2026-01-01T00:00:00.000Z', reason: 'test' },
  };
}

function arrivalOf(message: Message): Arrival {
  return { origin: message.id, key: message.key, message };
}

/** Writes down what it was given, and refuses what it is told to. */
class Notebook implements MessageHandler {
  readonly name = 'notebook';
  readonly ddl = [
    'create table if not exists notes (id bigint generated always as identity, key text, sequence bigint)',
  ];
  readonly refused = new Set<string>();
  rollbacks = 0;

  async handle(...[tx, messages]: Parameters<MessageHandler['handle']>): Promise<void> {
    const rows = messages.map(({ key, sequence }) => ({ key, sequence }));
    await insertRows(tx, 'notes', { key: 'text', sequence: 'bigint' }, rows);
    const refused = messages.find(({ id }) => this.refused.has(id));
    if (refused) throw new Error(`cannot handle ${refused.type}`);
  }

  rolledBack(): void {
    this.rollbacks += 1;
  }
}

describe.each(await testEngines())('a consumer, on $name', (engine) => {
  let database: TestDatabase;
  let db: Database;
  let notebook: Notebook;
  let consumer: Consumer;
  let parkedIds: string[];

  beforeEach(async () => {
    database = await engine.create();
    db = database.db;
    notebook = new Notebook();
    parkedIds = [];
    consumer = new Consumer(db, notebook, { onParked: ({ messageId }) => parkedIds.push(messageId), parkedEveryMs: 1 });
    await consumer.install();
  });
  afterEach(() => database.drop());

  async function notes(): Promise<Record<string, number[]>> {
    const { rows } = await sql<{ key: string; sequence: string }>`select key, sequence from notes order by id`.execute(
      db.sql,
    );
    const byKey: Record<string, number[]> = {};
    for (const { key, sequence } of rows) (byKey[key] ??= []).push(Number(sequence));
    return byKey;
  }

  /** Lets the consumer look after parked messages until something holds. */
  async function whileItTries(holds: () => Promise<boolean>): Promise<void> {
    const stop = new AbortController();
    const trying = consumer.runParked(stop.signal);
    await until(holds);
    stop.abort();
    await trying;
  }

  const parked = () => new ParkedMessages(db).list('0', 10);

  it('handles every message once and in order, however often and in whatever pieces they are delivered', async () => {
    const pieces = fc.array(fc.tuple(fc.nat(19), fc.integer({ min: 1, max: 20 })), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, async (redelivered) => {
        const keys = [randomUUID(), randomUUID()];
        const messages = Array.from({ length: 20 }, (_, index) => messageOf(keys[index % 2]!, Math.floor(index / 2)));
        let reached = 0;
        for (const [from, count] of [...redelivered, [0, 20] as const]) {
          // At least once: a delivery begins at or before what has been received, and never beyond it.
          const start = Math.min(from, reached);
          await consumer.receive(messages.slice(start, start + count).map(arrivalOf), ALIVE);
          reached = Math.max(reached, Math.min(20, start + count));
        }
        const all = await notes();
        expect(keys.map((key) => all[key])).toEqual([0, 1].map(() => Array.from({ length: 10 }, (_, n) => n)));
      }),
      { numRuns: 15 },
    );
    expect(parkedIds).toEqual([]);
  });

  it('parks a message that cannot be handled with those behind it, while other accounts go on', async () => {
    const [sick, well] = [randomUUID(), randomUUID()];
    const messages = [0, 1, 2].flatMap((n) => [messageOf(sick, n), messageOf(well, n)]);
    notebook.refused.add(messages[2]!.id);
    await consumer.receive(messages.map(arrivalOf), ALIVE);
    await consumer.receive([arrivalOf(messageOf(sick, 3)), arrivalOf(messageOf(well, 3))], ALIVE);
    expect(await notes()).toEqual({ [sick]: [0], [well]: [0, 1, 2, 3] });
    expect(parkedIds).toEqual([messages[2]!.id]);
    expect(await parked()).toMatchObject([
      { accountId: sick, messageId: messages[2]!.id, reason: 'cannot handle account.closed', waiting: 2, attempts: 1 },
    ]);
    expect(notebook.rollbacks).toBeGreaterThan(0);
  });

  it('handles a parked message and those behind it in order when it is tried again and the cause is mended', async () => {
    const key = randomUUID();
    const messages = [0, 1, 2, 3].map((n) => messageOf(key, n));
    notebook.refused.add(messages[1]!.id);
    await consumer.receive(messages.map(arrivalOf), ALIVE);
    const [{ id } = { id: '' }] = await parked();

    expect(await new ParkedMessages(db).retry(id, 'ops')).toBe(true);
    await whileItTries(async () => (await parked())[0]?.attempts === 2);
    expect(await notes()).toEqual({ [key]: [0] });

    notebook.refused.clear();
    await new ParkedMessages(db).retry(id, 'ops');
    await whileItTries(async () => (await notes())[key]?.length === 4);
    expect(await notes()).toEqual({ [key]: [0, 1, 2, 3] });
    expect(await parked()).toEqual([]);
    await consumer.receive([...messages, messageOf(key, 4)].map(arrivalOf), ALIVE);
    expect(await notes()).toEqual({ [key]: [0, 1, 2, 3, 4] });
  });

  it('goes on with those behind a message that is discarded, and keeps who discarded it and why', async () => {
    const key = randomUUID();
    const messages = [0, 1, 2].map((n) => messageOf(key, n));
    notebook.refused.add(messages[0]!.id);
    await consumer.receive(messages.map(arrivalOf), ALIVE);
    const [{ id } = { id: '' }] = await parked();
    expect(await new ParkedMessages(db).discard(id, 'ops', 'a test account')).toBe(true);
    expect(await new ParkedMessages(db).discard(id, 'ops', 'again')).toBe(false);
    await whileItTries(async () => (await notes())[key]?.length === 2);
    expect(await notes()).toEqual({ [key]: [1, 2] });
    const { rows } = await sql`
      select state, decided_by, decided_because from messaging.parked_messages where id = ${id}`.execute(db.sql);
    expect(rows).toEqual([{ state: 'discarded', decided_by: 'ops', decided_because: 'a test account' }]);
  });

  it('parks what is of a type it does not know, and what is no message at all', async () => {
    const key = randomUUID();
    const record = toWire(messageOf(key, 0));
    const sung = { ce_type: 'account.sung', ce_dataschema: 'urn:paybill:message:account.sung:1' };
    const unknown = { ...record, headers: { ...record.headers, ...sung } };
    await consumer.receive([arrived('t/0/1', unknown), arrived('t/0/2', { key: '', value: '?', headers: {} })], ALIVE);
    await consumer.receive([arrived('t/0/2', { key: '', value: '?', headers: {} })], ALIVE);
    expect((await parked()).map(({ accountId, reason }) => [accountId, reason])).toEqual([
      [key, expect.stringContaining('account.sung')],
      ['', expect.stringContaining('missing')],
    ]);
    await consumer.receive([arrivalOf(messageOf(key, 1))], ALIVE);
    expect(await notes()).toEqual({});
  });

  it('lets nothing unreadable take the place of a message, and goes on after a message it could not read', async () => {
    const key = randomUUID();
    const [first, second, third] = [0, 1, 2].map((n) => messageOf(key, n));
    const newer = (message: Message, source?: string) => {
      const { headers, ...record } = toWire(message);
      const dataschema = 'urn:paybill:message:account.closed:9';
      return { ...record, headers: { ...headers, ...(source && { ce_source: source }), ce_dataschema: dataschema } };
    };
    await consumer.receive([arrivalOf(first!), arrived('t/0/1', newer(second!, 'somebody else'))], ALIVE);
    await consumer.receive([arrived('t/0/2', newer(second!)), arrivalOf(third!)], ALIVE);
    for (const { id } of await parked()) await new ParkedMessages(db).discard(id, 'ops', 'not ours');
    await whileItTries(async () => (await parked()).length === 1);
    for (const { id } of await parked()) await new ParkedMessages(db).discard(id, 'ops', 'too new');
    await whileItTries(async () => (await notes())[key]?.length === 2);
    await consumer.receive([arrivalOf(messageOf(key, 3))], ALIVE);
    expect(await notes()).toEqual({ [key]: [0, 2, 3] });
  });

  it('parks a message before which others are missing, naming them', async () => {
    const key = randomUUID();
    await consumer.receive([arrivalOf(messageOf(key, 0)), arrivalOf(messageOf(key, 3))], ALIVE);
    expect(await notes()).toEqual({ [key]: [0] });
    expect((await parked()).map(({ reason }) => reason)).toEqual(['messages 1 to 2 of the account have not arrived']);
  });

  it('moves its place in the log with what it receives, and never back', async () => {
    await consumer.receive([arrivalOf(messageOf(randomUUID(), 0))], ALIVE, { position: 40n });
    await consumer.receive([], ALIVE, { position: 50n });
    await consumer.receive([], ALIVE, { position: 45n });
    expect(await consumer.position()).toBe(50n);
  });

  it('receives for a second process only what the first has not', async () => {
    if (!database.url) return;
    const key = randomUUID();
    const messages = Array.from({ length: 30 }, (_, n) => messageOf(key, n));
    const other = new Consumer(db, new Notebook());
    const both = [consumer, other].map(async (one) => {
      for (let from = 0; from < 30; from += 3) {
        await one.receive(messages.slice(from, from + 3).map(arrivalOf), ALIVE);
      }
    });
    await Promise.all(both);
    expect(await notes()).toEqual({ [key]: Array.from({ length: 30 }, (_, n) => n) });
  });
});
