import { z } from 'zod';
import { type CommandContext } from '#libs/event-sourcing';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, type PendingAdjustment } from '../billing/account-state.js';
import { Identifier, ReasonCode } from '../billing/command-fields.js';
import { IssueCredit } from '../billing/issue-credit.js';
import { refuse } from '../billing/rejections.js';
import { ReverseCharge } from '../billing/reverse-charge.js';
import { ResolveDispute } from '../disputes/resolve-dispute.js';
import { addDays } from '../importing/calendar.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { MoneyInput } from '../money/money.js';
import { ADJUSTMENT_POLICY, ROLES } from './adjustment-policy.js';

/** What is taken off an account in the customer's favor. */
export const Adjustment = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('credit'), amount: MoneyInput, reason: IssueCredit.schema.shape.reason }),
    z.strictObject({
      kind: z.literal('charge-reversal'),
      billNumber: Identifier,
      lineId: Identifier,
      amount: MoneyInput.optional(),
      reason: ReasonCode,
    }),
    z.strictObject({
      kind: z.literal('dispute'),
      disputeId: z.uuid('must be the dispute’s id, a UUID').toLowerCase(),
      amount: MoneyInput.optional(),
      reason: ReasonCode,
    }),
  ],
  'must be of kind "credit", "charge-reversal" or "dispute", with what it is about',
);
type Adjustment = z.output<typeof Adjustment>;

/** Who does it, in which role: told by the request, never by its body. */
export const By = z.strictObject({ actor: z.string(), role: z.enum(ROLES) });
type By = z.output<typeof By>;

/** Refuses what nobody can be held to: two persons have to be told apart. */
export function requireNamed({ actor }: By): void {
  if (actor === 'anonymous')
    refuse('ACTOR_UNKNOWN', 'say who does it in X-Actor; nobody adjusts anonymously', 'x-actor');
}

/** What the adjustment posts, decided as its own command is. @throws Rejected */
export function postingOf(
  adjustment: Adjustment,
  state: AccountState,
  context: CommandContext,
): readonly AccountEvent[] {
  switch (adjustment.kind) {
    case 'credit': {
      const { amount, reason } = adjustment;
      return IssueCredit.decide({ amount, reason }, state, context);
    }
    case 'charge-reversal': {
      const { billNumber, lineId, amount, reason } = adjustment;
      return ReverseCharge.decide({ billNumber, lineId, reason, ...(amount && { amount }) }, state, context);
    }
    case 'dispute': {
      const { disputeId, amount, reason } = adjustment;
      const decision = { disputeId, outcome: 'customer', reason, ...(amount && { amount }) } as const;
      return ResolveDispute.decide(decision, state, context);
    }
  }
}

/** What a posting comes to, in minor units. */
export function amountOf(posting: readonly AccountEvent[], digits: number): bigint {
  for (const event of posting) {
    if (event.type === 'DisputeResolved') return parseMinor(event.data.granted.amount, digits);
  }
  const [first] = posting;
  if (first?.type !== 'CreditIssued' && first?.type !== 'ChargeReversed')
    throw new Error('an adjustment posts nothing');
  return parseMinor(first.data.amount.amount, digits);
}

/** What was adjusted on the account without a second person in the policy's window, in minor units. */
export function adjustedAlone({ adjustedAlone: latest }: AccountState, at: string): bigint {
  const since = addDays(at.slice(0, 10), -ADJUSTMENT_POLICY.windowDays);
  return latest.reduce((sum, { on, amount }) => (on > since ? sum + amount : sum), 0n);
}

export function requirePending({ adjustments }: AccountState, adjustmentId: string): PendingAdjustment {
  return (
    adjustments.find((pending) => pending.adjustmentId === adjustmentId) ??
    refuse(
      'ADJUSTMENT_UNKNOWN',
      'no adjustment with this id waits for approval; look it up, or it was decided',
      'adjustmentId',
    )
  );
}

/** A proposed adjustment as a body again, for exactly the amount that was proposed. */
export function adjustmentOf({ proposed, amount, reason }: PendingAdjustment, state: AccountState): Adjustment {
  const money = { amount: formatMinor(amount, state.digits), currency: state.currency };
  return Adjustment.parse({ ...proposed, amount: money, reason });
}
