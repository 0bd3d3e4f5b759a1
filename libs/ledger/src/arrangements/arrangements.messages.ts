import { type AccountEvent } from '../billing/account-events.js';
import { type About, type MessageContent, moneyIn } from '../message-content.js';

type ArrangementEvent = Extract<
  AccountEvent,
  {
    type:
      'ArrangementAgreed' | 'InstalmentKept' | 'ArrangementBroken' | 'ArrangementCompleted' | 'ArrangementCancelled';
  }
>;

/** The messages of arrangements. The version of the policy is the ledger's own and stays in it. */
export function arrangementsMessage(
  { type, data }: ArrangementEvent,
  { accountId, effectiveAt }: About,
): MessageContent {
  const { arrangementId } = data;
  const about = { accountId, effectiveAt, arrangementId };
  switch (type) {
    case 'ArrangementAgreed': {
      const { amount, graceDays } = data;
      const money = moneyIn(amount);
      const bills = data.bills.map((bill) => ({ billNumber: bill.billNumber, amount: money(bill.amount) }));
      const instalments = data.instalments.map((one) => ({ dueOn: one.dueOn, amount: money(one.amount) }));
      return { type: 'arrangement.agreed', data: { ...about, amount, bills, instalments, graceDays } };
    }
    case 'InstalmentKept': {
      const { number, dueOn, paid } = data;
      return { type: 'instalment.kept', data: { ...about, number, dueOn, paid } };
    }
    case 'ArrangementBroken': {
      const { number, dueOn, missing } = data;
      return { type: 'arrangement.broken', data: { ...about, number, dueOn, missing } };
    }
    case 'ArrangementCompleted':
      return { type: 'arrangement.completed', data: about };
    case 'ArrangementCancelled':
      return { type: 'arrangement.cancelled', data: { ...about, reason: data.reason } };
  }
}
