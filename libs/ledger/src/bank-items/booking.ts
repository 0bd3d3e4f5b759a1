import { type z } from 'zod';
import { ApplyPayment } from '../billing/apply-payment.js';
import { RecordReturn } from '../billing/record-return.js';
import { type MoneyJson } from '../money/money.js';

/** What of a bank's file the books are told. */
interface Booked {
  readonly amount: MoneyJson;
  /** Of the file: checks come by mail in a lockbox, and everything else over the bank. */
  readonly format: string;
  readonly effectiveAt: string;
}

/** Money that a bank's file says came in, as a payment. */
export function paymentBody({ amount, format, effectiveAt }: Booked): z.output<typeof ApplyPayment.schema> {
  const byCheck = format === 'BAI lockbox';
  return ApplyPayment.schema.parse({
    amount,
    channel: byCheck ? 'mail-in' : 'online',
    method: { kind: byCheck ? 'check' : 'bank-account' },
    effectiveAt,
  });
}

/** Money that a bank's file says was taken back, as the return of its payment. */
export function returnBody(
  paymentId: string,
  { returnCode, effectiveAt }: { readonly returnCode?: string | undefined; readonly effectiveAt: string },
): z.output<typeof RecordReturn.schema> {
  return RecordReturn.schema.parse({
    paymentId,
    // Some banks have codes of their own that are none of any standard; then the return is recorded without.
    ...(returnCode !== undefined && /^[A-Z0-9]{2,8}$/.test(returnCode) && { returnCode }),
    reason: 'returned-by-bank',
    effectiveAt,
  });
}
