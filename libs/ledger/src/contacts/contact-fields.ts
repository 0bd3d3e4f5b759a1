import { z } from 'zod';
import { holdsCardNumber } from '../billing/card-numbers.js';
import { PRINTABLE } from '../billing/command-fields.js';

/*
 * A contact in the clear, as a client sends it, before it is sealed. What is wrong with a field is said without the field's
 * content: an error must not carry a name or an address back out, or into a log.
 */

const NAME = 'must be a name of 1 to 120 printable characters with single blanks between words';
const EMAIL = 'must be an e-mail address such as name@example.com';
const PHONE = 'must be a phone number in E.164 such as +14155550123: a plus and 7 to 15 figures without blanks';

export const ContactInTheClear = z.strictObject({
  name: z
    .string(NAME)
    .trim()
    .min(1, NAME)
    .max(120, NAME)
    .regex(PRINTABLE, NAME)
    .refine((text) => !holdsCardNumber(text), NAME)
    .nullable()
    .optional(),
  /** At most what a mail server has to take (RFC 5321, 4.5.3.1.3, without the angle brackets). */
  email: z.email(EMAIL).max(254, EMAIL).nullable().optional(),
  phone: z
    .string(PHONE)
    .regex(/^\+[1-9]\d{6,14}$/, PHONE)
    .nullable()
    .optional(),
});
