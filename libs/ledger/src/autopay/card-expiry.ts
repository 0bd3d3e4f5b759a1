import { addDays, monthsBefore } from '../importing/calendar.js';

/** Whether a card is good on a day: it is to the end of the month on it. @param expires `2027-03` */
export function isCardGoodOn(expires: string, day: string): boolean {
  return day.slice(0, 7) <= expires;
}

/** The last day a card is good for. @param expires `2027-03` */
export function lastDayOfCard(expires: string): string {
  return addDays(monthsBefore(`${expires}-01`, -1), -1);
}
