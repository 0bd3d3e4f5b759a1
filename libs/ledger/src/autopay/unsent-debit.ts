import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { Day } from '../billing/command-fields.js';
import { addDays } from '../importing/calendar.js';
import { dayOfRun } from './advance-autopay.js';
import { type AutopayDebit } from './autopay.js';
import { debitable, dropped, sumOf, whyNothing } from './autopay-debits.js';
import { type AutopayPolicy } from './autopay-policy.js';

/* A debit that was decided on and whose payment was never asked for, because the process died in between. */

/** It is made as it was decided, or not yet, or given up for a reason. */
type Fate = 'make' | 'wait' | { readonly giveUp: string };

/**
 * Whether a debit is still to be made as it was decided: its enrolment stands, its day is not past by more days than any debit
 * may be late, and all of it may still be debited. While payments are held it waits.
 */
export function fateOfUnsent(debit: AutopayDebit, state: AccountState, today: string, policy: AutopayPolicy): Fate {
  const reason = whyNotMade(debit, state, today, policy);
  if (reason !== undefined) return { giveUp: reason };
  return state.holds.length === 0 ? 'make' : 'wait';
}

/** Gives up a debit whose payment was never asked for, if by the policy of the run it is not to be made any more. */
export function giveUpUnsentDebitBy(policy: AutopayPolicy) {
  return defineCommand({
    type: 'GiveUpUnsentAutopayDebit',
    decider: account,
    schema: z.strictObject({ paymentId: z.uuid(), date: Day }),
    decide({ paymentId, date }, state, { at }): AccountEvent[] {
      const debit = state.autopay.debits.find(({ presented }) => presented?.paymentId === paymentId);
      if (debit?.status !== 'presented') return [];
      const reason = whyNotMade(debit, state, dayOfRun(date, at), policy);
      return reason === undefined ? [] : [dropped(debit, { reason }, policy, state, at)];
    },
  });
}

function whyNotMade(
  debit: AutopayDebit,
  state: AccountState,
  today: string,
  policy: AutopayPolicy,
): string | undefined {
  const { payOn, presentments, firstPresentedOn = today, presented, bills: announced } = debit;
  if (presented?.enrollmentWas !== undefined) return `enrollment-${presented.enrollmentWas}`;
  if (today > addDays(payOn, policy.latestDays)) return 'too-late';
  if (today > addDays(firstPresentedOn, policy.presentments.withinDays)) return 'presented-too-long';
  const wanted = presented?.bills ?? announced;
  // What is owed of the bills is asked as if this debit were not on its way to the bank.
  const left = account.evolve(state, dropped(debit, { reason: 'too-late' }, policy, state, `${today}T00:00:00.000Z`));
  const bills = debitable(wanted, left, today);
  if (bills.length === 0) return presentments === 1 ? whyNothing(wanted, left, today) : 'nothing-open';
  if (sumOf(bills) === sumOf(wanted)) return undefined;
  return presentments === 1 ? 'less-to-debit' : 'amount-changed';
}
