import { type CommandHandling, type CommandMetadata } from '#libs/event-sourcing';
import { RecordReturn } from '../billing/record-return.js';
import { ReturnConsolidatedPayment } from '../consolidated-payments/consolidated-payment.js';
import { type MoneyJson } from '../money/money.js';
import { returnBody } from './booking.js';

/** A payment as it was taken, found by its confirmation number. */
export interface FoundPayment {
  /** None of one over several accounts that no account has taken anything of. */
  readonly accountId?: string | undefined;
  readonly paymentId: string;
  readonly amount: MoneyJson;
  /** The whole payment, when it is over several accounts. */
  readonly partOf?: { readonly paymentId: string; readonly amount: MoneyJson } | null | undefined;
}

/** Has a payment that the bank took back returned: on its account, or on all that it was divided over. @throws Rejected */
export async function takeBack(
  handling: CommandHandling,
  { accountId, paymentId, partOf }: FoundPayment,
  why: { readonly returnCode?: string | undefined; readonly effectiveAt: string },
  metadata: CommandMetadata,
): Promise<{ readonly position: bigint }> {
  const { paymentId: _, ...returned } = returnBody(paymentId, why);
  if (partOf) {
    const data = ReturnConsolidatedPayment.schema.parse(returned);
    return handling.handle(partOf.paymentId, { definition: ReturnConsolidatedPayment, data, metadata });
  }
  if (accountId === undefined) throw new Error(`payment ${paymentId} is on no account, and no part of another`);
  return handling.handle(accountId, { definition: RecordReturn, data: { paymentId, ...returned }, metadata });
}
