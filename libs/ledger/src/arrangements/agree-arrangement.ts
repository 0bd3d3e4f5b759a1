import { z } from 'zod';
import { type CommandContext, defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, requireBill, requireOpen } from '../billing/account-state.js';
import { Day, Identifier } from '../billing/command-fields.js';
import { disputedOf } from '../billing/disputed.js';
import { refuse } from '../billing/rejections.js';
import { addDays } from '../importing/calendar.js';
import { formatMinor } from '../money/minor-units.js';
import { AmountText, readPositiveAmount } from '../money/money.js';
import { ARRANGEMENT_POLICY } from './arrangement-policy.js';

const Instalments = z
  .array(z.strictObject({ dueOn: Day, amount: AmountText }))
  .min(1, 'must have at least one instalment: one alone is a promise to pay')
  .max(60, 'has at most 60 instalments');

/**
 * Agrees with the customer when what is open on bills is paid (CS3): in instalments, or in one as a promise. As long as they are
 * kept, those bills are not dunned for. The instalments come to what is open on the bills exactly. Bills with something in
 * dispute are left out, for nobody knows yet what of them is owed.
 */
export const AgreeArrangement = defineCommand({
  type: 'AgreeArrangement',
  decider: account,
  schema: z.strictObject({
    /** All open bills without a dispute when left out. */
    bills: z.array(Identifier).min(1, 'must name a bill, or be left out').max(100, 'has at most 100 bills').optional(),
    /** In the account's currency, in the order of their days. */
    instalments: Instalments,
  }),
  decide({ bills: named, instalments: asked }, state, context): AccountEvent[] {
    requireOpen(state);
    requireMayAgree(state, context);
    const bills = coveredBills(state, named);
    const total = bills.reduce((sum, { amount }) => sum + amount, 0n);
    const instalments = readInstalments(asked, total, state, context);
    const written = (minor: bigint) => formatMinor(minor, state.digits);
    const { version, graceDays } = ARRANGEMENT_POLICY;
    return [
      {
        type: 'ArrangementAgreed',
        data: {
          arrangementId: context.commandId,
          amount: { amount: written(total), currency: state.currency },
          bills: bills.map(({ billNumber, amount }) => ({ billNumber, amount: written(amount) })),
          instalments: instalments.map(({ dueOn, amount }) => ({ dueOn, amount: written(amount) })),
          graceDays,
          arrangementPolicy: version,
          effectiveAt: context.at,
        },
      },
    ];
  },
});

function requireMayAgree({ arrangement, brokenArrangements }: AccountState, { at }: CommandContext): void {
  if (arrangement) {
    refuse('ARRANGEMENT_EXISTS', 'the account has an arrangement; cancel it before another is agreed on');
  }
  const { mostBroken, windowDays } = ARRANGEMENT_POLICY;
  const since = addDays(at.slice(0, 10), -windowDays);
  if (brokenArrangements.filter((on) => on > since).length >= mostBroken) {
    refuse('ARRANGEMENTS_BROKEN', `${mostBroken} arrangements were broken in ${windowDays} days; there is no other`);
  }
}

function coveredBills(state: AccountState, named: readonly string[] | undefined) {
  const numbers = named ?? state.openBills.map(({ billNumber }) => billNumber);
  const bills = [...new Set(numbers)].flatMap((billNumber) => {
    const bill = requireBill(state, billNumber, 'bills');
    const { open } = bill;
    if (open > 0n && disputedOf(state, bill) === 0n) return [{ billNumber, amount: open }];
    if (named === undefined) return [];
    const why = open === 0n ? 'nothing is open on' : 'something is in dispute on';
    return refuse('BILL_NOT_ARRANGEABLE', `${why} bill ${billNumber}; leave it out`, 'bills');
  });
  if (bills.length === 0)
    refuse('NOTHING_TO_ARRANGE', 'no bill is open without a dispute; there is nothing to arrange');
  return bills;
}

function readInstalments(
  asked: z.output<typeof Instalments>,
  total: bigint,
  { currency, digits }: AccountState,
  { at }: CommandContext,
) {
  const today = at.slice(0, 10);
  const { mostInstalments, mostDays } = ARRANGEMENT_POLICY;
  if (asked.length > mostInstalments) {
    refuse('INSTALMENTS_TOO_MANY', `there are at most ${mostInstalments} instalments`, 'instalments');
  }
  let before = addDays(today, -1);
  const instalments = asked.map(({ dueOn, amount }, index) => {
    const field = `instalments/${index}`;
    if (dueOn <= before) {
      refuse(
        'INSTALMENT_DAY_WRONG',
        'instalments are ahead, each on a later day than the one before',
        `${field}/dueOn`,
      );
    }
    if (dueOn > addDays(today, mostDays)) {
      refuse('INSTALMENT_DAY_WRONG', `the last instalment is at most ${mostDays} days ahead`, `${field}/dueOn`);
    }
    before = dueOn;
    return { dueOn, amount: readPositiveAmount(amount, currency, `${field}/amount`) };
  });
  const sum = instalments.reduce((all, { amount }) => all + amount, 0n);
  if (sum !== total) {
    const [come, open] = [formatMinor(sum, digits), formatMinor(total, digits)];
    refuse(
      'INSTALMENTS_DIFFER',
      `the instalments come to ${come} and the bills to ${open}; make them equal`,
      'instalments',
    );
  }
  return instalments;
}
