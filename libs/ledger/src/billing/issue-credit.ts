import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { formatMinor } from '../money/minor-units.js';
import { digitsOf, MoneyInput, readPositiveAmount } from '../money/money.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { requireCurrency, requireOpen } from './account-state.js';
import { ALLOCATION_POLICY, allocateMoney, storedShares } from './allocation.js';

/** Why credit is given; a closed list, so that reports can count by it and no personal data gets in. */
const CreditReason = z.enum([
  'goodwill',
  'service-outage',
  'billing-error',
  'promotion',
  'retention',
  'referral',
  'regulatory',
  'other',
]);

/** Gives the customer credit: like a payment it settles bills, oldest due first, and the rest stays as credit (CS5). */
export const IssueCredit = defineCommand({
  type: 'IssueCredit',
  decider: account,
  schema: z.strictObject({ amount: MoneyInput, reason: CreditReason }),
  decide(body, state, context): AccountEvent[] {
    requireOpen(state);
    digitsOf(body.amount.currency, 'amount/currency');
    requireCurrency(state, body.amount.currency, 'amount/currency');
    const amount = readPositiveAmount(body.amount.amount, body.amount.currency, 'amount/amount');
    const { shares, unapplied } = allocateMoney(state, amount);
    return [
      {
        type: 'CreditIssued',
        data: {
          creditId: context.commandId,
          amount: { amount: formatMinor(amount, state.digits), currency: state.currency },
          reason: body.reason,
          allocations: storedShares(shares, state.digits),
          unapplied: formatMinor(unapplied, state.digits),
          allocationPolicy: ALLOCATION_POLICY,
          effectiveAt: context.at,
        },
      },
    ];
  },
});
