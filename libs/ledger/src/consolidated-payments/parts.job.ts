import { v5 as uuidv5 } from 'uuid';
import { formatMinor } from '../money/minor-units.js';

/** The parts of a payment as its event stores them; each is a payment of its account, under an id made of both. */
export function partsOf(paymentId: string, divided: ReadonlyMap<string, bigint>, digits: number) {
  return [...divided].map(([accountId, minor]) => ({
    accountId,
    paymentId: uuidv5(accountId, paymentId),
    amount: formatMinor(minor, digits),
  }));
}
