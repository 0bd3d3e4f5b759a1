import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { AllocationInstruction } from '../billing/allocation.js';
import { Day } from '../billing/command-fields.js';
import { confirmationNumber } from '../billing/confirmation-number.js';
import { Channel, Method, refuseCardNumber } from '../billing/payment-fields.js';
import { refuse } from '../billing/rejections.js';
import { addDays } from '../importing/calendar.js';
import { formatMinor } from '../money/minor-units.js';
import { digitsOf, MoneyInput, readPositiveAmount } from '../money/money.js';
import { payment } from './payment.js';
import { type PaymentEvent } from './payment-events.js';

/** Nobody schedules a payment further ahead than this; a later day is a slip of the keyboard. */
const FURTHEST_DAYS = 366;

/** What the biller has set, and is recorded with each payment so that a later policy never reinterprets it. */
export const PaymentPolicy = z.strictObject({ version: z.string().min(1), applyOn: z.enum(['authorized', 'settled']) });
export type PaymentPolicy = z.output<typeof PaymentPolicy>;

/**
 * Asks for a payment by a method whose token a gateway holds: now, or on a day ahead. The intent is recorded before the
 * gateway hears of it. The payer has the confirmation number at once (PA3); it is that of the payment on the account.
 */
export const CollectPayment = defineCommand({
  type: 'CollectPayment',
  decider: payment,
  schema: z.strictObject({
    accountId: z.uuid(),
    amount: MoneyInput,
    channel: Channel,
    method: z.strictObject({
      kind: z.enum(['card', 'bank-account'], 'must be "card" or "bank-account": what a gateway collects from'),
      token: Method.shape.token.unwrap(),
    }),
    allocation: AllocationInstruction.optional(),
    /** The day to pay on; now when it is left out. */
    payOn: Day.optional(),
    /** The payer authorised this debit in advance, as one of a series (12 CFR 1005.10). */
    preauthorized: z.boolean().optional(),
    gateway: z.string().min(1),
    policy: PaymentPolicy,
  }),
  decide(body, state, { id, at }): PaymentEvent[] {
    if (state.status !== 'new') refuse('PAYMENT_EXISTS', 'a payment with this id was asked for already');
    refuseCardNumber(body.method);
    const { accountId, channel, method, allocation, payOn, preauthorized = false, gateway, policy } = body;
    const { currency } = body.amount;
    const digits = digitsOf(currency, 'amount/currency');
    const amount = formatMinor(readPositiveAmount(body.amount.amount, currency, 'amount/amount'), digits);
    const asked = {
      ...{ accountId, amount: { amount, currency }, channel, method, policy },
      confirmationNumber: confirmationNumber(id),
      ...(allocation !== undefined && { allocation: allocation.map(instruction(currency)) }),
    };
    if (payOn === undefined) return [pending(asked, gateway, id, at)];
    refuseDay(payOn, at.slice(0, 10));
    return [{ type: 'PaymentScheduled', data: { ...asked, payOn, preauthorized, gateway, effectiveAt: at } }];
  },
});

/** The day of a scheduled payment has come. Nothing is collected for an account that would not take it any more. */
export const StartScheduledPayment = defineCommand({
  type: 'StartScheduledPayment',
  decider: payment,
  schema: z.strictObject({
    /** The account's own code: it was closed or held meanwhile. */
    refused: z.string().optional(),
  }),
  decide({ refused }, state, { id, at }): PaymentEvent[] {
    if (state.status !== 'scheduled') return [];
    const { asked, gateway, payOn = '' } = state;
    if (at.slice(0, 10) < payOn) return [];
    if (refused === undefined) return [pending(asked, gateway, id, at)];
    const reason = refused.toLowerCase().replaceAll('_', '-');
    return [{ type: 'PaymentVoided', data: { reason, effectiveAt: at } }];
  },
});

type Asked = Omit<
  Extract<PaymentEvent, { type: 'PaymentPending' }>['data'],
  'gateway' | 'idempotencyKey' | 'effectiveAt'
>;

/** The key is the payment's own id: a payment is asked for once, however often that is repeated. */
function pending(asked: Asked, gateway: string, id: string, at: string): PaymentEvent {
  return { type: 'PaymentPending', data: { ...asked, gateway, idempotencyKey: id, effectiveAt: at } };
}

function refuseDay(payOn: string, today: string): void {
  if (payOn <= today) refuse('PAY_ON_NOT_AHEAD', 'the day has come already; leave payOn out to pay now', 'payOn');
  if (payOn > addDays(today, FURTHEST_DAYS)) {
    refuse('PAY_ON_TOO_FAR', `the day lies more than ${FURTHEST_DAYS} days ahead; check it`, 'payOn');
  }
}

function instruction(currency: string) {
  const digits = digitsOf(currency);
  return (one: z.output<typeof AllocationInstruction>[number], index: number) => ({
    billNumber: one.billNumber,
    amount: formatMinor(readPositiveAmount(one.amount, currency, `allocation/${index}/amount`), digits),
    ...(one.lineId !== undefined && { lineId: one.lineId }),
  });
}
