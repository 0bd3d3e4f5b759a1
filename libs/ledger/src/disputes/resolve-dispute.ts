import { z } from 'zod';
import { type CommandContext, defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import {
  type AccountState,
  type Dispute,
  requireBill,
  requireKnown,
  requireLine,
  type Share,
} from '../billing/account-state.js';
import { storedShares, sumOf } from '../billing/allocation.js';
import { ReasonCode } from '../billing/command-fields.js';
import { heldSource } from '../billing/money-moves.js';
import { readPaid } from '../billing/payment-fields.js';
import { refuse } from '../billing/rejections.js';
import { chargeReversed } from '../billing/reverse-charge.js';
import { addDays } from '../importing/calendar.js';
import { allocate } from '../money/allocate.js';
import { formatMinor } from '../money/minor-units.js';
import { MoneyInput } from '../money/money.js';
import { DISPUTE_POLICY } from './dispute-policy.js';

/**
 * Decides a dispute (CS2). For the customer, whole or in part: what is granted is reversed, net and taxes, and what had been
 * paid on it becomes credit; a payment is taken off its bills, so that it can be refunded. For the company: nothing is posted,
 * and what was in dispute is due again, with the days to pay that the policy gives.
 */
export const ResolveDispute = defineCommand({
  type: 'ResolveDispute',
  decider: account,
  schema: z.strictObject({
    disputeId: z.uuid('must be the dispute’s id, a UUID').toLowerCase(),
    outcome: z.enum(['customer', 'company']),
    /** What the customer is granted; all that is in dispute when not given. */
    amount: MoneyInput.optional(),
    reason: ReasonCode,
  }),
  decide({ disputeId, outcome, amount, reason }, state, context): AccountEvent[] {
    requireKnown(state);
    const dispute = requireDispute(state, disputeId);
    if (outcome === 'company' && amount) {
      refuse('DISPUTE_EXCEEDS_SUBJECT', 'nothing is granted when the company is right; leave the amount out', 'amount');
    }
    if (outcome === 'company') return [resolved(state, dispute, { outcome, granted: 0n, reason }, context)];
    return grantedEvents(state, dispute, amount && readPaid(amount, state), reason, context);
  },
});

function requireDispute({ disputes }: AccountState, disputeId: string): Dispute {
  return (
    disputes.find((dispute) => dispute.disputeId === disputeId) ??
    refuse(
      'DISPUTE_UNKNOWN',
      'no dispute with this id is open on the account; look it up, or it was resolved',
      'disputeId',
    )
  );
}

/** What is granted, posted; and the dispute resolved for the customer. @param asked all that is in dispute when undefined */
function grantedEvents(
  state: AccountState,
  dispute: Dispute,
  asked: bigint | undefined,
  reason: string,
  context: CommandContext,
): AccountEvent[] {
  if (asked !== undefined && asked > dispute.amount) {
    const message = `${formatMinor(dispute.amount, state.digits)} is in dispute; grant no more than that`;
    refuse('DISPUTE_EXCEEDS_SUBJECT', message, 'amount/amount');
  }
  const amount = asked ?? dispute.amount;
  const { paymentId } = dispute;
  const posted =
    paymentId === undefined
      ? sharesReversed(state, dispute, amount, reason, context)
      : paymentTakenOff(state, paymentId, amount, reason, context);
  const after = posted.reduce((next, event) => account.evolve(next, event), state);
  const left = requireDispute(after, dispute.disputeId);
  return [...posted, resolved(after, left, { outcome: 'customer', granted: amount, reason }, context)];
}

function sharesReversed(
  state: AccountState,
  { disputeId, shares }: Dispute,
  amount: bigint,
  reason: string,
  { commandId: reversalId, at }: CommandContext,
): AccountEvent[] {
  if (shares.length === 0) return [];
  const parts = allocate(
    amount,
    shares.map((share) => share.amount),
  );
  return shares.flatMap(({ billNumber, lineId }, index) => {
    const part = parts[index] ?? 0n;
    if (part === 0n) return [];
    const line = requireLine(requireBill(state, billNumber, 'disputeId'), lineId, 'disputeId');
    return [chargeReversed(state, billNumber, line, part, { reversalId, reason, at, disputeId })];
  });
}

/** Takes so much of the payment off the bills it was laid on last that what is granted lies on none; nothing of one that came back. */
function paymentTakenOff(
  state: AccountState,
  paymentId: string,
  amount: bigint,
  reason: string,
  { at }: CommandContext,
): AccountEvent[] {
  const { unapplied, allocations } = heldSource(state, paymentId);
  let needed = amount - unapplied;
  const released: Share[] = [];
  for (const share of allocations.toReversed()) {
    if (needed <= 0n) break;
    const part = share.amount < needed ? share.amount : needed;
    released.push({ ...share, amount: part });
    needed -= part;
  }
  if (released.length === 0) return [];
  return [
    {
      type: 'PaymentUnapplied',
      data: {
        paymentId,
        amount: { amount: formatMinor(sumOf(released), state.digits), currency: state.currency },
        released: storedShares(released, state.digits),
        reason,
        effectiveAt: at,
      },
    },
  ];
}

interface Decision {
  readonly outcome: 'customer' | 'company';
  readonly granted: bigint;
  readonly reason: string;
}

function resolved(
  state: AccountState,
  { disputeId, shares }: Dispute,
  { outcome, granted, reason }: Decision,
  { at }: CommandContext,
): AccountEvent {
  const { version, daysToPayAfter } = DISPUTE_POLICY;
  return {
    type: 'DisputeResolved',
    data: {
      disputeId,
      outcome,
      granted: { amount: formatMinor(granted, state.digits), currency: state.currency },
      released: storedShares(shares, state.digits),
      ...(shares.length > 0 && { payableBy: addDays(at.slice(0, 10), daysToPayAfter) }),
      reason,
      disputePolicy: version,
      effectiveAt: at,
    },
  };
}
