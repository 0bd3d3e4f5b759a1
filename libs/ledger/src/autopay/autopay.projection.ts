import { sql } from 'kysely';
import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows } from '#libs/platform';
import { type AccountEvent } from '../billing/account-events.js';
import { type ReadModel } from '../reads/read-model.js';
import { type Enrollment } from './autopay.js';

/** The latest authorization of each account that ever had one: whom a run looks at, and what people look for. */
export interface EnrollmentRow {
  account_id: string;
  enrollment_id: string;
  status: Enrollment['status'];
  method: 'card' | 'bank-account';
  last_four: string | null;
  expires: string | null;
  days_before_due: number;
  /** Why it is suspended or stopped. */
  code: string | null;
  enrolled_at: string;
  changed_on: string;
  /** Place of the enrolment in the log: what they are listed by. */
  position: string;
}

type StatusRow = Pick<EnrollmentRow, 'account_id' | 'status' | 'code' | 'changed_on'>;

const STATUS: ColumnTypes<StatusRow> = { account_id: 'uuid', status: 'text', code: 'text', changed_on: 'date' };
const ENROLLMENT: ColumnTypes<EnrollmentRow> = {
  ...STATUS,
  enrollment_id: 'uuid',
  method: 'text',
  last_four: 'text',
  expires: 'text',
  days_before_due: 'int',
  enrolled_at: 'timestamptz',
  position: 'bigint',
};

/** Enrolments as they are now. What is due of them is in no table: it is decided on the account's stream. */
export const autopayProjection: ReadModel = {
  tables: [{ name: 'autopay_enrollments', key: ['account_id'] }],
  ddl: [
    `create table autopay_enrollments (
      account_id uuid primary key, enrollment_id uuid not null, status text not null, method text not null,
      last_four text, expires text, days_before_due int not null, code text, enrolled_at timestamptz not null,
      changed_on date not null, position bigint not null)`,
  ],
  indexes: ['create index if not exists autopay_enrollments_in_order on autopay_enrollments (position)'],
  async apply(tx, batch) {
    const enrolled = new Map<string, EnrollmentRow>();
    const changed = new Map<string, StatusRow>();
    for (const { event } of batch) {
      const { entityId } = event;
      if (event.type === 'AutopayEnrolled') {
        enrolled.set(entityId, enrollmentRow(event));
        changed.delete(entityId);
        continue;
      }
      const status = statusRow(event);
      if (!status) continue;
      const fresh = enrolled.get(entityId);
      if (fresh) enrolled.set(entityId, { ...fresh, ...status });
      else changed.set(entityId, status);
    }
    await insertRows(tx, 'autopay_enrollments', ENROLLMENT, [...enrolled.values()], replaceEnrollment);
    if (changed.size === 0) return;
    await sql`
      update autopay_enrollments set status = r.status, code = r.code, changed_on = r.changed_on
      from ${fromRows(STATUS, [...changed.values()])} where autopay_enrollments.account_id = r.account_id`.execute(tx);
  },
};

const replaceEnrollment = sql`on conflict (account_id) do update set
  enrollment_id = excluded.enrollment_id, status = excluded.status, method = excluded.method,
  last_four = excluded.last_four, expires = excluded.expires, days_before_due = excluded.days_before_due,
  code = excluded.code, enrolled_at = excluded.enrolled_at, changed_on = excluded.changed_on,
  position = excluded.position`;

type Enrolled = Extract<Recorded<AccountEvent>, { type: 'AutopayEnrolled' }>;

function enrollmentRow({ entityId, data, position }: Enrolled): EnrollmentRow {
  const { enrollmentId, method, daysBeforeDue, effectiveAt } = data;
  return {
    account_id: entityId,
    enrollment_id: enrollmentId,
    status: 'active',
    method: method.kind,
    last_four: method.lastFour ?? null,
    expires: method.expires ?? null,
    days_before_due: daysBeforeDue,
    code: null,
    enrolled_at: effectiveAt,
    changed_on: effectiveAt.slice(0, 10),
    position: position.toString(),
  };
}

function statusRow(event: Recorded<AccountEvent>): StatusRow | undefined {
  const row = (status: Enrollment['status'], code: string | null = null): StatusRow => {
    return { account_id: event.entityId, status, code, changed_on: event.data.effectiveAt.slice(0, 10) };
  };
  switch (event.type) {
    case 'AutopayCancelled':
      return row('cancelled');
    case 'AutopayStopped':
      return row('stopped', event.data.code);
    case 'AutopaySuspended':
      return row('suspended', event.data.code);
    case 'AutopayResumed':
      return row('active');
    case 'AccountClosed':
      return row('stopped', 'account-closed');
    default:
      return undefined;
  }
}
