import { confirmationNumber } from '../billing/confirmation-number.js';
import { type TillBatchEvent } from './till-batch-events.js';

/* Short histories of a till's batch for specs. Amounts in USD. */

type Example<Type extends TillBatchEvent['type']> = Extract<TillBatchEvent, { type: Type }>;

const effectiveAt = '2026-01-15T12:00:00.000Z';
export const PAYMENT = '00000000-0000-4000-8000-000000000001';
export const OTHER_PAYMENT = '00000000-0000-4000-8000-000000000002';
const ACCOUNT = '00000000-0000-4000-8000-0000000000ac';

export const batchOpened: Example<'TillBatchOpened'> = {
  type: 'TillBatchOpened',
  data: { location: 'harrisburg-01', till: 'till-2', number: 1, agent: 'agent-7', effectiveAt },
};

export function paymentBegun(
  amount: string,
  kind: Example<'TillPaymentBegun'>['data']['method']['kind'] = 'cash',
  paymentId = PAYMENT,
): Example<'TillPaymentBegun'> {
  const method = { kind, ...(kind === 'card' && { token: 'tok_1' }) };
  const money = { amount, currency: 'USD' };
  const confirmed = { confirmationNumber: confirmationNumber(paymentId), effectiveAt };
  return { type: 'TillPaymentBegun', data: { paymentId, accountId: ACCOUNT, amount: money, method, ...confirmed } };
}

/** What became of a payment. */
export const taken = (paymentId = PAYMENT): Example<'TillPaymentTaken'> => ({
  type: 'TillPaymentTaken',
  data: { paymentId, effectiveAt },
});
export const refused = (code: string, paymentId = PAYMENT): Example<'TillPaymentRefused'> => ({
  type: 'TillPaymentRefused',
  data: { paymentId, effectiveAt, code },
});
export const voidBegun = (paymentId = PAYMENT): Example<'TillVoidBegun'> => ({
  type: 'TillVoidBegun',
  data: { paymentId, effectiveAt, reason: 'wrong-amount' },
});
export const voided = (paymentId = PAYMENT): Example<'TillPaymentVoided'> => ({
  type: 'TillPaymentVoided',
  data: { paymentId, effectiveAt },
});

/** A count of the cash. */
export function closed(expected: string, counted: string, difference: string, approval: 'needed' | 'not-needed') {
  const total = { means: 'cash' as const, currency: 'USD', payments: 1, expected, counted, difference };
  const policy = { version: 'us-retail/1', approvalAbove: [{ amount: '20.00', currency: 'USD' }] };
  const data = { totals: [total], countedBy: 'agent-7', approval, policy, effectiveAt };
  return { type: 'TillBatchClosed', data } satisfies Example<'TillBatchClosed'>;
}
