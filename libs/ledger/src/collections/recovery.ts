import { type z } from 'zod';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import {
  type AccountState,
  openOf,
  requireBill,
  requireLine,
  reversibleOf,
  type Share,
} from '../billing/account-state.js';
import { type AllocationInstruction, allocateMoney } from '../billing/allocation.js';
import { disputedOnLine } from '../billing/disputed.js';
import { debtReinstated, debtWrittenOff, writtenOffShares } from './write-off.js';

interface Laid {
  /** Written-off debt that the money recovers, put on the books again: goes before the payment, in the same append. */
  readonly reinstated: readonly AccountEvent[];
  readonly shares: readonly Share[];
  readonly unapplied: bigint;
}

/**
 * Lays a payment on open bills, and what is more than they take on written-off debt, the first due first. That is put on the
 * books again together with the payment, which is then laid on it like on any bill.
 */
export function layPayment(
  state: AccountState,
  amount: bigint,
  payment: { readonly paymentId: string; readonly effectiveAt: string },
  instruction?: z.output<typeof AllocationInstruction>,
): Laid {
  const onOpen = allocateMoney(state, amount, instruction);
  const recovered = writtenOffShares(state, onOpen.unapplied);
  if (recovered.length === 0) return { reinstated: [], ...onOpen };
  const reinstated = debtReinstated(state, recovered, { reason: 'paid', ...payment });
  return { reinstated: [reinstated], ...allocateMoney(account.evolve(state, reinstated), amount, instruction) };
}

/**
 * The end of a recovery whose payment is returned: what it had come for is written off as it was before, and is recovered no more.
 * Not what others have paid meanwhile, nor what was reversed or is in dispute: nobody gives that up. Nor where the payment gave
 * service back: who has service for debt that came back is asked for it and told what follows, which nobody is of what is written off.
 * @param before the account as it was before the return
 */
export function recoveryLost(
  before: AccountState,
  returned: AccountEvent,
  why: { readonly paymentId: string; readonly writeOffId: string; readonly effectiveAt: string },
): AccountEvent[] {
  const state = account.evolve(before, returned);
  const recoveries = before.recoveries.filter(({ paymentId }) => paymentId === why.paymentId);
  const isServed = state.status === 'open' && !state.suspended;
  if (isServed && recoveries.some(({ service }) => service === 'given-back')) return [];
  const recovered = recoveries.flatMap(({ shares }) => shares);
  const shares = recovered.flatMap((share) => {
    const line = requireLine(requireBill(state, share.billNumber, 'paymentId'), share.lineId, 'paymentId');
    const undisputed = reversibleOf(line) - disputedOnLine(state, share.billNumber, share.lineId);
    const amount = [openOf(line), undisputed].reduce((least, most) => (most < least ? most : least), share.amount);
    return amount > 0n ? [{ ...share, amount }] : [];
  });
  return shares.length === 0 ? [] : [debtWrittenOff(state, shares, { reason: 'payment-returned', ...why })];
}
