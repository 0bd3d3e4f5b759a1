import { v5 as uuidv5 } from 'uuid';
import { type CommandHandling, type CommandMetadata, Rejected, type Submitted } from '#libs/event-sourcing';
import { ApplyPayment } from '../billing/apply-payment.js';
import { RecordReturn } from '../billing/record-return.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { answeringFor } from '../pay-bill-numbers/holder.job.js';
import { type ProcessOptions, StreamProcess, type StreamWorker } from '../processes/stream-process.job.js';
import { type Again, backOff, type Due } from '../processes/stream-work.job.js';
import { receipt, RecordReceipt, TakeBackReceipt } from '../receipts/receipt.js';
import {
  consolidatedPayment,
  type ConsolidatedPaymentEvent,
  type ConsolidatedPaymentState,
  DivideConsolidatedPayment,
  type KnownConsolidatedPayment,
  MoveConsolidatedPart,
  type PaymentPart,
  RecordPartsDone,
  ReturnConsolidatedPayment,
  wholeOf,
} from './consolidated-payment.js';
import { divide, DIVISION_POLICY } from './divide-payment.js';
import { partsOf } from './parts.job.js';
import { payeeOf, sharersOf } from './payee.job.js';

const ACTOR = 'consolidation-process';
/** Refusals of an account that is closed: it will not take its part, however often it is asked. */
const CLOSED: readonly string[] = ['ACCOUNT_CLOSED', 'PAYMENT_EXCEEDS_OPEN'];

/**
 * Carries a payment over several accounts to them and back: divides it by what is open on each, has each account apply its
 * part, and when the bank takes the payment back has each return it. The part of an account that was closed meanwhile is divided
 * anew over the accounts under the number; what none of them takes becomes an unidentified receipt. A part's command has an id
 * made of the payment's and the account's, so every step may be taken again.
 */
export class ConsolidatedPaymentWorker implements StreamWorker {
  constructor(
    private readonly handling: CommandHandling,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  async look(due: Pick<Due, 'id' | 'attempts'>): Promise<Again | undefined> {
    const { id } = due;
    for (;;) {
      const { state } = await this.handling.current(id, consolidatedPayment);
      switch (state.status) {
        case 'received':
          await this.#divide(id, state);
          break;
        case 'divided': {
          const refused = await this.#applyParts(id, state);
          if (refused !== undefined) return this.later(due, refused);
          break;
        }
        case 'returning': {
          const refused = await this.#returnParts(id, state);
          if (refused !== undefined) return this.later(due, refused);
          break;
        }
        default:
          return undefined;
      }
    }
  }

  later({ attempts }: Pick<Due, 'attempts'>, trouble?: string): Again {
    return backOff(this.clock(), attempts, trouble);
  }

  async #divide(paymentId: string, { asked }: KnownConsolidatedPayment): Promise<void> {
    const division = await this.#divisionOf(paymentId, asked, { amount: asked.amount.amount, paymentId });
    await this.#note(paymentId, DivideConsolidatedPayment, division, 'divide');
  }

  /**
   * Divides the payment, or a part of it, over the accounts under its number as they are now.
   * @param promised what accounts are still to get of the payment
   */
  async #divisionOf(
    paymentId: string,
    { payBillNumber, amount: { currency } }: KnownConsolidatedPayment['asked'],
    divided: Pick<PaymentPart, 'paymentId' | 'amount'>,
    promised: ReadonlyMap<string, bigint> = new Map(),
  ) {
    const digits = digitsOf(currency);
    const payee = await payeeOf(this.handling, payBillNumber, paymentId);
    if (!payee) throw new Error('nobody has the number of a payment that was taken by it');
    const { accountId, together = [accountId] } = payee;
    const sharers = await sharersOf(this.handling, together);
    const { parts, left } = divide(parseMinor(divided.amount, digits), sharers, promised);
    const receiptId = uuidv5('left', divided.paymentId);
    return {
      parts: partsOf(divided.paymentId, parts, digits),
      ...(left > 0n && { left: { receiptId, amount: formatMinor(left, digits) } }),
      allocationPolicy: DIVISION_POLICY,
    };
  }

  /**
   * Whose account is closed gets nothing: one such part is moved at a time, after the others are where they belong, so that it
   * finds what is open then, less what waits for an account that is held.
   * @returns the code of an account's refusal: the others have their parts, and it is asked again
   */
  async #applyParts(paymentId: string, { asked, parts, left }: KnownConsolidatedPayment): Promise<string | undefined> {
    for (const { receiptId, amount } of left) {
      const { currency } = asked.amount;
      const what = { kind: 'credit', because: 'ACCOUNT_CLOSED', leftOf: paymentId } as const;
      const data = { ...what, amount: { amount, currency }, effectiveAt: asked.effectiveAt };
      const metadata = by(paymentId, `receipt ${receiptId}`);
      await this.handling.handle(receiptId, { definition: RecordReceipt, data, metadata });
    }
    const refusals: { part: PaymentPart; code: string }[] = [];
    for (const part of parts) {
      const code = await this.#applyPart(paymentId, asked, part);
      if (code !== undefined) refusals.push({ part, code });
    }
    const closed = refusals.find(({ code }) => CLOSED.includes(code));
    if (closed) {
      const { part, code } = closed;
      const waiting = refusals.filter((one) => !CLOSED.includes(one.code)).map((one) => one.part);
      const division = await this.#divisionOf(paymentId, asked, part, await this.#promisedBy(waiting, asked));
      const data = { paymentId: part.paymentId, code, ...division };
      await this.#note(paymentId, MoveConsolidatedPart, data, `move ${part.paymentId}`);
      return undefined;
    }
    const refused = refusals.at(-1);
    if (!refused) await this.#note(paymentId, RecordPartsDone, { done: 'applied' }, 'applied');
    else {
      const { part, code } = refused;
      const data = { done: 'refused', accountId: part.accountId, code };
      await this.#note(paymentId, RecordPartsDone, data, `refused ${part.accountId} ${code}`);
    }
    return refused?.code;
  }

  /** What parts come to on the accounts that they wait for, in minor units. */
  async #promisedBy(
    parts: readonly PaymentPart[],
    { amount: { currency } }: KnownConsolidatedPayment['asked'],
  ): Promise<ReadonlyMap<string, bigint>> {
    const promised = new Map<string, bigint>();
    for (const { accountId, paymentId, amount } of parts) {
      const answering = await answeringFor(this.handling, accountId, paymentId);
      promised.set(answering, (promised.get(answering) ?? 0n) + parseMinor(amount, digitsOf(currency)));
    }
    return promised;
  }

  /** @returns the code of the account's refusal */
  async #applyPart(
    paymentId: string,
    asked: KnownConsolidatedPayment['asked'],
    part: PaymentPart,
  ): Promise<string | undefined> {
    const { amount, channel, method, effectiveAt } = asked;
    const data = ApplyPayment.schema.parse({
      ...{ paymentId: part.paymentId, partOf: wholeOf(paymentId, asked) },
      ...{ amount: { amount: part.amount, currency: amount.currency }, channel, method, effectiveAt },
    });
    try {
      const accountId = await answeringFor(this.handling, part.accountId, part.paymentId);
      const metadata = byPart(paymentId, 'apply', part);
      await this.handling.handle(accountId, { definition: ApplyPayment, data, metadata });
      return undefined;
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      return error.code;
    }
  }

  /** @returns why what was left cannot go back now */
  async #returnParts(paymentId: string, state: KnownConsolidatedPayment): Promise<string | undefined> {
    const { asked, parts, left, taken } = state;
    const { paymentId: partOf } = wholeOf(paymentId, asked);
    for (const part of parts) {
      const data = RecordReturn.schema.parse({ paymentId: part.paymentId, partOf, ...taken });
      const accountId = await answeringFor(this.handling, part.accountId, part.paymentId);
      const metadata = byPart(paymentId, 'return', part);
      await this.handling.handle(accountId, { definition: RecordReturn, data, metadata });
    }
    for (const { receiptId } of left) {
      const waiting = await this.#returnLeft(paymentId, partOf, receiptId, taken!);
      if (waiting !== undefined) return waiting;
    }
    await this.#note(paymentId, RecordPartsDone, { done: 'returned' }, 'returned');
    return undefined;
  }

  /**
   * From the work list, or from where somebody has said that it belongs. What was sent back to the payer before, or has paid a
   * claim, has gone out twice, and is a claim on the payer.
   * @returns why not now: somebody is just saying it, or it is on its way there
   */
  async #returnLeft(
    paymentId: string,
    partOf: string,
    receiptId: string,
    taken: NonNullable<KnownConsolidatedPayment['taken']>,
  ): Promise<string | undefined> {
    const { status, appliedAs, assignment } = (await this.handling.current(receiptId, receipt)).state;
    if (status === 'assigned') return 'RECEIPT_ASSIGNED';
    if (status !== 'applied' || appliedAs === undefined || assignment?.accountId === undefined) {
      const data = TakeBackReceipt.schema.parse(taken);
      const metadata = by(paymentId, `take back ${receiptId}`);
      await this.handling.handle(receiptId, { definition: TakeBackReceipt, data, metadata });
      return undefined;
    }
    const metadata = by(paymentId, `return ${receiptId}`);
    const { state: divided } = await this.handling.current(appliedAs, consolidatedPayment);
    if (divided.status === 'received' || divided.status === 'divided') return 'PAYMENT_NOT_APPLIED';
    if (divided.status === 'applied') {
      const data = ReturnConsolidatedPayment.schema.parse({ partOf, ...taken });
      await this.handling.handle(appliedAs, { definition: ReturnConsolidatedPayment, data, metadata });
    }
    if (divided.status !== 'new') return undefined;
    const data = RecordReturn.schema.parse({ paymentId: appliedAs, partOf, ...taken });
    const accountId = await answeringFor(this.handling, assignment.accountId, appliedAs);
    await this.handling.handle(accountId, { definition: RecordReturn, data, metadata });
    return undefined;
  }

  async #note(
    paymentId: string,
    definition: Submitted<ConsolidatedPaymentState, ConsolidatedPaymentEvent>['definition'],
    data: object,
    words: string,
  ): Promise<void> {
    await this.handling.handle(paymentId, { definition, data, metadata: by(paymentId, words) });
  }
}

function by(paymentId: string, step: string): CommandMetadata {
  return { commandId: uuidv5(step, paymentId), correlationId: paymentId, causationId: paymentId, actor: ACTOR };
}

/** What is done with a part: each is of one account, or takes the place of another part there. */
function byPart(paymentId: string, step: string, { accountId, insteadOf = paymentId }: PaymentPart): CommandMetadata {
  return { ...by(paymentId, step), commandId: uuidv5(`${step} ${accountId}`, insteadOf) };
}

/** Carries payments over several accounts, whoever took them. */
export class ConsolidationProcess extends StreamProcess {
  constructor(options: ProcessOptions & { readonly handling: CommandHandling }) {
    super(options, {
      category: consolidatedPayment.category,
      work: { schema: 'consolidation_process', id: 'payment_id' },
      lock: 'consolidationProcess',
      atOnce: 8,
      worker: new ConsolidatedPaymentWorker(options.handling, options.clock),
    });
  }
}
