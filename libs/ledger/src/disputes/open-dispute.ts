import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import {
  type AccountState,
  type Line,
  requireBill,
  requireKnown,
  requireLine,
  requirePayment,
  reversibleOf,
  type Share,
} from '../billing/account-state.js';
import { storedShares } from '../billing/allocation.js';
import { effectiveMoment, Identifier, Instant, ReasonCode } from '../billing/command-fields.js';
import { disputedOnLine } from '../billing/disputed.js';
import { readPaid } from '../billing/payment-fields.js';
import { refuse } from '../billing/rejections.js';
import { allocate } from '../money/allocate.js';
import { formatMinor } from '../money/minor-units.js';
import { MoneyInput } from '../money/money.js';
import { DISPUTE_POLICY } from './dispute-policy.js';

const Subject = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('bill'), billNumber: Identifier }),
    z.strictObject({ kind: z.literal('charge'), billNumber: Identifier, lineId: Identifier }),
    z.strictObject({ kind: z.literal('payment'), paymentId: z.uuid('must be the payment’s id, a UUID') }),
  ],
  'must be { "kind": "bill" | "charge" | "payment" } with what it is about',
);

/**
 * Opens a dispute (CS2): from then on the amount is not past due, is not dunned for and bears no late fee (12 CFR 1026.13(d)).
 * Without an amount it is all that is left of the charge, the bill or the payment; an amount of a bill as a whole is divided
 * over its lines in proportion to what is left of each. What is paid already can be disputed too. No cent is disputed twice.
 */
export const OpenDispute = defineCommand({
  type: 'OpenDispute',
  decider: account,
  schema: z.strictObject({
    subject: Subject,
    amount: MoneyInput.optional(),
    reason: ReasonCode,
    /** When the customer objected: the postmark of a letter; now when left out. */
    effectiveAt: Instant.optional(),
  }),
  decide({ subject, amount: named, reason, effectiveAt }, state, context): AccountEvent[] {
    requireKnown(state);
    const asked = named === undefined ? undefined : readPaid(named, state);
    const places = subject.kind === 'payment' ? [] : undisputedLines(state, subject);
    const most = subject.kind === 'payment' ? undisputedOf(state, subject.paymentId) : sumOf(places);
    const amount = requireWithin(asked ?? most, most, state.digits);
    const parts =
      places.length === 0
        ? []
        : allocate(
            amount,
            places.map((place) => place.amount),
          );
    const shares = places.map((place, at) => ({ ...place, amount: parts[at] ?? 0n }));
    return [
      {
        type: 'DisputeOpened',
        data: {
          disputeId: context.commandId,
          subject,
          amount: { amount: formatMinor(amount, state.digits), currency: state.currency },
          shares: storedShares(
            shares.filter((share) => share.amount > 0n),
            state.digits,
          ),
          reason,
          disputePolicy: DISPUTE_POLICY.version,
          effectiveAt: effectiveMoment(effectiveAt, context),
        },
      },
    ];
  },
});

type OnBill = Exclude<z.output<typeof Subject>, { kind: 'payment' }>;

/** What of each line is left and not in dispute. */
function undisputedLines(state: AccountState, subject: OnBill): Share[] {
  const { billNumber } = subject;
  const bill = requireBill(state, billNumber, 'subject/billNumber');
  const lines = subject.kind === 'bill' ? bill.lines : [requireLine(bill, subject.lineId, 'subject/lineId')];
  return lines.map((line: Line) => ({
    billNumber,
    lineId: line.lineId,
    amount: reversibleOf(line) - disputedOnLine(state, billNumber, line.lineId),
  }));
}

function undisputedOf(state: AccountState, paymentId: string): bigint {
  const { amount, refunded } = requirePayment(state, paymentId);
  const disputed = state.disputes.filter((dispute) => dispute.paymentId === paymentId);
  return amount - refunded - sumOf(disputed);
}

function requireWithin(amount: bigint, most: bigint, digits: number): bigint {
  // Of a payment that was refunded since it was disputed less is left than is in dispute.
  if (most <= 0n) refuse('NOTHING_TO_DISPUTE', 'nothing is left of it that is not in dispute already', 'subject');
  if (amount > most) {
    const message = `${formatMinor(most, digits)} is left of it and not in dispute; dispute no more than that`;
    refuse('DISPUTE_EXCEEDS_SUBJECT', message, 'amount/amount');
  }
  return amount;
}

function sumOf(parts: readonly { readonly amount: bigint }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n);
}
