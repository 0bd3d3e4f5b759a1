import { type MessageHandler } from '#libs/messaging';
import { type Database } from '#libs/platform';
import { SmtpMail } from './channels/email.js';
import { Outbox } from './channels/outbox.js';
import { SmsGateway } from './channels/sms.js';
import { CodeReader, type CodeSource } from './codes/code-reader.job.js';
import { type BillDocument, Carrier, type Ways } from './deliveries/carrier.js';
import { Deliveries } from './deliveries/deliveries.job.js';
import { ParkedDeliveries } from './deliveries/parked-deliveries.js';
import { notificationsHandler } from './notifications-handler.js';
import { type PersonalDataKeys } from './personal-data.js';
import { Reminders } from './reminders/reminders.job.js';
import { type NotificationSettings } from './settings.js';
import { Templates } from './templates/templates.js';

interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

interface NotificationsOptions {
  readonly db: Database;
  /** Opens what is sealed in messages: the subject is the account's id, the fields are `name`, `email` and `phone`. */
  readonly personalData: PersonalDataKeys;
  readonly settings: NotificationSettings;
  readonly log: Log;
  /** Makes the bill that paperless customers get with the mail that it is ready. */
  readonly billDocument?: BillDocument | undefined;
  /** Where one-time codes are asked for; without it none are sent. */
  readonly codes?: CodeSource | undefined;
  readonly clock?: () => Date;
  readonly random?: () => number;
}

/** Notifications of one process. */
export interface Notifications {
  /** To be given messages by a consumer, which creates the tables too. */
  readonly handler: MessageHandler;
  /** Reminds and delivers until `signal` aborts; the tables have to be there. */
  run(signal: AbortSignal): Promise<void>;
  /** How many deliveries wait for a person. */
  parked(): Promise<number>;
  /** Says that there is something to deliver: nobody has to, it is found within a second. */
  wake(): void;
}

/** Puts notifications together. @throws WrongTemplates when a template cannot be used; named as wrong configuration */
export function startNotifications(options: NotificationsOptions): Notifications {
  const { db, personalData, settings, log, codes, clock, random } = options;
  const templates = new Templates(settings.PAYBILL_LOCALE, settings.PAYBILL_TEMPLATES);
  const { ways, close } = waysOf(settings);
  const usual = {
    channels: settings.PAYBILL_DEFAULT_CHANNELS,
    timeZone: settings.PAYBILL_TIME_ZONE,
    biller: settings.PAYBILL_BILLER_NAME,
  };
  const carrier = new Carrier(ways, templates, personalData, usual, options.billDocument);
  const deliveries = new Deliveries(db, carrier, {
    attempts: settings.PAYBILL_DELIVERY_ATTEMPTS,
    atOnce: settings.PAYBILL_DELIVERIES_AT_ONCE,
    ...(clock && { clock }),
    ...(random && { random }),
    onParked: (parked) => log.warn(parked, 'a delivery is parked: see GET /parked-deliveries'),
    onTrouble: (error) => log.error({ reason: nameOf(error) }, 'a delivery could not be made here; it is tried again'),
  });
  const wake = () => deliveries.wake();
  const reminders = new Reminders(db, {
    dueSoonDays: settings.PAYBILL_DUE_SOON_DAYS,
    timeZone: settings.PAYBILL_TIME_ZONE,
    channels: settings.PAYBILL_DEFAULT_CHANNELS,
    ...(clock && { clock }),
    onPlanned: wake,
    onTrouble: (error) => log.warn({ reason: nameOf(error) }, 'reminders wait for the database'),
  });
  const reader =
    codes &&
    new CodeReader(db, codes, {
      usual: settings.PAYBILL_DEFAULT_CHANNELS,
      ...(clock && { clock }),
      onPlanned: wake,
      onTrouble: (error) => log.warn({ reason: nameOf(error) }, 'one-time codes wait for the log or the database'),
    });
  return {
    handler: notificationsHandler(settings, wake, clock),
    wake,
    parked: () => new ParkedDeliveries(db).count(),
    async run(signal) {
      try {
        await Promise.all([deliveries.run(signal), reminders.run(signal), reader?.run(signal)]);
      } finally {
        close();
      }
    },
  };
}

/** What there is no way for goes into the outbox. */
function waysOf(settings: NotificationSettings): { ways: Ways; close: () => void } {
  const outbox = new Outbox(settings.PAYBILL_OUTBOX);
  const sender = { name: settings.PAYBILL_BILLER_NAME, address: settings.PAYBILL_MAIL_FROM };
  const { PAYBILL_SMTP_URL: smtpUrl, PAYBILL_SMS_URL: smsUrl, PAYBILL_SMS_TOKEN: token } = settings;
  const smtp = smtpUrl === undefined ? undefined : new SmtpMail(smtpUrl, sender, settings.PAYBILL_DELIVERIES_AT_ONCE);
  const sms = smsUrl === undefined ? undefined : new SmsGateway(smsUrl, token);
  const ways: Ways = {
    mail: (mail) => (smtp ? smtp.send(mail) : outbox.mail(mail, sender)),
    text: (message) => (sms ? sms.send(message) : outbox.text(message)),
    publicWebhooksOnly: settings.PAYBILL_WEBHOOK_PRIVATE_ADDRESSES === 'refuse',
  };
  return { ways, close: () => smtp?.close() };
}

/** What kind of error it is; its text may hold rows and with them personal data. */
function nameOf(error: Error & { code?: unknown }): string {
  return typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}
