import { sql } from 'kysely';
import { codeFingerprint, type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows } from '#libs/platform';
import { type BillingRunEvent, billingRunEvents } from './billing-run-events.js';
import { billingRun } from './billing-run.js';

/** The name of the projection: what a read waits for. */
export const BILLING_RUNS = 'billing_runs';

interface BegunRow {
  run_id: string;
  date: string;
  cycle: number;
  catalogue: string;
  begun_at: string;
  position: string;
}

interface FinishedRow {
  run_id: string;
  finished_at: string;
  report: string;
}

const BEGUN: ColumnTypes<BegunRow> = {
  run_id: 'text',
  date: 'date',
  cycle: 'int',
  catalogue: 'text',
  begun_at: 'timestamptz',
  position: 'bigint',
};
const FINISHED: ColumnTypes<FinishedRow> = { run_id: 'text', finished_at: 'timestamptz', report: 'json' };

/** The billing runs there were: when each was begun and finished, and what it came to. */
export const billingRunsProjection: Projection<BillingRunEvent> = {
  name: BILLING_RUNS,
  code: codeFingerprint(import.meta.url),
  category: billingRun.category,
  events: billingRunEvents,
  tables: [{ name: 'billing_runs', key: ['run_id'] }],
  ddl: [
    `create table billing_runs (
      run_id text primary key, date date not null, cycle int not null, catalogue text not null,
      begun_at timestamptz not null, position bigint not null, finished_at timestamptz, report json)`,
  ],
  indexes: ['create index if not exists billing_runs_by_position on billing_runs (position)'],
  async apply(tx, batch) {
    await insertRows(tx, 'billing_runs', BEGUN, batch.flatMap(begunRow));
    const finished = batch.flatMap(finishedRow);
    if (finished.length === 0) return;
    await sql`
      update billing_runs set finished_at = r.finished_at, report = r.report
      from ${fromRows(FINISHED, finished)} where billing_runs.run_id = r.run_id`.execute(tx);
  },
};

function begunRow({ type, data, entityId, position, metadata }: Recorded<BillingRunEvent>): BegunRow[] {
  if (type !== 'BillingRunStarted') return [];
  const { date, cycle, catalogue } = data;
  const place = { begun_at: metadata.recordedAt, position: position.toString() };
  return [{ run_id: entityId, date, cycle, catalogue, ...place }];
}

function finishedRow({ type, data, entityId, metadata }: Recorded<BillingRunEvent>): FinishedRow[] {
  if (type !== 'BillingRunFinished') return [];
  return [{ run_id: entityId, finished_at: metadata.recordedAt, report: JSON.stringify(data.report) }];
}
