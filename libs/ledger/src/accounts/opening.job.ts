import { type CommandHandling, type CommandMetadata, Rejected } from '#libs/event-sourcing';
import { v5 as uuidv5 } from 'uuid';
import { AssignPayBillNumber } from '../pay-bill-numbers/assign-pay-bill-number.js';
import { candidatePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';

/**
 * Claims a free pay bill number for an account that is about to be opened, or gets one more. The candidates follow from
 * the seed, so that a retry after a crash finds the number it had claimed; one that no account takes up stays unused.
 * @param seed a UUID: the account's own for its first number, the command's for another
 */
export async function claimPayBillNumber(
  handling: CommandHandling,
  accountId: string,
  metadata: CommandMetadata,
  seed = accountId,
): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const payBillNumber = candidatePayBillNumber(seed, attempt);
    const commandId = uuidv5(payBillNumber, accountId);
    try {
      const claim = { definition: AssignPayBillNumber, data: { accountId }, metadata: { ...metadata, commandId } };
      await handling.handleAll(payBillNumber, [claim], { isNew: true });
      return payBillNumber;
    } catch (error) {
      if (!(error instanceof Rejected && error.code === 'PAY_BILL_NUMBER_TAKEN')) throw error;
    }
  }
}
