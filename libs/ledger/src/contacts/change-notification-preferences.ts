import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type NotificationPreferences, requireKnown } from '../billing/account-state.js';

const Locale = z
  .string('must be a BCP 47 locale such as "en-US"')
  .max(35, 'must be a BCP 47 locale such as "en-US"')
  .refine((text) => canonicalLocale(text) !== undefined, 'must be a BCP 47 locale such as "en-US"')
  .overwrite((text) => canonicalLocale(text) ?? text);

// An offset such as +05:00 is no zone: it does not know when summer begins.
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;
const TimeZone = z
  .string('must be an IANA time zone such as "America/New_York"')
  .refine((text) => ZONE_NAME.test(text) && isTimeZone(text), 'must be an IANA time zone such as "America/New_York"');

const LocalTime = z
  .string('must be a time such as "22:00"')
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time from "00:00" to "23:59"');

const NotificationType = z
  .string()
  .max(64)
  .regex(/^[a-z]+(-[a-z]+)*$/);

/** What of it a decision has to look at: two ways to write the same preferences are one. */
const inOrder = ({ locale, timeZone, channels, quietHours }: NotificationPreferences): NotificationPreferences => ({
  locale,
  timeZone,
  channels: Object.fromEntries(
    Object.entries(channels)
      .map(([type, used]) => [type, [...new Set(used)].sort()] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  ),
  ...(quietHours !== undefined && { quietHours: { from: quietHours.from, to: quietHours.to } }),
});

/** Changes how the customer wants to be told, the whole of it at once. */
export const ChangeNotificationPreferences = defineCommand({
  type: 'ChangeNotificationPreferences',
  decider: account,
  schema: z.strictObject({
    locale: Locale,
    timeZone: TimeZone,
    /** By type of notification, the channels to use; none for a type that is not wanted. */
    channels: z
      .record(
        NotificationType,
        z
          .array(z.enum(['email', 'sms'], 'must be "email" or "sms"'), 'must be a list')
          .max(2, 'has at most 2 channels'),
        'must be channels by type of notification, such as { "bill-ready": ["email"] }',
      )
      .refine((channels) => Object.keys(channels).length <= 32, 'has at most 32 types of notification'),
    quietHours: z
      .strictObject({ from: LocalTime, to: LocalTime })
      .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must be another time than from' })
      .optional(),
  }),
  decide(wanted, state, context): AccountEvent[] {
    requireKnown(state);
    const preferences = inOrder(wanted);
    if (state.preferences && JSON.stringify(inOrder(state.preferences)) === JSON.stringify(preferences)) return [];
    const { locale, timeZone, channels, quietHours } = preferences;
    return [
      {
        type: 'NotificationPreferencesChanged',
        data: { locale, timeZone, channels, ...(quietHours && { quietHours }), effectiveAt: context.at },
      },
    ];
  },
});

function canonicalLocale(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text)[0];
  } catch {
    return undefined;
  }
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
