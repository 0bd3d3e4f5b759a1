import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { payment, requireAsked } from './payment.js';
import { type PaymentEvent } from './payment-events.js';

/** What the account did with the payment: the other half of each step that carries money to it or back. */
export const RecordPosting = defineCommand({
  type: 'RecordPosting',
  decider: payment,
  schema: z.discriminatedUnion('done', [
    z.strictObject({ done: z.literal('posted') }),
    z.strictObject({ done: z.literal('reversed'), reason: z.string() }),
    z.strictObject({ done: z.literal('reinstated') }),
    z.strictObject({ done: z.literal('failure-reported') }),
    /** The account’s own code. */
    z.strictObject({ done: z.literal('refused'), code: z.string() }),
  ]),
  decide(body, state, { at: effectiveAt }): PaymentEvent[] {
    const { posting, postingRefused, failureReported } = requireAsked(state);
    switch (body.done) {
      case 'posted':
        return posting === 'none' ? [{ type: 'PaymentPosted', data: { effectiveAt } }] : [];
      case 'reversed':
        return posting === 'posted' ? [{ type: 'PostingReversed', data: { reason: body.reason, effectiveAt } }] : [];
      case 'reinstated':
        return posting === 'reversed' ? [{ type: 'PostingReinstated', data: { effectiveAt } }] : [];
      case 'failure-reported':
        return failureReported ? [] : [{ type: 'FailureReported', data: { effectiveAt } }];
      case 'refused':
        return postingRefused === body.code ? [] : [{ type: 'PostingRefused', data: { code: body.code, effectiveAt } }];
    }
  },
});
