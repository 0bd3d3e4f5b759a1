import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, requireOpen } from '../billing/account-state.js';
import { Identifier, Instant } from '../billing/command-fields.js';
import { Method, refuseCardNumber } from '../billing/payment-fields.js';
import { refuse } from '../billing/rejections.js';
import { formatMinor } from '../money/minor-units.js';
import { AmountText, readPositiveAmount } from '../money/money.js';
import { dropped } from './autopay-debits.js';
import { autopayPolicyOn } from './autopay-policy.js';
import { isCardGoodOn } from './card-expiry.js';

const AutopayMethod = z.strictObject({
  kind: z.enum(['card', 'bank-account'], 'must be "card" or "bank-account": what a gateway collects from'),
  token: Method.shape.token.unwrap(),
  lastFour: z
    .string()
    .regex(/^\d{4}$/, 'must be the last four figures, as the customer knows the card or account by')
    .optional(),
  expires: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be the month on the card, such as "2027-03"')
    .optional(),
});

/** How and by whom the authorization was given: what a biller has to show for every debit (12 CFR 1005.10(b)). */
const Consent = z.strictObject({
  by: z.enum(['account-holder', 'authorized-user'], 'must be "account-holder" or "authorized-user"'),
  agreedAt: Instant,
  wording: Identifier,
  means: z.enum(['online', 'phone', 'paper'], 'must be "online", "phone" or "paper"'),
  evidence: Identifier.optional(),
});

/**
 * Takes down a customer's authorization to debit their bills as they fall due. It is of one method; another one, or other
 * terms, are another authorization, which takes the place of the one there is: debits that were announced are made by it.
 */
export const EnrollAutopay = defineCommand({
  type: 'EnrollAutopay',
  decider: account,
  schema: z.strictObject({
    method: AutopayMethod,
    daysBeforeDue: z.int('must be a whole number').min(0, 'must be 0 or more').default(0),
    /** Notice is wanted only of a debit that lies outside (12 CFR 1005.10(d)(2)). */
    noticeRange: z.strictObject({ from: AmountText, to: AmountText }).optional(),
    consent: Consent,
  }),
  decide({ method, daysBeforeDue, noticeRange, consent }, state, { commandId, at }): AccountEvent[] {
    requireOpen(state);
    refuseCardNumber(method);
    const today = at.slice(0, 10);
    const policy = autopayPolicyOn(today);
    refuseMethod(method, today);
    if (daysBeforeDue > policy.mostDaysBeforeDue) {
      const most = policy.mostDaysBeforeDue;
      refuse('AUTOPAY_TOO_EARLY', `bills are debited at most ${most} days before they fall due`, 'daysBeforeDue');
    }
    if (consent.agreedAt > at) {
      refuse('AUTOPAY_CONSENT_IN_FUTURE', 'the customer has not agreed yet; send when they did', 'consent/agreedAt');
    }
    const { enrollment, debits } = state.autopay;
    const isReplaced = enrollment?.status === 'active' || enrollment?.status === 'suspended';
    // What came back unpaid by the method before is not presented again by another, and the first debit under an
    // authorization wants its notice: both are announced anew, as debits of their own.
    const anew = debits.filter(
      ({ status, presentments, noticed }) => status === 'scheduled' && (presentments > 0 || !noticed),
    );
    return [
      ...anew.map((debit) => dropped(debit, { reason: 'enrollment-replaced' }, policy, state, at)),
      {
        type: 'AutopayEnrolled',
        data: {
          enrollmentId: commandId,
          method,
          daysBeforeDue,
          ...(noticeRange !== undefined && { noticeRange: readRange(noticeRange, state) }),
          consent,
          ...(isReplaced && { replaces: enrollment.enrollmentId }),
          policy: policy.version,
          effectiveAt: at,
        },
      },
    ];
  },
});

function refuseMethod({ kind, expires }: z.output<typeof AutopayMethod>, today: string): void {
  if (kind === 'bank-account') {
    if (expires === undefined) return;
    refuse('AUTOPAY_METHOD_INVALID', 'a bank account does not expire; leave it out', 'method/expires');
  }
  if (expires === undefined) {
    refuse(
      'AUTOPAY_METHOD_INVALID',
      'a card expires; send the month, so that its customer is warned',
      'method/expires',
    );
  }
  if (!isCardGoodOn(expires, today)) {
    refuse('AUTOPAY_METHOD_INVALID', 'the card has expired; ask for another one', 'method/expires');
  }
}

function readRange({ from, to }: { from: string; to: string }, { currency, digits }: AccountState) {
  const least = readPositiveAmount(from, currency, 'noticeRange/from');
  const most = readPositiveAmount(to, currency, 'noticeRange/to');
  if (least > most) refuse('AUTOPAY_RANGE_INVALID', 'the range ends below where it begins', 'noticeRange/to');
  return { from: formatMinor(least, digits), to: formatMinor(most, digits) };
}
