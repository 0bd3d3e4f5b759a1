import { type AccountState } from '../billing/account-state.js';
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
