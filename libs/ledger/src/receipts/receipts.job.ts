import {
  type CommandHandling,
  CommandIdReused,
  type CommandMetadata,
  type EventStore,
  Rejected,
  type Submitted,
} from '#libs/event-sourcing';
import { randomUUID } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { type z } from 'zod';
import { ApplyPayment } from '../billing/apply-payment.js';
import { paymentBody } from '../bank-items/booking.js';
import { type FoundPayment, takeBack } from '../bank-items/take-back.job.js';
import { consolidatedPayment, wholeOf } from '../consolidated-payments/consolidated-payment.js';
import { payByNumber, payeeOf } from '../consolidated-payments/payee.job.js';
import { parsePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import {
  AssignReceipt,
  receipt,
  type ReceiptEvent,
  type ReceiptState,
  ReleaseReceipt,
  ReturnReceipt,
  SettleReceipt,
  SettleReceiptClaim,
  TakeBackReceipt,
} from './receipt.js';
import { allReceipts, paymentsLeft, type ReceiptView } from './receipt-list.job.js';

type Recorded = NonNullable<ReceiptState['recorded']>;

/** The work list of money that could not be matched: who it is for is said here, by a person. */
export class Receipts {
  constructor(
    private readonly store: EventStore,
    private readonly handling: CommandHandling,
    private readonly actor: string,
    /** Ids of steps: another each time. */
    private readonly newId: (about: string) => string = () => randomUUID(),
  ) {}

  /** All receipts there have been, in the order they were recorded. */
  all(): Promise<ReceiptView[]> {
    return allReceipts(this.store);
  }

  /** Payments by confirmation number of which something was left over. */
  paymentsLeft(): Promise<ReadonlyMap<string, FoundPayment>> {
    return paymentsLeft(this.store, this.handling);
  }

  /** Applies it as a payment to the account that holds a pay bill number. @throws Rejected */
  async assignTo(receiptId: string, payBillNumber: string): Promise<{ paymentId: string }> {
    const number = parsePayBillNumber(payBillNumber);
    if (number === undefined) {
      throw new Rejected('PAY_BILL_NUMBER_INVALID', 'this is no pay bill number: its check digits do not hold');
    }
    const payee = await payeeOf(this.handling, number, uuidv5('applied', receiptId));
    if (!payee) {
      throw new Rejected('PAY_BILL_NUMBER_UNKNOWN', 'no account has this number; read it again from the bill');
    }
    const pay = (data: z.output<typeof ApplyPayment.schema>, metadata: CommandMetadata) =>
      payByNumber(this.handling, payee, number, data, metadata);
    return this.#assign(receiptId, 'credit', { accountId: payee.accountId }, async (recorded, metadata) => {
      await pay(await this.#bodyOf(recorded), metadata);
      // The id of a payment is that of its command.
      return { paymentId: metadata.commandId };
    });
  }

  /** Records it as the return of a payment, which takes all of it. @throws Rejected */
  async assignToPayment(receiptId: string, payment: FoundPayment): Promise<{ paymentId: string }> {
    const { accountId, paymentId, amount } = payment;
    const { recorded } = await this.#stateOf(receiptId);
    const whole = payment.partOf?.amount ?? amount;
    const isWhole = recorded?.amount.amount === whole.amount && recorded.amount.currency === whole.currency;
    if (recorded?.kind === 'return' && !isWhole) {
      const message = `the payment is of ${whole.amount} ${whole.currency}, and a return takes the whole of it; find the payment of the same amount`;
      throw new Rejected('AMOUNT_DIFFERS', message);
    }
    return this.#assign(receiptId, 'return', { accountId, paymentId }, async (returned, metadata) => {
      await takeBack(this.handling, payment, returned, metadata);
      return { paymentId };
    });
  }

  /**
   * Matches a return with the receipt that came back, which no account has had; or money that came in with the receipt that had
   * gone out twice, for which the payer pays. @throws Rejected
   */
  async assignToReceipt(receiptId: string, otherId: string): Promise<void> {
    const [{ recorded }, { recorded: other }] = [await this.#stateOf(receiptId), await this.#stateOf(otherId)];
    if (!recorded || !other) throw new Rejected('RECEIPT_UNKNOWN', 'no receipt has this id; look it up in the list');
    const { amount, currency } = other.amount;
    if (recorded.amount.amount !== amount || recorded.amount.currency !== currency) {
      const message = `the other receipt is of ${amount} ${currency}, all of which goes or comes back; find that of the same amount`;
      throw new Rejected('AMOUNT_DIFFERS', message);
    }
    if (recorded.kind === 'return' && other.leftOf !== undefined) {
      const message =
        'the other receipt is left of a payment, which goes back as a whole; name its confirmation number';
      throw new Rejected('RECEIPT_IS_PART', message);
    }
    await this.#assign(receiptId, recorded.kind, { receiptId: otherId }, async (body, metadata) => {
      const { returnCode, effectiveAt } = body;
      const taken = { ...(returnCode !== undefined && { returnCode }), reason: 'returned-by-bank', effectiveAt };
      const submitted =
        body.kind === 'return'
          ? { definition: TakeBackReceipt, data: taken }
          : { definition: SettleReceiptClaim, data: { as: 'recovered', reason: 'paid', effectiveAt } };
      try {
        await this.handling.handle(otherId, { ...submitted, metadata });
      } catch (error) {
        // The id is of this step alone: an earlier build took it before it was interrupted, and told no day.
        if (!(error instanceof CommandIdReused)) throw error;
      }
      return { receiptId: otherId };
    });
  }

  /** The claim on the payer of what has gone out twice has an end. @throws Rejected */
  async settleClaim(receiptId: string, as: 'recovered' | 'written-off', reason: string): Promise<void> {
    await this.#step(receiptId, SettleReceiptClaim, { as, reason });
  }

  /** The money has gone back to where it came from. @returns whether the bank had taken it before @throws Rejected */
  async sendBack(receiptId: string, reason: string): Promise<ReceiptState['status']> {
    await this.#step(receiptId, ReturnReceipt, { reason });
    return (await this.#stateOf(receiptId)).status;
  }

  /**
   * Three steps, each of which changes nothing when it has been done: the receipt is kept for the account, the account
   * takes it, the receipt is settled. Whoever was interrupted assigns it again.
   */
  async #assign<Settled extends object>(
    receiptId: string,
    kind: 'credit' | 'return',
    assignment: NonNullable<ReceiptState['assignment']>,
    book: (recorded: Recorded, metadata: CommandMetadata) => Promise<Settled>,
  ): Promise<Settled> {
    const { recorded } = await this.#stateOf(receiptId);
    if (recorded && recorded.kind !== kind) {
      const message =
        recorded.kind === 'return'
          ? 'the receipt is a return: name the payment that came back'
          : 'the receipt is money that came in: name the pay bill number it is for';
      throw new Rejected('RECEIPT_OF_OTHER_KIND', message);
    }
    await this.#step(receiptId, AssignReceipt, assignment);
    try {
      const settled = await book(recorded!, this.#metadata(uuidv5('applied', receiptId), receiptId));
      await this.#step(receiptId, SettleReceipt, settled);
      return settled;
    } catch (error) {
      if (error instanceof Rejected) await this.#step(receiptId, ReleaseReceipt, { because: error.code });
      throw error;
    }
  }

  /** The receipt as the payment it is. What is left of a payment keeps its confirmation number, and goes back with it. */
  async #bodyOf({ amount, effectiveAt, source, leftOf }: Recorded): Promise<z.output<typeof ApplyPayment.schema>> {
    if (leftOf === undefined) return paymentBody({ amount, effectiveAt, format: source?.format ?? '' });
    const { state } = await this.handling.current(leftOf, consolidatedPayment);
    if (state.status === 'new') throw new Error(`there is no payment ${leftOf} that a receipt could be left of`);
    const { channel, method } = state.asked;
    const partOf = wholeOf(leftOf, state.asked);
    return ApplyPayment.schema.parse({ partOf, amount, channel, method, effectiveAt });
  }

  async #stateOf(receiptId: string): Promise<ReceiptState> {
    let state = receipt.initialState;
    for await (const { type, data, metadata } of this.store.readStream(`${receipt.category}-${receiptId}`)) {
      state = receipt.evolve(state, receipt.events.read(type, metadata.schemaVersion, data));
    }
    return state;
  }

  #step(
    receiptId: string,
    definition: Submitted<ReceiptState, ReceiptEvent>['definition'],
    data: object,
  ): Promise<unknown> {
    // Each step is decided by the receipt's state and may be taken again: its id says nothing.
    return this.handling.handle(receiptId, {
      definition,
      data,
      metadata: this.#metadata(this.newId(`${definition.type} ${receiptId}`), receiptId),
    });
  }

  #metadata(commandId: string, receiptId: string): CommandMetadata {
    return { commandId, correlationId: receiptId, causationId: receiptId, actor: this.actor };
  }
}
