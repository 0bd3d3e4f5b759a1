import { Inject, Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { Rejected } from '#libs/event-sourcing';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type MoneyJson } from '../money/money.js';
import { refuseUnknownAccount } from '../reads/account-exists.queries.js';
import { moneyOf } from '../reads/answers.js';
import { type PaymentRow } from './payments.projection.js';

/** What has become of a payment's money. */
export const PAYMENT_STATES = [
  'applied',
  'partially_applied',
  'unapplied',
  'refunded',
  'transferred',
  'returned',
] as const;
type PaymentState = (typeof PAYMENT_STATES)[number];

type Row = Omit<PaymentRow, 'effective_at' | 'recorded_at'> & {
  applied: string;
  refunded: string;
  transferred: string;
  state: PaymentState;
  effective_at: Date;
  recorded_at: Date;
  return_code: string | null;
  return_reason: string | null;
  returned_at: Date | null;
};

/** A payment and what became of it. */
export interface PaymentView extends Record<
  'amount' | 'applied' | 'unapplied' | 'refunded' | 'transferred',
  MoneyJson
> {
  readonly paymentId: string;
  readonly accountId: string;
  readonly confirmationNumber: string;
  readonly state: PaymentState;
  readonly channel: PaymentRow['channel'];
  readonly method: { readonly kind: PaymentRow['method']; readonly token: string | null };
  /** The whole payment, when it is over several accounts. */
  readonly partOf: { readonly paymentId: string; readonly amount: MoneyJson } | null;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly returned: { readonly at: string; readonly code: string | null; readonly reason: string } | null;
  readonly revision: string;
}

/** Which payments; days are of `effectiveAt` in UTC, both included. */
export interface PaymentFilter {
  readonly channel?: PaymentRow['channel'] | undefined;
  readonly state?: PaymentState | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

@Injectable()
export class PaymentsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** An account's payments, the latest recorded first. @throws Rejected ACCOUNT_UNKNOWN, Problem CURSOR_INVALID */
  async payments(
    accountId: string,
    filter: PaymentFilter,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<PaymentView>> {
    const before = keyOf(cursor);
    const { rows } = await this.#read(
      sql`account_id = ${accountId}::uuid ${before === null ? sql`` : sql`and revision < ${before}::bigint`}
        ${conditions(filter)} order by revision desc limit ${limit + 1}`,
    );
    if (rows.length === 0) await refuseUnknownAccount(this.db, accountId);
    return pageOf(rows, limit, ({ revision }) => revision, viewOf);
  }

  /** @throws Rejected PAYMENT_UNKNOWN */
  async byConfirmationNumber(confirmationNumber: string): Promise<PaymentView> {
    const { rows } = await this.#read(sql`confirmation_number = ${confirmationNumber} limit 1`);
    if (rows[0]) return viewOf(rows[0]);
    throw new Rejected(
      'PAYMENT_UNKNOWN',
      'no payment has this confirmation number; read it again',
      'confirmationNumber',
    );
  }

  /** Those of these confirmation numbers that are known, in no order. */
  async byConfirmationNumbers(confirmationNumbers: readonly string[]): Promise<PaymentView[]> {
    const { rows } = await this.#read(sql`confirmation_number = any(${[...confirmationNumbers]}::text[])`);
    return rows.map(viewOf);
  }

  #read(where: RawBuilder<unknown>) {
    return sql<Row>`
      select payment_id, account_id, revision, currency, amount, applied, unapplied, refunded, transferred, state, channel, method,
        method_token, part_of, part_of_amount, confirmation_number, effective_at, recorded_at, return_code, return_reason, returned_at
      from payments where ${where}`.execute(this.db.sql);
  }
}

function conditions({ channel, state, from, to }: PaymentFilter): RawBuilder<unknown> {
  return sql`
    ${channel === undefined ? sql`` : sql`and channel = ${channel}`}
    ${state === undefined ? sql`` : sql`and state = ${state}`}
    ${from === undefined ? sql`` : sql`and effective_at >= (${from}::timestamp at time zone 'UTC')`}
    ${to === undefined ? sql`` : sql`and effective_at < ((${to}::timestamp + interval '1 day') at time zone 'UTC')`}`;
}

function viewOf(row: Row): PaymentView {
  const money = (amount: string) => moneyOf(amount, row.currency);
  const { returned_at: at, return_code: code, return_reason: reason } = row;
  return {
    paymentId: row.payment_id,
    accountId: row.account_id,
    confirmationNumber: row.confirmation_number,
    state: row.state,
    amount: money(row.amount),
    applied: money(row.applied),
    unapplied: money(row.unapplied),
    refunded: money(row.refunded),
    transferred: money(row.transferred),
    channel: row.channel,
    method: { kind: row.method, token: row.method_token },
    partOf: row.part_of === null ? null : { paymentId: row.part_of, amount: money(row.part_of_amount ?? '0') },
    effectiveAt: row.effective_at.toISOString(),
    recordedAt: row.recorded_at.toISOString(),
    returned: at === null ? null : { at: at.toISOString(), code, reason: reason ?? '' },
    revision: row.revision,
  };
}
