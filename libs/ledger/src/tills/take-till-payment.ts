import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { confirmationNumber } from '../billing/confirmation-number.js';
import { Method, refuseCardNumber } from '../billing/payment-fields.js';
import { refuse } from '../billing/rejections.js';
import { ReasonCode } from '../billing/command-fields.js';
import { formatMinor } from '../money/minor-units.js';
import { digitsOf, MoneyInput, readPositiveAmount } from '../money/money.js';
import { Staff } from './open-till-batch.js';
import { requireOpened, requireOpenOf, tillBatch } from './till-batch.js';
import { type TillBatchEvent } from './till-batch-events.js';

/** What is paid with at a counter. A card has been charged by the terminal, whose token it is. */
export const TillMethod = z.strictObject({
  kind: z.enum(['cash', 'check', 'card'], 'must be "cash", "check" or "card"'),
  token: Method.shape.token,
});

/**
 * Writes down that a payment is about to be taken, before its account hears of it. It counts from this moment: in person is
 * at once (PA1).
 */
export const BeginTillPayment = defineCommand({
  type: 'BeginTillPayment',
  decider: tillBatch,
  schema: z.strictObject({
    paymentId: z.uuid(),
    accountId: z.uuid(),
    /** When several accounts are under it. */
    payBillNumber: z.string().optional(),
    amount: MoneyInput,
    method: TillMethod,
    agent: Staff,
  }),
  decide({ paymentId, accountId, payBillNumber, amount, method, agent }, state, { at }): TillBatchEvent[] {
    const { payments } = requireOpenOf(state, agent);
    if (payments.get(paymentId)) return [];
    if (method.kind === 'card' && method.token === undefined) {
      refuse('TILL_CARD_TOKEN_MISSING', 'send the token the card terminal gave for the charge', 'method/token');
    }
    refuseCardNumber(method);
    const { currency } = amount;
    const digits = digitsOf(currency, 'amount/currency');
    const money = {
      amount: formatMinor(readPositiveAmount(amount.amount, currency, 'amount/amount'), digits),
      currency,
    };
    const payee = { accountId, ...(payBillNumber !== undefined && { payBillNumber }) };
    const data = { paymentId, ...payee, amount: money, method, effectiveAt: at };
    return [{ type: 'TillPaymentBegun', data: { ...data, confirmationNumber: confirmationNumber(paymentId) } }];
  },
});

/** Takes a payment of an open batch back: the payer gets the money, the check or the card's charge back. */
export const VoidTillPayment = defineCommand({
  type: 'VoidTillPayment',
  decider: tillBatch,
  schema: z.strictObject({ paymentId: z.uuid('must be the payment’s id, a UUID'), reason: ReasonCode, agent: Staff }),
  decide({ paymentId, reason, agent }, state, { at }): TillBatchEvent[] {
    const payment = requireOpenOf(state, agent).payments.get(paymentId);
    if (!payment) refuse('TILL_PAYMENT_UNKNOWN', 'the batch has no payment with this id; check the id', 'paymentId');
    if (payment.status !== 'taken') {
      refuse('TILL_PAYMENT_NOT_TAKEN', `the payment is ${payment.status}; only one that was taken is voided`);
    }
    return [{ type: 'TillVoidBegun', data: { paymentId, reason, effectiveAt: at } }];
  },
});

/** What the account did: the other half of taking a payment and of voiding one. Once it is noted, nothing more is. */
export const RecordTillOutcome = defineCommand({
  type: 'RecordTillOutcome',
  decider: tillBatch,
  schema: z.strictObject({
    paymentId: z.uuid(),
    /** The account’s own code when it refused. */
    refused: z.string().optional(),
  }),
  decide({ paymentId, refused: code }, state, { at }): TillBatchEvent[] {
    const data = { paymentId, effectiveAt: at };
    switch (requireOpened(state).payments.get(paymentId)?.status) {
      case 'begun':
        if (code !== undefined) return [{ type: 'TillPaymentRefused', data: { ...data, code } }];
        return [{ type: 'TillPaymentTaken', data }];
      case 'voiding':
        if (code !== undefined) return [{ type: 'TillVoidRefused', data: { ...data, code } }];
        return [{ type: 'TillPaymentVoided', data }];
      default:
        return [];
    }
  },
});
