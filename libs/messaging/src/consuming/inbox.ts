import { sql } from 'kysely';
import { type Database, fromRows, type Tx } from '#libs/platform';

/*
 * The inbox: for each consumer and key, the sequence of the last message received. Messages of a key are numbered without
 * a gap, so that this one number tells what is a repeat and what is missing; a row for every message would tell no more
 * and grow for ever (docs/adr/0017).
 */

export const INBOX_DDL = [
  `create schema if not exists messaging`,
  `create table if not exists messaging.inbox (
    consumer text not null, key text not null, sequence bigint not null,
    primary key (consumer, key))`,
  `create table if not exists messaging.positions (
    consumer text primary key, position bigint not null default 0, updated_at timestamptz not null default now())`,
];

/** Another process has received messages of the same keys meanwhile: look again at what is new. */
export class InboxMoved extends Error {
  override readonly name = 'InboxMoved';
}

/** The last sequence received of each of the keys that have any. */
export async function received(tx: Tx, consumer: string, keys: readonly string[]): Promise<Map<string, bigint>> {
  const { rows } = await sql<{ key: string; sequence: string }>`
    select key, sequence from messaging.inbox where consumer = ${consumer} and key = any(${keys}::text[])`.execute(tx);
  return new Map(rows.map(({ key, sequence }) => [key, BigInt(sequence)]));
}

interface Move {
  readonly key: string;
  /** −1 for a key that has received nothing. */
  readonly from: bigint;
  readonly to: bigint;
}

const MOVE = { key: 'text', from: 'bigint', to: 'bigint' } as const;

/**
 * Marks messages as received. A second process with messages of the same keys waits here for this transaction to end and
 * then finds that they have been received. @throws InboxMoved
 */
export async function receive(tx: Tx, consumer: string, moves: readonly Move[]): Promise<void> {
  const first = moves.filter(({ from }) => from < 0n);
  const later = moves.filter(({ from }) => from >= 0n);
  let marked = 0n;
  if (first.length > 0) {
    const { numAffectedRows } = await sql`
      insert into messaging.inbox (consumer, key, sequence)
      select ${consumer}, r.key, r.to from ${fromRows<Move>(MOVE, first)} on conflict do nothing`.execute(tx);
    marked += numAffectedRows ?? 0n;
  }
  if (later.length > 0) {
    const { numAffectedRows } = await sql`
      update messaging.inbox as i set sequence = r.to from ${fromRows<Move>(MOVE, later)}
      where i.consumer = ${consumer} and i.key = r.key and i.sequence = r.from`.execute(tx);
    marked += numAffectedRows ?? 0n;
  }
  if (marked !== BigInt(moves.length)) throw new InboxMoved(`another process receives for ${consumer}`);
}

/** How far a consumer that reads the log itself has come. */
export async function positionOf(db: Database, consumer: string): Promise<bigint> {
  const { rows } = await sql<{ position: string }>`
    select position from messaging.positions where consumer = ${consumer}`.execute(db.sql);
  return BigInt(rows[0]?.position ?? 0);
}

/** Moves that position along with what was received; never back. */
export async function moveTo(tx: Tx, consumer: string, position: bigint): Promise<void> {
  await sql`
    insert into messaging.positions as p (consumer, position) values (${consumer}, ${String(position)})
    on conflict (consumer) do update set position = excluded.position, updated_at = now()
    where p.position < excluded.position`.execute(tx);
}
