import { type AccountState, type Share } from '../billing/account-state.js';
import { type AllocationInstruction, allocateMoney } from '../billing/allocation.js';
import { type z } from 'zod';
import { writtenOffShares } from './write-off.js';

/**
 * What of written-off debt a payment recovers: as far as it is more than open bills take, the debt that was due first. It is
 * put on the books again together with the payment, which is then laid on it like on any bill.
 */
export function recoveredBy(
  state: AccountState,
  amount: bigint,
  instruction: z.output<typeof AllocationInstruction> | undefined,
): Share[] {
  if (state.writtenOff === 0n) return [];
  return writtenOffShares(state, allocateMoney(state, amount, instruction).unapplied);
}
