import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { requireKnown } from '../billing/account-state.js';
import { Identifier } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';

/**
 * Turns paperless bills on or off (CS4, CO2). Bills come on paper unless the customer has agreed to get them electronically, after
 * being told what that means; which text that was is kept, and the agreement can be taken back at any time (15 U.S.C. 7001(c)).
 */
export const ChangeBillDelivery = defineCommand({
  type: 'ChangeBillDelivery',
  decider: account,
  schema: z.strictObject({
    paperless: z.boolean('must be true or false'),
    /** The version of the text that the customer agreed to: `electronic-records-2026-01`. */
    consent: Identifier.optional(),
  }),
  decide({ paperless, consent }, state, context): AccountEvent[] {
    requireKnown(state);
    if (paperless && consent === undefined) {
      refuse('CONSENT_NEEDED', 'name the text the customer agreed to; without it bills come on paper', 'consent');
    }
    if (paperless && state.contact.email === undefined) {
      refuse('PAPERLESS_NEEDS_EMAIL', 'the customer has no e-mail address; record it first', 'paperless');
    }
    if (paperless === state.paperless) return [];
    const agreed = paperless && consent !== undefined ? { consent } : {};
    return [{ type: 'BillDeliveryChanged', data: { paperless, ...agreed, effectiveAt: context.at } }];
  },
});
