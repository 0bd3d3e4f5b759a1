import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { type Recipient, RECIPIENT } from '../recipients/recipients.js';
import { type Contents, type NotificationType } from '../telling/notification.js';

export const CHANNELS = ['email', 'sms', 'webhook'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A delivery taken to be made, with all that is needed to make it. */
export interface Claim {
  readonly id: string;
  readonly channel: Channel;
  readonly accountId: string;
  readonly notificationId: string;
  readonly type: NotificationType;
  /** This one included. */
  readonly attempts: number;
  /** When the customer was told online. */
  readonly toldAt: Date;
  readonly content: Contents[NotificationType];
  /** Whether it reminds of a bill of which nothing is open any more. */
  readonly settled: boolean;
  readonly recipient: Recipient | null;
  /** Of a webhook: where it goes and the sealed secret; null when the endpoint was removed. */
  readonly endpoint: { readonly id: string; readonly url: string; readonly secret: string } | null;
}

/** What has become of a claim. */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'suppressed'; readonly reason: string }
  | { readonly kind: 'quiet'; readonly until: Date }
  | { readonly kind: 'again'; readonly reason: string; readonly waitMs: number }
  | { readonly kind: 'parked'; readonly reason: string };

/**
 * How long a claim lasts: longer than any attempt can take. A process that dies with it leaves the delivery to the others
 * after that time.
 */
const CLAIM_MS = 120_000;

/**
 * Takes deliveries whose time has come, each for this process alone. Of a lane only the first: one that failed or is
 * parked holds back those behind it, while one that waits for the end of quiet hours lets others pass.
 */
export async function claim(db: Database, channel: Channel, now: Date, most: number): Promise<Claim[]> {
  const until = new Date(now.getTime() + CLAIM_MS);
  const { rows } = await sql<Claim>`
    with due as (
      select id from notifications.deliveries as d
      where channel = ${channel} and state = 'pending' and not_before <= ${now}
        and (quiet_until is null or quiet_until <= ${now}) and (claimed_until is null or claimed_until <= ${now})
        and not exists (select 1 from notifications.deliveries as e
          where e.lane = d.lane and e.sequence < d.sequence and e.state in ('pending', 'parked')
            and (e.state = 'parked' or e.quiet_until is null or e.quiet_until <= ${now}))
      order by sequence limit ${most} for update skip locked),
    claimed as (
      update notifications.deliveries as d
      set claimed_until = ${until}, attempts = d.attempts + 1, last_attempt_at = ${now}, quiet_until = null
      from due where d.id = due.id returning d.*)
    select c.id, c.channel, c.account_id as "accountId", c.notification_id as "notificationId", c.type, c.attempts,
      n.created_at as "toldAt", n.content, coalesce(b.open <= 0, false) as settled,
      case when r.account_id is not null then ${RECIPIENT} end as recipient,
      case when w.id is not null then json_build_object('id', w.id, 'url', w.url, 'secret', w.secret) end as endpoint
    from claimed as c
    join notifications.notifications as n on n.id = c.notification_id
    left join notifications.bills as b on c.type in ('bill-due-soon', 'bill-overdue')
      and b.account_id = c.account_id and b.bill_number = n.content->>'billNumber'
    left join notifications.recipients as r on r.account_id = c.account_id
    left join notifications.webhook_endpoints as w on w.id = c.endpoint_id and w.removed_at is null
    order by c.sequence`.execute(db.sql);
  return rows;
}

/** Writes down what has become of a claim; nothing when somebody else has claimed it meanwhile. */
export async function settle(db: Database, { id, attempts }: Claim, now: Date, outcome: Outcome): Promise<void> {
  await sql`
    update notifications.deliveries set claimed_until = null, ${changes(outcome, now)}
    where id = ${id} and state = 'pending' and attempts = ${attempts}`.execute(db.sql);
}

function changes(outcome: Outcome, now: Date) {
  switch (outcome.kind) {
    case 'delivered':
      return sql`state = 'delivered', delivered_at = ${now}, last_error = null`;
    case 'suppressed':
      return sql`state = 'suppressed', last_error = ${outcome.reason}`;
    case 'parked':
      return sql`state = 'parked', last_error = ${outcome.reason}`;
    case 'quiet':
      // Looking at the clock was no attempt.
      return sql`quiet_until = ${outcome.until}, attempts = attempts - 1`;
    case 'again':
      return sql`not_before = ${new Date(now.getTime() + outcome.waitMs)}, last_error = ${outcome.reason}`;
  }
}
