import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { z } from 'zod';
import { type Database, DATABASE, keyOf, type Page, pageOf, rowsOf } from '#libs/platform';
import { CASE_STATES, type CaseStatus, refuseCase } from './fraud-case.js';

export const CaseView = z
  .object({
    caseId: z.uuid(),
    accountId: z.uuid(),
    state: z.enum(CASE_STATES),
    severity: z.enum(['low', 'medium', 'high']).meta({ description: 'The worst of its alerts' }),
    alertCount: z.int(),
    assignee: z.string().nullable(),
    reason: z.string().nullable(),
    decidedBy: z.string().nullable(),
    openedAt: z.iso.datetime(),
    decidedAt: z.iso.datetime().nullable(),
    revision: z.string(),
  })
  .meta({ id: 'FraudCase' });
export type CaseView = z.output<typeof CaseView>;

/** What was asked of the ledger because of a case. */
export const HoldView = z
  .object({
    asked: z.enum(['hold', 'release']),
    refused: z.string().nullable().meta({ description: 'Code of the ledger’s refusal; null when it did as asked' }),
    at: z.iso.datetime(),
  })
  .meta({ id: 'FraudHold' });
export type HoldView = z.output<typeof HoldView>;

interface Row {
  case_id: string;
  account_id: string;
  state: CaseStatus;
  severity: CaseView['severity'];
  alerts: number;
  assignee: string | null;
  reason: string | null;
  decided_by: string | null;
  opened_at: Date;
  decided_at: Date | null;
  opened_position: string;
  revision: string;
}

const COLUMNS = sql`case_id, account_id, state, severity, alerts, assignee, reason, decided_by, opened_at, decided_at,
  opened_position, revision`;

@Injectable()
export class CasesQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** Cases, the latest opened first. */
  async cases(state: CaseStatus | undefined, limit: number, cursor?: string): Promise<Page<CaseView>> {
    const before = keyOf(cursor);
    const rows = await rowsOf(
      sql<Row>`select ${COLUMNS} from fraud_cases
      where true ${state === undefined ? sql`` : sql`and state = ${state}`}
        ${before === null ? sql`` : sql`and opened_position < ${before}::bigint`}
      order by opened_position desc limit ${limit + 1}`,
      this.db.sql,
    );
    return pageOf(rows, limit, (row) => row.opened_position, caseOf);
  }

  /** @throws Rejected CASE_UNKNOWN */
  async case(caseId: string): Promise<CaseView> {
    const rows = await rowsOf(
      sql<Row>`select ${COLUMNS} from fraud_cases where case_id = ${caseId}::uuid`,
      this.db.sql,
    );
    if (rows[0]) return caseOf(rows[0]);
    return refuseCase('CASE_UNKNOWN', 'no case with this id has been opened; list the cases');
  }

  async holdsOf(caseId: string): Promise<HoldView[]> {
    const rows = await rowsOf(
      sql<{ asked: HoldView['asked']; refused: string | null; at: Date }>`
      select asked, refused, at from fraud.holds where case_id = ${caseId}::uuid order by at`,
      this.db.sql,
    );
    return rows.map(({ asked, refused, at }) => ({ asked, refused, at: at.toISOString() }));
  }
}

function caseOf(row: Row): CaseView {
  return {
    caseId: row.case_id,
    accountId: row.account_id,
    state: row.state,
    severity: row.severity,
    alertCount: row.alerts,
    assignee: row.assignee,
    reason: row.reason,
    decidedBy: row.decided_by,
    openedAt: row.opened_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
    revision: row.revision,
  };
}
