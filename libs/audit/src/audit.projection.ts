import { codeFingerprint, type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, insertRows } from '#libs/platform';
import { AUDIT, type AuditEvent, auditEvents } from './audit-events.js';

interface AccessRow {
  position: bigint;
  recorded_at: string;
  actor: string;
  on_behalf_of: string | null;
  correlation_id: string;
  what: string;
  account_id: string | null;
  parameters: string;
  outcome: string;
}

interface CheckpointRow {
  size: number;
  position: bigint;
  signed_at: string;
  root_hash: string;
  note: string;
  verifier_key: string;
}

const ACCESSES: ColumnTypes<AccessRow> = {
  position: 'bigint',
  recorded_at: 'timestamptz',
  actor: 'text',
  on_behalf_of: 'text',
  correlation_id: 'text',
  what: 'text',
  account_id: 'uuid',
  parameters: 'jsonb',
  outcome: 'text',
};

const CHECKPOINTS: ColumnTypes<CheckpointRow> = {
  size: 'bigint',
  position: 'bigint',
  signed_at: 'timestamptz',
  root_hash: 'text',
  note: 'text',
  verifier_key: 'text',
};

/** What auditors look through: accesses and checkpoints. */
const auditProjection: Projection<AuditEvent> = {
  name: 'audit_lists',
  code: codeFingerprint(import.meta.url),
  category: AUDIT,
  events: auditEvents,
  tables: [
    { name: 'audit_accesses', key: ['position'] },
    { name: 'audit_checkpoints', key: ['size'] },
  ],
  ddl: [
    `create table audit_accesses (
      position bigint primary key, recorded_at timestamptz not null, actor text not null, on_behalf_of text,
      correlation_id text not null, what text not null, account_id uuid, parameters jsonb not null, outcome text not null)`,
    `create table audit_checkpoints (
      size bigint primary key, position bigint not null, signed_at timestamptz not null, root_hash text not null,
      note text not null, verifier_key text not null)`,
  ],
  indexes: [
    'create index if not exists audit_accesses_of_actor on audit_accesses (actor, position)',
    'create index if not exists audit_accesses_of_account on audit_accesses (account_id, position) where account_id is not null',
    'create index if not exists audit_accesses_by_time on audit_accesses (recorded_at)',
  ],
  async apply(tx, batch) {
    const accesses = batch.flatMap((event) => (event.type === 'AccessRecorded' ? [accessRow(event)] : []));
    const checkpoints = batch.flatMap((event) => (event.type === 'CheckpointSigned' ? [checkpointRow(event)] : []));
    await insertRows(tx, 'audit_accesses', ACCESSES, accesses);
    await insertRows(tx, 'audit_checkpoints', CHECKPOINTS, checkpoints);
  },
};

/** What a projector runs for auditors, besides the ledger's. */
export const auditReadModels: readonly Projection<AuditEvent>[] = [auditProjection];

function accessRow({ position, metadata, data }: Extract<Recorded<AuditEvent>, { type: 'AccessRecorded' }>): AccessRow {
  return {
    position,
    recorded_at: metadata.recordedAt,
    actor: metadata.actor,
    on_behalf_of: metadata.onBehalfOf ?? null,
    correlation_id: metadata.correlationId,
    what: data.what,
    account_id: data.accountId ?? null,
    parameters: JSON.stringify(data.parameters),
    outcome: data.outcome,
  };
}

function checkpointRow(event: Extract<Recorded<AuditEvent>, { type: 'CheckpointSigned' }>): CheckpointRow {
  const { position, metadata, data } = event;
  return {
    size: data.size,
    position,
    signed_at: metadata.recordedAt,
    root_hash: data.rootHash,
    note: data.note,
    verifier_key: data.verifierKey,
  };
}
