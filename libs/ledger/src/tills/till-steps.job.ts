import { randomUUID } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { type z } from 'zod';
import { type CommandHandling, type CommandMetadata, Rejected } from '#libs/event-sourcing';
import { ApplyPayment } from '../billing/apply-payment.js';
import { RecordReturn } from '../billing/record-return.js';
import {
  ReceiveConsolidatedPayment,
  ReturnConsolidatedPayment,
} from '../consolidated-payments/consolidated-payment.js';
import { RecordTillOutcome } from './take-till-payment.js';
import { requireOpened, tillBatch, type TillPayment } from './till-batch.js';

/** Namespace of the ids of commands on accounts. Never changes: a step taken again is recognised by it. */
const NAMESPACE = '0c2d7a94-3be1-5f68-9d47-a85e61f3b2c0';

export type Why = Pick<CommandMetadata, 'actor' | 'correlationId'>;

type Applied = Pick<TillPayment, 'paymentId' | 'amount'> & {
  readonly effectiveAt?: string;
  readonly method: { readonly kind: TillPayment['method']['kind']; readonly token?: string | undefined };
};

/** The payment of a batch as its account takes it: it counts from when it was taken at the till. */
export function appliedBy({ paymentId, amount, method, effectiveAt }: Applied): z.output<typeof ApplyPayment.schema> {
  return ApplyPayment.schema.parse({ paymentId, amount, channel: 'in-person', method, effectiveAt });
}

/**
 * Money between a till's batch and an account: the intent is in the batch first, then the account takes the payment under the
 * id that the batch gave it, then the batch notes what the account did. Killed between any two, the same step is found again
 * in the batch: by the agent's retry, by whoever closes it, or by the process that looks for what was left.
 */
export class TillSteps {
  /** @param newId ids of what is decided by where a payment stands: another each time */
  constructor(
    private readonly handling: CommandHandling,
    private readonly newId: (about: string) => string = () => randomUUID(),
  ) {}

  /** Takes every step of a batch that was left. @throws EventStoreUnavailable */
  async finish(batchId: string, why: Why): Promise<void> {
    const { state } = await this.handling.current(batchId, tillBatch);
    if (state.status === 'unknown') return;
    for (const paymentId of state.unfinished) await this.finishOne(batchId, paymentId, why);
  }

  /** Asks the account for what is begun of one payment, and notes what it did. @returns the payment after it */
  async finishOne(batchId: string, paymentId: string, { actor, correlationId }: Why): Promise<TillPayment> {
    const payment = await this.#paymentOf(batchId, paymentId);
    if (payment.status !== 'begun' && payment.status !== 'voiding') return payment;
    const by = (commandId: string) => ({ commandId, correlationId, causationId: batchId, actor });
    const refused = await this.#askAccount(payment, by);
    const data = { paymentId, ...(refused !== undefined && { refused }) };
    // Decided by where the payment stands, and noted once: its id says nothing.
    await this.handling.handle(batchId, {
      definition: RecordTillOutcome,
      data,
      metadata: by(this.newId(`${payment.status} ${paymentId}`)),
    });
    return this.#paymentOf(batchId, paymentId);
  }

  async #paymentOf(batchId: string, paymentId: string): Promise<TillPayment> {
    const { state } = await this.handling.current(batchId, tillBatch);
    const payment = requireOpened(state).payments.get(paymentId);
    if (!payment) throw new Error(`the batch ${batchId} has no payment ${paymentId}`);
    return payment;
  }

  /** Of several accounts: the payment is taken as a whole, and a process carries its parts to them and back. */
  async #askTogether(
    { paymentId, payBillNumber, amount, method, effectiveAt, status }: TillPayment & { readonly payBillNumber: string },
    metadata: CommandMetadata,
  ): Promise<void> {
    if (status === 'begun') {
      const body = { payBillNumber, amount, channel: 'in-person', method, effectiveAt };
      const data = ReceiveConsolidatedPayment.schema.parse(body);
      await this.handling.handle(paymentId, { definition: ReceiveConsolidatedPayment, data, metadata });
    } else {
      const data = ReturnConsolidatedPayment.schema.parse({ reason: 'voided-at-till' });
      await this.handling.handle(paymentId, { definition: ReturnConsolidatedPayment, data, metadata });
    }
  }

  /** @returns the code of the account's refusal, undefined when it did as asked */
  async #askAccount(payment: TillPayment, by: (commandId: string) => CommandMetadata): Promise<string | undefined> {
    const { paymentId, accountId, payBillNumber, status } = payment;
    const metadata = by(uuidv5(`${status}\n${paymentId}`, NAMESPACE));
    try {
      if (payBillNumber !== undefined) await this.#askTogether({ ...payment, payBillNumber }, metadata);
      else if (status === 'begun') {
        await this.handling.handle(accountId, { definition: ApplyPayment, data: appliedBy(payment), metadata });
      } else {
        const data = RecordReturn.schema.parse({ paymentId, reason: 'voided-at-till' });
        await this.handling.handle(accountId, { definition: RecordReturn, data, metadata });
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      // A person was faster, and has recorded by hand that it went back.
      if (error.code === 'PAYMENT_ALREADY_RETURNED') return undefined;
      return error.code;
    }
  }
}
