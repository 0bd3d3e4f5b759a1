import { type CommandHandling, type CommandMetadata, Rejected } from '#libs/event-sourcing';
import { v5 as uuidv5 } from 'uuid';
import { AssignPayBillNumber } from '../pay-bill-numbers/assign-pay-bill-number.js';
import { candidatePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';

/**
 * Claims a free pay bill number for an account that is about to be opened. The candidates follow from the account's id,
 * so that a retry after a crash finds the number it had claimed; a number whose account was never opened stays unused.
 */
export async function claimPayBillNumber(
  handling: CommandHandling,
  accountId: string,
  metadata: CommandMetadata,
): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const payBillNumber = candidatePayBillNumber(accountId, attempt);
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
