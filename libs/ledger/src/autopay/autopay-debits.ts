import { type AccountState } from '../billing/account-state.js';
import { collectibleOf } from '../billing/collectible.js';
import { formatMinor } from '../money/minor-units.js';
import { type AutopayDebit, type AutopayEvent, type BillShare } from './autopay.js';
import { type AutopayPolicy } from './autopay-policy.js';

/** What of a debit is for what, as events write it. */
export function stated(bills: readonly BillShare[], { currency, digits }: AccountState) {
  const amount = formatMinor(sumOf(bills), digits);
  return {
    amount: { amount, currency },
    bills: bills.map((share) => ({ billNumber: share.billNumber, amount: formatMinor(share.amount, digits) })),
  };
}

export function sumOf(bills: readonly { readonly amount: bigint }[]): bigint {
  return bills.reduce((sum, { amount }) => sum + amount, 0n);
}

/** What may be debited of bills on a day, of each no more than is wanted; those of which nothing may be are left out. */
export function debitable(wanted: readonly BillShare[], state: AccountState, on: string): BillShare[] {
  return wanted.flatMap(({ billNumber, amount }) => {
    const open = collectibleOf(state, billNumber, on).collectible;
    return open > 0n ? [{ billNumber, amount: open < amount ? open : amount }] : [];
  });
}

/** Why nothing may be debited of bills on a day. */
export function whyNothing(bills: readonly BillShare[], state: AccountState, on: string): string {
  const left = bills.map(({ billNumber }) => collectibleOf(state, billNumber, on));
  if (left.every(({ open }) => open === 0n)) return 'nothing-open';
  return left.every(({ open, covered }) => open === covered) ? 'covered-by-credit' : 'put-off';
}

/** The debit is not made, or not again. */
export function dropped(
  { debitId, bills, presented }: AutopayDebit,
  why: { readonly reason: string; readonly code?: string },
  { version: policy }: AutopayPolicy,
  state: AccountState,
  effectiveAt: string,
): Extract<AutopayEvent, { type: 'AutopayDebitDropped' }> {
  return {
    type: 'AutopayDebitDropped',
    data: { debitId, ...stated(presented?.bills ?? bills, state), ...why, policy, effectiveAt },
  };
}
