import { sql } from 'kysely';
import { codeFingerprint, type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows, type Tx } from '#libs/platform';
import { supportCase } from './support-case.js';
import { type SupportCaseEvent, supportCaseEvents } from './support-case-events.js';

/** The name of the projection: what a read waits for. */
export const SUPPORT_CASES = 'support_cases';

/** A case as it stands. */
export interface SupportCaseRow {
  case_id: string;
  account_id: string;
  channel: string;
  topic: string;
  state: 'open' | 'closed';
  assignee: string | null;
  outcome: string | null;
  opened_by: string;
  opened_at: string;
  closed_at: string | null;
  /** Place of the first event in the log: what cases are listed by. */
  opened_position: string;
  revision: string;
}

/** What was said, sealed; links are lists side by side. */
export interface SupportNoteRow {
  case_id: string;
  note_id: string;
  revision: string;
  account_id: string;
  channel: string;
  text: string;
  linked_streams: readonly string[];
  linked_revisions: readonly string[];
  linked_events: readonly string[];
  written_by: string;
  written_at: string;
}

const CASE: ColumnTypes<SupportCaseRow> = {
  case_id: 'uuid',
  account_id: 'uuid',
  channel: 'text',
  topic: 'text',
  state: 'text',
  assignee: 'text',
  outcome: 'text',
  opened_by: 'text',
  opened_at: 'timestamptz',
  closed_at: 'timestamptz',
  opened_position: 'bigint',
  revision: 'bigint',
};

const NOTE: ColumnTypes<SupportNoteRow> = {
  case_id: 'uuid',
  note_id: 'uuid',
  revision: 'bigint',
  account_id: 'uuid',
  channel: 'text',
  text: 'text',
  linked_streams: 'text[]',
  linked_revisions: 'bigint[]',
  linked_events: 'uuid[]',
  written_by: 'text',
  written_at: 'timestamptz',
};

/** Cases and what was said in them. */
export const supportCasesProjection: Projection<SupportCaseEvent> = {
  name: SUPPORT_CASES,
  code: codeFingerprint(import.meta.url),
  category: supportCase.category,
  events: supportCaseEvents,
  tables: [
    { name: 'support_cases', key: ['case_id'] },
    { name: 'support_notes', key: ['case_id', 'note_id'] },
  ],
  ddl: [
    `create table support_cases (
      case_id uuid primary key, account_id uuid not null, channel text not null, topic text not null, state text not null,
      assignee text, outcome text, opened_by text not null, opened_at timestamptz not null, closed_at timestamptz,
      opened_position bigint not null, revision bigint not null)`,
    `create table support_notes (
      case_id uuid not null, note_id uuid not null, revision bigint not null, account_id uuid not null, channel text not null,
      text text not null, linked_streams text[] not null, linked_revisions bigint[] not null, linked_events uuid[] not null,
      written_by text not null, written_at timestamptz not null,
      primary key (case_id, note_id))`,
  ],
  indexes: [
    'create index if not exists support_cases_of_account on support_cases (account_id, opened_position)',
    'create index if not exists support_notes_in_order on support_notes (case_id, revision)',
    'create index if not exists support_notes_by_event on support_notes using gin (linked_events)',
  ],
  async apply(tx, batch) {
    const cases = await casesBefore(tx, batch);
    const notes: SupportNoteRow[] = [];
    for (const event of batch) {
      cases.set(event.entityId, after(cases.get(event.entityId), event));
      if (event.type === 'NoteAdded') notes.push(noteRow(event));
    }
    await insertRows(
      tx,
      'support_cases',
      CASE,
      [...cases.values()],
      sql`on conflict (case_id) do update set state = excluded.state, assignee = excluded.assignee,
        outcome = excluded.outcome, closed_at = excluded.closed_at, revision = excluded.revision`,
    );
    await insertRows(tx, 'support_notes', NOTE, notes);
  },
};

async function casesBefore(tx: Tx, batch: readonly Recorded<SupportCaseEvent>[]): Promise<Map<string, SupportCaseRow>> {
  const ids = [...new Set(batch.map(({ entityId }) => entityId))].map((case_id) => ({ case_id }));
  const { rows } = await sql<SupportCaseRow>`
    select c.case_id, c.account_id, c.channel, c.topic, c.state, c.assignee, c.outcome, c.opened_by, c.opened_at::text,
      c.closed_at::text, c.opened_position, c.revision
    from ${fromRows({ case_id: 'uuid' }, ids)} join support_cases as c on c.case_id = r.case_id`.execute(tx);
  return new Map(rows.map((row) => [row.case_id, row]));
}

function after(before: SupportCaseRow | undefined, event: Recorded<SupportCaseEvent>): SupportCaseRow {
  const revision = event.revision.toString();
  if (event.type === 'SupportCaseOpened') {
    const { accountId, channel, topic, effectiveAt } = event.data;
    return {
      ...{ case_id: event.entityId, account_id: accountId, channel, topic, state: 'open' },
      ...{ assignee: null, outcome: null, opened_by: event.metadata.actor, opened_at: effectiveAt, closed_at: null },
      ...{ opened_position: event.position.toString(), revision },
    };
  }
  if (!before) throw new Error(`case ${event.entityId} was never opened`);
  const row = { ...before, revision };
  switch (event.type) {
    case 'NoteAdded':
      return row;
    case 'SupportCaseAssigned':
      return { ...row, assignee: event.data.assignee };
    case 'SupportCaseClosed':
      return { ...row, state: 'closed', outcome: event.data.outcome, closed_at: event.data.effectiveAt };
    case 'SupportCaseReopened':
      return { ...row, state: 'open', outcome: null, closed_at: null };
  }
}

function noteRow(event: Extract<Recorded<SupportCaseEvent>, { type: 'NoteAdded' }>): SupportNoteRow {
  const { noteId, accountId, channel, text, links, effectiveAt } = event.data;
  return {
    case_id: event.entityId,
    note_id: noteId,
    revision: event.revision.toString(),
    account_id: accountId,
    channel,
    text,
    linked_streams: links.map(({ stream }) => stream),
    linked_revisions: links.map(({ revision }) => revision),
    linked_events: links.map(({ eventId }) => eventId),
    written_by: event.metadata.actor,
    written_at: effectiveAt,
  };
}
