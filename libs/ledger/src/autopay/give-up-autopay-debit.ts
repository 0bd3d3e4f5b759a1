import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { dropped } from './autopay-debits.js';
import { autopayPolicyOn } from './autopay-policy.js';

/** A debit's payment was voided before it counted, of which the account hears nothing: the debit is not waited for. */
export const GiveUpAutopayDebit = defineCommand({
  type: 'GiveUpAutopayDebit',
  decider: account,
  schema: z.strictObject({ paymentId: z.uuid() }),
  decide({ paymentId }, state, { at }): AccountEvent[] {
    const debit = state.autopay.debits.find(({ presented }) => presented?.paymentId === paymentId);
    if (debit?.status !== 'presented') return [];
    const why = { reason: 'not-paid', code: 'payment-voided' };
    return [dropped(debit, why, autopayPolicyOn(at.slice(0, 10)), state, at)];
  },
});
