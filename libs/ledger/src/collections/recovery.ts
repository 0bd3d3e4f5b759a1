import { type z } from 'zod';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, type Share } from '../billing/account-state.js';
import { type AllocationInstruction, allocateMoney } from '../billing/allocation.js';
import { debtReinstated, writtenOffShares } from './write-off.js';

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
