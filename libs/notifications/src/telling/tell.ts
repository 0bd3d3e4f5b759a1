import { sql } from 'kysely';
import { v5 as uuidv5 } from 'uuid';
import { type ColumnTypes, insertRows, type Tx } from '#libs/platform';
import { type Recipient } from '../recipients/recipients.js';
import { type Notification } from './notification.js';

/** Namespace of the ids of deliveries. Never changes: they are what receivers recognise a repeat by. */
const NAMESPACE = 'a3d0d7a5-9be0-5ac4-8f26-31a0cf0e7b52';

const CODE: Notification['type'] = 'verification-code';

/** A notification and whom it is for, as is known at the time. */
export interface Telling {
  readonly notification: Notification;
  readonly recipient: Recipient;
}

interface NotificationRow {
  id: string;
  account_id: string;
  type: string;
  occurred_at: string;
  withheld: string | null;
  content: string;
}

const NOTIFICATION: ColumnTypes<NotificationRow> = {
  id: 'uuid',
  account_id: 'uuid',
  type: 'text',
  occurred_at: 'timestamptz',
  withheld: 'text',
  content: 'jsonb',
};

interface DeliveryRow {
  id: string;
  notification_id: string;
  account_id: string;
  type: string;
  channel: string;
  endpoint_id: string | null;
  lane: string;
}

const DELIVERY: ColumnTypes<DeliveryRow> = {
  id: 'uuid',
  notification_id: 'uuid',
  account_id: 'uuid',
  type: 'text',
  channel: 'text',
  endpoint_id: 'uuid',
  lane: 'text',
};

interface Endpoint {
  readonly id: string;
  readonly types: readonly string[] | null;
}

/**
 * Writes what is told: the row that shows it online, and one for each way it has to be sent; told before, it stays as it
 * is. @returns how many deliveries were planned
 */
export async function tell(tx: Tx, tellings: readonly Telling[], usual: readonly string[]): Promise<number> {
  if (tellings.length === 0) return 0;
  const online = tellings.map(({ notification }) => onlineRow(notification));
  await insertRows(tx, 'notifications.notifications', NOTIFICATION, online, sql`on conflict (id) do nothing`);
  const sent = tellings.filter(({ notification }) => notification.withheld === null);
  if (sent.length === 0) return 0;
  const { rows: endpoints } = await sql<Endpoint>`
    select id, types from notifications.webhook_endpoints where removed_at is null order by sequence`.execute(tx);
  const deliveries = sent.flatMap((telling) => deliveryRows(telling, usual, endpoints));
  await insertRows(tx, 'notifications.deliveries', DELIVERY, deliveries, sql`on conflict (id) do nothing`);
  return deliveries.length;
}

/** The channels a customer wants for a type of notification. A code goes every way there is until they say otherwise. */
export function wantedChannels(recipient: Recipient, type: string, usual: readonly string[]): readonly string[] {
  return recipient.channels?.[type] ?? (type === CODE ? ['email', 'sms'] : usual);
}

function onlineRow({ id, accountId, type, occurredAt, withheld, content }: Notification): NotificationRow {
  return { id, account_id: accountId, type, occurred_at: occurredAt, withheld, content: JSON.stringify(content) };
}

/** One delivery for each way that is wanted and that there is an address for. */
function deliveryRows({ notification, recipient }: Telling, usual: readonly string[], endpoints: readonly Endpoint[]) {
  const { id, accountId, type } = notification;
  const about = { notification_id: id, account_id: accountId, type };
  const wanted = wantedChannels(recipient, type, usual);
  const rows: DeliveryRow[] = [];
  for (const channel of ['email', 'sms'] as const) {
    const address = channel === 'email' ? recipient.email : recipient.phone;
    if (address === null || !wanted.includes(channel)) continue;
    // A code is of no use later: it waits behind nothing.
    const lane = type === CODE ? `${channel}:${accountId}:${id}` : `${channel}:${accountId}`;
    const name = `${id}\n${channel}`;
    rows.push({ id: uuidv5(name, NAMESPACE), ...about, channel, endpoint_id: null, lane });
  }
  for (const endpoint of endpoints) {
    if (endpoint.types !== null && !endpoint.types.includes(type)) continue;
    const [lane, name] = [`webhook:${endpoint.id}:${accountId}`, `${id}\nwebhook\n${endpoint.id}`];
    rows.push({ id: uuidv5(name, NAMESPACE), ...about, channel: 'webhook', endpoint_id: endpoint.id, lane });
  }
  return rows;
}
