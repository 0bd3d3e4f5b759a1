import { countsOnAccount, type KnownPayment, type PaymentState, type Refund } from './payment.js';

/** What has to be done next about a payment. The steps on the account come before those at the gateway. */
export type Step =
  /** The day of a scheduled payment has come. */
  | { readonly kind: 'start' }
  /** The gateway is asked for the money. */
  | { readonly kind: 'charge' }
  | { readonly kind: 'void' }
  | { readonly kind: 'represent'; readonly chargebackId: string; readonly evidence: string }
  | { readonly kind: 'refund'; readonly refund: Refund }
  /** The account applies the payment. */
  | { readonly kind: 'post' }
  /** The account takes it back: the debt stands again. */
  | { readonly kind: 'reverse'; readonly reason: string; readonly returnCode?: string; readonly at?: string }
  /** The account takes it again: a chargeback was won. */
  | { readonly kind: 'reinstate' }
  /** The account is told of an attempt that failed. */
  | { readonly kind: 'report-failure' }
  /** The account sets the money of a refund aside. */
  | { readonly kind: 'refund-on-account'; readonly refund: Refund };

/**
 * The one step that a payment waits for Paybill to take, or undefined when there is none. It follows from the state alone,
 * so whoever was killed while taking a step finds the same step again.
 * @param today the day of the calendar (UTC)
 */
export function nextStep(state: PaymentState, today: string): Step | undefined {
  if (state.status === 'new') return undefined;
  return stepOnAccount(state) ?? stepAtGateway(state, today);
}

/** Whether the gateway has not said its last word about something: it is asked again, with patience. */
export function awaitsGateway(state: PaymentState): boolean {
  if (state.status === 'new') return false;
  const { status, refunds, chargeback } = state;
  const refunding = refunds.some((refund) => refund.status === 'pending' && refund.by === 'original-method');
  const disputed = chargeback !== undefined && chargeback.status !== 'won' && chargeback.status !== 'lost';
  return status === 'pending' || status === 'unknown' || status === 'authorized' || refunding || disputed;
}

/** Days after its settlement, in the reach of returns (60 days) and chargebacks (120): a webhook may have been lost. */
const CHECKUP_DAYS = [3, 10, 30, 65, 125];

/** When a payment that is in is asked about next though nobody has said that anything happened to it. */
export function nextCheckup(state: PaymentState, now: Date): Date | undefined {
  if (state.status !== 'settled' && state.status !== 'refunded') return undefined;
  const settled = Date.parse(state.settledAt ?? '');
  const times = CHECKUP_DAYS.map((days) => settled + days * 86_400_000);
  const next = times.find((time) => time > now.getTime());
  return next === undefined ? undefined : new Date(next);
}

/** As {@link nextStep}, of the steps on the account alone. */
export function stepOnAccount(state: KnownPayment): Step | undefined {
  const { posting, status, refunds } = state;
  // Given back whole because the account would not take it: it never was there, and never comes there.
  if (posting === 'none' && isGivenBack(state)) return undefined;
  if (countsOnAccount(state)) {
    if (posting === 'none') return { kind: 'post' };
    if (posting === 'reversed') return { kind: 'reinstate' };
    return refundToSetAside(refunds);
  }
  // What came in and was taken is posted all the same, and then taken off: both have happened.
  if (posting === 'none' && state.captured > 0n) return { kind: 'post' };
  if (posting === 'posted') return reversal(state);
  if (status === 'failed' && posting === 'none' && !state.failureReported) return { kind: 'report-failure' };
  // The bank was faster than a refund: the account says what becomes of it.
  return posting === 'reversed' ? refundToSetAside(refunds) : undefined;
}

function isGivenBack({ captured, refunds }: KnownPayment): boolean {
  const left = refunds.filter(({ status }) => status !== 'requested' && status !== 'refused');
  return captured > 0n && left.reduce((sum, { amount }) => sum + amount, 0n) === captured;
}

function refundToSetAside(refunds: readonly Refund[]): Step | undefined {
  const refund = refunds.find((one) => one.status === 'requested');
  return refund && { kind: 'refund-on-account', refund };
}

function reversal({ status, taken, declineCode }: KnownPayment): Step | undefined {
  switch (status) {
    case 'returned':
    case 'charged_back': {
      const { reason = status, returnCode, at } = taken ?? {};
      return {
        kind: 'reverse',
        reason,
        ...(returnCode !== undefined && { returnCode }),
        ...(at !== undefined && { at }),
      };
    }
    case 'voided':
      return { kind: 'reverse', reason: 'payment-voided' };
    case 'failed':
      return { kind: 'reverse', reason: (declineCode ?? 'payment-failed').replaceAll('_', '-') };
    default:
      return undefined;
  }
}

function stepAtGateway(state: KnownPayment, today: string): Step | undefined {
  const { status, payOn = '', gatewayReference, chargeback } = state;
  if (status === 'scheduled') return today >= payOn ? { kind: 'start' } : undefined;
  if (status === 'pending' && gatewayReference === undefined) return { kind: 'charge' };
  if (gatewayReference === undefined) return undefined;
  if ((status === 'pending' || status === 'authorized') && state.void && !state.void.refused) return { kind: 'void' };
  if (chargeback?.status === 'representment-requested') {
    const { chargebackId, evidence = '' } = chargeback;
    return { kind: 'represent', chargebackId, evidence };
  }
  const refund = state.refunds.find((one) => one.status === 'pending' && one.by === 'original-method');
  return refund && { kind: 'refund', refund };
}
