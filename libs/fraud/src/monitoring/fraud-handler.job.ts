import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { randomUUID } from 'node:crypto';
import { type Message } from '#libs/contracts';
import { type MessageHandler } from '#libs/messaging';
import { type ColumnTypes, insertRows, type Tx } from '#libs/platform';
import { alertId } from '../ids.js';
import { type RuleSet } from '../rules/rule-set.js';
import { FRAUD_DDL } from '../tables.js';
import { type Activity, NOTHING, restored, type StoredActivity, stored } from './activity.js';
import { type Alert } from './alert.js';
import { evaluate, keysFor } from './evaluate.js';
import { type Monitoring, monitoringOf } from './monitoring.js';

/** What stays in memory between batches, counted in remembered facts: some hundred bytes each. */
const CACHED_ENTRIES = 300_000;

/**
 * Evaluates messages as they arrive: what is remembered of their accounts, tokens and channels, and the alerts they set
 * off, are written in the transaction that marks them as received.
 * @param rules asked at every batch, so that rules that were changed are in force from the next one on.
 */
export function fraudHandler(rules: () => RuleSet): MessageHandler {
  const writer = randomUUID();
  const cache = new LRUCache<string, Activity>({
    maxSize: CACHED_ENTRIES,
    sizeCalculation: ({ entries }) => entries.length + 1,
  });
  let monitoring: Monitoring | undefined;
  return {
    name: 'fraud-monitor',
    ddl: FRAUD_DDL,
    async handle(tx, messages) {
      const inForce = rules();
      if (monitoring?.ruleSet !== inForce) monitoring = monitoringOf(inForce);
      if (await takeOver(tx, writer)) cache.clear();
      const activities = await load(tx, monitoring, messages, cache);
      const changed = new Map<string, Activity>();
      const alerts: Alert[] = [];
      for (const message of messages) {
        const evaluation = evaluate(monitoring, (key) => activities.get(key), message);
        for (const [key, activity] of evaluation.changed) {
          activities.set(key, activity);
          changed.set(key, activity);
        }
        alerts.push(...evaluation.alerts);
      }
      await saveActivities(tx, changed);
      await saveAlerts(tx, alerts);
      // Remembered ahead of the commit: when that fails, rolledBack forgets it.
      for (const [key, activity] of activities) cache.set(key, activity);
    },
    rolledBack: () => cache.clear(),
  };
}

/**
 * Keeps processes that write activity one after the other, and tells whether another one has written since this one did:
 * then what this one remembers may be old. Of an account only one process receives messages at a time; a token or a channel
 * is everybody's.
 */
async function takeOver(tx: Tx, writer: string): Promise<boolean> {
  const { rows } = await sql<{ writer: string | null }>`select writer from fraud.writer for update`.execute(tx);
  if (rows[0]?.writer === writer) return false;
  await sql`update fraud.writer set writer = ${writer}::uuid`.execute(tx);
  return true;
}

/** What is remembered under all keys of a batch: from memory, else from the database in one query. */
async function load(
  tx: Tx,
  monitoring: Monitoring,
  messages: readonly Message[],
  cache: LRUCache<string, Activity>,
): Promise<Map<string, Activity>> {
  const activities = new Map<string, Activity>();
  const missing: string[] = [];
  for (const key of new Set(messages.flatMap((message) => keysFor(monitoring, message)))) {
    const known = cache.get(key);
    if (!known) missing.push(key);
    activities.set(key, known ?? NOTHING);
  }
  if (missing.length === 0) return activities;
  const { rows } = await sql<{ key: string; state: StoredActivity }>`
    select key, state from fraud.activity where key = any(${missing}::text[])`.execute(tx);
  for (const { key, state } of rows) activities.set(key, restored(state));
  return activities;
}

interface ActivityRow {
  key: string;
  state: string;
  latest: string;
}

const ACTIVITY: ColumnTypes<ActivityRow> = { key: 'text', state: 'json', latest: 'timestamptz' };

async function saveActivities(tx: Tx, changed: ReadonlyMap<string, Activity>): Promise<void> {
  const rows = [...changed].map(([key, activity]) => ({
    key,
    state: JSON.stringify(stored(activity)),
    latest: new Date(activity.entries.at(-1)!.at).toISOString(),
  }));
  await insertRows(
    tx,
    'fraud.activity',
    ACTIVITY,
    rows,
    sql`on conflict (key) do update set state = excluded.state, latest = excluded.latest, updated_at = now()`,
  );
}

const ALERT = {
  id: 'uuid',
  rule_id: 'text',
  rule_version: 'int',
  rule_set_version: 'text',
  kind: 'text',
  action: 'text',
  severity: 'text',
  account_id: 'uuid',
  key: 'text',
  message_id: 'uuid',
  effective_at: 'timestamptz',
  recorded_at: 'timestamptz',
  historic: 'boolean',
  evidence: 'jsonb',
} as const;

async function saveAlerts(tx: Tx, alerts: readonly Alert[]): Promise<void> {
  const rows = alerts.map((alert) => ({
    id: alertId(alert),
    rule_id: alert.ruleId,
    rule_version: alert.ruleVersion,
    rule_set_version: alert.ruleSetVersion,
    kind: alert.kind,
    action: alert.action,
    severity: alert.severity,
    account_id: alert.accountId,
    key: alert.key,
    message_id: alert.messageId,
    effective_at: alert.effectiveAt,
    recorded_at: alert.recordedAt,
    historic: alert.historic,
    evidence: JSON.stringify(alert.evidence),
  }));
  await insertRows(tx, 'fraud.alerts', ALERT, rows, sql`on conflict (id) do nothing`);
}
