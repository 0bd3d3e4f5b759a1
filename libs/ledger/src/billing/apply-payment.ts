import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { formatMinor } from '../money/minor-units.js';
import { digitsOf, MoneyInput, readPositiveAmount } from '../money/money.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, requireCurrency, requireKnown } from './account-state.js';
import { ALLOCATION_POLICY, allocateMoney, AllocationInstruction, storedShares } from './allocation.js';
import { holdsCardNumber } from './card-numbers.js';
import { effectiveMoment, Instant } from './command-fields.js';
import { confirmationNumber } from './confirmation-number.js';
import { refuse } from './rejections.js';

/**
 * Money received for the account: laid on bills as the payer instructed, the rest oldest due first, and what no bill
 * takes is kept as credit. The payment's id is the command's, and the confirmation number follows from it.
 */
export const ApplyPayment = defineCommand({
  type: 'ApplyPayment',
  decider: account,
  schema: z.strictObject({
    amount: MoneyInput,
    channel: z.enum(['online', 'phone', 'in-person', 'mail-in', 'autopay']),
    method: z.strictObject({
      kind: z.enum(['card', 'bank-account', 'check', 'cash', 'other']),
      /** The gateway's token for the card or bank account; never its number. */
      token: z
        .string()
        .max(128, 'must have at most 128 characters')
        .regex(/^[\x21-\x7e]+$/, 'must be the gateway’s token: letters, figures and signs without blanks')
        .optional(),
    }),
    allocation: AllocationInstruction.optional(),
    effectiveAt: Instant.optional(),
  }),
  decide(body, state, context): AccountEvent[] {
    if (body.method.token !== undefined && holdsCardNumber(body.method.token)) {
      refuse('CARD_NUMBER_REFUSED', 'this looks like a card number; send the gateway’s token for it', 'method/token');
    }
    requireKnown(state);
    const amount = readPayment(body.amount, state);
    const effectiveAt = effectiveMoment(body.effectiveAt, context);
    const { shares, unapplied } = allocateMoney(state, amount, body.allocation);
    return [
      {
        type: 'PaymentApplied',
        data: {
          paymentId: context.commandId,
          confirmationNumber: confirmationNumber(context.commandId),
          amount: { amount: formatMinor(amount, state.digits), currency: state.currency },
          channel: body.channel,
          method: body.method,
          allocations: storedShares(shares, state.digits),
          unapplied: formatMinor(unapplied, state.digits),
          allocationPolicy: ALLOCATION_POLICY,
          effectiveAt,
        },
      },
    ];
  },
});

function readPayment(money: z.output<typeof MoneyInput>, state: AccountState): bigint {
  digitsOf(money.currency, 'amount/currency');
  requireCurrency(state, money.currency, 'amount/currency');
  const amount = readPositiveAmount(money.amount, money.currency, 'amount/amount');
  if (state.status === 'closed') refuseBeyondReinstatedDebt(amount, state);
  return amount;
}

/** A closed account takes money only for the debt that a returned payment reinstated, so that it never holds credit. */
function refuseBeyondReinstatedDebt(amount: bigint, state: AccountState): void {
  if (state.open === 0n) {
    refuse('ACCOUNT_CLOSED', 'the account is closed and owes nothing; pay to the customer’s current account');
  }
  if (amount > state.open) {
    const open = formatMinor(state.open, state.digits);
    refuse('PAYMENT_EXCEEDS_OPEN', `the account is closed and owes ${open}; pay no more than that`, 'amount/amount');
  }
}
