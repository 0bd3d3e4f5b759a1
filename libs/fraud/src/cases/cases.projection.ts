import { sql } from 'kysely';
import { codeFingerprint, type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, insertRows, type Tx } from '#libs/platform';
import { type CaseEvent, caseEvents } from './case-events.js';
import { type CaseStatus } from './fraud-case.js';

/** The name of the projection: what a read waits for. */
export const FRAUD_CASES = 'fraud_cases';

interface CaseRow {
  case_id: string;
  account_id: string;
  state: CaseStatus;
  severity: 'low' | 'medium' | 'high';
  alerts: number;
  assignee: string | null;
  reason: string | null;
  decided_by: string | null;
  opened_at: string;
  decided_at: string | null;
  /** Place of the first event in the log: what cases are listed by. */
  opened_position: string;
  revision: string;
}

const COLUMNS: ColumnTypes<CaseRow> = {
  case_id: 'uuid',
  account_id: 'uuid',
  state: 'text',
  severity: 'text',
  alerts: 'int',
  assignee: 'text',
  reason: 'text',
  decided_by: 'text',
  opened_at: 'timestamptz',
  decided_at: 'timestamptz',
  opened_position: 'bigint',
  revision: 'bigint',
};

const casesProjection: Projection<CaseEvent> = {
  name: FRAUD_CASES,
  code: codeFingerprint(import.meta.url),
  category: 'fraudCase',
  events: caseEvents,
  tables: [{ name: 'fraud_cases', key: ['case_id'] }],
  ddl: [
    `create table fraud_cases (
      case_id uuid primary key, account_id uuid not null, state text not null, severity text not null, alerts int not null,
      assignee text, reason text, decided_by text, opened_at timestamptz not null, decided_at timestamptz,
      opened_position bigint not null, revision bigint not null)`,
  ],
  indexes: [
    'create index if not exists fraud_cases_of_state on fraud_cases (state, opened_position)',
    'create index if not exists fraud_cases_in_order on fraud_cases (opened_position)',
  ],
  async apply(tx, batch) {
    const cases = await load(tx, batch);
    for (const event of batch) cases.set(event.entityId, after(cases.get(event.entityId), event));
    await insertRows(
      tx,
      'fraud_cases',
      COLUMNS,
      [...cases.values()],
      sql`on conflict (case_id) do update set state = excluded.state, severity = excluded.severity,
        alerts = excluded.alerts, assignee = excluded.assignee, reason = excluded.reason,
        decided_by = excluded.decided_by, decided_at = excluded.decided_at, revision = excluded.revision`,
    );
  },
};

/** What a projector runs for fraud monitoring, besides the ledger's. */
export const fraudReadModels: readonly Projection<CaseEvent>[] = [casesProjection];

/** The cases of a batch as they are so far. */
async function load(tx: Tx, batch: readonly Recorded<CaseEvent>[]): Promise<Map<string, CaseRow>> {
  const ids = [...new Set(batch.map(({ entityId }) => entityId))];
  const { rows } = await sql<CaseRow>`
    select case_id, account_id, state, severity, alerts, assignee, reason, decided_by, opened_at::text, decided_at::text,
      opened_position, revision
    from fraud_cases where case_id = any(${ids}::uuid[])`.execute(tx);
  return new Map(rows.map((row) => [row.case_id, row]));
}

function after(before: CaseRow | undefined, event: Recorded<CaseEvent>): CaseRow {
  const revision = String(event.revision);
  if (event.type === 'CaseOpened') return opened(event, revision);
  if (!before) throw new Error(`case ${event.entityId} was never opened`);
  const row = { ...before, revision };
  switch (event.type) {
    case 'AlertAdded':
      return { ...row, alerts: row.alerts + 1, severity: worse(row.severity, event.data.alert.severity) };
    case 'CaseAssigned':
      return { ...row, state: 'assigned', assignee: event.data.assignee };
    case 'CaseConfirmed':
      return { ...row, state: 'confirmed', ...decided(event) };
    case 'CaseDismissed':
      return { ...row, state: 'dismissed', ...decided(event) };
  }
}

function opened(event: Extract<Recorded<CaseEvent>, { type: 'CaseOpened' }>, revision: string): CaseRow {
  const { accountId, alert, effectiveAt } = event.data;
  return {
    case_id: event.entityId,
    account_id: accountId,
    state: 'open',
    severity: alert.severity,
    alerts: 1,
    assignee: null,
    reason: null,
    decided_by: null,
    opened_at: effectiveAt,
    decided_at: null,
    opened_position: String(event.position),
    revision,
  };
}

function decided({ data, metadata }: Extract<Recorded<CaseEvent>, { type: 'CaseConfirmed' | 'CaseDismissed' }>) {
  return { reason: data.reason, decided_at: data.effectiveAt, decided_by: metadata.onBehalfOf ?? metadata.actor };
}

const SEVERITIES = ['low', 'medium', 'high'] as const;

function worse(one: CaseRow['severity'], other: CaseRow['severity']): CaseRow['severity'] {
  return SEVERITIES.indexOf(one) > SEVERITIES.indexOf(other) ? one : other;
}
