import { Inject, Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type MoneyJson } from '../money/money.js';
import { accountUnknown, moneyOf } from '../reads/answers.js';

interface Row {
  account_id: string;
  pay_bill_number: string;
  currency: string;
  past_due: string;
  step: string | null;
  kind: string;
  taken_on: string;
  bill_number: string;
  due_on: string;
  suspends_from: string | null;
  policy: string;
  suspended_on: string | null;
  suspended_for: string;
}

/** How an account stands with collections. */
export interface CollectedAccount {
  readonly accountId: string;
  readonly payBillNumber: string;
  /** What is open, was due before the day and is not in dispute, less the credit that the account holds. */
  readonly pastDue: MoneyJson;
  /** The latest step, as long as the bill it was taken for is open. */
  readonly step: {
    readonly step: string;
    readonly kind: string;
    readonly takenOn: string;
    readonly billNumber: string;
    readonly dueOn: string;
    readonly suspendsFrom: string | null;
    readonly policy: string;
  } | null;
  readonly suspended: { readonly on: string; readonly reason: string } | null;
}

@Injectable()
export class CollectionsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** @throws Rejected ACCOUNT_UNKNOWN */
  async account(accountId: string, asOf: string): Promise<CollectedAccount> {
    const { rows } = await this.#rows(asOf, sql`a.account_id = ${accountId}::uuid`, sql`limit 1`);
    const row = rows[0];
    if (!row) throw accountUnknown();
    return viewOf(row);
  }

  /** The accounts that stand at a step or suspended, in the order of their ids. @throws Problem CURSOR_INVALID */
  async accounts(
    { step, suspended }: { step?: string | undefined; suspended?: boolean | undefined },
    { asOf, limit, cursor }: { asOf: string; limit: number; cursor?: string | undefined },
  ): Promise<Page<CollectedAccount>> {
    const after = keyOf(cursor, 'id');
    const condition = sql`
      (b.bill_number is not null or s.account_id is not null)
      and ${step === undefined ? sql`true` : sql`(b.bill_number is not null and d.step = ${step})`}
      and ${suspended === undefined ? sql`true` : sql`(s.account_id is not null) = ${suspended}`}
      and ${after === null ? sql`true` : sql`a.account_id > ${after}::uuid`}`;
    const { rows } = await this.#rows(asOf, condition, sql`order by a.account_id limit ${limit + 1}`);
    return pageOf(rows, limit, ({ account_id }) => account_id, viewOf);
  }

  #rows(asOf: string, condition: RawBuilder<unknown>, rest: RawBuilder<unknown>) {
    return sql<Row>`
      select a.account_id, a.pay_bill_number, a.currency,
        (select greatest(coalesce(sum(open - open_disputed), 0) - a.credit, 0) from bills as o
          where o.account_id = a.account_id and o.open > 0 and o.due_on < ${asOf}::date) as past_due,
        case when b.bill_number is not null then d.step end as step, d.kind, d.taken_on::text, d.bill_number,
        b.due_on::text, d.suspends_from::text, d.policy, s.suspended_on::text, s.reason as suspended_for
      from account_balances as a
        left join dunning as d on d.account_id = a.account_id
        left join bills as b on b.account_id = d.account_id and b.bill_number = d.bill_number and b.open > 0
        left join suspensions as s on s.account_id = a.account_id
      where ${condition} ${rest}`.execute(this.db.sql);
  }
}

function viewOf(row: Row): CollectedAccount {
  const { step, kind, taken_on: takenOn, bill_number: billNumber, due_on: dueOn, policy } = row;
  return {
    accountId: row.account_id,
    payBillNumber: row.pay_bill_number,
    pastDue: moneyOf(row.past_due, row.currency),
    step: step === null ? null : { step, kind, takenOn, billNumber, dueOn, suspendsFrom: row.suspends_from, policy },
    suspended: row.suspended_on === null ? null : { on: row.suspended_on, reason: row.suspended_for },
  };
}
