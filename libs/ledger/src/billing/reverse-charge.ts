import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { allocate } from '../money/allocate.js';
import { formatMinor } from '../money/minor-units.js';
import { digitsOf, MoneyInput, readPositiveAmount } from '../money/money.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import {
  type AccountState,
  type Line,
  requireBill,
  requireCurrency,
  requireLine,
  requireOpen,
  reversibleOf,
  type SourcedShare,
} from './account-state.js';
import { storedSourcedShares } from './allocation.js';
import { disputesSettledBy } from './disputed.js';
import { Identifier, ReasonCode } from './command-fields.js';
import { refuse } from './rejections.js';

/**
 * Takes back a charge, whole or in part. What had been paid on it goes back to its payers as credit, as far as the line
 * is now paid beyond its new total. However a line is reversed in parts, the parts sum to its net and each of its taxes
 * to the cent (a full credit note is the bill's amounts).
 */
export const ReverseCharge = defineCommand({
  type: 'ReverseCharge',
  decider: account,
  schema: z.strictObject({
    billNumber: Identifier,
    lineId: Identifier,
    /** Net and taxes together; all that is left of the line when not given. */
    amount: MoneyInput.optional(),
    reason: ReasonCode,
  }),
  decide({ billNumber, lineId, amount: asked, reason }, state, context): AccountEvent[] {
    requireOpen(state);
    const line = requireLine(requireBill(state, billNumber, 'billNumber'), lineId, 'lineId');
    const amount = reversible(line, asked, state);
    return [chargeReversed(state, billNumber, line, amount, { reason, reversalId: context.commandId, at: context.at })];
  },
});

type ChargeReversed = Extract<AccountEvent, { type: 'ChargeReversed' }>;

interface Why {
  readonly reversalId: string;
  readonly reason: string;
  readonly at: string;
  /** The dispute it is granted for. */
  readonly disputeId?: string;
}

/** The event that takes an amount, which must be left there, back from a line. */
export function chargeReversed(
  state: AccountState,
  billNumber: string,
  line: Line,
  amount: bigint,
  why: Why,
): ChargeReversed {
  const [net = 0n, ...taxes] = allocate(amount, [line.netLeft, ...line.taxesLeft.map((tax) => tax.amount)]);
  return lineReversed(state, billNumber, line, { net, taxes }, why);
}

/** The event that takes so much of the net and of each tax, which must be left there, back from a line. */
export function lineReversed(
  state: AccountState,
  billNumber: string,
  line: Line,
  { net, taxes }: { readonly net: bigint; readonly taxes: readonly bigint[] },
  { reversalId, reason, at, disputeId: grantedFor }: Why,
): ChargeReversed {
  const amount = taxes.reduce((sum, tax) => sum + tax, net);
  const written = (minor: bigint) => formatMinor(minor, state.digits);
  const disputes = disputesSettledBy(state, { billNumber, line, amount }, grantedFor);
  return {
    type: 'ChargeReversed',
    data: {
      reversalId,
      billNumber,
      lineId: line.lineId,
      service: line.service,
      amount: { amount: written(amount), currency: state.currency },
      net: written(net),
      taxes: line.taxesLeft.map(({ jurisdiction }, index) => ({ jurisdiction, amount: written(taxes[index] ?? 0n) })),
      released: storedSourcedShares(state, releasedBy(line, amount, billNumber)),
      reason,
      ...(line.isLateFee && { lateFee: true as const }),
      ...(disputes.length > 0 && {
        disputes: disputes.map(({ disputeId, amount: settled }) => ({ disputeId, amount: written(settled) })),
      }),
      effectiveAt: at,
    },
  };
}

function reversible(line: Line, asked: z.output<typeof MoneyInput> | undefined, state: AccountState): bigint {
  const left = reversibleOf(line);
  if (asked) {
    digitsOf(asked.currency, 'amount/currency');
    requireCurrency(state, asked.currency, 'amount/currency');
  }
  const amount = asked ? readPositiveAmount(asked.amount, asked.currency, 'amount/amount') : left;
  if (left === 0n && line.writtenOff > 0n) {
    refuse('CHARGE_WRITTEN_OFF', 'what is left of this charge is written off; reinstate it first', 'lineId');
  }
  if (left === 0n) refuse('CHARGE_ALREADY_REVERSED', 'nothing is left of this charge to reverse', 'lineId');
  if (amount > left) {
    const most = formatMinor(left, state.digits);
    refuse(
      'REVERSAL_EXCEEDS_CHARGE',
      `only ${most} is left of this charge; reverse no more than that`,
      'amount/amount',
    );
  }
  return amount;
}

/** What was paid beyond the line's new total, the latest payer first. */
function releasedBy(line: Line, amount: bigint, billNumber: string): SourcedShare[] {
  let excess = line.paid - (reversibleOf(line) - amount);
  const released: SourcedShare[] = [];
  for (const payer of line.paidBy.toReversed()) {
    if (excess <= 0n) break;
    const part = payer.amount < excess ? payer.amount : excess;
    released.push({ sourceId: payer.sourceId, billNumber, lineId: line.lineId, amount: part });
    excess -= part;
  }
  return released;
}
