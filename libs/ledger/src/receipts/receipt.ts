import { type Decider, defineCommand, type EventOf, eventRegistry, Rejected } from '#libs/event-sourcing';
import { z } from 'zod';
import { effectiveMoment, Instant, ReasonCode } from '../billing/command-fields.js';

/*
 * Storage format, as account-events.ts. What the payer wrote, and who the payer is, is not kept here: it stands in the
 * bank's file, and `source` says where; or it was never known, of a payment by number.
 */

const Money = z.strictObject({ amount: z.string().regex(/^\d+(\.\d+)?$/), currency: z.string().length(3) });
const Code = z.string().regex(/^[A-Z0-9_]{1,64}$/);

const Recorded = {
  /** A credit is money that came in; a return is money of an earlier payment that the bank took back. */
  kind: z.enum(['credit', 'return']),
  amount: Money,
  /** Why it could not be applied: a code of the matching or of the account that refused it. */
  because: Code,
  /** The bank's own code of a return: `R01`. */
  returnCode: z.string().max(8).optional(),
  /** By which the bank knows it: trace number, check number, bank reference. */
  bankReference: z.string().max(64).optional(),
  /** Last characters of the payer's account. */
  accountEnding: z.string().max(4).optional(),
  source: z
    .strictObject({
      digest: z.string(),
      format: z.string(),
      item: z.int().positive(),
      /** Line of the file, counted from 1. */
      record: z.int().positive(),
    })
    .optional(),
  /** The payment over several accounts that it is left of: those were closed before they took it. */
  leftOf: z.uuid().optional(),
  /** When the bank had it, or the payer paid. */
  effectiveAt: Instant,
};

const At = z.iso.datetime();
/** Whose it is: an account; of a return the payment, or the receipt that no account has had, that comes back. */
const Target = { accountId: z.uuid().optional(), paymentId: z.uuid().optional(), receiptId: z.uuid().optional() };
/** Who moved it: we did, or the bank took it. Events stored before that was told have neither. */
const How = z.enum(['sent-back', 'taken-back']);
/** The payer paid it, or the money had never reached them; or nobody will. */
const ClaimEnd = z.enum(['recovered', 'written-off']);

export const receiptEvents = eventRegistry({
  ReceiptRecorded: { version: 1, schema: z.strictObject({ ...Recorded, effectiveAt: At }) },
  /** Meant for an account, a payment or another receipt, whose own stream has yet to take it: until then nobody else gets it. */
  ReceiptAssigned: { version: 1, schema: z.strictObject({ ...Target, effectiveAt: At }) },
  /** The account did not take it. */
  ReceiptReleased: { version: 1, schema: z.strictObject({ because: Code, effectiveAt: At }) },
  ReceiptApplied: {
    version: 1,
    schema: z.strictObject({ paymentId: z.uuid().optional(), receiptId: z.uuid().optional(), effectiveAt: At }),
  },
  /** The money went back to where it came from. */
  ReceiptReturned: {
    version: 1,
    schema: z.strictObject({ reason: z.string(), how: How.optional(), effectiveAt: At }),
  },
  /**
   * We sent it back and the bank took it as well, whichever came first; or the bank took what had paid such a claim. It has gone
   * out twice, and is a claim on the payer.
   */
  ReceiptReturnedTwice: {
    version: 1,
    schema: z.strictObject({
      amount: Money,
      returnCode: z.string().max(8).optional(),
      reason: z.string(),
      effectiveAt: At,
    }),
  },
  /** The claim has an end. */
  ReceiptClaimSettled: {
    version: 1,
    schema: z.strictObject({ amount: Money, as: ClaimEnd, reason: z.string(), effectiveAt: At }),
  },
});

export type ReceiptEvent = EventOf<typeof receiptEvents>;

type Data<Type extends ReceiptEvent['type']> = Extract<ReceiptEvent, { type: Type }>['data'];

export interface ReceiptState {
  readonly status:
    'unknown' | 'unidentified' | 'assigned' | 'applied' | 'returned' | 'returned-twice' | 'claim-settled';
  readonly recorded?: Data<'ReceiptRecorded'>;
  readonly assignment?: Omit<Data<'ReceiptAssigned'>, 'effectiveAt'> | undefined;
  /** The payment that it was applied as. */
  readonly appliedAs?: string | undefined;
  readonly returned?: Pick<Data<'ReceiptReturned'>, 'reason' | 'how'>;
}

/** Money that nobody could be found for (`receipt-<id>`), until somebody says whose it is (PA8). */
export const receipt: Decider<ReceiptState, ReceiptEvent> = {
  category: 'receipt',
  events: receiptEvents,
  initialState: { status: 'unknown' },
  evolve(state, event): ReceiptState {
    switch (event.type) {
      case 'ReceiptRecorded':
        return { status: 'unidentified', recorded: event.data };
      case 'ReceiptAssigned': {
        const { effectiveAt: _, ...assignment } = event.data;
        return { ...state, status: 'assigned', assignment };
      }
      case 'ReceiptReleased': {
        const recorded = state.recorded && { ...state.recorded, because: event.data.because };
        return { status: 'unidentified', ...(recorded && { recorded }) };
      }
      case 'ReceiptApplied':
        return { ...state, status: 'applied', appliedAs: event.data.paymentId };
      case 'ReceiptReturned': {
        const { reason, how } = event.data;
        return { ...state, status: 'returned', returned: { reason, how } };
      }
      case 'ReceiptReturnedTwice':
        return { ...state, status: 'returned-twice' };
      case 'ReceiptClaimSettled':
        return { ...state, status: 'claim-settled' };
    }
  },
};

/** Keeps money that could not be applied; doing it again changes nothing. */
export const RecordReceipt = defineCommand({
  type: 'RecordReceipt',
  decider: receipt,
  schema: z.strictObject(Recorded),
  decide: (body, { status }): ReceiptEvent[] => (status === 'unknown' ? [{ type: 'ReceiptRecorded', data: body }] : []),
});

/** Says whose it is. The same again changes nothing, so that what was interrupted can be ended. */
export const AssignReceipt = defineCommand({
  type: 'AssignReceipt',
  decider: receipt,
  schema: z.strictObject(Target),
  decide(body, state, { at }): ReceiptEvent[] {
    const { assignment } = state;
    if (assignment && isSame(assignment, body)) return [];
    requireStatus(state, ['unidentified', 'assigned']);
    if (assignment) {
      throw new Rejected('RECEIPT_ASSIGNED', 'the receipt is being applied to something else; assign it there again');
    }
    return [{ type: 'ReceiptAssigned', data: { ...body, effectiveAt: at } }];
  },
});

/** The account refused it: it is unidentified again. */
export const ReleaseReceipt = defineCommand({
  type: 'ReleaseReceipt',
  decider: receipt,
  schema: z.strictObject({ because: Code }),
  decide: ({ because }, { status }, { at }): ReceiptEvent[] =>
    status === 'assigned' ? [{ type: 'ReceiptReleased', data: { because, effectiveAt: at } }] : [],
});

/** The account has it, or of a return the receipt that came back. */
export const SettleReceipt = defineCommand({
  type: 'SettleReceipt',
  decider: receipt,
  schema: z.strictObject({ paymentId: z.uuid().optional(), receiptId: z.uuid().optional() }),
  decide: (body, { status }, { at }): ReceiptEvent[] =>
    status === 'assigned' ? [{ type: 'ReceiptApplied', data: { ...body, effectiveAt: at } }] : [],
});

/** We send the money back to where it came from. What the bank had taken before has gone out twice. */
export const ReturnReceipt = defineCommand({
  type: 'ReturnReceipt',
  decider: receipt,
  schema: z.strictObject({ reason: ReasonCode }),
  decide({ reason }, state, { at }): ReceiptEvent[] {
    const { recorded, returned } = state;
    const takenBack = returned?.how === 'taken-back';
    requireStatus(state, takenBack ? ['returned'] : ['unidentified']);
    if (recorded?.kind === 'return') {
      throw new Rejected(
        'RECEIPT_IS_RETURN',
        'the bank has this money already; assign it to the payment that came back',
      );
    }
    if (takenBack) {
      return [{ type: 'ReceiptReturnedTwice', data: { amount: recorded!.amount, reason, effectiveAt: at } }];
    }
    return [{ type: 'ReceiptReturned', data: { reason, how: 'sent-back', effectiveAt: at } }];
  },
});

/** The bank took the money back. What we had sent back before, or what had paid a claim, has gone out twice. */
export const TakeBackReceipt = defineCommand({
  type: 'TakeBackReceipt',
  decider: receipt,
  schema: z.strictObject({
    returnCode: z.string().max(8).optional(),
    reason: ReasonCode,
    effectiveAt: Instant.optional(),
  }),
  decide({ returnCode, reason, effectiveAt }, state, context): ReceiptEvent[] {
    const { status, recorded, assignment, returned } = state;
    const isForReceipt = assignment?.receiptId !== undefined;
    requireStatus(state, isForReceipt ? ['applied'] : ['unidentified', 'returned']);
    if (recorded?.kind !== 'credit') throw new Rejected('RECEIPT_IS_RETURN', 'the bank has this money already');
    const when = effectiveMoment(effectiveAt, context);
    if (returned?.how === 'taken-back') {
      throw new Rejected('RECEIPT_TAKEN_BACK', 'the bank took this money back before; look for another receipt');
    }
    // Stored before it was told who moved it: what says the bank’s own reason was the bank’s. It is told now, once.
    const byBank = returned?.how === undefined && returned?.reason === reason;
    if (status === 'unidentified' || byBank) {
      return [{ type: 'ReceiptReturned', data: { reason, how: 'taken-back', effectiveAt: when } }];
    }
    const why = { ...(returnCode !== undefined && { returnCode }), reason };
    return [{ type: 'ReceiptReturnedTwice', data: { amount: recorded.amount, ...why, effectiveAt: when } }];
  },
});

/** The claim on a payer to whom money has gone twice has an end. */
export const SettleReceiptClaim = defineCommand({
  type: 'SettleReceiptClaim',
  decider: receipt,
  schema: z.strictObject({ as: ClaimEnd, reason: ReasonCode, effectiveAt: Instant.optional() }),
  decide({ as, reason, effectiveAt }, state, context): ReceiptEvent[] {
    if (state.status === 'unknown') requireStatus(state, []);
    if (state.status !== 'returned-twice') {
      throw new Rejected('RECEIPT_NO_CLAIM', `the receipt is ${state.status}; only what has gone out twice is a claim`);
    }
    const when = effectiveMoment(effectiveAt, context);
    return [{ type: 'ReceiptClaimSettled', data: { amount: state.recorded!.amount, as, reason, effectiveAt: when } }];
  },
});

function isSame(one: NonNullable<ReceiptState['assignment']>, other: NonNullable<ReceiptState['assignment']>): boolean {
  return one.accountId === other.accountId && one.paymentId === other.paymentId && one.receiptId === other.receiptId;
}

function requireStatus({ status }: ReceiptState, allowed: readonly ReceiptState['status'][]): void {
  if (status === 'unknown') throw new Rejected('RECEIPT_UNKNOWN', 'no receipt has this id; look it up in the list');
  if (allowed.includes(status)) return;
  throw new Rejected('RECEIPT_SETTLED', `the receipt is ${status}; only one that is unidentified can be worked on`);
}
