import { z } from 'zod';
import { type Biller } from './bill-document.js';

const LINE = /^[^\p{C}]{1,60}$/u;

/** Lines of an address in one variable: `Paybill Inc.;100 Main Street;Springfield, IL 62701`. */
const Address = z
  .string()
  .transform((text) => text.split(';').map((line) => line.trim()))
  .refine(
    (lines) => lines.length <= 5 && lines.every((line) => LINE.test(line)),
    'must be 1 to 5 lines of at most 60 characters, separated by semicolons',
  );
const Text = (most: number) =>
  z
    .string()
    .regex(/^[^\p{C}]*$/u, 'must be one line')
    .max(most, `must have at most ${most} characters`);

/**
 * What bills are printed with, from the environment. Nothing has to be set; what has no sensible default, an address to send
 * money to, is left out of the bill until it is.
 */
export const BillDocumentSettings = z.object({
  /** Where the biller is, under its name. */
  PAYBILL_BILLER_ADDRESS: Address.optional(),
  /** Where coupons and checks go, often a lockbox; the biller's address unless set. */
  PAYBILL_REMIT_ADDRESS: Address.optional(),
  /** How the biller is reached, at the foot of each page: `1-800-555-0199 · help@biller.example`. */
  PAYBILL_BILLER_CONTACT: Text(100).optional(),
  /** How a bill is paid, beside the coupon: `Pay online at biller.example/pay`. */
  PAYBILL_PAY_NOTE: Text(200).optional(),
  /** What the biller's terms say about paying late. Nothing is said of late fees without it. */
  PAYBILL_LATE_FEE_NOTE: Text(300).optional(),
});
type BillDocumentSettings = z.output<typeof BillDocumentSettings>;

/** The biller as its bills name it. */
export function billerOf(name: string, settings: BillDocumentSettings): Biller {
  const { PAYBILL_BILLER_ADDRESS: address = [], PAYBILL_REMIT_ADDRESS: remitTo = address } = settings;
  return {
    name,
    address,
    remitTo,
    contact: settings.PAYBILL_BILLER_CONTACT,
    payNote: settings.PAYBILL_PAY_NOTE,
    lateFeeNote: settings.PAYBILL_LATE_FEE_NOTE,
  };
}
