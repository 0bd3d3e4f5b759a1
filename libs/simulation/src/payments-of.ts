import { type AccountState } from '#libs/ledger';

/** A payment as its account knows it. */
export type AccountPayment = ReturnType<AccountState['sources']['get']> & {};

/** The payments of an account in the order they came, returned ones among them. */
export function paymentsOf({ sources }: AccountState): AccountPayment[] {
  return [...sources.values()]
    .filter(({ kind }) => kind === 'payment')
    .sort((left, right) => left.sequence - right.sequence);
}
