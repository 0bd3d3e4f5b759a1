import { z } from 'zod';

/* What the public messages are made of, as far as messages of several features are. */

export const Day = z.iso.date().describe('A calendar day at the biller.');
export const Instant = z.iso.datetime();
export const Money = z
  .object({
    amount: z
      .string()
      .regex(/^-?\d+(\.\d+)?$/)
      .describe('An exact decimal at the minor unit of the currency, as a string: never read it as a binary number.'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .describe('ISO 4217.'),
  })
  .meta({ title: 'Money' });
export const billNumber = z.string().describe('The biller’s number of the bill, unique within the account.');
export const lineId = z.string().describe('The line, unique within its bill.');
export const Allocation = z
  .object({ billNumber, lineId, amount: Money })
  .meta({ title: 'Allocation', description: 'Money on one line of one bill.' });
export const reason = z.string().describe('A code: lower-case words joined by hyphens, never free text.');
export const paymentId = z.uuid().describe('The payment, the same in every message about it.');
export const disputeId = z.uuid().describe('The dispute, the same in every message about it.');
/** What every message's data begins with. */
export const about = {
  accountId: z.uuid().describe('The account: also the record’s key.'),
  effectiveAt: Instant.describe('When it counts for the customer, in UTC; `ce_time` is when it was recorded.'),
};

/** A type of message, in the version it is published in. */
export interface Definition<Schema extends z.ZodType = z.ZodType> {
  readonly version: number;
  /** What it says. */
  readonly summary: string;
  /** On what occasion it is published. */
  readonly when: string;
  readonly schema: Schema;
}
