import { sql } from 'kysely';
import { codeFingerprint, type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, insertRows, type Tx } from '#libs/platform';
import { subscription } from './subscription.js';
import { type SubscriptionEvent, subscriptionEvents } from './subscription-events.js';

/** The name of the projection: what a read waits for. */
export const SUBSCRIPTIONS = 'subscriptions';

/** One subscription of an account. Days are `2026-01-31`; `plans` is JSON, the earliest first. */
export interface SubscriptionRow {
  account_id: string;
  subscription_id: string;
  cycle_day: number;
  tax_area: string;
  discounts: string;
  plans: string;
  starts_on: string;
  stops_on: string | null;
}

const COLUMNS: ColumnTypes<SubscriptionRow> = {
  account_id: 'uuid',
  subscription_id: 'text',
  cycle_day: 'int',
  tax_area: 'text',
  discounts: 'json',
  plans: 'json',
  starts_on: 'date',
  stops_on: 'date',
};

type Changing = Extract<Recorded<SubscriptionEvent>, { type: 'PlanChanged' | 'SubscriptionStopped' }>;

/** What accounts subscribe to: for whoever looks, and to find the accounts of a cycle. */
export const subscriptionsProjection: Projection<SubscriptionEvent> = {
  name: SUBSCRIPTIONS,
  code: codeFingerprint(import.meta.url),
  category: subscription.category,
  events: subscriptionEvents,
  tables: [{ name: 'subscriptions', key: ['account_id', 'subscription_id'] }],
  ddl: [
    `create table subscriptions (
      account_id uuid not null, subscription_id text not null, cycle_day int not null, tax_area text not null,
      discounts json not null, plans json not null, starts_on date not null, stops_on date,
      primary key (account_id, subscription_id))`,
  ],
  indexes: ['create index if not exists subscriptions_of_cycle on subscriptions (cycle_day, account_id)'],
  async apply(tx, batch) {
    const rows = new Map<string, SubscriptionRow>();
    const changes: Changing[] = [];
    for (const event of batch) {
      if (event.type === 'SubscriptionStarted') rows.set(keyOf(event), startedRow(event));
      if (event.type === 'PlanChanged' || event.type === 'SubscriptionStopped') changes.push(event);
    }
    await addOlder(tx, rows, changes);
    for (const event of changes) {
      const row = rows.get(keyOf(event));
      if (!row) throw new Error(`subscription ${event.data.subscriptionId} was never started`);
      rows.set(keyOf(event), changedRow(row, event));
    }
    await insertRows(
      tx,
      'subscriptions',
      COLUMNS,
      [...rows.values()],
      sql`on conflict (account_id, subscription_id) do update set plans = excluded.plans, stops_on = excluded.stops_on`,
    );
  },
};

/** Reads the subscriptions of earlier batches that this one changes. */
async function addOlder(tx: Tx, rows: Map<string, SubscriptionRow>, changes: readonly Changing[]): Promise<void> {
  const missing = changes.filter((event) => !rows.has(keyOf(event)));
  if (missing.length === 0) return;
  const accounts = [...new Set(missing.map(({ entityId }) => entityId))];
  const { rows: older } = await sql<SubscriptionRow>`
    select account_id, subscription_id, cycle_day, tax_area, discounts::text, plans::text, starts_on::text, stops_on::text
    from subscriptions where account_id = any(${accounts}::uuid[])`.execute(tx);
  for (const row of older) {
    const key = `${row.account_id}/${row.subscription_id}`;
    if (!rows.has(key)) rows.set(key, row);
  }
}

function startedRow({ entityId, data }: Extract<Recorded<SubscriptionEvent>, { type: 'SubscriptionStarted' }>) {
  return {
    account_id: entityId,
    subscription_id: data.subscriptionId,
    cycle_day: data.cycleDay,
    tax_area: data.taxArea,
    discounts: JSON.stringify(data.discounts),
    plans: JSON.stringify([{ from: data.startsOn, plan: data.plan }]),
    starts_on: data.startsOn,
    stops_on: null,
  };
}

function changedRow(row: SubscriptionRow, event: Changing): SubscriptionRow {
  if (event.type === 'SubscriptionStopped') return { ...row, stops_on: event.data.on };
  const { on, plan } = event.data;
  const plans = (JSON.parse(row.plans) as { from: string; plan: string }[]).filter(({ from }) => from !== on);
  const changed = [...plans, { from: on, plan }].sort((left, right) => (left.from < right.from ? -1 : 1));
  return { ...row, plans: JSON.stringify(changed) };
}

function keyOf({ entityId, data }: Pick<Recorded<SubscriptionEvent>, 'entityId' | 'data'>): string {
  return `${entityId}/${data.subscriptionId}`;
}
