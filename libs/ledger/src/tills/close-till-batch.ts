import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { holdsCardNumber } from '../billing/card-numbers.js';
import { Identifier, ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { AmountText, digitsOf, Money, MoneyInput } from '../money/money.js';
import { Staff } from './open-till-batch.js';
import { TillMethod } from './take-till-payment.js';
import { type Counted, type Expected, type KnownTillBatch, requireOpened, tillBatch } from './till-batch.js';
import { type TillBatchEvent } from './till-batch-events.js';
import { TILL_POLICY } from './till-policy.js';

const Counts = z
  .array(
    z.strictObject({
      means: TillMethod.shape.kind,
      amount: MoneyInput.extend({ amount: AmountText.regex(/^\+?\d/, 'must be zero or more') }),
    }),
  )
  .max(200, 'must have at most 200 entries')
  .meta({ description: 'What was counted of each means in each currency; all that the batch has taken must be named' });
const CountedTill = z.strictObject({ counts: Counts, countedBy: Staff });

/** Ends taking payments, with what was counted. A small difference is in the books at once. */
export const CloseTillBatch = defineCommand({
  type: 'CloseTillBatch',
  decider: tillBatch,
  schema: CountedTill,
  decide(body, state, { at }): TillBatchEvent[] {
    const batch = requireOpened(state);
    if (batch.status !== 'open') {
      refuse(
        'TILL_BATCH_CLOSED',
        'the batch has been closed; count it again only while its difference is not approved',
      );
    }
    return [{ type: 'TillBatchClosed', data: countedAgainst(batch, body, at) }];
  },
});

/** Counts once more, as long as the difference waits for its approval. */
export const RecountTillBatch = defineCommand({
  type: 'RecountTillBatch',
  decider: tillBatch,
  schema: CountedTill,
  decide(body, state, { at }): TillBatchEvent[] {
    const batch = requireAwaitingApproval(requireOpened(state));
    return [{ type: 'TillBatchRecounted', data: countedAgainst(batch, body, at) }];
  },
});

/** A supervisor lets a difference stand: neither whose drawer it is nor who counted it. */
export const ApproveTillDifference = defineCommand({
  type: 'ApproveTillDifference',
  decider: tillBatch,
  schema: z.strictObject({ reason: ReasonCode, approvedBy: Staff }),
  decide({ reason, approvedBy }, state, { at }): TillBatchEvent[] {
    const { opened, counted } = requireAwaitingApproval(requireOpened(state));
    if (approvedBy === opened.agent || approvedBy === counted.countedBy) {
      refuse(
        'TILL_APPROVER_INVOLVED',
        'the agent and who counted cannot approve the difference; ask another supervisor',
      );
    }
    const differences = counted.totals
      .map(({ means, currency, difference }) => ({ means, currency, difference }))
      .filter(({ difference }) => /[1-9]/.test(difference));
    return [{ type: 'TillDifferenceApproved', data: { approvedBy, reason, differences, effectiveAt: at } }];
  },
});

/** Says by which slip the cash and checks of the batch went to the bank. What the terminal charged is settled by card. */
export const RecordTillDeposit = defineCommand({
  type: 'RecordTillDeposit',
  decider: tillBatch,
  schema: z.strictObject({ reference: Identifier, depositedBy: Staff }),
  decide({ reference, depositedBy }, state, { at }): TillBatchEvent[] {
    const { status, counted } = requireOpened(state);
    if (status === 'deposited') refuse('TILL_BATCH_DEPOSITED', 'the deposit of the batch was recorded already');
    if (status !== 'closed' || !counted) {
      refuse('TILL_BATCH_NOT_CLOSED', 'close the batch, and have a difference approved, before its money is deposited');
    }
    if (holdsCardNumber(reference)) {
      refuse('CARD_NUMBER_REFUSED', 'this looks like a card number; send the number of the deposit slip', 'reference');
    }
    const amounts = depositOf(counted);
    if (amounts.length === 0) refuse('TILL_NOTHING_TO_DEPOSIT', 'neither cash nor checks were counted in the batch');
    return [{ type: 'TillBatchDeposited', data: { reference, amounts, depositedBy, effectiveAt: at } }];
  },
});

function depositOf({ totals }: Counted) {
  const sums = new Map<string, bigint>();
  for (const { means, currency, counted } of totals) {
    if (means === 'card') continue;
    sums.set(currency, (sums.get(currency) ?? 0n) + parseMinor(counted, digitsOf(currency)));
  }
  return [...sums]
    .filter(([, sum]) => sum > 0n)
    .map(([currency, sum]) => ({ amount: formatMinor(sum, digitsOf(currency)), currency }));
}

function requireAwaitingApproval(batch: KnownTillBatch): KnownTillBatch & { readonly counted: Counted } {
  const { status, counted } = batch;
  if (status === 'awaiting-approval' && counted) return { ...batch, counted };
  return refuse('TILL_APPROVAL_NOT_DUE', 'no difference of the batch waits to be approved');
}

/** Holds a count against what the batch has taken; the policy says whether somebody has to look at the difference. */
function countedAgainst(
  batch: KnownTillBatch,
  { counts, countedBy }: z.output<typeof CountedTill>,
  effectiveAt: string,
): Counted {
  if (batch.unfinished.length > 0) {
    refuse(
      'TILL_PAYMENTS_UNFINISHED',
      'what became of a payment of the batch is not known yet; close it again in a moment',
    );
  }
  const drawer = counts.map(({ means, amount }, index) => {
    if (counts.findIndex((one) => one.means === means && one.amount.currency === amount.currency) < index) {
      refuse('TILL_COUNT_TWICE', `${means} in ${amount.currency} is counted twice`, `counts/${index}`);
    }
    const { minor, currency } = Money.parse(amount, `counts/${index}/amount`);
    return { means, currency, minor };
  });
  for (const { means, currency } of batch.expected) {
    if (drawer.some((one) => one.means === means && one.currency === currency)) continue;
    refuse('TILL_COUNT_MISSING', `say how much ${means} in ${currency} there is, zero included`, 'counts');
  }
  const totals = drawer.map(({ means, currency, minor }) => {
    const expected = batch.expected.find((one) => one.means === means && one.currency === currency);
    return totalOf({ means, currency, payments: 0, amount: 0n, ...expected }, minor);
  });
  return { totals, countedBy, ...approvalOf(totals), effectiveAt };
}

function totalOf({ means, currency, payments, amount }: Expected, counted: bigint): Counted['totals'][number] {
  const text = (minor: bigint) => formatMinor(minor, digitsOf(currency));
  const sums = { expected: text(amount), counted: text(counted), difference: text(counted - amount) };
  return { means, currency, payments, ...sums };
}

/** Over and short do not make up for each other: a drawer that is 30 over in cash and 30 short in checks is 60 off. */
function approvalOf(totals: Counted['totals']): Pick<Counted, 'approval' | 'policy'> {
  const { version, approvalAbove } = TILL_POLICY;
  const limits = [...new Set(totals.map(({ currency }) => currency))].map((currency) => {
    const digits = digitsOf(currency);
    const limit = parseMinor(approvalAbove[currency] ?? '0', digits);
    const differences = totals.filter((total) => total.currency === currency).map(({ difference }) => difference);
    const off = differences.reduce((sum, text) => sum + parseMinor(text.replace('-', ''), digits), 0n);
    return { limit: { amount: formatMinor(limit, digits), currency }, isAbove: off > limit };
  });
  return {
    approval: limits.some(({ isAbove }) => isAbove) ? 'needed' : 'not-needed',
    policy: { version, approvalAbove: limits.map(({ limit }) => limit) },
  };
}
