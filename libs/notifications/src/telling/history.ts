import { type Message } from '#libs/contracts';

const DAY = 86_400_000;

/**
 * Whether what a message tells is history, shown online and sent to nobody: it had happened long before it was recorded,
 * as in an import, or it was recorded long ago, as when a lost database is filled again from the first message.
 *
 * @param days how long is long
 */
export function isHistory(message: Message, days: number, now: Date): boolean {
  const late = Date.parse(message.time) - Date.parse(message.data.effectiveAt) > days * DAY;
  return late || isRecordedLongAgo(message, days, now);
}

/** Whether a message comes so long after it was recorded that it has surely come before. */
export function isRecordedLongAgo({ time }: Message, days: number, now: Date): boolean {
  return now.getTime() - Date.parse(time) > days * DAY;
}
