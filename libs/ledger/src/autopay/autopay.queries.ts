import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type Enrollment } from './autopay.js';
import { type EnrollmentRow } from './autopay.projection.js';

/** An account's authorization in a list, the latest it has given. */
export interface EnrollmentSummary {
  readonly accountId: string;
  readonly enrollmentId: string;
  readonly status: Enrollment['status'];
  readonly code: string | null;
  readonly method: { readonly kind: 'card' | 'bank-account'; readonly lastFour?: string; readonly expires?: string };
  readonly daysBeforeDue: number;
  readonly enrolledAt: string;
}

export interface EnrollmentFilter {
  readonly status?: Enrollment['status'] | undefined;
  /** Only cards that are good until this month at the longest: `2027-03`. */
  readonly expiresUntil?: string | undefined;
}

type Row = Omit<EnrollmentRow, 'enrolled_at'> & { readonly enrolled_at: Date };

/** Enrolments over all accounts. */
@Injectable()
export class AutopayQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The latest first. @throws Problem CURSOR_INVALID */
  async enrollments(
    { status, expiresUntil }: EnrollmentFilter,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<EnrollmentSummary>> {
    const before = keyOf(cursor);
    const { rows } = await sql<Row>`
      select account_id, enrollment_id, status, method, last_four, expires, days_before_due, code, enrolled_at, position
      from autopay_enrollments
      where true ${before === null ? sql`` : sql`and position < ${before}::bigint`}
        ${status === undefined ? sql`` : sql`and status = ${status}`}
        ${expiresUntil === undefined ? sql`` : sql`and expires <= ${expiresUntil}`}
      order by position desc limit ${limit + 1}`.execute(this.db.sql);
    return pageOf(rows, limit, ({ position }) => position, summaryOf);
  }
}

function summaryOf(row: Row): EnrollmentSummary {
  const { last_four: lastFour, expires } = row;
  return {
    accountId: row.account_id,
    enrollmentId: row.enrollment_id,
    status: row.status,
    code: row.code,
    method: { kind: row.method, ...(lastFour !== null && { lastFour }), ...(expires !== null && { expires }) },
    daysBeforeDue: row.days_before_due,
    enrolledAt: row.enrolled_at.toISOString(),
  };
}
