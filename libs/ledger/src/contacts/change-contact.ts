import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type Contact, requireKnown } from '../billing/account-state.js';

/** A text that was sealed with the account's own key before it became part of a command: see ADR 0015. */
const Sealed = z
  .string('must be a sealed text')
  .max(2048, 'must have at most 2048 characters')
  .regex(/^v\d+\.[A-Za-z0-9_-]+$/, 'must be a sealed text');

const PARTS = ['name', 'email', 'phone'] as const;

/**
 * Changes how the customer is reached: what is named is set, null removes it, what is left out stays. The ledger sees
 * sealed texts only. Sealing the same text again gives the same text, so that a change to what stands already is none. A
 * closed account takes it too: the last bill still has to find its reader.
 */
export const ChangeContact = defineCommand({
  type: 'ChangeContact',
  decider: account,
  schema: z.strictObject({
    name: Sealed.nullable().optional(),
    email: Sealed.nullable().optional(),
    phone: Sealed.nullable().optional(),
  }),
  decide(change, state, context): AccountEvent[] {
    requireKnown(state);
    const contact: Contact = Object.fromEntries(
      PARTS.flatMap((part) => {
        const text = change[part] === undefined ? state.contact[part] : change[part];
        return typeof text === 'string' ? [[part, text]] : [];
      }),
    );
    const changed = PARTS.filter((part) => contact[part] !== state.contact[part]);
    if (changed.length === 0) return [];
    // Who is reached for the first time is reached nowhere else than before: fraud monitoring has to tell the two apart.
    const first = state.contact.email === undefined && state.contact.phone === undefined;
    const data = { contact, changed, ...(first && { first }), effectiveAt: context.at };
    return [{ type: 'ContactChanged', data }];
  },
});
