import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { z } from 'zod';
import { type Database, DATABASE, keyOf, type Page, pageOf, rowsOf } from '#libs/platform';

export const AccessView = z
  .object({
    position: z.string(),
    recordedAt: z.iso.datetime(),
    actor: z.string(),
    onBehalfOf: z.string().nullable(),
    what: z.string(),
    accountId: z.guid().nullable(),
    parameters: z.record(z.string(), z.string()),
    outcome: z.string().meta({ description: '`answered`, or the code of the refusal' }),
    correlationId: z.string(),
  })
  .meta({ id: 'Access' });
type AccessView = z.output<typeof AccessView>;

export const CheckpointView = z
  .object({
    size: z.int().meta({ description: 'Events in the tree' }),
    rootHash: z.string(),
    signedAt: z.iso.datetime(),
    note: z.string().meta({ description: 'The signed note: keep this' }),
    verifierKey: z.string().meta({ description: 'Who signed; whether to believe it you know from elsewhere' }),
  })
  .meta({ id: 'Checkpoint' });
export type CheckpointView = z.output<typeof CheckpointView>;

interface AccessRow {
  position: string;
  recorded_at: Date;
  actor: string;
  on_behalf_of: string | null;
  what: string;
  account_id: string | null;
  parameters: Record<string, string>;
  outcome: string;
  correlation_id: string;
}

interface CheckpointRow {
  size: string;
  root_hash: string;
  signed_at: Date;
  note: string;
  verifier_key: string;
}

/** Which accesses: days are UTC, both included. */
interface AccessFilter {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly actor?: string | undefined;
  readonly accountId?: string | undefined;
}

@Injectable()
export class AuditQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** Who asked for what, the latest first. */
  async accesses(
    { from, to, actor, accountId }: AccessFilter,
    limit: number,
    cursor?: string,
  ): Promise<Page<AccessView>> {
    const before = keyOf(cursor);
    const rows = await rowsOf(
      sql<AccessRow>`select position, recorded_at, actor, on_behalf_of, what, account_id, parameters, outcome, correlation_id
      from audit_accesses where true
        ${from === undefined ? sql`` : sql`and recorded_at >= ${from}::date at time zone 'UTC'`}
        ${to === undefined ? sql`` : sql`and recorded_at < (${to}::date + 1) at time zone 'UTC'`}
        ${actor === undefined ? sql`` : sql`and actor = ${actor}`}
        ${accountId === undefined ? sql`` : sql`and account_id = ${accountId}::uuid`}
        ${before === null ? sql`` : sql`and position < ${before}::bigint`}
      order by position desc limit ${limit + 1}`,
      this.db.sql,
    );
    return pageOf(rows, limit, ({ position }) => position, accessOf);
  }

  /** Signed checkpoints, the latest first. */
  async checkpoints(limit: number, cursor?: string): Promise<Page<CheckpointView>> {
    const before = keyOf(cursor);
    const rows = await rowsOf(
      sql<CheckpointRow>`select size, root_hash, signed_at, note, verifier_key from audit_checkpoints
      where true ${before === null ? sql`` : sql`and size < ${before}::bigint`}
      order by size desc limit ${limit + 1}`,
      this.db.sql,
    );
    return pageOf(rows, limit, ({ size }) => size, checkpointOf);
  }

  /** The checkpoint that was signed over so many events. */
  async checkpointAt(size: number): Promise<CheckpointView | undefined> {
    const [row] = await rowsOf(
      sql<CheckpointRow>`select size, root_hash, signed_at, note, verifier_key from audit_checkpoints
      where size = ${String(size)}::bigint`,
      this.db.sql,
    );
    return row && checkpointOf(row);
  }
}

function accessOf(row: AccessRow): AccessView {
  return {
    position: row.position,
    recordedAt: row.recorded_at.toISOString(),
    actor: row.actor,
    onBehalfOf: row.on_behalf_of,
    what: row.what,
    accountId: row.account_id,
    parameters: row.parameters,
    outcome: row.outcome,
    correlationId: row.correlation_id,
  };
}

function checkpointOf(row: CheckpointRow): CheckpointView {
  const { note, root_hash: rootHash, verifier_key: verifierKey } = row;
  return { size: Number(row.size), rootHash, signedAt: row.signed_at.toISOString(), note, verifierKey };
}
