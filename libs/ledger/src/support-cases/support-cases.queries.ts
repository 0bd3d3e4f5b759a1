import { Inject, Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { Rejected } from '#libs/event-sourcing';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { refuseUnknownAccount } from '../reads/account-exists.queries.js';
import { type SupportCaseRow, type SupportNoteRow } from './support-cases.projection.js';

type CaseRow = Omit<SupportCaseRow, 'opened_at' | 'closed_at'> & { opened_at: Date; closed_at: Date | null };
type NoteRow = Omit<SupportNoteRow, 'written_at'> & { written_at: Date };

/** A case as it stands. */
export interface SupportCaseView {
  readonly caseId: string;
  readonly accountId: string;
  readonly channel: string;
  readonly topic: string;
  readonly state: 'open' | 'closed';
  readonly assignee: string | null;
  readonly outcome: string | null;
  readonly openedBy: string;
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly revision: string;
}

/** A note of a case, its text sealed. */
export interface SealedNote {
  readonly noteId: string;
  readonly channel: string;
  readonly sealed: string;
  readonly links: readonly { readonly stream: string; readonly revision: string; readonly eventId: string }[];
  readonly writtenBy: string;
  readonly writtenAt: string;
  readonly revision: string;
}

@Injectable()
export class SupportCasesQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /**
   * An account's cases, the latest opened first; with an event, those in which a note is about it.
   * @throws Rejected ACCOUNT_UNKNOWN, Problem CURSOR_INVALID
   */
  async cases(
    accountId: string,
    asked: { state: 'open' | 'all'; eventId?: string | undefined; limit: number; cursor?: string | undefined },
  ): Promise<Page<SupportCaseView>> {
    const { state, eventId, limit, cursor } = asked;
    const before = keyOf(cursor);
    const about =
      eventId === undefined
        ? sql``
        : sql`and case_id in (select case_id from support_notes where linked_events @> array[${eventId}::uuid])`;
    const rows = await this.#cases(
      sql`account_id = ${accountId}::uuid ${state === 'open' ? sql`and state = 'open'` : sql``} ${about}
        ${before === null ? sql`` : sql`and opened_position < ${before}::bigint`}
        order by opened_position desc limit ${limit + 1}`,
    );
    if (rows.length === 0) await refuseUnknownAccount(this.db, accountId);
    return pageOf(rows, limit, ({ opened_position }) => opened_position, caseOf);
  }

  /** @throws Rejected CASE_UNKNOWN */
  async case(accountId: string, caseId: string): Promise<SupportCaseView> {
    const [row] = await this.#cases(sql`account_id = ${accountId}::uuid and case_id = ${caseId}::uuid`);
    if (row) return caseOf(row);
    throw new Rejected('CASE_UNKNOWN', 'the account has no case with this id; list its cases', 'caseId');
  }

  /** In the order they were written. */
  async notes(caseId: string): Promise<SealedNote[]> {
    const { rows } = await sql<NoteRow>`
      select case_id, note_id, revision, account_id, channel, text, linked_streams, linked_revisions::text[],
        linked_events::text[], written_by, written_at
      from support_notes where case_id = ${caseId}::uuid order by revision`.execute(this.db.sql);
    return rows.map((row) => ({
      noteId: row.note_id,
      channel: row.channel,
      sealed: row.text,
      links: row.linked_streams.map((stream, at) => ({
        stream,
        revision: row.linked_revisions[at]!,
        eventId: row.linked_events[at]!,
      })),
      writtenBy: row.written_by,
      writtenAt: row.written_at.toISOString(),
      revision: row.revision,
    }));
  }

  async #cases(which: RawBuilder<unknown>): Promise<CaseRow[]> {
    return (await sql<CaseRow>`select * from support_cases where ${which}`.execute(this.db.sql)).rows;
  }
}

function caseOf(row: CaseRow): SupportCaseView {
  return {
    caseId: row.case_id,
    accountId: row.account_id,
    channel: row.channel,
    topic: row.topic,
    state: row.state,
    assignee: row.assignee,
    outcome: row.outcome,
    openedBy: row.opened_by,
    openedAt: row.opened_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    revision: row.revision,
  };
}
