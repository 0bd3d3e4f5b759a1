import { CommandIdReused, EventStoreUnavailable, ReadModelBehind, Rejected } from '#libs/event-sourcing';
import { Problem } from '#libs/platform';
import { type REJECTIONS } from './billing/rejections.js';
import { type VERIFICATION_REJECTIONS } from './verification/verification.js';

type Code =
  keyof typeof REJECTIONS | keyof typeof VERIFICATION_REJECTIONS | 'PAY_BILL_NUMBER_INVALID' | 'PAY_BILL_NUMBER_TAKEN';

/**
 * The HTTP status of every business refusal: 404 for what is not there, 409 when the state of the account is in the way
 * (another time the same request may be right), 422 when the request itself asks for what can never be.
 */
const STATUS: Readonly<Record<Code, number>> = {
  ACCOUNT_UNKNOWN: 404,
  ACCOUNT_EXISTS: 409,
  ACCOUNT_CLOSED: 409,
  ACCOUNT_HAS_BALANCE: 409,
  CURRENCY_UNKNOWN: 422,
  CURRENCY_MISMATCH: 422,
  AMOUNT_NOT_POSITIVE: 422,
  AMOUNT_TOO_PRECISE: 422,
  AMOUNT_TOO_LARGE: 422,
  BILL_NUMBER_USED: 409,
  BILL_UNKNOWN: 404,
  LINE_UNKNOWN: 404,
  LINE_ID_DUPLICATE: 422,
  DUE_BEFORE_ISSUED: 422,
  DISCOUNT_EXCEEDS_CHARGE: 422,
  ALLOCATION_EXCEEDS_OPEN: 422,
  ALLOCATION_EXCEEDS_PAYMENT: 422,
  CHARGE_ALREADY_REVERSED: 409,
  REVERSAL_EXCEEDS_CHARGE: 422,
  PAYMENT_UNKNOWN: 404,
  PAYMENT_NOT_APPLIED: 409,
  PAYMENT_ALREADY_RETURNED: 409,
  PAYMENT_NOT_RETURNED: 409,
  REFUND_EXCEEDS_UNAPPLIED: 422,
  PAYMENTS_HELD: 409,
  PAYMENT_EXISTS: 409,
  PAYMENT_NOT_SETTLED: 409,
  PAYMENT_NOT_VOIDABLE: 409,
  PAYMENT_STOP_TOO_LATE: 409,
  PAY_ON_NOT_AHEAD: 422,
  PAY_ON_TOO_FAR: 422,
  REFUND_EXCEEDS_PAYMENT: 422,
  REFUND_UNKNOWN: 404,
  REFUND_NOT_PENDING: 409,
  GATEWAY_AMOUNT_DIFFERS: 409,
  CHARGEBACK_NOT_OPEN: 409,
  HOLD_UNKNOWN: 404,
  PAYMENT_EXCEEDS_OPEN: 422,
  NOTHING_TO_APPLY: 409,
  NO_CREDIT: 409,
  EFFECTIVE_IN_FUTURE: 422,
  PERSONAL_DATA_ERASED: 409,
  CARD_NUMBER_REFUSED: 422,
  PAYMENT_IS_PART: 409,
  PAY_BILL_NUMBER_UNKNOWN: 404,
  CONSOLIDATION_FULL: 409,
  ACCOUNT_CONSOLIDATED: 409,
  ACCOUNT_NOT_CONSOLIDATED: 409,
  TRANSFER_TO_ITSELF: 422,
  TRANSFER_EXISTS: 409,
  TRANSFER_UNKNOWN: 404,
  NOTHING_TO_TRANSFER: 409,
  BILLED_MEANWHILE: 409,
  BILL_REVERSED: 409,
  BILL_NOT_LATEST: 409,
  NOTHING_TO_BILL: 409,
  SUBSCRIPTION_EXISTS: 409,
  SUBSCRIPTION_UNKNOWN: 404,
  SUBSCRIPTION_STOPPED: 409,
  SUBSCRIPTION_NOT_RUNNING: 422,
  STOPS_BEFORE_START: 422,
  PLAN_UNCHANGED: 409,
  CYCLE_DAY_DIFFERS: 409,
  QUANTITY_NOT_POSITIVE: 422,
  CATALOGUE_NOT_YET: 422,
  CATALOGUE_VERSION_UNKNOWN: 409,
  PLAN_UNKNOWN: 422,
  METER_UNKNOWN: 422,
  CHARGE_CODE_UNKNOWN: 422,
  DISCOUNT_UNKNOWN: 422,
  TAX_AREA_UNKNOWN: 422,
  BILLING_RUN_UNKNOWN: 404,
  BILLING_RUN_FINISHED: 409,
  BILLING_RUN_NOT_DUE: 422,
  PAY_BILL_NUMBER_INVALID: 422,
  PAY_BILL_NUMBER_TAKEN: 409,
  VERIFICATION_LOCKED: 409,
  VERIFICATION_NOT_SET_UP: 409,
  VERIFICATION_CHANGED: 409,
  VERIFICATION_FORGOTTEN: 409,
  CODE_VOID: 409,
  CODES_TOO_MANY: 409,
  PIN_TOO_SIMPLE: 422,
  ANSWER_TOO_SHORT: 422,
  QUESTION_UNKNOWN: 422,
};

/** How the business's errors are answered; undefined for an error that is not the business's. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Rejected) {
    const { code, message, field } = error;
    return new Problem(statusOf(code), code, message, field === undefined ? {} : { errors: [{ field, message }] });
  }
  if (error instanceof CommandIdReused) {
    const detail = 'this Idempotency-Key was used for another command here; send a new key with a new command';
    return new Problem(409, 'IDEMPOTENCY_KEY_REUSED', detail);
  }
  if (error instanceof EventStoreUnavailable) {
    const detail = 'the event store does not answer; try again with the same Idempotency-Key';
    return new Problem(503, 'EVENT_STORE_UNAVAILABLE', detail, { retryAfterSeconds: 1 });
  }
  if (error instanceof ReadModelBehind) {
    const detail = 'the read model has not reached the position asked for yet; try again';
    return new Problem(503, 'READ_MODEL_BEHIND', detail, { retryAfterSeconds: 1 });
  }
  return undefined;
}

/** Codes raised by reads follow the same rule by their name. */
function statusOf(code: string): number {
  const known: number | undefined = (STATUS as Readonly<Record<string, number>>)[code];
  return known ?? (code.endsWith('_UNKNOWN') ? 404 : 422);
}
