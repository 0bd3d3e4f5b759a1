import { type Decider } from '#libs/event-sourcing';
import { parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { refuse } from '../billing/rejections.js';
import { type PaymentEvent, paymentEvents } from './payment-events.js';

/** Every state of a payment, with the states that may come next. `new` is a payment nobody has asked for. */
export const TRANSITIONS = {
  new: ['scheduled', 'pending'],
  scheduled: ['pending', 'voided'],
  pending: ['unknown', 'authorized', 'settled', 'failed', 'voided'],
  // Never assumed failed: what it came to is what the gateway says when it is asked.
  unknown: ['pending', 'authorized', 'settled', 'failed', 'voided'],
  authorized: ['settled', 'failed', 'voided'],
  settled: ['refunded', 'returned', 'charged_back'],
  // What the gateway reports late is a fact, whatever was concluded before it.
  failed: ['authorized', 'settled'],
  voided: ['settled'],
  // A refund may fail on its way, and the bank takes back also what was refunded.
  refunded: ['settled', 'returned', 'charged_back'],
  returned: [],
  // A chargeback that was won gives the money back.
  charged_back: ['settled', 'refunded'],
} as const satisfies Record<string, readonly string[]>;

export type PaymentStatus = keyof typeof TRANSITIONS;
export const PAYMENT_STATUSES = Object.keys(TRANSITIONS).filter((status) => status !== 'new') as Exclude<
  PaymentStatus,
  'new'
>[];

type Data<Type extends PaymentEvent['type']> = Extract<PaymentEvent, { type: Type }>['data'];

/** What was asked for, from the event that began the payment. */
type Asked = Omit<Data<'PaymentPending'>, 'gateway' | 'idempotencyKey' | 'effectiveAt'>;

export interface Refund {
  readonly refundId: string;
  readonly amount: bigint;
  readonly by: 'original-method' | 'cheque';
  readonly reason: string;
  readonly status: 'requested' | 'refused' | 'pending' | 'settled' | 'failed';
  readonly idempotencyKey?: string;
}

export interface Chargeback {
  readonly chargebackId: string;
  readonly reasonCode: string;
  readonly evidence?: string;
  readonly status: 'open' | 'representment-requested' | 'represented' | 'won' | 'lost';
}

/** A payment that somebody has asked for. Amounts are minor units. */
export interface KnownPayment {
  readonly status: Exclude<PaymentStatus, 'new'>;
  readonly asked: Asked;
  readonly amount: bigint;
  readonly digits: number;
  readonly gateway: string;
  readonly payOn?: string;
  readonly preauthorized: boolean;
  /** Since when the gateway may have heard of it, with the key by which it tells a repeat. */
  readonly pending?: { readonly since: string; readonly idempotencyKey: string };
  /** The gateway's own id of it, once it has answered. */
  readonly gatewayReference?: string;
  readonly void?: { readonly reason: string; readonly refused: boolean };
  readonly captured: bigint;
  readonly returned: bigint;
  readonly chargedBack: bigint;
  readonly refunds: readonly Refund[];
  readonly taken?: { readonly returnCode?: string; readonly reason: string; readonly at: string };
  readonly chargeback?: Chargeback;
  /** Ids of those before it: a late word on one of them is no new one. */
  readonly earlierChargebacks: readonly string[];
  /** When the money came in, by the gateway's clock. */
  readonly settledAt?: string;
  readonly declineCode?: string;
  /** Where the money stands on the account. */
  readonly posting: 'none' | 'posted' | 'reversed';
  /** Why the account would not take what is due there; undefined when it did. */
  readonly postingRefused?: string;
  readonly failureReported: boolean;
}

export type PaymentState = { readonly status: 'new' } | KnownPayment;

/** The life of one payment at the gateway, from being asked for to whatever becomes of it: stream `payment-<payment id>`. */
export const payment: Decider<PaymentState, PaymentEvent> = {
  category: 'payment',
  events: paymentEvents,
  initialState: { status: 'new' },
  evolve(state, event) {
    const next = state.status === 'new' ? begun(event) : lived(state, event);
    const before: readonly string[] = TRANSITIONS[state.status];
    if (next.status !== state.status && !before.includes(next.status)) {
      throw new Error(`history is broken: a payment that is ${state.status} cannot become ${next.status}`);
    }
    if (heldOf(next) < 0n) throw new Error('history is broken: more of a payment has gone than came in');
    return next;
  },
};

/** Refuses a command about a payment nobody has asked for. */
export function requireAsked(state: PaymentState): KnownPayment {
  if (state.status !== 'new') return state;
  return refuse('PAYMENT_UNKNOWN', 'no payment with this id was asked for; check the id');
}

/** What is there of the money: captured less all that was set aside for the payer, or was taken by the bank. */
export function heldOf(state: KnownPayment): bigint {
  return state.captured - refundedOf(state) - state.returned - state.chargedBack;
}

/**
 * What was refunded or is going to be: what is on its way counts, for it cannot be given a second time; so does what the
 * gateway could not pay, for the account keeps it for the payer, who is owed a cheque.
 */
export function refundedOf({ refunds }: KnownPayment): bigint {
  return sum(refunds.filter(({ status }) => status !== 'refused'));
}

/** Whether the money counts as being on the account, by the policy the payment was asked for under. */
export function countsOnAccount({ status, asked }: KnownPayment): boolean {
  if (status === 'authorized') return asked.policy.applyOn === 'authorized';
  return status === 'settled' || status === 'refunded';
}

function begun(event: PaymentEvent): KnownPayment {
  if (event.type !== 'PaymentScheduled' && event.type !== 'PaymentPending') {
    throw new Error(`history is broken: a payment begins with ${event.type}`);
  }
  const { accountId, amount, channel, method, allocation, confirmationNumber, policy } = event.data;
  const digits = digitsOf(amount.currency);
  const known = {
    asked: {
      ...{ accountId, amount, channel, method, confirmationNumber, policy },
      ...(allocation !== undefined && { allocation }),
    },
    amount: parseMinor(amount.amount, digits),
    digits,
    gateway: event.data.gateway,
    ...{ captured: 0n, returned: 0n, chargedBack: 0n, refunds: [], earlierChargebacks: [] },
    ...{ posting: 'none' as const, failureReported: false },
  };
  if (event.type === 'PaymentPending') {
    return { ...known, status: 'pending', preauthorized: false, pending: pendingBy(event.data) };
  }
  const { payOn, preauthorized } = event.data;
  return { ...known, status: 'scheduled', payOn, preauthorized };
}

function pendingBy({ effectiveAt: since, idempotencyKey }: Data<'PaymentPending'>): KnownPayment['pending'] & object {
  return { since, idempotencyKey };
}

function lived(state: KnownPayment, event: PaymentEvent): KnownPayment {
  switch (event.type) {
    case 'PaymentScheduled':
      throw new Error('history is broken: a payment is scheduled twice');
    case 'PaymentPending':
      return { ...state, status: 'pending', pending: pendingBy(event.data) };
    case 'PaymentSubmitted':
      return { ...state, status: 'pending', gatewayReference: event.data.gatewayReference };
    case 'PaymentOutcomeUnknown':
      return { ...state, status: 'unknown' };
    case 'PaymentAuthorized':
      return { ...state, status: 'authorized', gatewayReference: event.data.gatewayReference };
    case 'PaymentSettled': {
      const { gatewayReference, effectiveAt: settledAt } = event.data;
      return { ...state, status: 'settled', captured: state.amount, gatewayReference, settledAt };
    }
    case 'PaymentDeclined':
      return { ...state, status: 'failed', declineCode: event.data.declineCode };
    case 'VoidRequested':
      return { ...state, void: { reason: event.data.reason, refused: false } };
    case 'VoidRefused':
      return { ...state, void: { reason: state.void?.reason ?? '', refused: true } };
    case 'PaymentVoided':
      return { ...state, status: 'voided', void: { reason: event.data.reason, refused: false } };
    case 'RefundPending':
      // Set aside on the account, or given back past an account that would not take the payment: that is over then.
      return withRefunds(posted(state, state.posting), refundsAfter(state, event));
    case 'RefundRequested':
    case 'RefundRefused':
    case 'RefundSettled':
    case 'RefundFailed':
      return withRefunds(state, refundsAfter(state, event));
    case 'ReturnReceived': {
      const { amount, returnCode, reason, effectiveAt: at } = event.data;
      const taken = { reason, at, ...(returnCode !== undefined && { returnCode }) };
      return { ...state, status: 'returned', returned: parseMinor(amount, state.digits), taken };
    }
    case 'ChargebackReceived':
    case 'RepresentmentRequested':
    case 'RepresentmentSubmitted':
    case 'ChargebackWon':
    case 'ChargebackLost':
      return chargedBack(state, event);
    case 'PaymentPosted':
    case 'PostingReinstated':
      return posted(state, 'posted');
    case 'PostingReversed':
      return posted(state, 'reversed');
    case 'PostingRefused':
      return { ...state, postingRefused: event.data.code };
    case 'FailureReported':
      return { ...state, failureReported: true };
  }
}

function posted({ postingRefused: _, ...state }: KnownPayment, posting: KnownPayment['posting']): KnownPayment {
  return { ...state, posting };
}

type RefundEvent = Extract<PaymentEvent, { type: `Refund${string}` }>;

function refundsAfter(state: KnownPayment, event: RefundEvent): Refund[] {
  const { refundId } = event.data;
  if (event.type === 'RefundRequested') {
    const { amount, by, reason } = event.data;
    return [
      ...state.refunds,
      { refundId, by, reason, amount: parseMinor(amount, state.digits), status: 'requested' as const },
    ];
  }
  if (!state.refunds.some((refund) => refund.refundId === refundId)) {
    throw new Error(`history is broken: refund ${refundId} was never asked for`);
  }
  return state.refunds.map((refund): Refund => {
    if (refund.refundId !== refundId) return refund;
    switch (event.type) {
      case 'RefundRefused':
        return { ...refund, status: 'refused' };
      case 'RefundPending':
        return { ...refund, status: 'pending', idempotencyKey: event.data.idempotencyKey };
      case 'RefundSettled':
        return { ...refund, status: 'settled', by: event.data.by };
      case 'RefundFailed':
        return { ...refund, status: 'failed' };
    }
  });
}

/** A payment all of which has reached the payer is refunded. The bank took what no refund takes, also when one is refused later. */
function withRefunds(before: KnownPayment, refunds: readonly Refund[]): KnownPayment {
  const state = { ...before, refunds };
  const rest = state.captured - refundedOf(state);
  if (state.status === 'returned') return { ...state, returned: rest };
  if (state.status === 'charged_back') return { ...state, chargedBack: rest };
  return { ...state, status: settledOrRefunded(state) };
}

function settledOrRefunded(state: KnownPayment): KnownPayment['status'] {
  if (state.status !== 'settled' && state.status !== 'refunded') return state.status;
  return sum(state.refunds.filter(({ status }) => status === 'settled')) === state.captured ? 'refunded' : 'settled';
}

type ChargebackEvent = Extract<PaymentEvent, { type: `${'Chargeback' | 'Representment'}${string}` }>;

function chargedBack(state: KnownPayment, event: ChargebackEvent): KnownPayment {
  if (event.type === 'ChargebackReceived') {
    const { chargebackId, reasonCode, effectiveAt: at } = event.data;
    const { chargeback: earlier, earlierChargebacks } = state;
    return {
      ...state,
      status: 'charged_back',
      chargedBack: parseMinor(event.data.amount, state.digits),
      taken: { reason: 'chargeback', at },
      chargeback: { chargebackId, reasonCode, status: 'open' },
      earlierChargebacks: earlier ? [...earlierChargebacks, earlier.chargebackId] : earlierChargebacks,
    };
  }
  const { chargeback } = state;
  if (!chargeback) throw new Error('history is broken: a chargeback is answered that was never received');
  switch (event.type) {
    case 'RepresentmentRequested': {
      const { evidence } = event.data;
      return { ...state, chargeback: { ...chargeback, evidence, status: 'representment-requested' } };
    }
    case 'RepresentmentSubmitted':
      return { ...state, chargeback: { ...chargeback, status: 'represented' } };
    case 'ChargebackWon': {
      const back = { ...state, chargedBack: 0n, chargeback: { ...chargeback, status: 'won' as const } };
      return { ...back, status: settledOrRefunded({ ...back, status: 'settled' }) };
    }
    case 'ChargebackLost':
      return { ...state, chargeback: { ...chargeback, status: 'lost' } };
  }
}

function sum(refunds: readonly Refund[]): bigint {
  return refunds.reduce((total, { amount }) => total + amount, 0n);
}
