import { z } from 'zod';
import { about, type Definition } from './shapes.js';

const Sealed = z
  .string()
  .describe('Text encrypted with a key of the account’s own: for holders of the keys, until the key is erased.');

/** The messages of how a customer is reached, and wants to be told. */
export const contactMessages = {
  'contact.changed': {
    version: 2,
    summary: 'How the customer is reached has changed; the whole contact as it is now, each part sealed.',
    when: 'When any part of the contact changes.',
    schema: z.object({
      ...about,
      contact: z.object({ name: Sealed.optional(), email: Sealed.optional(), phone: Sealed.optional() }),
      changed: z.array(z.enum(['name', 'email', 'phone'])).describe('The parts that are not as they were.'),
      first: z
        .literal(true)
        // A list of one value: what reads our schemas knows lists of values.
        .meta({ enum: [true] })
        .optional()
        .describe(
          'Neither an e-mail address nor a phone number stood there before: none was replaced. Since version 2; left out otherwise, and in all messages of version 1.',
        ),
    }),
  },
  'bill-delivery.changed': {
    version: 1,
    summary: 'How bills come has changed: electronically only, or on paper.',
    when: 'When the customer agrees to paperless bills, or takes that back. Until then bills come on paper.',
    schema: z.object({ ...about, paperless: z.boolean().describe('Electronically only.') }),
  },
  'notification-preferences.changed': {
    version: 1,
    summary: 'How the customer wants to be told; the whole of it as it is now.',
    when: 'When the customer or an agent changes the preferences.',
    schema: z.object({
      ...about,
      locale: z.string().describe('BCP 47: `en-US`.'),
      timeZone: z.string().describe('IANA: `America/New_York`.'),
      channels: z
        .record(z.string(), z.array(z.enum(['email', 'sms'])))
        .describe('By type of notification, the channels to use; a type that is not named uses the biller’s default.'),
      quietHours: z
        .object({
          from: z.string().describe('`22:00`.'),
          to: z.string().describe('`07:00`, of the next day when it is earlier.'),
        })
        .optional()
        .describe('Local times in which nothing is sent but what cannot wait.'),
    }),
  },
} as const satisfies Record<string, Definition>;
