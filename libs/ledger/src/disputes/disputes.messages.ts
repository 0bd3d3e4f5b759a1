import { type MessageData } from '#libs/contracts';
import { type AccountEvent } from '../billing/account-events.js';
import { type About, type MessageContent, moneyIn } from '../message-content.js';
import { type MoneyJson } from '../money/money.js';

type DisputeEvent = Extract<AccountEvent, { type: 'DisputeOpened' | 'DisputeResolved' }>;
type Data<Type extends DisputeEvent['type']> = Extract<DisputeEvent, { type: Type }>['data'];

/** The messages of disputes. The version of the policy is the ledger's own and stays in it. */
export function disputesMessage(event: DisputeEvent, about: About): MessageContent {
  return event.type === 'DisputeOpened'
    ? { type: 'dispute.opened', data: opened(event.data, about) }
    : { type: 'dispute.resolved', data: resolved(event.data, about) };
}

function opened(
  { disputeId, subject, amount, shares, reason }: Data<'DisputeOpened'>,
  { accountId, effectiveAt }: About,
): MessageData<'dispute.opened'> {
  return { accountId, effectiveAt, disputeId, subject, amount, shares: each(shares, amount), reason };
}

function resolved(
  { disputeId, outcome, granted, released, payableBy, reason }: Data<'DisputeResolved'>,
  { accountId, effectiveAt }: About,
): MessageData<'dispute.resolved'> {
  return {
    accountId,
    effectiveAt,
    disputeId,
    outcome,
    granted,
    released: each(released, granted),
    reason,
    ...(payableBy !== undefined && { payableBy }),
  };
}

function each(shares: Data<'DisputeOpened'>['shares'], of: MoneyJson) {
  const money = moneyIn(of);
  return shares.map(({ billNumber, lineId, amount }) => ({ billNumber, lineId, amount: money(amount) }));
}
