import { sql } from 'kysely';
import { type Message } from '#libs/contracts';
import { type ColumnTypes, insertRows, type Tx } from '#libs/platform';
import { isTimeZone } from '../settings.js';
import { type QuietHours } from './quiet-hours.js';

/** What is known of an account's customer, from messages alone. Name and addresses are sealed texts. */
export interface Recipient {
  readonly accountId: string;
  readonly payBillNumberEnding: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly locale: string | null;
  readonly timeZone: string | null;
  /** By type of notification, the channels the customer wants; null for a customer who has never said. */
  readonly channels: Readonly<Record<string, readonly string[]>> | null;
  readonly quietHours: QuietHours | null;
}

interface RecipientRow {
  account_id: string;
  pay_bill_number_ending: string | null;
  name: string | null;
  email: string | null;
  phone: string | null;
  locale: string | null;
  time_zone: string | null;
  channels: string | null;
  quiet_hours: string | null;
}

const COLUMNS: ColumnTypes<RecipientRow> = {
  account_id: 'uuid',
  pay_bill_number_ending: 'text',
  name: 'text',
  email: 'text',
  phone: 'text',
  locale: 'text',
  time_zone: 'text',
  channels: 'jsonb',
  quiet_hours: 'jsonb',
};

/** A recipient as JSON, from the columns of the table `r`. */
export const RECIPIENT = sql`json_build_object('accountId', r.account_id,
  'payBillNumberEnding', r.pay_bill_number_ending, 'name', r.name, 'email', r.email, 'phone', r.phone,
  'locale', r.locale, 'timeZone', r.time_zone, 'channels', r.channels, 'quietHours', r.quiet_hours)`;

/** Recipients while a batch of messages is followed: as they are at each message. */
export class Recipients {
  readonly #changed = new Set<string>();

  private constructor(private readonly known: Map<string, Recipient>) {}

  static async read(tx: Tx, accountIds: readonly string[]): Promise<Recipients> {
    const { rows } = await sql<{ recipient: Recipient }>`
      select ${RECIPIENT} as recipient from notifications.recipients as r
      where r.account_id = any(${accountIds}::uuid[])`.execute(tx);
    return new Recipients(new Map(rows.map(({ recipient }) => [recipient.accountId, recipient])));
  }

  of(accountId: string): Recipient {
    return this.known.get(accountId) ?? unknownRecipient(accountId);
  }

  /** Takes over what a message says of the customer. */
  follow(message: Message): void {
    const said = saidOf(message);
    if (said === undefined) return;
    this.known.set(message.key, { ...this.of(message.key), ...said });
    this.#changed.add(message.key);
  }

  async save(tx: Tx): Promise<void> {
    const rows = [...this.#changed].map((id) => rowOf(this.of(id)));
    const columns = Object.keys(COLUMNS).filter((column) => column !== 'account_id');
    const taken = columns.map((column) => sql`${sql.id(column)} = excluded.${sql.id(column)}`);
    await insertRows(
      tx,
      'notifications.recipients',
      COLUMNS,
      rows,
      sql`on conflict (account_id) do update set ${sql.join(taken)}`,
    );
  }
}

/** A customer of whom nothing is known: is told online. */
export function unknownRecipient(accountId: string): Recipient {
  const unknown = { payBillNumberEnding: null, name: null, email: null, phone: null };
  return { accountId, ...unknown, locale: null, timeZone: null, channels: null, quietHours: null };
}

function saidOf(message: Message): Partial<Recipient> | undefined {
  if (message.type === 'account.opened') return { payBillNumberEnding: message.data.payBillNumberEnding };
  if (message.type === 'contact.changed') {
    const { name = null, email = null, phone = null } = message.data.contact;
    return { name, email, phone };
  }
  if (message.type !== 'notification-preferences.changed') return undefined;
  const { locale, timeZone, channels, quietHours = null } = message.data;
  // A zone this machine's tables do not have yet counts as none given: a reminder is better sent than not.
  return { locale, timeZone: isTimeZone(timeZone) ? timeZone : null, channels, quietHours };
}

function rowOf(recipient: Recipient): RecipientRow {
  const { accountId, payBillNumberEnding, name, email, phone, locale, timeZone, channels, quietHours } = recipient;
  return {
    account_id: accountId,
    pay_bill_number_ending: payBillNumberEnding,
    name,
    email,
    phone,
    locale,
    time_zone: timeZone,
    channels: channels && JSON.stringify(channels),
    quiet_hours: quietHours && JSON.stringify(quietHours),
  };
}
