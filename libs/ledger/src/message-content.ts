import { type Message } from '#libs/contracts';
import { type MoneyJson } from './money/money.js';

/** What a feature says of an event of its own: type and data of the message. The rest is the same for every message. */
export type MessageContent = Message extends infer Each
  ? Each extends Message
    ? Pick<Each, 'type' | 'data'>
    : never
  : never;

/** What the data of every message begins with. */
export interface About {
  readonly accountId: string;
  readonly effectiveAt: string;
}

/** Stored amounts share their event's currency; a reader of messages finds it beside each of them. */
export function moneyIn({ currency }: MoneyJson): (amount: string) => { amount: string; currency: string } {
  return (amount) => ({ amount, currency });
}

/** Shares of bills, each with its currency. */
export function sharesIn(
  stored: readonly { readonly billNumber: string; readonly lineId: string; readonly amount: string }[],
  of: MoneyJson,
) {
  const money = moneyIn(of);
  return stored.map(({ billNumber, lineId, amount }) => ({ billNumber, lineId, amount: money(amount) }));
}
