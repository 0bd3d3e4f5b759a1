import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { layPayment } from '../collections/recovery.js';
import { formatMinor } from '../money/minor-units.js';
import { MoneyInput } from '../money/money.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, requireKnown } from './account-state.js';
import { ALLOCATION_POLICY, AllocationInstruction, storedShares } from './allocation.js';
import { effectiveByChannel } from './channel-policy.js';
import { Instant } from './command-fields.js';
import { confirmationNumber } from './confirmation-number.js';
import { Channel, Method, readPaid, refuseCardNumber } from './payment-fields.js';
import { refuse } from './rejections.js';

/**
 * Money received for the account: laid on bills as the payer instructed, the rest oldest due first, and what no bill
 * takes is kept as credit. The payment's id is the command's unless it has one, and the confirmation number follows from it.
 */
export const ApplyPayment = defineCommand({
  type: 'ApplyPayment',
  decider: account,
  schema: z.strictObject({
    /** Of a payment that has a life of its own before it comes here; then it is applied once, whatever the command. */
    paymentId: z.uuid().optional(),
    /** Of a part of a payment over several accounts: the whole of it. */
    partOf: z.strictObject({ paymentId: z.uuid(), amount: MoneyInput }).optional(),
    amount: MoneyInput,
    channel: Channel,
    method: Method,
    allocation: AllocationInstruction.optional(),
    effectiveAt: Instant.optional(),
  }),
  decide(body, state, context): AccountEvent[] {
    refuseCardNumber(body.method);
    requireKnown(state);
    const { paymentId = context.commandId } = body;
    if (body.paymentId !== undefined && state.sources.get(paymentId)) return [];
    refuseWhileHeld(state);
    const amount = readPaid(body.amount, state);
    if (state.status === 'closed') refuseBeyondReinstatedDebt(amount, state);
    const effective = effectiveByChannel(body.channel, body.effectiveAt, context);
    const { effectiveAt } = effective;
    const { reinstated, shares, unapplied } = layPayment(state, amount, { paymentId, effectiveAt }, body.allocation);
    return [
      ...reinstated,
      {
        type: 'PaymentApplied',
        data: {
          paymentId,
          confirmationNumber: confirmationNumber(body.partOf?.paymentId ?? paymentId),
          amount: { amount: formatMinor(amount, state.digits), currency: state.currency },
          channel: body.channel,
          method: body.method,
          allocations: storedShares(shares, state.digits),
          unapplied: formatMinor(unapplied, state.digits),
          allocationPolicy: ALLOCATION_POLICY,
          ...(body.partOf && { partOf: body.partOf }),
          ...effective,
        },
      },
    ];
  },
});

/** Says which hold stands in the way, so that the right one is asked about, and never why it was placed. */
function refuseWhileHeld({ holds: [hold] }: AccountState): void {
  if (hold === undefined) return;
  refuse('PAYMENTS_HELD', `payments of the account are held; ask the fraud desk to release hold ${hold}`);
}

/**
 * A closed account takes money only for the debt that a returned payment reinstated, and for what was written off, so that it
 * never holds credit.
 */
function refuseBeyondReinstatedDebt(amount: bigint, state: AccountState): void {
  const owed = state.open + state.writtenOff;
  if (owed === 0n) {
    refuse('ACCOUNT_CLOSED', 'the account is closed and owes nothing; pay to the customer’s current account');
  }
  if (amount > owed) {
    const open = formatMinor(owed, state.digits);
    refuse('PAYMENT_EXCEEDS_OPEN', `the account is closed and owes ${open}; pay no more than that`, 'amount/amount');
  }
}
