import { sql } from 'kysely';
import { type WireRecord } from '#libs/contracts';
import { type Database, insertRows, type Tx } from '#libs/platform';

/*
 * Messages a consumer could not handle. The first of a key is parked with its reason; later ones of the key queue behind it
 * as `waiting`, in order, while other keys go on. A person has it tried again or discards it, with a reason.
 */

export const PARKED_DDL = [
  `create table if not exists messaging.parked_messages (
    id bigint generated always as identity primary key,
    consumer text not null, key text not null, origin text not null,
    state text not null check (state in ('parked', 'waiting', 'handled', 'discarded')),
    type text, reason text, attempts int not null default 0,
    retry_asked boolean not null default false, decided_by text, decided_because text,
    record jsonb not null, parked_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    unique (consumer, origin))`,
  `create index if not exists parked_messages_open on messaging.parked_messages (consumer, key, id)
    where state in ('parked', 'waiting')`,
];

/** One to be parked: with a reason when it is itself at fault, without when it waits for one before it. */
export interface ToPark {
  readonly key: string;
  readonly origin: string;
  readonly reason: string | null;
  readonly record: WireRecord;
}

const COLUMNS = {
  consumer: 'text',
  key: 'text',
  origin: 'text',
  state: 'text',
  type: 'text',
  reason: 'text',
  attempts: 'int',
  record: 'jsonb',
} as const;

/** Parks messages; one that was parked before stays as it is. */
export async function park(tx: Tx, consumer: string, messages: readonly ToPark[]): Promise<void> {
  const rows = messages.map(({ key, origin, reason, record }) => ({
    consumer,
    key,
    origin,
    state: reason === null ? 'waiting' : 'parked',
    type: record.headers['ce_type'] ?? null,
    reason,
    attempts: reason === null ? 0 : 1,
    record: JSON.stringify(record),
  }));
  await insertRows(tx, 'messaging.parked_messages', COLUMNS, rows, sql`on conflict (consumer, origin) do nothing`);
}

/** Those of the keys that have something parked or waiting. */
export async function parkedKeys(tx: Tx, consumer: string, keys: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ key: string }>`
    select distinct key from messaging.parked_messages
    where consumer = ${consumer} and state in ('parked', 'waiting') and key = any(${keys}::text[])`.execute(tx);
  return new Set(rows.map(({ key }) => key));
}

/** The first message in the queue of a key, when it may be tried: asked for, or come forward because those before it are gone. */
export interface Head {
  readonly id: string;
  readonly key: string;
  readonly origin: string;
  readonly record: WireRecord;
}

/** The next head of any key that may be tried, locked against other processes. */
export async function nextHead(tx: Tx, consumer: string): Promise<Head | undefined> {
  const { rows } = await sql<Head>`
    select id, key, origin, record from messaging.parked_messages as p
    where consumer = ${consumer} and (state = 'waiting' or (state = 'parked' and retry_asked))
      and not exists (select 1 from messaging.parked_messages as e
        where e.consumer = p.consumer and e.key = p.key and e.id < p.id and e.state in ('parked', 'waiting'))
    order by id limit 1 for update skip locked`.execute(tx);
  return rows[0];
}

export async function markHandled(tx: Tx, id: string): Promise<void> {
  await sql`update messaging.parked_messages set state = 'handled', retry_asked = false, updated_at = now()
    where id = ${id}`.execute(tx);
}

export async function markFailed(tx: Tx, id: string, reason: string): Promise<void> {
  await sql`update messaging.parked_messages
    set state = 'parked', reason = ${reason}, attempts = attempts + 1, retry_asked = false, updated_at = now()
    where id = ${id} and state in ('parked', 'waiting')`.execute(tx);
}

/** What is known of a parked message; never what is in it. */
export interface ParkedMessage {
  readonly id: string;
  readonly consumer: string;
  readonly accountId: string;
  readonly messageId: string;
  readonly type: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly waiting: number;
  readonly parkedAt: Date;
}

/** What operators do about parked messages; the consumer's process carries it out. */
export class ParkedMessages {
  constructor(private readonly db: Database) {}

  /** The parked ones, oldest first, each with how many wait behind it. */
  async list(after: string, limit: number): Promise<ParkedMessage[]> {
    const { rows } = await sql<ParkedMessage>`
      select id, consumer, key as "accountId", origin as "messageId", type, state, reason, attempts,
        parked_at as "parkedAt",
        (select count(*)::int from messaging.parked_messages as w
          where w.consumer = p.consumer and w.key = p.key and w.state = 'waiting') as waiting
      from messaging.parked_messages as p
      where state = 'parked' and id > ${after} order by id limit ${limit}`
      .execute(this.db.sql)
      .catch(nothingYet);
    return rows;
  }

  /** Asks for another try. @returns false when no message with this id is parked. */
  async retry(id: string, actor: string): Promise<boolean> {
    const { numAffectedRows } = await sql`
      update messaging.parked_messages set retry_asked = true, decided_by = ${actor}, updated_at = now()
      where id = ${id} and state = 'parked'`
      .execute(this.db.sql)
      .catch(nothingYet);
    return numAffectedRows === 1n;
  }

  /** Gives a message up, so that those behind it go on. @returns false when no message with this id is parked. */
  async discard(id: string, actor: string, because: string): Promise<boolean> {
    const { numAffectedRows } = await sql`
      update messaging.parked_messages
      set state = 'discarded', decided_by = ${actor}, decided_because = ${because}, updated_at = now()
      where id = ${id} and state = 'parked'`
      .execute(this.db.sql)
      .catch(nothingYet);
    return numAffectedRows === 1n;
  }
}

/** Before the first consumer has run there are no tables, and nothing is parked. */
function nothingYet(error: unknown): { rows: never[]; numAffectedRows: bigint } {
  if ((error as { code?: unknown }).code === UNDEFINED_TABLE) return { rows: [], numAffectedRows: 0n };
  throw error;
}

const UNDEFINED_TABLE = '42P01';
