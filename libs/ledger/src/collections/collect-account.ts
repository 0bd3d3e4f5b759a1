import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, requireKnown } from '../billing/account-state.js';
import { Day, effectiveMoment, startOf } from '../billing/command-fields.js';
import { formatMinor } from '../money/minor-units.js';
import { CollectionPolicyVersion } from './collection-policy.js';
import { stepDue, sumPursued } from './dunning.js';
import { lateFeeDue } from './late-fee.js';
import { type PastDueBill, pastDueBills } from './past-due.js';
import { isRestored, restoredBecause } from './restoring.js';
import { writtenOffBills } from './write-off.js';

/**
 * Does on an account what the collection policy has for the day, in one append: late fees, then the restoring of service or
 * the next step. Nothing when nothing is due. Asked for twice on a day, it does nothing the second time.
 */
export const CollectAccount = defineCommand({
  type: 'CollectAccount',
  decider: account,
  schema: z.strictObject({ on: Day, policy: CollectionPolicyVersion }),
  decide({ on, policy }, state, context): AccountEvent[] {
    requireKnown(state);
    effectiveMoment(startOf(on), context, 'on');
    return collectionsOn(state, policy, on, context.commandId);
  },
});

/**
 * What the policy has for an account on a day. The run, its dry run and the simulation of a policy all ask this.
 * @param writeOffId of what it may write off
 */
export function collectionsOn(
  state: AccountState,
  policy: CollectionPolicyVersion,
  on: string,
  writeOffId: string,
): AccountEvent[] {
  if (state.currency !== policy.currency) return [];
  const fees = pastDueBills(state, on).flatMap((bill) => lateFeeDue(state, bill, policy, on) ?? []);
  const charged = fees.reduce<AccountState>((next, fee) => account.evolve(next, fee), state);
  return [...fees, ...stepsOn(charged, policy, on, writeOffId)];
}

function stepsOn(state: AccountState, policy: CollectionPolicyVersion, on: string, writeOffId: string): AccountEvent[] {
  const bills = pastDueBills(state, on);
  const pursued = sumPursued(bills);
  const [version, effectiveAt] = [policy.version, startOf(on)];
  // What a person suspended, a person restores; and the run of a day does not undo what that of the next, begun early, has done.
  if (state.suspended?.policy !== undefined && state.suspended.on <= on && isRestored(state, pursued, policy.dunning)) {
    const reason = restoredBecause(state, on, policy.dunning);
    return [{ type: 'ServiceRestored', data: { reason, policy: version, effectiveAt } }];
  }
  const step = stepDue(state, bills, policy, on);
  if (!step) return [];
  if (step.data.kind === 'write-off') {
    const why = { writeOffId, reason: 'not-paid', policy: version, effectiveAt };
    return [step, ...writtenOffBills(state, byAge(bills, policy, step.data.step), why)];
  }
  if (step.data.kind !== 'suspension' || state.suspended || state.status !== 'open') return [step];
  const amount = { amount: formatMinor(pursued, state.digits), currency: state.currency };
  return [step, { type: 'ServiceSuspended', data: { reason: 'not-paid', policy: version, amount, effectiveAt } }];
}

/** The bills that are as old as the step asks, and of which nothing is out of collections. */
function byAge(
  bills: readonly PastDueBill[],
  { dunning }: CollectionPolicyVersion,
  step: string,
): readonly PastDueBill[] {
  const least = dunning?.steps.find((one) => one.step === step)?.daysPastDue ?? 0;
  return bills.filter(
    ({ bill, daysPastDue, pursued, covered }) => daysPastDue >= least && pursued + covered === bill.open,
  );
}
