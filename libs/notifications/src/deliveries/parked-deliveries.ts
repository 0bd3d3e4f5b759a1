import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { DELIVERY_VIEW, type DeliveryView } from './delivery-view.js';

/** What operators do about deliveries that failed for good: the lane of each waits until it is done. */
export class ParkedDeliveries {
  /** @param onRetried told that something is to be delivered */
  constructor(
    private readonly db: Database,
    private readonly onRetried: () => void = () => undefined,
  ) {}

  /** The parked ones, the oldest first. @param after sequence of the last one seen; 0 for the first page */
  async list(after: string, limit: number): Promise<DeliveryView[]> {
    const { rows } = await sql<DeliveryView>`
      select ${DELIVERY_VIEW} from notifications.deliveries as d
      where d.state = 'parked' and d.sequence > ${after}::bigint order by d.sequence limit ${limit}`.execute(
      this.db.sql,
    );
    return rows;
  }

  /** How many wait for a person. */
  async count(): Promise<number> {
    const { rows } = await sql<{ count: string }>`
      select count(*) as count from notifications.deliveries where state = 'parked'`.execute(this.db.sql);
    return Number(rows[0]?.count);
  }

  /** Has one tried again, with all its attempts before it. @returns false when none with this id is parked */
  async retry(id: string, actor: string): Promise<boolean> {
    return (await this.#retry(sql`id = ${id}::uuid`, actor)) > 0;
  }

  /** Has all of a lane tried again. @returns how many */
  retryLane(lane: string, actor: string): Promise<number> {
    return this.#retry(sql`lane = ${lane}`, actor);
  }

  /** Gives one up, so that those behind it go on. @returns false when none with this id is parked */
  async discard(id: string, because: string, actor: string): Promise<boolean> {
    const { numAffectedRows } = await sql`
      update notifications.deliveries
      set state = 'discarded', decided_by = ${actor}, decided_because = ${because}
      where id = ${id}::uuid and state = 'parked'`.execute(this.db.sql);
    this.onRetried();
    return numAffectedRows === 1n;
  }

  async #retry(which: ReturnType<typeof sql>, actor: string): Promise<number> {
    const { numAffectedRows = 0n } = await sql`
      update notifications.deliveries
      set state = 'pending', attempts = 0, not_before = '-infinity', claimed_until = null, decided_by = ${actor}
      where ${which} and state = 'parked'`.execute(this.db.sql);
    this.onRetried();
    return Number(numAffectedRows);
  }
}
