import { v5 as uuidv5 } from 'uuid';
import { type CommandHandling, type CommandMetadata, Rejected, type Submitted } from '#libs/event-sourcing';
import { ApplyPayment } from '../billing/apply-payment.js';
import { RecordReturn } from '../billing/record-return.js';
import { parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { answeringFor } from '../pay-bill-numbers/holder.job.js';
import { type ProcessOptions, StreamProcess, type StreamWorker } from '../processes/stream-process.job.js';
import { type Again, backOff, type Due } from '../processes/stream-work.job.js';
import {
  consolidatedPayment,
  type ConsolidatedPaymentEvent,
  type ConsolidatedPaymentState,
  DivideConsolidatedPayment,
  type KnownConsolidatedPayment,
  RecordPartsDone,
} from './consolidated-payment.js';
import { divide, DIVISION_POLICY } from './divide-payment.js';
import { partsOf } from './parts.job.js';
import { payeeOf, sharersOf } from './payee.job.js';

const ACTOR = 'consolidation-process';

/**
 * Carries a payment over several accounts to them and back: divides it by what is open on each, has each account apply its
 * part, and when the bank takes the payment back has each return it. A part's command has an id made of the payment's and the
 * account's, so every step may be taken again.
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
        case 'returning':
          await this.#returnParts(id, state);
          break;
        default:
          return undefined;
      }
    }
  }

  later({ attempts }: Pick<Due, 'attempts'>, trouble?: string): Again {
    return backOff(this.clock(), attempts, trouble);
  }

  async #divide(paymentId: string, { asked }: KnownConsolidatedPayment): Promise<void> {
    const { amount, payBillNumber } = asked;
    const digits = digitsOf(amount.currency);
    const payee = await payeeOf(this.handling, payBillNumber, paymentId);
    if (!payee) throw new Error('nobody has the number of a payment that was taken by it');
    const { accountId, together = [accountId] } = payee;
    const sharers = await sharersOf(this.handling, together);
    const parts = partsOf(paymentId, divide(parseMinor(amount.amount, digits), sharers), digits);
    await this.#note(paymentId, DivideConsolidatedPayment, { parts, allocationPolicy: DIVISION_POLICY }, 'divide');
  }

  /** @returns the code of an account's refusal: the others have their parts, and it is asked again. */
  async #applyParts(paymentId: string, { asked, parts }: KnownConsolidatedPayment): Promise<string | undefined> {
    const { amount: whole, channel, method, effectiveAt } = asked;
    let refused: { accountId: string; code: string } | undefined;
    for (const part of parts) {
      const amount = { amount: part.amount, currency: whole.currency };
      const data = ApplyPayment.schema.parse({
        ...{ paymentId: part.paymentId, partOf: { paymentId, amount: whole } },
        ...{ amount, channel, method, effectiveAt },
      });
      try {
        const accountId = await answeringFor(this.handling, part.accountId, part.paymentId);
        const metadata = by(paymentId, `apply ${part.accountId}`);
        await this.handling.handle(accountId, { definition: ApplyPayment, data, metadata });
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        refused = { accountId: part.accountId, code: error.code };
      }
    }
    if (!refused) await this.#note(paymentId, RecordPartsDone, { done: 'applied' }, 'applied');
    else {
      const words = `refused ${refused.accountId} ${refused.code}`;
      await this.#note(paymentId, RecordPartsDone, { done: 'refused', ...refused }, words);
    }
    return refused?.code;
  }

  async #returnParts(paymentId: string, { parts, taken }: KnownConsolidatedPayment): Promise<void> {
    for (const part of parts) {
      const data = RecordReturn.schema.parse({ paymentId: part.paymentId, partOf: paymentId, ...taken });
      const accountId = await answeringFor(this.handling, part.accountId, part.paymentId);
      const metadata = by(paymentId, `return ${part.accountId}`);
      await this.handling.handle(accountId, { definition: RecordReturn, data, metadata });
    }
    await this.#note(paymentId, RecordPartsDone, { done: 'returned' }, 'returned');
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
