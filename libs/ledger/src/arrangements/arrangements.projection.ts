import { sql } from 'kysely';
import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows } from '#libs/platform';
import { type AccountEvent } from '../billing/account-events.js';
import { type ReadModel } from '../reads/read-model.js';

type Of<Type extends AccountEvent['type']> = Extract<Recorded<AccountEvent>, { type: Type }>;

/** An arrangement as it was agreed on. Amounts are decimal strings; bills and instalments are lists side by side. */
export interface AgreedRow {
  account_id: string;
  arrangement_id: string;
  revision: string;
  currency: string;
  amount: string;
  bill_numbers: readonly string[];
  bill_amounts: readonly string[];
  due_on: readonly string[];
  instalment_amounts: readonly string[];
  grace_days: number;
  policy: string;
  agreed_by: string;
  agreed_at: string;
}

/** What became of it: how many instalments are kept, and how it ended. */
export interface CourseRow {
  account_id: string;
  arrangement_id: string;
  kept: number | null;
  state: 'active' | 'broken' | 'completed' | 'cancelled';
  missing: string | null;
  reason: string | null;
  ended_at: string | null;
}

const AGREED: ColumnTypes<AgreedRow> = {
  account_id: 'uuid',
  arrangement_id: 'uuid',
  revision: 'bigint',
  currency: 'text',
  amount: 'numeric',
  bill_numbers: 'text[]',
  bill_amounts: 'numeric[]',
  due_on: 'date[]',
  instalment_amounts: 'numeric[]',
  grace_days: 'int',
  policy: 'text',
  agreed_by: 'text',
  agreed_at: 'timestamptz',
};

const COURSE: ColumnTypes<CourseRow> = {
  account_id: 'uuid',
  arrangement_id: 'uuid',
  kept: 'int',
  state: 'text',
  missing: 'numeric',
  reason: 'text',
  ended_at: 'timestamptz',
};

/** Arrangements and what became of them. */
export const arrangementsProjection: ReadModel = {
  tables: [{ name: 'arrangements', key: ['account_id', 'arrangement_id'] }],
  ddl: [
    `create table arrangements (
      account_id uuid not null, arrangement_id uuid not null, revision bigint not null,
      currency text not null, amount numeric not null, bill_numbers text[] not null, bill_amounts numeric[] not null,
      due_on date[] not null, instalment_amounts numeric[] not null, grace_days int not null, policy text not null,
      agreed_by text not null, agreed_at timestamptz not null,
      kept int not null default 0, state text not null default 'active', missing numeric, reason text, ended_at timestamptz,
      primary key (account_id, arrangement_id))`,
  ],
  indexes: [
    `create index if not exists arrangements_in_order on arrangements (account_id, revision)`,
    `create index if not exists arrangements_active on arrangements (account_id) where state = 'active'`,
  ],
  async apply(tx, batch) {
    const agreed: AgreedRow[] = [];
    // By arrangement: what happened last is how it stands.
    const courses = new Map<string, CourseRow>();
    for (const { event } of batch) {
      if (event.type === 'ArrangementAgreed') agreed.push(agreedRow(event));
      else {
        const course = courseRow(event);
        if (!course) continue;
        const before = courses.get(course.arrangement_id);
        courses.set(course.arrangement_id, { ...course, kept: course.kept ?? before?.kept ?? null });
      }
    }
    await insertRows(tx, 'arrangements', AGREED, agreed);
    if (courses.size === 0) return;
    const { numAffectedRows } = await sql`
      update arrangements as a set kept = coalesce(r.kept, a.kept), state = r.state, missing = r.missing,
        reason = r.reason, ended_at = r.ended_at
      from ${fromRows(COURSE, [...courses.values()])}
      where a.account_id = r.account_id and a.arrangement_id = r.arrangement_id`.execute(tx);
    if (numAffectedRows !== BigInt(courses.size)) throw new Error('an arrangement went on that was never agreed on');
  },
};

function agreedRow({ entityId, revision, data, metadata }: Of<'ArrangementAgreed'>): AgreedRow {
  return {
    account_id: entityId,
    arrangement_id: data.arrangementId,
    revision: revision.toString(),
    currency: data.amount.currency,
    amount: data.amount.amount,
    bill_numbers: data.bills.map(({ billNumber }) => billNumber),
    bill_amounts: data.bills.map(({ amount }) => amount),
    due_on: data.instalments.map(({ dueOn }) => dueOn),
    instalment_amounts: data.instalments.map(({ amount }) => amount),
    grace_days: data.graceDays,
    policy: data.arrangementPolicy,
    agreed_by: metadata.actor,
    agreed_at: data.effectiveAt,
  };
}

/** Undefined for an event of something else. */
function courseRow({ entityId, type, data }: Recorded<AccountEvent>): CourseRow | undefined {
  const none = { account_id: entityId, kept: null, missing: null, reason: null };
  switch (type) {
    case 'InstalmentKept':
      return { ...none, arrangement_id: data.arrangementId, kept: data.number, state: 'active', ended_at: null };
    case 'ArrangementBroken': {
      const { arrangementId, missing, effectiveAt } = data;
      return {
        ...none,
        arrangement_id: arrangementId,
        state: 'broken',
        missing: missing.amount,
        ended_at: effectiveAt,
      };
    }
    case 'ArrangementCompleted':
      return { ...none, arrangement_id: data.arrangementId, state: 'completed', ended_at: data.effectiveAt };
    case 'ArrangementCancelled': {
      const { arrangementId, reason, effectiveAt } = data;
      return { ...none, arrangement_id: arrangementId, state: 'cancelled', reason, ended_at: effectiveAt };
    }
    default:
      return undefined;
  }
}
