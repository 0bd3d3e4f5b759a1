import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { Identifier } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { payment, requireAsked } from './payment.js';
import { type PaymentEvent } from './payment-events.js';

/** Contests a chargeback. The debt stands on the account meanwhile; when the case is won the payment counts again. */
export const RepresentChargeback = defineCommand({
  type: 'RepresentChargeback',
  decider: payment,
  schema: z.strictObject({
    /** Where the evidence is filed; a reference, for it may hold personal data and this is stored for ever. */
    evidence: Identifier,
  }),
  decide({ evidence }, state, { at: effectiveAt }): PaymentEvent[] {
    const { chargeback } = requireAsked(state);
    if (chargeback?.status !== 'open') {
      refuse('CHARGEBACK_NOT_OPEN', 'the payment has no chargeback that waits for an answer; look at the payment');
    }
    const { chargebackId } = chargeback;
    return [{ type: 'RepresentmentRequested', data: { chargebackId, evidence, effectiveAt } }];
  },
});
