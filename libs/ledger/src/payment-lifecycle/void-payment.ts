import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { isStoppable, STOP_BUSINESS_DAYS } from './business-days.js';
import { type KnownPayment, payment, requireAsked } from './payment.js';
import { type PaymentEvent } from './payment-events.js';

/**
 * Takes a payment back before it settles; after that it is refunded. One whose day has not come is stopped at once. One
 * the gateway may have heard of is voided there: until the gateway has said so, nothing is certain.
 */
export const VoidPayment = defineCommand({
  type: 'VoidPayment',
  decider: payment,
  schema: z.strictObject({ reason: ReasonCode }),
  decide({ reason }, state, { at }): PaymentEvent[] {
    const known = requireAsked(state);
    switch (known.status) {
      case 'scheduled':
        refuseTooLate(known, at.slice(0, 10));
        return [{ type: 'PaymentVoided', data: { reason, effectiveAt: at } }];
      case 'pending':
      case 'unknown':
      case 'authorized':
        if (known.void && !known.void.refused) return [];
        return [{ type: 'VoidRequested', data: { reason, effectiveAt: at } }];
      case 'voided':
        return [];
      case 'failed':
        return refuse('PAYMENT_NOT_VOIDABLE', 'the payment failed; there is nothing to void');
      case 'settled':
        return refuse('PAYMENT_NOT_VOIDABLE', 'the payment has settled; refund it');
      case 'refunded':
      case 'returned':
      case 'charged_back':
        return refuse('PAYMENT_NOT_VOIDABLE', 'the money has gone back already; look at the payment');
    }
  },
});

function refuseTooLate({ preauthorized, payOn = '' }: KnownPayment, today: string): void {
  if (!preauthorized || isStoppable(today, payOn)) return;
  const message = `a preauthorised debit is stopped until ${STOP_BUSINESS_DAYS} business days before its day; refund it then`;
  refuse('PAYMENT_STOP_TOO_LATE', message);
}
