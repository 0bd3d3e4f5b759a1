import { type CommandHandling } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { payBillNumber } from './assign-pay-bill-number.js';

/** So many mergers in a row are followed; more are a circle, which no transfer makes. */
export const MOST_SUCCESSORS = 100;

/**
 * The account that a pay bill number leads to, from the streams themselves: they are certain, a read model may be behind.
 * A number leads to the account it was claimed for, and when that was merged or transferred, to the one that answers for it.
 * @param paymentId a payment that may have been made by the number before: then it is the account that has it, so that asked
 *   for again after a merger it is not taken twice.
 */
export async function holderOf(
  handling: CommandHandling,
  number: string,
  paymentId?: string,
): Promise<string | undefined> {
  const { accountId } = (await handling.current(number, payBillNumber)).state;
  return accountId === undefined ? undefined : answeringFor(handling, accountId, paymentId);
}

/** The account itself, or the one that answers for it by now; as {@link holderOf}. */
export async function answeringFor(handling: CommandHandling, accountId: string, paymentId?: string): Promise<string> {
  let answering = accountId;
  for (let step = 0; step <= MOST_SUCCESSORS; step++) {
    const { successorId, sources } = (await handling.current(answering, account)).state;
    if (successorId === undefined || (paymentId !== undefined && sources.get(paymentId))) return answering;
    answering = successorId;
  }
  throw new Error(`the accounts that answer for ${accountId} go round in a circle`);
}
