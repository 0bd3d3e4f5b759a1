import { z } from 'zod';
import { Day, Instant } from '../billing/stored-shapes.js';

/*
 * Storage format of what happens to the autopay of an account: part of the account's stream (ADR 0035), stored for ever,
 * changed by addition only. A method is the gateway's token, with the last four figures as the customer knows them.
 */

const Amount = z.string().regex(/^\d+(\.\d+)?$/);
const Money = z.strictObject({ amount: Amount, currency: z.string().length(3) });
/** What of a debit is for which bill; in the currency of the account. */
const BillShare = z.strictObject({ billNumber: z.string(), amount: Amount });
const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);
const Method = z.strictObject({
  kind: z.enum(['card', 'bank-account']),
  token: z.string(),
  lastFour: z.string().length(4).optional(),
  /** The last month a card is good for, `2027-03`. */
  expires: Month.optional(),
});

/** Ends and pauses that follow from a rule name the code that set it off, and the version of the policy that says so. */
const byRule = { enrollmentId: z.uuid(), code: z.string(), policy: z.string(), effectiveAt: Instant };
const debit = { debitId: z.string(), amount: Money, bills: z.array(BillShare).min(1) };

export const autopayEvents = {
  /** The authorization of preauthorised debits, with the record of how it was given (12 CFR 1005.10(b)). */
  AutopayEnrolled: {
    version: 1,
    schema: z.strictObject({
      enrollmentId: z.uuid(),
      method: Method,
      /** Debits are made so many days before their bills fall due. */
      daysBeforeDue: z.int().min(0),
      /** The customer wants notice of amounts outside of it only (12 CFR 1005.10(d)(2)). */
      noticeRange: z.strictObject({ from: Amount, to: Amount }).optional(),
      consent: z.strictObject({
        /** Who agreed; a role, and never a name. */
        by: z.enum(['account-holder', 'authorized-user']),
        agreedAt: Instant,
        /** Which version of the wording they agreed to. */
        wording: z.string(),
        means: z.enum(['online', 'phone', 'paper']),
        /** Where the signature or the recording is kept, as an opaque reference. */
        evidence: z.string().optional(),
      }),
      /** The enrolment that this one takes the place of. */
      replaces: z.uuid().optional(),
      policy: z.string(),
      effectiveAt: Instant,
    }),
  },
  AutopayCancelled: {
    version: 1,
    schema: z.strictObject({ enrollmentId: z.uuid(), reason: z.string(), effectiveAt: Instant }),
  },
  /** Ended by a rule: a new authorization is needed. */
  AutopayStopped: { version: 1, schema: z.strictObject(byRule) },
  /** Paused by a rule, until somebody resumes it. */
  AutopaySuspended: { version: 1, schema: z.strictObject(byRule) },
  AutopayResumed: {
    version: 1,
    schema: z.strictObject({ enrollmentId: z.uuid(), reason: z.string(), effectiveAt: Instant }),
  },
  AutopayCardExpiring: {
    version: 1,
    schema: z.strictObject({
      enrollmentId: z.uuid(),
      expires: Month,
      lastFour: z.string().length(4).optional(),
      /** Which of the policy's warnings it is: so many days before the card expires, or fewer. */
      daysAhead: z.int(),
      policy: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** What will be debited, and when. No more than this is, for these bills. */
  AutopayDebitAnnounced: {
    version: 1,
    schema: z.strictObject({
      ...debit,
      enrollmentId: z.uuid(),
      payOn: Day,
      method: Method.omit({ token: true }),
      /** Whether the customer has to be told in advance, and why (12 CFR 1005.10(d)). */
      notice: z.strictObject({
        required: z.boolean(),
        because: z.enum([
          'first-debit',
          'amount-varies',
          'amount-unchanged',
          'previous-pending',
          'within-range',
          'outside-range',
        ]),
      }),
      policy: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** The decision to debit: the payment is collected under this id, once. */
  AutopayDebitPresented: {
    version: 1,
    schema: z.strictObject({
      ...debit,
      enrollmentId: z.uuid(),
      paymentId: z.uuid(),
      method: Method.pick({ kind: true, token: true }),
      /** 1 is the original. */
      presentment: z.int().min(1),
      run: z.string(),
      policy: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** It was returned or declined, and will be presented again: the same amount, on this day. */
  AutopayDebitRescheduled: {
    version: 1,
    schema: z.strictObject({ ...debit, code: z.string(), payOn: Day, policy: z.string(), effectiveAt: Instant }),
  },
  /** It is not made, or not again. */
  AutopayDebitDropped: {
    version: 1,
    schema: z.strictObject({
      ...debit,
      reason: z.string(),
      /** Of the bank or gateway, when it was returned or declined. */
      code: z.string().optional(),
      policy: z.string(),
      effectiveAt: Instant,
    }),
  },
} as const;
