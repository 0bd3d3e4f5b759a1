import { z } from 'zod';
import { type Decider, defineCommand, type EventOf, eventRegistry } from '#libs/event-sourcing';
import { effectiveMoment, Instant, ReasonCode } from '../billing/command-fields.js';
import { confirmationNumber } from '../billing/confirmation-number.js';
import { Channel, Method, refuseCardNumber } from '../billing/payment-fields.js';
import { refuse } from '../billing/rejections.js';
import { formatMinor } from '../money/minor-units.js';
import { digitsOf, MoneyInput, readPositiveAmount } from '../money/money.js';
import { PayBillNumberInput } from '../pay-bill-numbers/pay-bill-number.js';

/* Storage format, as account-events.ts. */

const At = z.iso.datetime();
const Amount = z.string().regex(/^\d+(\.\d+)?$/);
const Part = z.strictObject({ accountId: z.uuid(), paymentId: z.uuid(), amount: Amount });
/** What no account takes: an unidentified receipt, for a person to say whose it is. */
const Left = z.strictObject({ receiptId: z.uuid(), amount: Amount });
const Division = { parts: z.array(Part), left: Left.optional(), allocationPolicy: z.string() };

export const consolidatedPaymentEvents = eventRegistry({
  ConsolidatedPaymentReceived: {
    version: 1,
    schema: z.strictObject({
      payBillNumber: z.string(),
      confirmationNumber: z.string(),
      amount: z.strictObject({ amount: Amount, currency: z.string().length(3) }),
      channel: z.enum(['online', 'phone', 'in-person', 'mail-in', 'autopay']),
      method: z.strictObject({
        kind: z.enum(['card', 'bank-account', 'check', 'cash', 'other']),
        token: z.string().optional(),
      }),
      /** What no account took of a payment, assigned to a number that others share: the whole of it. */
      partOf: z
        .strictObject({
          paymentId: z.uuid(),
          amount: z.strictObject({ amount: Amount, currency: z.string().length(3) }),
        })
        .optional(),
      effectiveAt: At,
    }),
  },
  /** What goes to which account. The parts, and what is left, are together the amount. */
  ConsolidatedPaymentDivided: { version: 1, schema: z.strictObject({ ...Division, effectiveAt: At }) },
  /**
   * The account of a part was closed before it took it: nothing of it was applied there, nor will be. The parts that take its
   * place, and what is left, come to it.
   */
  ConsolidatedPartMoved: {
    version: 1,
    schema: z.strictObject({ paymentId: z.uuid(), code: z.string(), ...Division, effectiveAt: At }),
  },
  /** All parts are on their accounts, and what is left is on the work list. */
  ConsolidatedPaymentApplied: { version: 1, schema: z.strictObject({ effectiveAt: At }) },
  /** An account would not take its part for now: it is tried again. */
  ConsolidatedPartRefused: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), code: z.string(), effectiveAt: At }),
  },
  /** The bank took the payment back. */
  ConsolidatedReturnReceived: {
    version: 1,
    schema: z.strictObject({ returnCode: z.string().optional(), reason: z.string(), effectiveAt: At }),
  },
  /** All parts are returned on their accounts. */
  ConsolidatedPaymentReturned: { version: 1, schema: z.strictObject({ effectiveAt: At }) },
});

export type ConsolidatedPaymentEvent = EventOf<typeof consolidatedPaymentEvents>;
type Data<Type extends ConsolidatedPaymentEvent['type']> = Extract<ConsolidatedPaymentEvent, { type: Type }>['data'];

export const CONSOLIDATED_PAYMENT_STATUSES = ['received', 'divided', 'applied', 'returning', 'returned'] as const;

/** The payment that the payer made: parts of it have its confirmation number, and it alone is returned. */
export function wholeOf(paymentId: string, { amount, partOf }: KnownConsolidatedPayment['asked']) {
  return partOf ?? { paymentId, amount };
}

/** What an account gets. */
export interface PaymentPart extends z.output<typeof Part> {
  /** The part of an account that was closed, whose place it takes. */
  readonly insteadOf?: string;
}

export interface KnownConsolidatedPayment {
  readonly status: (typeof CONSOLIDATED_PAYMENT_STATUSES)[number];
  readonly asked: Data<'ConsolidatedPaymentReceived'>;
  readonly parts: readonly PaymentPart[];
  /** What no account takes, as it became receipts; with the parts it comes to the payment. */
  readonly left: readonly z.output<typeof Left>[];
  /** The account that would not take its part when it was last asked, and why. */
  readonly refused?: { readonly accountId: string; readonly code: string };
  readonly taken?: Data<'ConsolidatedReturnReceived'>;
}

export type ConsolidatedPaymentState = { readonly status: 'new' } | KnownConsolidatedPayment;

/**
 * A payment to a number that several accounts are under (ID3), stream `consolidatedPayment-<payment id>`. For the payer it is
 * one payment with one confirmation number; each account gets a part of it, carried there by a process.
 */
export const consolidatedPayment: Decider<ConsolidatedPaymentState, ConsolidatedPaymentEvent> = {
  category: 'consolidatedPayment',
  events: consolidatedPaymentEvents,
  initialState: { status: 'new' },
  evolve(state, event) {
    if (event.type === 'ConsolidatedPaymentReceived')
      return { status: 'received', asked: event.data, parts: [], left: [] };
    if (state.status === 'new') throw new Error(`history is broken: a payment begins with ${event.type}`);
    switch (event.type) {
      case 'ConsolidatedPaymentDivided': {
        const { parts, left } = event.data;
        return { ...state, status: 'divided', parts, left: left ? [left] : [] };
      }
      case 'ConsolidatedPartMoved':
        return moved(state, event.data);
      case 'ConsolidatedPaymentApplied': {
        const { refused: _, ...applied } = state;
        return { ...applied, status: 'applied' };
      }
      case 'ConsolidatedPartRefused': {
        const { accountId, code } = event.data;
        return { ...state, refused: { accountId, code } };
      }
      case 'ConsolidatedReturnReceived':
        return { ...state, status: 'returning', taken: event.data };
      case 'ConsolidatedPaymentReturned':
        return { ...state, status: 'returned' };
    }
  },
};

function moved(
  state: KnownConsolidatedPayment,
  { paymentId, parts, left }: Data<'ConsolidatedPartMoved'>,
): KnownConsolidatedPayment {
  const { refused, ...rest } = state;
  const instead = parts.map((part) => ({ ...part, insteadOf: paymentId }));
  const from = state.parts.find((part) => part.paymentId === paymentId);
  return {
    ...rest,
    ...(refused && refused.accountId !== from?.accountId && { refused }),
    parts: [...state.parts.filter((part) => part !== from), ...instead],
    left: [...state.left, ...(left ? [left] : [])],
  };
}

/** Takes the payment, before anything is said about accounts: from here on the money is not lost. */
export const ReceiveConsolidatedPayment = defineCommand({
  type: 'ReceiveConsolidatedPayment',
  decider: consolidatedPayment,
  schema: z.strictObject({
    payBillNumber: PayBillNumberInput,
    amount: MoneyInput,
    channel: Channel,
    method: Method,
    /** Of what is left of a payment: the whole of it. */
    partOf: z.strictObject({ paymentId: z.uuid(), amount: MoneyInput }).optional(),
    effectiveAt: Instant.optional(),
  }),
  decide(body, state, context): ConsolidatedPaymentEvent[] {
    refuseCardNumber(body.method);
    if (state.status !== 'new') refuse('PAYMENT_EXISTS', 'this payment was taken already');
    const digits = digitsOf(body.amount.currency, 'amount/currency');
    const minor = readPositiveAmount(body.amount.amount, body.amount.currency, 'amount/amount');
    return [
      {
        type: 'ConsolidatedPaymentReceived',
        data: {
          payBillNumber: body.payBillNumber,
          confirmationNumber: confirmationNumber(body.partOf?.paymentId ?? context.id),
          amount: { amount: formatMinor(minor, digits), currency: body.amount.currency },
          channel: body.channel,
          method: body.method,
          ...(body.partOf && { partOf: body.partOf }),
          effectiveAt: effectiveMoment(body.effectiveAt, context),
        },
      },
    ];
  },
});

/** Says which account gets what, once. */
export const DivideConsolidatedPayment = defineCommand({
  type: 'DivideConsolidatedPayment',
  decider: consolidatedPayment,
  schema: z.strictObject(Division),
  decide: (body, { status }, { at }): ConsolidatedPaymentEvent[] =>
    status === 'received' ? [{ type: 'ConsolidatedPaymentDivided', data: { ...body, effectiveAt: at } }] : [],
});

/** Says where a part goes whose account was closed, once. */
export const MoveConsolidatedPart = defineCommand({
  type: 'MoveConsolidatedPart',
  decider: consolidatedPayment,
  schema: z.strictObject({ paymentId: z.uuid(), code: z.string(), ...Division }),
  decide(body, state, { at }): ConsolidatedPaymentEvent[] {
    const stands = state.status === 'divided' && state.parts.some(({ paymentId }) => paymentId === body.paymentId);
    return stands ? [{ type: 'ConsolidatedPartMoved', data: { ...body, effectiveAt: at } }] : [];
  },
});

/** Notes what the accounts have done; said again it changes nothing. */
export const RecordPartsDone = defineCommand({
  type: 'RecordPartsDone',
  decider: consolidatedPayment,
  schema: z.discriminatedUnion('done', [
    z.strictObject({ done: z.literal('applied') }),
    z.strictObject({ done: z.literal('returned') }),
    z.strictObject({ done: z.literal('refused'), accountId: z.uuid(), code: z.string() }),
  ]),
  decide(body, state, { at: effectiveAt }): ConsolidatedPaymentEvent[] {
    if (state.status === 'new') return [];
    if (body.done === 'refused') {
      const { accountId, code } = body;
      const { refused } = state;
      if (refused?.accountId === accountId && refused.code === code) return [];
      return [{ type: 'ConsolidatedPartRefused', data: { accountId, code, effectiveAt } }];
    }
    if (body.done === 'applied') {
      return state.status === 'divided' ? [{ type: 'ConsolidatedPaymentApplied', data: { effectiveAt } }] : [];
    }
    return state.status === 'returning' ? [{ type: 'ConsolidatedPaymentReturned', data: { effectiveAt } }] : [];
  },
});

/** The bank took the payment back: all of its parts are returned. */
export const ReturnConsolidatedPayment = defineCommand({
  type: 'ReturnConsolidatedPayment',
  decider: consolidatedPayment,
  schema: z.strictObject({
    returnCode: z
      .string()
      .regex(/^[A-Z0-9]{2,8}$/, 'must be the bank’s code such as "R01": 2 to 8 capitals and figures')
      .optional(),
    reason: ReasonCode,
    /** The payment that it is left of, which is being returned. */
    partOf: z.uuid().optional(),
    effectiveAt: Instant.optional(),
  }),
  decide({ effectiveAt, partOf, ...why }, state, context): ConsolidatedPaymentEvent[] {
    if (state.status === 'new') refuse('PAYMENT_UNKNOWN', 'no payment with this id was taken; check the id');
    const { status, asked } = state;
    if (asked.partOf && asked.partOf.paymentId !== partOf) {
      refuse('PAYMENT_IS_PART', 'the payment is what was left of another; record the return of the whole of that');
    }
    if (status === 'returning' || status === 'returned') {
      refuse('PAYMENT_ALREADY_RETURNED', 'the payment was returned; nothing of it is left');
    }
    if (status !== 'applied') {
      refuse('PAYMENT_NOT_APPLIED', 'parts of the payment are still on their way to accounts; try again later');
    }
    const data = { ...why, effectiveAt: effectiveMoment(effectiveAt, context) };
    return [{ type: 'ConsolidatedReturnReceived', data }];
  },
});
