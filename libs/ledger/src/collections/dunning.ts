import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, type Bill } from '../billing/account-state.js';
import { startOf } from '../billing/command-fields.js';
import { daysBetween } from '../billing-run/cycle.js';
import { addDays } from '../importing/calendar.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { type CollectionPolicyVersion, type DunningTerms } from './collection-policy.js';
import { type PastDueBill } from './past-due.js';
import { isRestored } from './restoring.js';

type Step = DunningTerms['steps'][number];
type DunningStepTaken = Extract<AccountEvent, { type: 'DunningStepTaken' }>;

/** All that is pursued of bills, in minor units. */
export function sumPursued(bills: readonly PastDueBill[]): bigint {
  return bills.reduce((sum, { pursued }) => sum + pursued, 0n);
}

/**
 * The step that is due on an account: the first that was not taken yet for the bill that is longest past due. So whoever pays
 * that bill begins anew with the next, and a run that comes late takes no two steps at once: between a final notice and the
 * suspension the days are given that the policy promises, however late the notice was (52 Pa. Code §56.91). Where notices have
 * lapsed, all from the final notice on is taken once more: nobody is suspended a second time who was not told a second time.
 * @param bills past due, the first due first
 */
export function stepDue(
  state: AccountState,
  bills: readonly PastDueBill[],
  { version, dunning, currency }: CollectionPolicyVersion,
  on: string,
): DunningStepTaken | undefined {
  const [oldest] = bills;
  const pursued = sumPursued(bills);
  if (!oldest || !dunning || pursued < parseMinor(dunning.leastPastDue, state.digits)) return undefined;
  const { billNumber, dueOn, dunned } = oldest.bill;
  // What is little enough for service to be given back is no reason to threaten with its suspension, or to suspend it.
  const isLittle = isRestored(state, pursued, dunning);
  const standing = isLittle ? dunned : notLapsed(dunned, state.dunningRound);
  const next = dunning.steps.findIndex(
    ({ step, kind }) =>
      !(isLittle && (kind === 'final-notice' || kind === 'suspension')) &&
      !standing.some((taken) => taken.step === step),
  );
  const step = dunning.steps[next];
  if (!step || oldest.daysPastDue < step.daysPastDue) return undefined;
  const last = dunned.at(-1);
  if (last && daysBetween(last.on, on) < step.daysAfterStep) return undefined;
  const suspendsFrom = step.kind === 'final-notice' ? suspensionAfter(dunning.steps.slice(next), dueOn, on) : undefined;
  return {
    type: 'DunningStepTaken',
    data: {
      ...{ step: step.step, kind: step.kind, billNumber, dueOn },
      amount: { amount: formatMinor(pursued, state.digits), currency },
      ...(suspendsFrom !== undefined && { suspendsFrom }),
      policy: version,
      effectiveAt: startOf(on),
    },
  };
}

function notLapsed(dunned: Bill['dunned'], current: number): Bill['dunned'] {
  const from = dunned.findIndex(({ kind, round }) => kind === 'final-notice' && round < current);
  return from === -1 ? dunned : dunned.filter(({ round }, at) => at < from || round === current);
}

/** The first day on which the suspension that follows a notice can come, when the run is there every day. */
function suspensionAfter([, ...after]: readonly Step[], dueOn: string, on: string): string | undefined {
  let day = on;
  for (const { kind, daysPastDue, daysAfterStep } of after) {
    const [byDue, byStep] = [addDays(dueOn, daysPastDue), addDays(day, daysAfterStep)];
    day = byDue > byStep ? byDue : byStep;
    if (kind === 'suspension') return day;
  }
  return undefined;
}
