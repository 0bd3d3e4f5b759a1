import { sql } from 'kysely';
import { type Channel } from './claims.js';

export const DELIVERY_STATES = ['pending', 'delivered', 'parked', 'discarded', 'suppressed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A delivery as operators see it: never an address, nor what was said. */
export interface DeliveryView {
  readonly id: string;
  readonly sequence: string;
  readonly notificationId: string;
  readonly accountId: string;
  readonly type: string;
  readonly channel: Channel;
  /** Of a webhook. */
  readonly endpointId: string | null;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Why it failed the last time, or why it is not sent. */
  readonly reason: string | null;
  /** Before when it is not tried; null when it is tried as soon as it is its turn. */
  readonly notBefore: Date | null;
  readonly lastAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly createdAt: Date;
  /** Who had it tried again or gave it up, and why. */
  readonly decidedBy: string | null;
  readonly decidedBecause: string | null;
}

/** The columns of a {@link DeliveryView}, of the table `d`. */
export const DELIVERY_VIEW = sql`d.id, d.sequence, d.notification_id as "notificationId", d.account_id as "accountId", d.type,
  d.channel, d.endpoint_id as "endpointId", d.state, d.attempts, d.last_error as reason,
  case when d.state = 'pending' then nullif(greatest(d.quiet_until, d.not_before), '-infinity') end as "notBefore",
  d.last_attempt_at as "lastAttemptAt", d.delivered_at as "deliveredAt", d.created_at as "createdAt",
  d.decided_by as "decidedBy", d.decided_because as "decidedBecause"`;
