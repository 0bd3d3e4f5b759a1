import { type AccountState, requireBill } from './account-state.js';
import { disputedOf } from './disputed.js';

/** What of a bill is open, and how much of that may be collected, in minor units. Collectible + disputed = open. */
export interface Collectible {
  readonly open: bigint;
  /** In dispute, or decided for the company so lately that the days to pay are not over. */
  readonly disputed: bigint;
  readonly collectible: bigint;
}

/**
 * How much of a bill may be dunned for, bear a late fee or lead to suspension on a day: what is open and not in dispute
 * (12 CFR 1026.13(d); 52 Pa. Code §56.164). It does not ask whether the bill is due.
 * @param on `2026-01-31`
 * @throws Rejected BILL_UNKNOWN
 */
export function collectibleOf(state: AccountState, billNumber: string, on: string): Collectible {
  const bill = requireBill(state, billNumber, 'billNumber');
  let disputed = disputedOf(state, bill);
  for (const respite of state.respites) {
    if (respite.billNumber === billNumber && on <= respite.until) disputed += respite.amount;
  }
  if (disputed > bill.open) disputed = bill.open;
  return { open: bill.open, disputed, collectible: bill.open - disputed };
}
