import { Rejected } from '#libs/event-sourcing';

/**
 * Every business refusal of the commands on accounts and payments, by its stable code. The codes are part of the public contract: one
 * may be added, none changes its meaning. Refusals about an amount or currency as such are raised by money/; pay bill
 * numbers have PAY_BILL_NUMBER_TAKEN and PAY_BILL_NUMBER_INVALID of their own.
 */
export const REJECTIONS = {
  ACCOUNT_UNKNOWN: 'no account with this id has been opened',
  ACCOUNT_EXISTS: 'the account is open already',
  ACCOUNT_CLOSED: 'the account is closed and takes no such command',
  ACCOUNT_HAS_BALANCE: 'an account closes only with nothing open and no credit',
  CURRENCY_UNKNOWN: 'not an active ISO 4217 currency',
  CURRENCY_MISMATCH: 'an account has one currency and takes no other',
  AMOUNT_NOT_POSITIVE: 'the amount is zero or negative',
  AMOUNT_TOO_PRECISE: 'the amount is finer than the minor unit of its currency',
  AMOUNT_TOO_LARGE: 'the amount has more digits than any amount may have',
  BILL_NUMBER_USED: 'the account has a bill with this number already',
  BILL_UNKNOWN: 'the account has no bill with this number',
  LINE_UNKNOWN: 'the bill has no line with this id',
  LINE_ID_DUPLICATE: 'two lines of a bill have the same id',
  DUE_BEFORE_ISSUED: 'a bill falls due before it is issued',
  DISCOUNT_EXCEEDS_CHARGE: 'a discount takes off more than is left of the charge',
  ALLOCATION_EXCEEDS_OPEN: 'an instruction lays more on a bill or line than is open there',
  ALLOCATION_EXCEEDS_PAYMENT: 'the instructions lay out more than there is',
  CHARGE_ALREADY_REVERSED: 'nothing is left of the charge to reverse',
  REVERSAL_EXCEEDS_CHARGE: 'the reversal is for more than is left of the charge',
  PAYMENT_UNKNOWN: 'the account has no payment with this id',
  PAYMENT_NOT_APPLIED: 'nothing of the payment lies on a bill',
  PAYMENT_ALREADY_RETURNED: 'the payment has been returned',
  PAYMENT_NOT_RETURNED: 'only a payment that was returned is reinstated',
  REFUND_EXCEEDS_UNAPPLIED: 'the refund is for more than is unapplied of the payment',
  PAYMENTS_HELD: 'payments of the account are held',
  PAYMENT_EXISTS: 'the payment was asked for already',
  PAYMENT_NOT_SETTLED: 'only a payment that has settled is refunded',
  PAYMENT_NOT_VOIDABLE: 'the payment has settled, failed or gone back already',
  PAYMENT_STOP_TOO_LATE: 'a preauthorised debit is stopped three business days ahead at the latest',
  PAY_ON_NOT_AHEAD: 'the day to pay on has come already',
  PAY_ON_TOO_FAR: 'the day to pay on lies too far ahead',
  REFUND_EXCEEDS_PAYMENT: 'the refund is for more than is there of the payment',
  REFUND_UNKNOWN: 'the payment has no refund with this id',
  REFUND_NOT_PENDING: 'no cheque is owed for the refund',
  GATEWAY_AMOUNT_DIFFERS: 'the gateway reports another amount than was asked for',
  CHARGEBACK_NOT_OPEN: 'the payment has no chargeback that waits for an answer',
  HOLD_UNKNOWN: 'no such hold stands on the account',
  DISPUTE_UNKNOWN: 'the account has no open dispute with this id',
  DISPUTE_EXCEEDS_SUBJECT: 'more is disputed, or granted, than is left of what is disputed',
  NOTHING_TO_DISPUTE: 'nothing is left that is not in dispute already',
  PAYMENT_EXCEEDS_OPEN: 'a closed account takes no more than the debt that a return reinstated',
  NOTHING_TO_APPLY: 'no bill is open',
  NO_CREDIT: 'the account has no credit',
  EFFECTIVE_IN_FUTURE: 'the effective moment is more than a day ahead',
  PERSONAL_DATA_ERASED: 'the personal data of the customer was erased',
  CARD_NUMBER_REFUSED: 'a card number was sent where a token belongs',
  BILLED_MEANWHILE: 'the account was billed from its subscriptions after the bill was computed',
  BILL_REVERSED: 'nothing is left of the bill to reverse',
  BILL_NOT_LATEST: 'only the latest bill from subscriptions can be computed again',
  NOTHING_TO_BILL: 'no charge of the account falls into the period',
  SUBSCRIPTION_EXISTS: 'the account has a subscription with this id already',
  SUBSCRIPTION_UNKNOWN: 'the account has no subscription with this id',
  SUBSCRIPTION_STOPPED: 'the subscription stops already',
  SUBSCRIPTION_NOT_RUNNING: 'the subscription does not run on the day',
  STOPS_BEFORE_START: 'a subscription would stop before it starts',
  PLAN_UNCHANGED: 'the subscription is on the plan already',
  CYCLE_DAY_DIFFERS: 'an account is billed on one day of the month',
  QUANTITY_NOT_POSITIVE: 'the quantity is zero',
  CATALOGUE_NOT_YET: 'no version of the catalogue holds on the day',
  CATALOGUE_VERSION_UNKNOWN: 'the catalogue has no version of this name',
  PLAN_UNKNOWN: 'the catalogue has no such plan',
  METER_UNKNOWN: 'the plan has no such meter',
  CHARGE_CODE_UNKNOWN: 'the catalogue has no such one-time charge',
  DISCOUNT_UNKNOWN: 'the catalogue has no such discount',
  TAX_AREA_UNKNOWN: 'the catalogue has no such tax area',
  BILLING_RUN_UNKNOWN: 'no such billing run was begun',
  BILLING_RUN_FINISHED: 'the billing run is finished',
  BILLING_RUN_NOT_DUE: 'the cycle or the day of the run is not right',
} as const;

type RejectionCode = keyof typeof REJECTIONS;

/** Refuses a command; the message says what was wrong with this one and what to do. */
export function refuse(code: RejectionCode, message: string, field?: string): never {
  throw new Rejected(code, message, field);
}
