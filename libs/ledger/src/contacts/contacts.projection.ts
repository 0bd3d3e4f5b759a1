import { sql } from 'kysely';
import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, insertRows } from '#libs/platform';
import { type AccountEvent } from '../billing/account-events.js';
import { type ReadModel } from '../reads/read-model.js';

/** How a customer is reached: sealed texts, opened by whoever reads them and holds the keys. */
interface ContactRow {
  account_id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
}

interface PreferencesRow {
  account_id: string;
  locale: string;
  time_zone: string;
  /** JSON text: channels by type of notification. */
  channels: string;
  quiet_from: string | null;
  quiet_to: string | null;
}

interface BillDeliveryRow {
  account_id: string;
  paperless: boolean;
  consent: string | null;
  since: string;
}

const BILL_DELIVERY_COLUMNS: ColumnTypes<BillDeliveryRow> = {
  account_id: 'uuid',
  paperless: 'boolean',
  consent: 'text',
  since: 'timestamptz',
};

const CONTACT_COLUMNS: ColumnTypes<ContactRow> = { account_id: 'uuid', name: 'text', email: 'text', phone: 'text' };

const PREFERENCES_COLUMNS: ColumnTypes<PreferencesRow> = {
  account_id: 'uuid',
  locale: 'text',
  time_zone: 'text',
  channels: 'json',
  quiet_from: 'text',
  quiet_to: 'text',
};

/** Contacts, notification preferences and how bills come. Every event says the whole of it, so that the last of a batch is what stands. */
export const contactsProjection: ReadModel = {
  tables: [
    { name: 'contacts', key: ['account_id'] },
    { name: 'notification_preferences', key: ['account_id'] },
    { name: 'bill_delivery', key: ['account_id'] },
  ],
  ddl: [
    'create table contacts (account_id uuid primary key, name text, email text, phone text)',
    `create table notification_preferences (account_id uuid primary key, locale text not null, time_zone text not null,
      channels json not null, quiet_from text, quiet_to text)`,
    `create table bill_delivery (account_id uuid primary key, paperless boolean not null, consent text,
      since timestamptz not null)`,
  ],
  async apply(tx, batch) {
    const contacts = new Map<string, ContactRow>();
    const preferences = new Map<string, PreferencesRow>();
    const deliveries = new Map<string, BillDeliveryRow>();
    for (const { event } of batch) {
      if (event.type === 'ContactChanged') contacts.set(event.entityId, contactRow(event));
      else if (event.type === 'NotificationPreferencesChanged') preferences.set(event.entityId, preferencesRow(event));
      else if (event.type === 'BillDeliveryChanged') deliveries.set(event.entityId, billDeliveryRow(event));
    }
    await insertRows(tx, 'contacts', CONTACT_COLUMNS, [...contacts.values()], replaceContact);
    await insertRows(
      tx,
      'notification_preferences',
      PREFERENCES_COLUMNS,
      [...preferences.values()],
      replacePreferences,
    );
    await insertRows(tx, 'bill_delivery', BILL_DELIVERY_COLUMNS, [...deliveries.values()], replaceDelivery);
  },
};

const replaceContact = sql`on conflict (account_id) do update set
  name = excluded.name, email = excluded.email, phone = excluded.phone`;

const replaceDelivery = sql`on conflict (account_id) do update set
  paperless = excluded.paperless, consent = excluded.consent, since = excluded.since`;

const replacePreferences = sql`on conflict (account_id) do update set locale = excluded.locale,
  time_zone = excluded.time_zone, channels = excluded.channels,
  quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to`;

type Of<Type extends AccountEvent['type']> = Extract<Recorded<AccountEvent>, { type: Type }>;

function contactRow({ entityId, data: { contact } }: Of<'ContactChanged'>): ContactRow {
  const { name = null, email = null, phone = null } = contact;
  return { account_id: entityId, name, email, phone };
}

function preferencesRow({ entityId, data }: Of<'NotificationPreferencesChanged'>): PreferencesRow {
  return {
    account_id: entityId,
    locale: data.locale,
    time_zone: data.timeZone,
    channels: JSON.stringify(data.channels),
    quiet_from: data.quietHours?.from ?? null,
    quiet_to: data.quietHours?.to ?? null,
  };
}

function billDeliveryRow({ entityId, data }: Of<'BillDeliveryChanged'>): BillDeliveryRow {
  const { paperless, consent = null, effectiveAt } = data;
  return { account_id: entityId, paperless, consent, since: effectiveAt };
}
