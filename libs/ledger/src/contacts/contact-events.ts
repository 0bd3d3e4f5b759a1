import { z } from 'zod';
import { Instant } from '../billing/stored-shapes.js';

/* Storage format of how a customer is reached, and wants to be told: part of the account's stream, as account-events.ts. */

/** Personal data encrypted with the account's own key: unreadable for ever once that key is erased. */
const Sealed = z.string().regex(/^v\d+\.[A-Za-z0-9_-]+$/);

export const contactEvents = {
  ContactChanged: {
    version: 2,
    // Version 1 does not say which change was the first; that it was not is what it was taken for.
    upcasters: { 1: (data: Record<string, unknown>) => data },
    schema: z.strictObject({
      /** All of it as it is now. */
      contact: z.strictObject({ name: Sealed.optional(), email: Sealed.optional(), phone: Sealed.optional() }),
      changed: z.array(z.enum(['name', 'email', 'phone'])).min(1),
      /** Neither an e-mail address nor a phone number stood there before. */
      first: z.literal(true).optional(),
      effectiveAt: Instant,
    }),
  },
  NotificationPreferencesChanged: {
    version: 1,
    schema: z.strictObject({
      /** BCP 47: `en-US`. */
      locale: z.string(),
      /** IANA: `America/New_York`. */
      timeZone: z.string(),
      /** By type of notification; a type that is not named uses the biller's default. */
      channels: z.record(z.string(), z.array(z.enum(['email', 'sms']))),
      /** Local times, HH:MM. */
      quietHours: z.strictObject({ from: z.string(), to: z.string() }).optional(),
      effectiveAt: Instant,
    }),
  },
  /** Bills come on paper until the customer has agreed to get them electronically. */
  BillDeliveryChanged: {
    version: 1,
    schema: z.strictObject({
      paperless: z.boolean(),
      /** The version of the text that the customer agreed to. */
      consent: z.string().optional(),
      effectiveAt: Instant,
    }),
  },
} as const;
