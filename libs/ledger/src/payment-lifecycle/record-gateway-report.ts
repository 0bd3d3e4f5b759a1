import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { refuse } from '../billing/rejections.js';
import { formatMinor } from '../money/minor-units.js';
import { heldOf, type KnownPayment, payment, refundedOf, requireAsked } from './payment.js';
import { type PaymentEvent } from './payment-events.js';
import { GatewayReport } from './payment-gateway.js';

/**
 * Takes what the gateway says of a payment, and records what of it is new, in the order it must have happened: a report
 * that shows a return of a payment whose settlement was never heard of records both. A report that says less than is known
 * (one that was delayed, say) changes nothing.
 */
export const RecordGatewayReport = defineCommand({
  type: 'RecordGatewayReport',
  decider: payment,
  schema: GatewayReport,
  decide(report, state, { at }): PaymentEvent[] {
    const told = new Telling(requireAsked(state));
    refuseOtherAmounts(report, told.state);
    tellStatus(told, report, at);
    tellRefunds(told, report, at);
    tellReturn(told, report, at);
    tellChargeback(told, report, at);
    return told.events;
  },
});

/** Payments come in, go back and are charged back whole. What would be recorded as the whole and is not is for a person. */
function refuseOtherAmounts({ captured, return: returned, chargeback }: GatewayReport, { amount }: KnownPayment): void {
  for (const minor of [captured, returned?.amount, chargeback?.amount]) {
    if (minor === undefined || BigInt(minor) === amount) continue;
    refuse('GATEWAY_AMOUNT_DIFFERS', `the gateway says ${minor} where ${amount} was asked for, in minor units`);
  }
}

/** The gateway gave no answer: what the payment came to is unknown until it has been asked. */
export const RecordUnknownOutcome = defineCommand({
  type: 'RecordUnknownOutcome',
  decider: payment,
  schema: z.strictObject({ reason: z.string() }),
  decide({ reason }, state, { at: effectiveAt }): PaymentEvent[] {
    const { status, gatewayReference } = requireAsked(state);
    if (status !== 'pending' || gatewayReference !== undefined) return [];
    return [{ type: 'PaymentOutcomeUnknown', data: { reason, effectiveAt } }];
  },
});

/** The gateway has never heard of the payment, so long after it was sent that it never will. */
export const RecordNeverReceived = defineCommand({
  type: 'RecordNeverReceived',
  decider: payment,
  schema: z.strictObject({}),
  decide(_, state, { at: effectiveAt }): PaymentEvent[] {
    const { status } = requireAsked(state);
    if (status !== 'pending' && status !== 'unknown') return [];
    return [{ type: 'PaymentDeclined', data: { declineCode: 'never_received', effectiveAt } }];
  },
});

/** Gathers events, each seeing what the ones before it have made of the payment. */
class Telling {
  readonly events: PaymentEvent[] = [];

  constructor(public state: KnownPayment) {}

  tell(event: PaymentEvent): void {
    this.events.push(event);
    const next = payment.evolve(this.state, event);
    if (next.status !== 'new') this.state = next;
  }
}

function tellStatus(told: Telling, report: GatewayReport, now: string): void {
  const { status } = told.state;
  const { reference: gatewayReference, verification, at: effectiveAt = now } = report;
  const data = { gatewayReference, ...(verification !== undefined && { verification }), effectiveAt };
  const waits = status === 'pending' || status === 'unknown';
  switch (report.status) {
    case 'pending':
      if (status === 'unknown' || (waits && told.state.gatewayReference === undefined)) {
        told.tell({ type: 'PaymentSubmitted', data: { gatewayReference, effectiveAt } });
      }
      break;
    case 'authorized':
      if (waits || status === 'failed') told.tell({ type: 'PaymentAuthorized', data });
      break;
    case 'settled':
      if (waits || status === 'authorized' || status === 'failed' || status === 'voided') {
        told.tell({ type: 'PaymentSettled', data });
      }
      break;
    case 'failed':
      if (waits || status === 'authorized') {
        const { declineCode = 'declined' } = report;
        told.tell({ type: 'PaymentDeclined', data: { declineCode, ...data } });
      }
      break;
    case 'voided':
      if (waits || status === 'authorized') {
        const reason = told.state.void?.reason ?? 'voided-at-gateway';
        told.tell({ type: 'PaymentVoided', data: { reason, effectiveAt } });
      }
      break;
  }
  tellVoidRefused(told, report, now);
}

function tellVoidRefused(told: Telling, report: GatewayReport, effectiveAt: string): void {
  const { state } = told;
  if (!state.void || state.void.refused || state.status === 'voided') return;
  const code = report.voidRefused ?? (isWaiting(state) ? undefined : `payment-${state.status.replaceAll('_', '-')}`);
  if (code !== undefined) told.tell({ type: 'VoidRefused', data: { code, effectiveAt } });
}

function isWaiting({ status }: KnownPayment): boolean {
  return status === 'pending' || status === 'unknown' || status === 'authorized';
}

function tellRefunds(told: Telling, report: GatewayReport, now: string): void {
  for (const { refundId, status, reference, failureCode = 'failed', at: effectiveAt = now } of report.refunds) {
    const known = told.state.refunds.find((refund) => refund.refundId === refundId);
    // One that had settled may still fail, when the payer's bank sends it back. What a cheque has paid is paid.
    const sent = known?.status === 'pending' || known?.status === 'settled' || known?.status === 'failed';
    if (!sent || known.by === 'cheque' || known.status === status) continue;
    const by = known.by;
    if (status === 'settled') told.tell({ type: 'RefundSettled', data: { refundId, by, reference, effectiveAt } });
    if (status === 'failed') told.tell({ type: 'RefundFailed', data: { refundId, failureCode, effectiveAt } });
  }
}

function tellReturn(told: Telling, { return: returned, reference }: GatewayReport, now: string): void {
  if (!returned) return;
  const { code, reason, at: effectiveAt = now } = returned;
  tellSettledBefore(told, reference, effectiveAt);
  if (!canBeTaken(told.state)) return;
  const data = { ...takenBack(told.state), reason, effectiveAt, ...(code !== undefined && { returnCode: code }) };
  told.tell({ type: 'ReturnReceived', data });
}

function tellChargeback(told: Telling, { chargeback, reference }: GatewayReport, now: string): void {
  if (!chargeback) return;
  const { chargebackId, reasonCode, status, at: effectiveAt = now } = chargeback;
  if (told.state.earlierChargebacks.includes(chargebackId)) return;
  if (told.state.chargeback?.chargebackId !== chargebackId) {
    tellSettledBefore(told, reference, effectiveAt);
    if (!canBeTaken(told.state)) return;
    const data = { ...takenBack(told.state), chargebackId, reasonCode, effectiveAt };
    told.tell({ type: 'ChargebackReceived', data });
  }
  const data = { chargebackId, effectiveAt: now };
  const known = told.state.chargeback?.status;
  if (known === 'won' || known === 'lost') return;
  if (status === 'represented' && known !== 'represented') told.tell({ type: 'RepresentmentSubmitted', data });
  if (status === 'won') told.tell({ type: 'ChargebackWon', data });
  if (status === 'lost') told.tell({ type: 'ChargebackLost', data });
}

/** What is taken back has come in before, whether or not that was heard of. */
function tellSettledBefore(told: Telling, gatewayReference: string, effectiveAt: string): void {
  const { status } = told.state;
  const open = status === 'pending' || status === 'unknown' || status === 'authorized' || status === 'failed';
  if (open || status === 'voided') told.tell({ type: 'PaymentSettled', data: { gatewayReference, effectiveAt } });
}

function canBeTaken({ status }: KnownPayment): boolean {
  return status === 'settled' || status === 'refunded';
}

/** The bank takes the whole payment, also what had been refunded of it (see RecordReturn of the account). */
function takenBack(state: KnownPayment): { amount: string; alreadyRefunded: string } {
  const minor = (amount: bigint) => formatMinor(amount, state.digits);
  return { amount: minor(heldOf(state)), alreadyRefunded: minor(refundedOf(state)) };
}
