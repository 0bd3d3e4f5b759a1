import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { type NotificationType } from './notification.js';

/** What a customer was told, as it is shown online. */
export interface NotificationView {
  readonly id: string;
  readonly sequence: string;
  readonly type: NotificationType;
  readonly occurredAt: Date;
  readonly toldAt: Date;
  readonly withheld: 'history' | null;
  readonly content: Readonly<Record<string, unknown>>;
}

/** The online side of notifications: whatever was told is here, whether or not it was sent anywhere. */
export class NotificationsQueries {
  constructor(private readonly db: Database) {}

  /** The latest first. @param before sequence of the last one seen */
  async ofAccount(accountId: string, limit: number, before: string | null): Promise<NotificationView[]> {
    const { rows } = await sql<NotificationView>`
      select id, sequence, type, occurred_at as "occurredAt", created_at as "toldAt", withheld, content
      from notifications.notifications
      where account_id = ${accountId}::uuid ${before === null ? sql`` : sql`and sequence < ${before}::bigint`}
      order by sequence desc limit ${limit}`.execute(this.db.sql);
    return rows;
  }
}
