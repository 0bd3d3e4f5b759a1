import { sql } from 'kysely';
import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, insertRows } from '#libs/platform';
import { type AccountEvent } from '../billing/account-events.js';
import { type ReadModel } from '../reads/read-model.js';

/** The latest dunning step of an account: it stands there as long as the bill it was taken for is open. */
interface DunningRow {
  account_id: string;
  step: string;
  kind: string;
  taken_on: string;
  bill_number: string;
  suspends_from: string | null;
  policy: string;
}

/** An account whose service is suspended. */
interface SuspensionRow {
  account_id: string;
  suspended_on: string;
  reason: string;
  policy: string | null;
}

/** The last day on which collections did something on an account. */
interface DayRow {
  account_id: string;
  last_on: string;
}

const DUNNING: ColumnTypes<DunningRow> = {
  account_id: 'uuid',
  step: 'text',
  kind: 'text',
  taken_on: 'date',
  bill_number: 'text',
  suspends_from: 'date',
  policy: 'text',
};
const SUSPENSION: ColumnTypes<SuspensionRow> = {
  account_id: 'uuid',
  suspended_on: 'date',
  reason: 'text',
  policy: 'text',
};
const DAY: ColumnTypes<DayRow> = { account_id: 'uuid', last_on: 'date' };

/** Who stands at which dunning step, and whose service is suspended. */
export const collectionsProjection: ReadModel = {
  tables: [
    { name: 'dunning', key: ['account_id'] },
    { name: 'suspensions', key: ['account_id'] },
    { name: 'collections_days', key: ['account_id'] },
  ],
  ddl: [
    `create table dunning (account_id uuid primary key, step text not null, kind text not null, taken_on date not null,
      bill_number text not null, suspends_from date, policy text not null)`,
    `create table suspensions (account_id uuid primary key, suspended_on date not null, reason text not null, policy text)`,
    'create table collections_days (account_id uuid primary key, last_on date not null)',
  ],
  indexes: ['create index if not exists collections_days_by_day on collections_days (last_on)'],
  async apply(tx, batch) {
    const steps = new Map<string, DunningRow>();
    // What happened last is how it stands: null is restored, or closed for good.
    const suspensions = new Map<string, SuspensionRow | null>();
    const days = new Map<string, DayRow>();
    for (const { event } of batch) {
      const { entityId, type } = event;
      if (type === 'DunningStepTaken') steps.set(entityId, dunningRow(event));
      else if (type === 'ServiceSuspended') suspensions.set(entityId, suspensionRow(event));
      else if (type === 'ServiceRestored') suspensions.set(entityId, null);
      else if (type !== 'LateFeeAssessed' && type !== 'DebtWrittenOff') {
        if (type === 'AccountClosed' || type === 'AccountTransferred') suspensions.set(entityId, null);
        continue;
      }
      const on = dayOf(event);
      const before = days.get(entityId)?.last_on ?? on;
      days.set(entityId, { account_id: entityId, last_on: before > on ? before : on });
    }
    const standing = [...suspensions.values()].filter((row) => row !== null);
    const restored = [...suspensions].flatMap(([accountId, row]) => (row === null ? [accountId] : []));
    await insertRows(tx, 'dunning', DUNNING, [...steps.values()], replaceStep);
    await insertRows(tx, 'suspensions', SUSPENSION, standing, replaceSuspension);
    await insertRows(tx, 'collections_days', DAY, [...days.values()], laterDay);
    if (restored.length === 0) return;
    await sql`delete from suspensions where account_id = any(${restored}::uuid[])`.execute(tx);
  },
};

const replaceStep = sql`on conflict (account_id) do update set step = excluded.step, kind = excluded.kind,
  taken_on = excluded.taken_on, bill_number = excluded.bill_number, suspends_from = excluded.suspends_from,
  policy = excluded.policy`;
const replaceSuspension = sql`on conflict (account_id) do update set suspended_on = excluded.suspended_on,
  reason = excluded.reason, policy = excluded.policy`;
const laterDay = sql`on conflict (account_id) do update set
  last_on = greatest(collections_days.last_on, excluded.last_on)`;

type Of<Type extends AccountEvent['type']> = Extract<Recorded<AccountEvent>, { type: Type }>;

function dayOf({ data }: Recorded<AccountEvent>): string {
  return data.effectiveAt.slice(0, 10);
}

function dunningRow(event: Of<'DunningStepTaken'>): DunningRow {
  const { step, kind, billNumber, suspendsFrom = null, policy } = event.data;
  const taken = { taken_on: dayOf(event), bill_number: billNumber, suspends_from: suspendsFrom };
  return { account_id: event.entityId, step, kind, ...taken, policy };
}

function suspensionRow(event: Of<'ServiceSuspended'>): SuspensionRow {
  const { reason, policy = null } = event.data;
  return { account_id: event.entityId, suspended_on: dayOf(event), reason, policy };
}
