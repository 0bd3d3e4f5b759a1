import { z } from 'zod';
import { eventRegistry, type EventOf } from '#libs/event-sourcing';

/*
 * Storage format, as account-events.ts: stored for ever, changed only by addition and with an ADR. No card number and no
 * bank account number: a method is the gateway's token. Type names differ from the account's, whose PaymentApplied,
 * PaymentReturned and PaymentRefunded say what the same money does on the account.
 */

/** A calendar day, `2026-01-31`. */
const Day = z.iso.date();
/** An ISO 8601 instant in UTC. */
const Instant = z.iso.datetime();
/** An exact decimal as a string, in the payment's currency, at its minor unit. */
const Amount = z.string().regex(/^\d+(\.\d+)?$/);

/** What the payer asked for; repeated where a scheduled payment starts, so that the event alone says what was sent. */
const Asked = z.strictObject({
  accountId: z.uuid(),
  amount: z.strictObject({ amount: Amount, currency: z.string().length(3) }),
  channel: z.enum(['online', 'phone', 'in-person', 'mail-in', 'autopay']),
  method: z.strictObject({ kind: z.enum(['card', 'bank-account']), token: z.string() }),
  /** The payer's own words on what the money is for. */
  allocation: z
    .array(z.strictObject({ billNumber: z.string(), lineId: z.string().optional(), amount: Amount }))
    .optional(),
  confirmationNumber: z.string(),
  policy: z.strictObject({
    version: z.string(),
    /** What has to have happened at the gateway before the money counts on the account. */
    applyOn: z.enum(['authorized', 'settled']),
  }),
});

/** What the gateway found out about the payer (VE2), in its own words: `match`, `no_match`, `unavailable`. */
const Verification = z.strictObject({
  cvv: z.string().optional(),
  avs: z.string().optional(),
  threeDSecure: z.string().optional(),
});

const Refund = z.strictObject({ refundId: z.uuid(), effectiveAt: Instant });
const Chargeback = z.strictObject({ chargebackId: z.string(), effectiveAt: Instant });

/** What the bank took back. Amount + already refunded is all it took. */
const TakenBack = z.strictObject({
  /** What was still there of the payment. */
  amount: Amount,
  /** What had been paid back to the payer before: it is out of the house twice. */
  alreadyRefunded: Amount,
  effectiveAt: Instant,
});

export const paymentEvents = eventRegistry({
  PaymentScheduled: {
    version: 1,
    schema: Asked.extend({
      payOn: Day,
      /** A debit that the payer authorised in advance (12 CFR 1005.10): whether the time to stop it is limited. */
      preauthorized: z.boolean(),
      gateway: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** The intent, in the log before the gateway hears of it. */
  PaymentPending: {
    version: 1,
    schema: Asked.extend({ gateway: z.string(), idempotencyKey: z.string(), effectiveAt: Instant }),
  },
  PaymentSubmitted: { version: 1, schema: z.strictObject({ gatewayReference: z.string(), effectiveAt: Instant }) },
  PaymentOutcomeUnknown: { version: 1, schema: z.strictObject({ reason: z.string(), effectiveAt: Instant }) },
  PaymentAuthorized: {
    version: 1,
    schema: z.strictObject({
      gatewayReference: z.string(),
      verification: Verification.optional(),
      effectiveAt: Instant,
    }),
  },
  PaymentSettled: {
    version: 1,
    schema: z.strictObject({
      gatewayReference: z.string(),
      verification: Verification.optional(),
      effectiveAt: Instant,
    }),
  },
  PaymentDeclined: {
    version: 1,
    schema: z.strictObject({
      declineCode: z.string(),
      gatewayReference: z.string().optional(),
      verification: Verification.optional(),
      effectiveAt: Instant,
    }),
  },
  VoidRequested: { version: 1, schema: z.strictObject({ reason: z.string(), effectiveAt: Instant }) },
  VoidRefused: { version: 1, schema: z.strictObject({ code: z.string(), effectiveAt: Instant }) },
  PaymentVoided: { version: 1, schema: z.strictObject({ reason: z.string(), effectiveAt: Instant }) },
  RefundRequested: {
    version: 1,
    schema: Refund.extend({ amount: Amount, by: z.enum(['original-method', 'cheque']), reason: z.string() }),
  },
  RefundRefused: { version: 1, schema: Refund.extend({ code: z.string() }) },
  /** The account has set the money aside; from here on it may leave. */
  RefundPending: { version: 1, schema: Refund.extend({ idempotencyKey: z.string() }) },
  /** A refund that the gateway could not pay is settled by cheque in the end. */
  RefundSettled: {
    version: 1,
    schema: Refund.extend({ by: z.enum(['original-method', 'cheque']), reference: z.string() }),
  },
  RefundFailed: { version: 1, schema: Refund.extend({ failureCode: z.string() }) },
  ReturnReceived: {
    version: 1,
    schema: TakenBack.extend({ returnCode: z.string().optional(), reason: z.string() }),
  },
  ChargebackReceived: {
    version: 1,
    schema: TakenBack.extend({ chargebackId: z.string(), reasonCode: z.string() }),
  },
  RepresentmentRequested: { version: 1, schema: Chargeback.extend({ evidence: z.string() }) },
  RepresentmentSubmitted: { version: 1, schema: Chargeback },
  ChargebackWon: { version: 1, schema: Chargeback },
  ChargebackLost: { version: 1, schema: Chargeback },
  PaymentPosted: { version: 1, schema: z.strictObject({ effectiveAt: Instant }) },
  PostingReversed: { version: 1, schema: z.strictObject({ reason: z.string(), effectiveAt: Instant }) },
  PostingReinstated: { version: 1, schema: z.strictObject({ effectiveAt: Instant }) },
  /** The account would not take it, with its own code. It is tried again until it does. */
  PostingRefused: { version: 1, schema: z.strictObject({ code: z.string(), effectiveAt: Instant }) },
  /** The account knows of the attempt that failed. */
  FailureReported: { version: 1, schema: z.strictObject({ effectiveAt: Instant }) },
});

export type PaymentEvent = EventOf<typeof paymentEvents>;
