import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { DELIVERY_VIEW, type DeliveryState, type DeliveryView } from './delivery-view.js';

interface DeliveryFilter {
  readonly state?: DeliveryState | undefined;
  readonly account?: string | undefined;
}

/** The delivery log: what became of everything that was to be sent. */
export class DeliveriesQueries {
  constructor(private readonly db: Database) {}

  /** The latest planned first. @param before sequence of the last one seen */
  async deliveries({ state, account }: DeliveryFilter, limit: number, before: string | null): Promise<DeliveryView[]> {
    const { rows } = await sql<DeliveryView>`
      select ${DELIVERY_VIEW} from notifications.deliveries as d
      where true ${before === null ? sql`` : sql`and d.sequence < ${before}::bigint`}
        ${state === undefined ? sql`` : sql`and d.state = ${state}`}
        ${account === undefined ? sql`` : sql`and d.account_id = ${account}::uuid`}
      order by d.sequence desc limit ${limit}`.execute(this.db.sql);
    return rows;
  }
}
