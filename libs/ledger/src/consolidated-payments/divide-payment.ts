import { type AccountState } from '../billing/account-state.js';
import { heldBill } from '../billing/money-moves.js';

/** How a payment over several accounts finds them; within each the account's own policy holds. */
export const DIVISION_POLICY = 'oldest-due-first-over-accounts/1';

/** An account under the number, as it is. */
export interface Sharer {
  readonly accountId: string;
  readonly state: AccountState;
}

/** Who gets what of a payment, and what nobody takes; together the payment. */
interface Division {
  readonly parts: ReadonlyMap<string, bigint>;
  /** More than is owed, where every account is closed. */
  readonly left: bigint;
}

/**
 * Divides a payment over the open bills of several accounts, prior service before current whosever it is (52 Pa. Code
 * §56.24): the oldest due first, and of one day those of the account that joined first. What is more than all of them owe
 * goes to the first account that is open.
 * @param amount in minor units of the one currency of all accounts, more than nothing
 * @param promised what accounts are still to get: what is open there is paid by that, as far as it goes
 */
export function divide(
  amount: bigint,
  sharers: readonly Sharer[],
  promised: ReadonlyMap<string, bigint> = new Map(),
): Division {
  const parts = new Map<string, bigint>();
  const give = (accountId: string, part: bigint) => parts.set(accountId, (parts.get(accountId) ?? 0n) + part);
  let left = amount;
  const awaited = new Map(promised);
  for (const { accountId, open } of oldestDueFirst(sharers)) {
    const coming = lesser(awaited.get(accountId) ?? 0n, open);
    awaited.set(accountId, (awaited.get(accountId) ?? 0n) - coming);
    const part = lesser(open - coming, left);
    if (part > 0n) give(accountId, part);
    left -= part;
  }
  const taker = sharers.find(({ state }) => state.status === 'open');
  if (left === 0n || !taker) return { parts, left };
  give(taker.accountId, left);
  return { parts, left: 0n };
}

function lesser(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function oldestDueFirst(sharers: readonly Sharer[]) {
  return sharers
    .flatMap(({ accountId, state }, place) =>
      state.openBills.map(({ billNumber, dueOn }, sequence) => {
        return { accountId, place, sequence, dueOn, open: heldBill(state, billNumber).open };
      }),
    )
    .sort((one, other) => {
      if (one.dueOn !== other.dueOn) return one.dueOn < other.dueOn ? -1 : 1;
      return one.place - other.place || one.sequence - other.sequence;
    });
}
