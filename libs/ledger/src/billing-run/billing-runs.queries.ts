import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type BillingReport } from './billing-run-events.js';

/** A run as the log has it: one that is not finished is under way in some process, or was interrupted. */
export interface RecordedRun {
  readonly runId: string;
  readonly date: string;
  readonly cycle: number;
  readonly catalogue: string;
  readonly begunAt: string;
  readonly finishedAt: string | null;
  /** Numbers alone: whom they are about is in the run's own report. */
  readonly report: Omit<BillingReport, 'failures' | 'toCorrect'> | null;
}

interface Row {
  run_id: string;
  date: string;
  cycle: number;
  catalogue: string;
  begun_at: Date;
  finished_at: Date | null;
  report: BillingReport | null;
  position: string;
}

@Injectable()
export class BillingRunsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** Runs, the latest begun first. @throws Problem CURSOR_INVALID */
  async runs(limit: number, cursor: string | undefined): Promise<Page<RecordedRun>> {
    const before = keyOf(cursor);
    const { rows } = await sql<Row>`
      select run_id, date::text, cycle, catalogue, begun_at, finished_at, report, position from billing_runs
      where true ${before === null ? sql`` : sql`and position < ${before}::bigint`}
      order by position desc limit ${limit + 1}`.execute(this.db.sql);
    return pageOf(rows, limit, ({ position }) => position, recordedRun);
  }

  /** How many runs have been begun and not finished. */
  async unfinished(): Promise<number> {
    const { rows } = await sql<{ runs: string }>`
      select count(*) as runs from billing_runs where finished_at is null`.execute(this.db.sql);
    return Number(rows[0]?.runs ?? 0);
  }
}

function recordedRun({ run_id: runId, begun_at, finished_at, report, date, cycle, catalogue }: Row): RecordedRun {
  const { failures: _, toCorrect: __, ...numbers } = report ?? { failures: [], toCorrect: [] };
  return {
    ...{ runId, date, cycle, catalogue },
    begunAt: begun_at.toISOString(),
    finishedAt: finished_at?.toISOString() ?? null,
    report: report && (numbers as RecordedRun['report']),
  };
}
