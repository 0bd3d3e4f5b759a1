import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { EventStore, type StoredEvent } from '#libs/event-sourcing';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type MoneyJson } from '../money/money.js';
import { formatMinor } from '../money/minor-units.js';
import { moneyOf } from '../reads/answers.js';
import {
  type Chargeback,
  heldOf,
  type KnownPayment,
  payment,
  type Refund,
  refundedOf,
  requireAsked,
} from './payment.js';
import { type PaymentEvent } from './payment-events.js';
import { type PaymentLifeRow } from './payment-lives.projection.js';

/** A payment at the gateway, in a list. */
export interface PaymentLifeSummary {
  readonly paymentId: string;
  readonly accountId: string;
  readonly confirmationNumber: string;
  readonly state: KnownPayment['status'];
  readonly amount: MoneyJson;
  readonly held: MoneyJson;
  readonly channel: string;
  readonly method: { readonly kind: 'card' | 'bank-account' };
  readonly gateway: string;
  readonly payOn: string | null;
  readonly posting: KnownPayment['posting'];
  readonly postingRefused: string | null;
  readonly declineCode: string | null;
  readonly askedAt: string;
  readonly changedAt: string;
}

/** One thing that happened to a payment. */
interface LifeEvent {
  /** As the event: `payment-settled`. */
  readonly what: string;
  /** Why, or which: a code of the gateway, the bank, or the account. */
  readonly detail: string | null;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly actor: string;
}

/** A payment with everything that has happened to it. */
export interface PaymentLife extends PaymentLifeSummary {
  readonly gatewayReference: string | null;
  readonly captured: MoneyJson;
  readonly refunded: MoneyJson;
  readonly returned: MoneyJson;
  readonly chargedBack: MoneyJson;
  readonly refunds: readonly (Pick<Refund, 'refundId' | 'by' | 'reason' | 'status'> & { readonly amount: MoneyJson })[];
  readonly chargeback: Pick<Chargeback, 'chargebackId' | 'reasonCode' | 'status'> | null;
  readonly events: readonly LifeEvent[];
  readonly revision: string;
}

export interface LifeFilter {
  readonly accountId?: string | undefined;
  readonly state?: KnownPayment['status'] | undefined;
  /** Only those the account would not take. */
  readonly refused?: boolean | undefined;
}

@Injectable()
export class PaymentLivesQueries {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(EventStore) private readonly store: EventStore,
  ) {}

  /** Payments, the latest asked for first. @throws Problem CURSOR_INVALID */
  async lives(filter: LifeFilter, limit: number, cursor: string | undefined): Promise<Page<PaymentLifeSummary>> {
    const before = keyOf(cursor);
    const { accountId, state, refused } = filter;
    const { rows } = await sql<Row>`
      select payment_id, account_id, state, confirmation_number, currency, amount, held, channel, method, gateway,
        pay_on::text, posting, posting_refused, decline_code, asked_position, asked_at, changed_at
      from payment_lives
      where true ${before === null ? sql`` : sql`and asked_position < ${before}::bigint`}
        ${accountId === undefined ? sql`` : sql`and account_id = ${accountId}::uuid`}
        ${state === undefined ? sql`` : sql`and state = ${state}`}
        ${refused ? sql`and posting_refused is not null` : sql``}
      order by asked_position desc limit ${limit + 1}`.execute(this.db.sql);
    return pageOf(rows, limit, (row) => row.asked_position, summaryOf);
  }

  /**
   * The whole life of a payment, from its stream itself: it is short, and whoever has just paid wants to see all of it.
   * @throws Rejected PAYMENT_UNKNOWN
   */
  async life(paymentId: string): Promise<PaymentLife> {
    let state = payment.initialState;
    const stored: StoredEvent[] = [];
    const events: LifeEvent[] = [];
    for await (const one of this.store.readStream(`${payment.category}-${paymentId}`)) {
      const event = payment.events.read(one.type, one.metadata.schemaVersion, one.data);
      state = payment.evolve(state, event);
      stored.push(one);
      events.push(lifeEventOf(event, one));
    }
    const known = requireAsked(state);
    return lifeOf(paymentId, known, stored, events);
  }
}

type Row = Omit<PaymentLifeRow, 'asked_at' | 'changed_at'> & { asked_at: Date; changed_at: Date };

function summaryOf(row: Row): PaymentLifeSummary {
  return {
    paymentId: row.payment_id,
    accountId: row.account_id,
    confirmationNumber: row.confirmation_number,
    state: row.state,
    amount: moneyOf(row.amount, row.currency),
    held: moneyOf(row.held, row.currency),
    channel: row.channel,
    method: { kind: row.method },
    gateway: row.gateway,
    payOn: row.pay_on,
    posting: row.posting,
    postingRefused: row.posting_refused,
    declineCode: row.decline_code,
    askedAt: row.asked_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
  };
}

function lifeOf(
  paymentId: string,
  state: KnownPayment,
  stored: readonly StoredEvent[],
  events: readonly LifeEvent[],
): PaymentLife {
  const { asked, chargeback } = state;
  const money = (minor: bigint) => ({ amount: formatMinor(minor, state.digits), currency: asked.amount.currency });
  const last = stored.at(-1);
  return {
    paymentId,
    accountId: asked.accountId,
    confirmationNumber: asked.confirmationNumber,
    state: state.status,
    amount: asked.amount,
    held: money(heldOf(state)),
    channel: asked.channel,
    method: { kind: asked.method.kind },
    gateway: state.gateway,
    payOn: state.payOn ?? null,
    posting: state.posting,
    postingRefused: state.postingRefused ?? null,
    declineCode: state.status === 'failed' ? (state.declineCode ?? null) : null,
    askedAt: stored[0]!.metadata.recordedAt,
    changedAt: last!.metadata.recordedAt,
    gatewayReference: state.gatewayReference ?? null,
    captured: money(state.captured),
    refunded: money(refundedOf(state)),
    returned: money(state.returned),
    chargedBack: money(state.chargedBack),
    refunds: state.refunds.map(({ refundId, by, reason, status, amount }) => {
      return { refundId, by, reason, status, amount: money(amount) };
    }),
    chargeback: chargeback
      ? { chargebackId: chargeback.chargebackId, reasonCode: chargeback.reasonCode, status: chargeback.status }
      : null,
    events,
    revision: String(last!.revision),
  };
}

function lifeEventOf({ type, data }: PaymentEvent, { metadata }: StoredEvent): LifeEvent {
  return {
    what: type.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase(),
    detail: detailOf(data),
    effectiveAt: data.effectiveAt,
    recordedAt: metadata.recordedAt,
    actor: metadata.onBehalfOf ?? metadata.actor,
  };
}

/** The members of events that say why or which, the most telling first. */
const DETAILS = [
  'declineCode',
  'returnCode',
  'reasonCode',
  'failureCode',
  'code',
  'reason',
  'payOn',
  'reference',
  'refundId',
];

function detailOf(data: object): string | null {
  const found = DETAILS.map((name) => (data as Readonly<Record<string, unknown>>)[name]).find(
    (value) => typeof value === 'string',
  );
  return found ?? null;
}
