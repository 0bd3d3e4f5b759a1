import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE } from '#libs/platform';
import { type NotificationPreferences } from '../billing/account-state.js';
import { accountUnknown } from '../reads/answers.js';

/** A contact as it is kept: null where there is none. */
export interface SealedContact {
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
}

interface PreferencesRow {
  locale: string | null;
  time_zone: string;
  channels: NotificationPreferences['channels'];
  quiet_from: string | null;
  quiet_to: string;
}

@Injectable()
export class ContactsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** An account's contact, sealed. @throws Rejected ACCOUNT_UNKNOWN */
  async contact(accountId: string): Promise<SealedContact> {
    const { rows } = await sql<SealedContact>`
      select name, email, phone from account_balances left join contacts using (account_id)
      where account_id = ${accountId}::uuid`.execute(this.db.sql);
    if (!rows[0]) throw accountUnknown();
    return rows[0];
  }

  /** How an account's bills come; on paper until the customer has agreed to another way. @throws Rejected ACCOUNT_UNKNOWN */
  async billDelivery(accountId: string) {
    const { rows } = await sql<{ paperless: boolean; consent: string | null; since: Date | null }>`
      select coalesce(paperless, false) as paperless, consent, since
      from account_balances left join bill_delivery using (account_id)
      where account_id = ${accountId}::uuid`.execute(this.db.sql);
    const row = rows[0];
    if (!row) throw accountUnknown();
    return { ...row, since: row.since?.toISOString() ?? null };
  }

  /** How an account's customer wants to be told; null until they have said so. @throws Rejected ACCOUNT_UNKNOWN */
  async preferences(accountId: string): Promise<NotificationPreferences | null> {
    const { rows } = await sql<PreferencesRow>`
      select locale, time_zone, channels, quiet_from, quiet_to
      from account_balances left join notification_preferences using (account_id)
      where account_id = ${accountId}::uuid`.execute(this.db.sql);
    const row = rows[0];
    if (!row) throw accountUnknown();
    if (row.locale === null) return null;
    const { locale, time_zone: timeZone, channels, quiet_from: from, quiet_to: to } = row;
    return { locale, timeZone, channels, ...(from !== null && { quietHours: { from, to } }) };
  }
}
