import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, requireOpen, type Share } from './account-state.js';
import {
  ALLOCATION_POLICY,
  allocateMoney,
  AllocationInstruction,
  drawCredit,
  storedSourcedShares,
  sumOf,
} from './allocation.js';
import { formatMinor } from '../money/minor-units.js';
import { heldSource } from './money-moves.js';
import { refuse } from './rejections.js';

/**
 * Lays the account's credit on its open bills: as instructed and nothing more, or without an instruction as much as
 * there is, oldest due first.
 */
export const ApplyCredit = defineCommand({
  type: 'ApplyCredit',
  decider: account,
  schema: z.strictObject({
    allocation: AllocationInstruction.min(1, 'must have an instruction, or be left out').optional(),
  }),
  decide({ allocation }, state, context): AccountEvent[] {
    requireOpen(state);
    if (state.credit === 0n) refuse('NO_CREDIT', 'the account has no credit to apply');
    if (state.open === 0n) refuse('NOTHING_TO_APPLY', 'no bill is open; the credit stays for the next one');
    const { shares } = allocateMoney(state, state.credit, allocation, { andTheRest: allocation === undefined });
    return [creditApplied(state, shares, context.at)];
  },
});

/**
 * Credit laid on lines, taken from the account's sources first in first out. It takes effect with what it pays, but not
 * before the credit itself was there: a balance as of an earlier day must not show credit spent before it came.
 */
export function creditApplied(state: AccountState, shares: readonly Share[], effectiveAt: string): AccountEvent {
  const drawn = drawCredit(state, shares);
  const latest = drawn
    .map(({ sourceId }) => heldSource(state, sourceId).availableFrom)
    .reduce((last, next) => (next > last ? next : last), effectiveAt);
  return {
    type: 'CreditApplied',
    data: {
      amount: { amount: formatMinor(sumOf(shares), state.digits), currency: state.currency },
      allocations: storedSourcedShares(state, drawn),
      allocationPolicy: ALLOCATION_POLICY,
      effectiveAt: latest,
    },
  };
}
