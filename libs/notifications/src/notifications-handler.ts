import { sql } from 'kysely';
import { type Message } from '#libs/contracts';
import { type MessageHandler } from '#libs/messaging';
import { type Tx } from '#libs/platform';
import { Recipients } from './recipients/recipients.js';
import { keepBills } from './reminders/bills.js';
import { keepPutOff } from './reminders/put-off.js';
import { NOTIFICATIONS_DDL } from './schema.js';
import { type NotificationSettings } from './settings.js';
import { isHistory } from './telling/history.js';
import { notificationOf } from './telling/notification-of.js';
import { tell, type Telling } from './telling/tell.js';

/**
 * What is done with public messages: keeps the little that has to be known of customers and bills, and writes down what
 * customers are told. Sends nothing itself.
 * @param onPlanned told that the transaction at hand, once it commits, leaves something to be delivered
 */
export function notificationsHandler(
  settings: Pick<NotificationSettings, 'PAYBILL_HISTORY_DAYS' | 'PAYBILL_DUE_SOON_DAYS' | 'PAYBILL_DEFAULT_CHANNELS'>,
  onPlanned: () => void = () => undefined,
  clock: () => Date = () => new Date(),
): MessageHandler {
  const { PAYBILL_HISTORY_DAYS: historyDays, PAYBILL_DEFAULT_CHANNELS: usual } = settings;
  const dueSoonDays = settings.PAYBILL_DUE_SOON_DAYS;
  return {
    name: 'notifications',
    ddl: NOTIFICATIONS_DDL,
    async handle(tx, messages) {
      const recipients = await Recipients.read(tx, [...new Set(messages.map(({ key }) => key))]);
      const confirmed = await confirmationNumbers(tx, messages);
      const tellings: Telling[] = [];
      const now = clock();
      for (const message of messages) {
        recipients.follow(message);
        const withheld = isHistory(message, historyDays, now) ? 'history' : null;
        const notification = notificationOf(message, withheld, (paymentId) => confirmed.get(paymentId) ?? null);
        if (notification) tellings.push({ notification, recipient: recipients.of(message.key) });
      }
      await recipients.save(tx);
      await keepBills(tx, messages, { now, historyDays, dueSoonDays });
      await keepPutOff(tx, messages);
      if ((await tell(tx, tellings, usual)) > 0) onPlanned();
    },
  };
}

/** By which confirmation numbers customers know the payments that a batch returns. */
async function confirmationNumbers(tx: Tx, messages: readonly Message[]): Promise<Map<string, string>> {
  const numbers = new Map<string, string>();
  const returned: { accountId: string; paymentId: string }[] = [];
  for (const { type, key, data } of messages) {
    if (type === 'payment.applied') numbers.set(data.paymentId, data.confirmationNumber);
    else if (type === 'payment.returned' && !numbers.has(data.paymentId)) {
      returned.push({ accountId: key, paymentId: data.paymentId });
    }
  }
  if (returned.length === 0) return numbers;
  const { rows } = await sql<{ paymentId: string; confirmationNumber: string }>`
    select content->>'paymentId' as "paymentId", content->>'confirmationNumber' as "confirmationNumber"
    from notifications.notifications
    where type = 'payment-confirmation' and account_id = any(${returned.map(({ accountId }) => accountId)}::uuid[])
      and content->>'paymentId' = any(${returned.map(({ paymentId }) => paymentId)}::text[])`.execute(tx);
  for (const { paymentId, confirmationNumber } of rows) numbers.set(paymentId, confirmationNumber);
  return numbers;
}
