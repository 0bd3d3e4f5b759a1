import { type MessageData } from '#libs/contracts';
import { type AccountEvent } from '../billing/account-events.js';
import { type About, type MessageContent, moneyIn } from '../message-content.js';

export type CollectionsEvent = Extract<AccountEvent, { type: 'LateFeeAssessed' }>;
type Data<Type extends CollectionsEvent['type']> = Extract<CollectionsEvent, { type: Type }>['data'];

/** The messages of what is done about bills that are not paid in time. */
export function collectionsMessage(event: CollectionsEvent, about: About): MessageContent {
  return { type: 'late-fee.assessed', data: lateFee(event.data, about) };
}

function lateFee(
  { billNumber, lineId, amount, overdue, policy }: Data<'LateFeeAssessed'>,
  { accountId, effectiveAt }: About,
): MessageData<'late-fee.assessed'> {
  return { accountId, effectiveAt, billNumber, lineId, amount, overdue: moneyIn(amount)(overdue), policy };
}
