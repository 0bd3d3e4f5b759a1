import { type CommandContext } from '#libs/event-sourcing';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, type UnusedDays } from './account-state.js';
import { unusedShare } from './prepaid.js';
import { lineReversed } from './reverse-charge.js';

interface GivenBack {
  readonly unused: readonly UnusedDays[];
  readonly run: string | undefined;
  readonly effectiveAt: string;
}

/** The reversals that give back what was charged in advance for days that were not used, one for each stretch of days. */
export function unusedReversed(
  state: AccountState,
  { unused, run, effectiveAt }: GivenBack,
  { commandId: reversalId }: CommandContext,
): AccountEvent[] {
  const reversals: AccountEvent[] = [];
  let now = state;
  for (const days of unused) {
    const { line, net, taxes } = unusedShare(now, days);
    if (net === 0n && taxes.every((tax) => tax === 0n)) continue;
    const { billNumber, from, to } = days;
    const { type, data } = lineReversed(
      now,
      billNumber,
      line,
      { net, taxes },
      {
        ...{ reversalId, reason: 'not-used', at: effectiveAt },
      },
    );
    const reversal = { type, data: { ...data, unused: { days: [{ from, to }], ...(run !== undefined && { run }) } } };
    reversals.push(reversal);
    now = account.evolve(now, reversal);
  }
  return reversals;
}
