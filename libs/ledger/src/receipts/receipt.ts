import { type Decider, defineCommand, type EventOf, eventRegistry, Rejected } from '#libs/event-sourcing';
import { z } from 'zod';
import { Instant, ReasonCode } from '../billing/command-fields.js';

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

export const receiptEvents = eventRegistry({
  ReceiptRecorded: { version: 1, schema: z.strictObject({ ...Recorded, effectiveAt: At }) },
  /** Meant for an account, whose own stream has yet to take it: until then nobody else gets it. */
  ReceiptAssigned: {
    version: 1,
    schema: z.strictObject({ accountId: z.uuid(), paymentId: z.uuid().optional(), effectiveAt: At }),
  },
  /** The account did not take it. */
  ReceiptReleased: { version: 1, schema: z.strictObject({ because: Code, effectiveAt: At }) },
  ReceiptApplied: { version: 1, schema: z.strictObject({ paymentId: z.uuid(), effectiveAt: At }) },
  /** The money was sent back to where it came from. */
  ReceiptReturned: { version: 1, schema: z.strictObject({ reason: z.string(), effectiveAt: At }) },
});

export type ReceiptEvent = EventOf<typeof receiptEvents>;

/** What is left of an account's say in it: the account, and of a return the payment that comes back. */
interface Assignment {
  readonly accountId: string;
  readonly paymentId?: string | undefined;
}

export interface ReceiptState {
  readonly status: 'unknown' | 'unidentified' | 'assigned' | 'applied' | 'returned';
  readonly recorded?: Extract<ReceiptEvent, { type: 'ReceiptRecorded' }>['data'];
  readonly assignment?: Assignment | undefined;
  /** The payment that it was applied as. */
  readonly appliedAs?: string;
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
        const { accountId, paymentId } = event.data;
        return { ...state, status: 'assigned', assignment: { accountId, paymentId } };
      }
      case 'ReceiptReleased': {
        const recorded = state.recorded && { ...state.recorded, because: event.data.because };
        return { status: 'unidentified', ...(recorded && { recorded }) };
      }
      case 'ReceiptApplied':
        return { ...state, status: 'applied', appliedAs: event.data.paymentId };
      case 'ReceiptReturned':
        return { ...state, status: 'returned' };
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
  schema: z.strictObject({ accountId: z.uuid(), paymentId: z.uuid().optional() }),
  decide(body, state, { at }): ReceiptEvent[] {
    const { assignment } = state;
    if (assignment?.accountId === body.accountId && assignment.paymentId === body.paymentId) return [];
    requireStatus(state, ['unidentified', 'assigned']);
    if (assignment) {
      throw new Rejected('RECEIPT_ASSIGNED', 'the receipt is being applied to another account; assign it there again');
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

/** The account has it. */
export const SettleReceipt = defineCommand({
  type: 'SettleReceipt',
  decider: receipt,
  schema: z.strictObject({ paymentId: z.uuid() }),
  decide: ({ paymentId }, { status }, { at }): ReceiptEvent[] =>
    status === 'assigned' ? [{ type: 'ReceiptApplied', data: { paymentId, effectiveAt: at } }] : [],
});

/** The money goes back to where it came from. */
export const ReturnReceipt = defineCommand({
  type: 'ReturnReceipt',
  decider: receipt,
  schema: z.strictObject({ reason: ReasonCode }),
  decide({ reason }, state, { at }): ReceiptEvent[] {
    requireStatus(state, ['unidentified']);
    if (state.recorded?.kind === 'return') {
      throw new Rejected(
        'RECEIPT_IS_RETURN',
        'the bank has this money already; assign it to the payment that came back',
      );
    }
    return [{ type: 'ReceiptReturned', data: { reason, effectiveAt: at } }];
  },
});

function requireStatus({ status }: ReceiptState, allowed: readonly ReceiptState['status'][]): void {
  if (status === 'unknown') throw new Rejected('RECEIPT_UNKNOWN', 'no receipt has this id; look it up in the list');
  if (allowed.includes(status)) return;
  throw new Rejected('RECEIPT_SETTLED', `the receipt is ${status}; only one that is unidentified can be worked on`);
}
