import { type AccountState, type Bill } from '../billing/account-state.js';

/**
 * How much of what is open on a bill is out of collections: it draws no late fee, is not dunned, is no reason to suspend and
 * is not written off. Nothing is, until disputes (52 Pa. Code §56.141) and payment arrangements (§56.97) are part of the
 * account; whatever takes money out of collections says so here and nowhere else.
 * @returns minor units, between nothing and what is open on the bill
 */
export function outOfCollections(_state: AccountState, _bill: Bill): bigint {
  return 0n;
}
