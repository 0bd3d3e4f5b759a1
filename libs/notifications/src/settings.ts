import { z } from 'zod';
import { BillerSettings } from '#libs/platform';

const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
};

const HttpUrl = z.url({ protocol: /^https?$/, error: 'must be a URL such as https://sms.example/messages' });

/** What notifications are set by, from the environment. Nothing has to be set on one machine. */
export const NotificationSettings = z.object({
  /** How mail leaves: `smtp://user:password@host:587` or `smtps://…`. Without it mails are written into the outbox. */
  PAYBILL_SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/\S+$/, 'must be a URL such as smtp://127.0.0.1:25')
    .optional(),
  /** Sender of every mail. */
  PAYBILL_MAIL_FROM: z.email('must be an e-mail address').default('billing@paybill.localhost'),
  ...BillerSettings.shape,
  /** Gateway for text messages: takes POST {to, text}. Without it they are written into the outbox. */
  PAYBILL_SMS_URL: HttpUrl.optional(),
  PAYBILL_SMS_TOKEN: z.string().min(1).optional(),
  /** Directory for what has no way out: mails as .eml, text messages as .txt. */
  PAYBILL_OUTBOX: z.string().min(1).default('./data/outbox'),
  /** Directory of templates, instead of those that come with Paybill. */
  PAYBILL_TEMPLATES: z.string().min(1).optional(),
  /** For customers who have said nothing else. */
  PAYBILL_LOCALE: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as en or es-MX')
    .default('en'),
  PAYBILL_TIME_ZONE: z.string().refine(isTimeZone, 'must be a time zone such as America/New_York').default('UTC'),
  /** Channels for types the customer has said nothing about, comma separated; may be `none`. */
  PAYBILL_DEFAULT_CHANNELS: z
    .string()
    .regex(/^(none|(email|sms)(,(email|sms))*)$/, 'must be email, sms, email,sms or none')
    .transform((text) => text.split(',').filter((channel) => channel === 'email' || channel === 'sms'))
    .default(['email']),
  /** What happened longer before it was recorded is history: it is shown online and sent to nobody. */
  PAYBILL_HISTORY_DAYS: whole(1, 3_650).default(7),
  /** How many days before its due day an open bill is brought to mind. */
  PAYBILL_DUE_SOON_DAYS: whole(1, 60).default(3),
  /** Attempts to deliver before a person has to look: twenty last some hours. */
  PAYBILL_DELIVERY_ATTEMPTS: whole(1, 100).default(20),
  /** Deliveries of one channel on their way at once. */
  PAYBILL_DELIVERIES_AT_ONCE: whole(1, 100).default(8),
  /**
   * Whether a webhook may go to an address of a private network or of this machine. `refuse` where those who set up
   * webhooks are not those who run the machine: what they name is looked up and refused at the moment of connecting.
   */
  PAYBILL_WEBHOOK_PRIVATE_ADDRESSES: z.enum(['allow', 'refuse'], { error: 'must be allow or refuse' }).default('allow'),
});
export type NotificationSettings = z.output<typeof NotificationSettings>;

/** Whether this machine knows a time zone by that name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
