import { type FoundPayment } from '#libs/ledger';
import { z } from 'zod';
import { Money } from './money.js';
import { type PaybillApi, RefusedByPaybill } from './paybill-api.js';

const Found = z.object({
  items: z.array(
    z.object({
      accountId: z.uuid(),
      paymentId: z.uuid(),
      confirmationNumber: z.string(),
      amount: Money,
      partOf: z.object({ paymentId: z.uuid(), amount: Money }).nullable(),
    }),
  ),
});

/**
 * Payments by confirmation number, as the read models know them at a position; those nobody has are left out. The read
 * models are allowed to take their time.
 */
export async function findPayments(
  api: PaybillApi,
  confirmationNumbers: readonly string[],
  after: bigint,
): Promise<Map<string, FoundPayment>> {
  for (;;) {
    try {
      const asked = `/payments?confirmationNumbers=${confirmationNumbers.join(',')}&after=${after}`;
      const { items } = await api.ask(Found, asked);
      return new Map(items.map(({ confirmationNumber, ...payment }) => [confirmationNumber, payment]));
    } catch (error) {
      if (!(error instanceof RefusedByPaybill) || error.code !== 'READ_MODEL_BEHIND') throw error;
    }
  }
}
