import { z } from 'zod';
import { eventRegistry, type EventOf } from '#libs/event-sourcing';

/*
 * Storage format, as account-events.ts: stored for ever, changed only by addition and with an ADR. Who works at a till is an
 * opaque id of a user, never a name; a card is the terminal's token.
 */

const Instant = z.iso.datetime();
/** An exact decimal as a string at the minor unit of its currency; a difference may be negative. */
const Amount = z.string().regex(/^\d+(\.\d+)?$/);
const Difference = z.string().regex(/^-?\d+(\.\d+)?$/);
const Currency = z.string().length(3);
const Money = z.strictObject({ amount: Amount, currency: Currency });
const Means = z.enum(['cash', 'check', 'card']);

/** One payment of the batch, and when what is said of it counts. */
const OfPayment = { paymentId: z.uuid(), effectiveAt: Instant };

/** What was counted, against what the batch had taken. */
const Counted = z.strictObject({
  totals: z.array(
    z.strictObject({
      means: Means,
      currency: Currency,
      /** How many payments were taken and not voided. */
      payments: z.int().nonnegative(),
      /** Taken less voided. */
      expected: Amount,
      counted: Amount,
      /** Counted − expected: over is positive, short negative. */
      difference: Difference,
    }),
  ),
  countedBy: z.string(),
  /** The difference is in the books from here on, or has to be approved first. */
  approval: z.enum(['not-needed', 'needed']),
  policy: z.strictObject({
    version: z.string(),
    /** The limit in each currency that was counted. */
    approvalAbove: z.array(Money),
  }),
  effectiveAt: Instant,
});

export const tillBatchEvents = eventRegistry({
  TillBatchOpened: {
    version: 1,
    schema: z.strictObject({
      location: z.string(),
      till: z.string(),
      /** 1, 2, 3 … over all batches of the till. */
      number: z.int().positive(),
      agent: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** The intent, in the log before the account hears of the payment. */
  TillPaymentBegun: {
    version: 1,
    schema: z.strictObject({
      ...OfPayment,
      /** Of the account that the number leads to. */
      accountId: z.uuid(),
      /** The number it was paid by, when several accounts are under it: the payment is divided over them (ADR 0037). */
      payBillNumber: z.string().optional(),
      amount: Money,
      method: z.strictObject({ kind: Means, token: z.string().optional() }),
      confirmationNumber: z.string(),
    }),
  },
  /** The account has it. */
  TillPaymentTaken: { version: 1, schema: z.strictObject(OfPayment) },
  /** The account would not take it, with its own code: nothing was taken. */
  TillPaymentRefused: { version: 1, schema: z.strictObject({ ...OfPayment, code: z.string() }) },
  TillVoidBegun: { version: 1, schema: z.strictObject({ ...OfPayment, reason: z.string() }) },
  /** It is off the account, and the payer has the money back. */
  TillPaymentVoided: { version: 1, schema: z.strictObject(OfPayment) },
  TillVoidRefused: { version: 1, schema: z.strictObject({ ...OfPayment, code: z.string() }) },
  TillBatchClosed: { version: 1, schema: Counted },
  /** Counted once more before the difference was approved; what was counted before no longer holds. */
  TillBatchRecounted: { version: 1, schema: Counted },
  TillDifferenceApproved: {
    version: 1,
    schema: z.strictObject({
      approvedBy: z.string(),
      reason: z.string(),
      /** What goes into the books now. */
      differences: z.array(z.strictObject({ means: Means, currency: Currency, difference: Difference })),
      effectiveAt: Instant,
    }),
  },
  /** Cash and checks of the batch went to the bank. */
  TillBatchDeposited: {
    version: 1,
    schema: z.strictObject({
      /** Number of the deposit slip or bag. */
      reference: z.string(),
      amounts: z.array(Money),
      depositedBy: z.string(),
      effectiveAt: Instant,
    }),
  },
});

export type TillBatchEvent = EventOf<typeof tillBatchEvents>;
