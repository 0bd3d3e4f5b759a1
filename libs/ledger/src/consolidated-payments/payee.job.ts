import { type CommandHandling, type CommandMetadata } from '#libs/event-sourcing';
import { type z } from 'zod';
import { account } from '../billing/account.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { refuse } from '../billing/rejections.js';
import { formatMinor } from '../money/minor-units.js';
import { digitsOf, readPositiveAmount } from '../money/money.js';
import { payBillNumber } from '../pay-bill-numbers/assign-pay-bill-number.js';
import { answeringFor } from '../pay-bill-numbers/holder.job.js';
import { consolidatedPayment, ReceiveConsolidatedPayment } from './consolidated-payment.js';
import { divide } from './divide-payment.js';
import { partsOf } from './parts.job.js';

/** Who a payment to a number is for: one account, or several that it is divided over. */
interface Payee {
  /** Of the holder of the number. */
  readonly accountId: string;
  /** The accounts under the number, the holder first; undefined when it is alone. */
  readonly together?: readonly string[];
}

/**
 * Who a payment to a pay bill number is for by now, from the streams themselves. One that was made by this number before is
 * for whoever it was for then, whatever has become of the number since: so asked for again it is not taken twice.
 * @returns undefined when nobody has the number
 */
export async function payeeOf(
  handling: CommandHandling,
  number: string,
  paymentId: string,
): Promise<Payee | undefined> {
  const { accountId, others, wasShared } = (await handling.current(number, payBillNumber)).state;
  if (accountId === undefined) return undefined;
  const holder = await answeringFor(handling, accountId, paymentId);
  if (!wasShared) return { accountId: holder };
  const { status } = (await handling.current(paymentId, consolidatedPayment)).state;
  const answering = await Promise.all([accountId, ...others].map((one) => answeringFor(handling, one)));
  const together = [...new Set(answering)];
  if (status !== 'new') return { accountId: holder, together };
  const { sources } = (await handling.current(holder, account)).state;
  if (together.length === 1 || sources.get(paymentId)) return { accountId: holder };
  return { accountId: holder, together };
}

/**
 * Refuses a payment over several accounts that one of them would refuse; what it says in the end is decided when its part
 * comes. One that was taken before is not tried again.
 */
export async function refuseBeforeTaking(
  handling: CommandHandling,
  together: readonly string[],
  body: Omit<z.output<typeof ReceiveConsolidatedPayment.schema>, 'payBillNumber' | 'partOf'>,
  metadata: CommandMetadata,
): Promise<void> {
  const { commandId: paymentId } = metadata;
  if ((await handling.current(paymentId, consolidatedPayment)).state.status !== 'new') return;
  const { amount, channel, method, effectiveAt } = body;
  const digits = digitsOf(amount.currency, 'amount/currency');
  const minor = readPositiveAmount(amount.amount, amount.currency, 'amount/amount');
  const { parts, left } = divide(minor, await sharersOf(handling, together));
  if (left > 0n) {
    const open = formatMinor(minor - left, digits);
    refuse('PAYMENT_EXCEEDS_OPEN', `the accounts are closed and owe ${open}; pay no more than that`, 'amount/amount');
  }
  const divided = partsOf(paymentId, parts, digits);
  // Each of them is asked, also one that gets nothing: a hold on one account is no way to pay the others by.
  for (const accountId of together) {
    const part = divided.find((one) => one.accountId === accountId);
    const money = { amount: part?.amount ?? amount.amount, currency: amount.currency };
    const { status } = (await handling.current(accountId, account)).state;
    if (!part && status === 'closed') continue;
    const data = { amount: money, channel, method, ...(effectiveAt !== undefined && { effectiveAt }) };
    await handling.rehearse(accountId, { definition: ApplyPayment, data, metadata });
  }
}

/** Takes a payment to a number, in a process that nobody waits for as it tells its accounts. @throws Rejected */
export async function payByNumber(
  handling: CommandHandling,
  { accountId, together }: Payee,
  number: string,
  data: z.output<typeof ApplyPayment.schema>,
  metadata: CommandMetadata,
): Promise<{ readonly position: bigint }> {
  if (!together) return handling.handle(accountId, { definition: ApplyPayment, data, metadata });
  const { amount, channel, method, partOf, effectiveAt } = data;
  const body = { amount, channel, method, ...(effectiveAt !== undefined && { effectiveAt }) };
  await refuseBeforeTaking(handling, together, body, metadata);
  const received = { payBillNumber: number, ...body, ...(partOf && { partOf }) };
  return handling.handle(metadata.commandId, { definition: ReceiveConsolidatedPayment, data: received, metadata });
}

/** The accounts as they are, in their order. */
export async function sharersOf(handling: CommandHandling, accountIds: readonly string[]) {
  return Promise.all(
    accountIds.map(async (accountId) => ({ accountId, state: (await handling.current(accountId, account)).state })),
  );
}
