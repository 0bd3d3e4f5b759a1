import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { type Database, DATABASE } from '#libs/platform';
import { type SubscriptionRow } from './subscriptions.projection.js';

/** A subscription as readers see it. */
export interface SubscriptionView {
  readonly subscriptionId: string;
  readonly cycleDay: number;
  readonly taxArea: string;
  readonly discounts: readonly string[];
  readonly plans: readonly { readonly from: string; readonly plan: string }[];
  readonly startsOn: string;
  readonly stopsOn: string | null;
}

type Row = Omit<SubscriptionRow, 'discounts' | 'plans'> & Pick<SubscriptionView, 'discounts' | 'plans'>;

@Injectable()
export class SubscriptionsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** An account's subscriptions, the earliest first; none for an account that has none or is not there. */
  async subscriptions(accountId: string): Promise<SubscriptionView[]> {
    const { rows } = await sql<Row>`
      select subscription_id, cycle_day, tax_area, discounts, plans, starts_on::text, stops_on::text
      from subscriptions where account_id = ${accountId}::uuid order by starts_on, subscription_id`.execute(
      this.db.sql,
    );
    return rows.map(({ subscription_id, cycle_day, tax_area, discounts, plans, starts_on, stops_on }) => ({
      subscriptionId: subscription_id,
      cycleDay: cycle_day,
      taxArea: tax_area,
      discounts,
      plans,
      startsOn: starts_on,
      stopsOn: stops_on,
    }));
  }
}
