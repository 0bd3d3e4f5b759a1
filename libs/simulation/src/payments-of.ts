import { type AccountState } from '#libs/ledger';

type Source = ReturnType<AccountState['sources']['get']> & {};

/** The payments of an account in the order they came, returned ones among them. */
export function paymentsOf({ sources }: AccountState): Source[] {
  return [...sources.values()]
    .filter(({ kind }) => kind === 'payment')
    .sort((left, right) => left.sequence - right.sequence);
}
