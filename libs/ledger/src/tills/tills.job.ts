import { Inject, Injectable } from '@nestjs/common';
import { v5 as uuidv5 } from 'uuid';
import { type z } from 'zod';
import { CommandHandling, EventStore, Rejected } from '#libs/event-sourcing';
import { type Call } from '#libs/platform';
import { account } from '../billing/account.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { refuse } from '../billing/rejections.js';
import { type Done } from '../command-answers.js';
import { CommandDoor, idFrom, metadataOf } from '../command-door.js';
import { consolidatedPayment } from '../consolidated-payments/consolidated-payment.js';
import { payeeOf, refuseBeforeTaking } from '../consolidated-payments/payee.job.js';
import { parsePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { type CloseTillBatch, type RecountTillBatch } from './close-till-batch.js';
import { OpenTillBatch } from './open-till-batch.js';
import { BeginTillPayment, VoidTillPayment } from './take-till-payment.js';
import { requireOpened, tillBatch, type TillPayment } from './till-batch.js';
import { type TillBatchEvent } from './till-batch-events.js';
import { appliedBy, TillSteps, type Why } from './till-steps.job.js';

/** Namespace of the ids of batches. Never changes: a batch is found by it. */
const NAMESPACE = '5b8e0f27-6c14-5d3a-b0a9-1f7c42d98e63';

type Opening = Omit<z.output<typeof OpenTillBatch.schema>, 'agent'>;
type Paying = Pick<z.output<typeof BeginTillPayment.schema>, 'amount' | 'method'> & { readonly payBillNumber: string };
type Counts = Pick<z.output<typeof CloseTillBatch.schema>, 'counts'>;

/** What a step at a till came to, with the position that shows all of it. */
export interface TillStep {
  readonly batchId: string;
  readonly payment: TillPayment;
  readonly position: bigint;
  readonly repeated: boolean;
}

/** What agents do at tills: their batches, and the payments in them. */
@Injectable()
export class Tills {
  readonly #steps: TillSteps;

  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
    @Inject(EventStore) private readonly store: EventStore,
  ) {
    this.#steps = new TillSteps(handling);
  }

  /** The next batch of a till, when the one before it is closed: closed batches stay so. @throws Rejected */
  async open({ location, till, number }: Opening, call: Call): Promise<Done<TillBatchEvent>> {
    const agent = staffOf(call);
    if (number > 1) {
      const { state } = await this.handling.current(batchIdOf({ location, till, number: number - 1 }), tillBatch);
      if (state.status === 'unknown') {
        refuse('TILL_BATCH_OUT_OF_ORDER', `the till has had no batch ${number - 1}; take the next number`, 'number');
      }
      if (state.status === 'open') {
        refuse('TILL_BATCH_OPEN', `batch ${number - 1} of the till is open; close it first`, 'number');
      }
    }
    const data = { location, till, number, agent };
    return this.door.send(OpenTillBatch, batchIdOf(data), data, call);
  }

  /** Takes a payment for whoever holds a pay bill number. @throws Rejected */
  async take(batchId: string, { payBillNumber, amount, method }: Paying, call: Call): Promise<TillStep> {
    const agent = staffOf(call);
    const paymentId = idFrom(`payments of tillBatch-${batchId}`, call.idempotencyKey);
    const { state } = await this.handling.current(batchId, tillBatch);
    const known = requireOpened(state).payments.get(paymentId);
    // The number may have gone to another account since it was begun.
    const { together, ...payee } = known ? payeeIn(known) : await this.#payeeOf(payBillNumber, paymentId);
    const data = { paymentId, ...payee, amount, method, agent };
    if (!known) await this.#rehearse(batchId, data, together, call);
    const begun = await this.door.send(BeginTillPayment, batchId, data, call);
    return this.#afterwards(batchId, paymentId, begun, call);
  }

  /** Takes a payment of the batch back. What was refunded of it is out of the drawer's reach. @throws Rejected */
  async void(batchId: string, paymentId: string, reason: string, call: Call): Promise<TillStep> {
    const { state } = await this.handling.current(batchId, tillBatch);
    const { payments } = requireOpened(state);
    const payment = payments.get(paymentId);
    if (payment?.status === 'taken') await this.#refuseRefunded(payment);
    const data = { paymentId, reason, agent: staffOf(call) };
    const begun = await this.door.send(VoidTillPayment, batchId, data, call);
    return this.#afterwards(batchId, paymentId, begun, call);
  }

  /** Finds out first what became of payments whose process died. @throws Rejected */
  async count(
    definition: typeof CloseTillBatch | typeof RecountTillBatch,
    batchId: string,
    { counts }: Counts,
    call: Call,
  ): Promise<Done<TillBatchEvent>> {
    const countedBy = staffOf(call);
    await this.#steps.finish(batchId, call);
    return this.door.send(definition, batchId, { counts, countedBy }, call);
  }

  /** Goes on with what was begun, and answers what has become of it. */
  async #afterwards(batchId: string, paymentId: string, begun: Done<TillBatchEvent>, why: Why): Promise<TillStep> {
    const payment = await this.#steps.finishOne(batchId, paymentId, why);
    const last = await this.store.readLast(`${tillBatch.category}-${batchId}`);
    return { batchId, payment, position: last?.position ?? begun.position, repeated: begun.repeated };
  }

  /** Nothing is written for what the batch or the account would refuse at once (VE1). */
  async #rehearse(
    batchId: string,
    data: z.output<typeof BeginTillPayment.schema>,
    together: readonly string[] | undefined,
    call: Call,
  ): Promise<void> {
    const metadata = metadataOf(call, `tillBatch-${batchId}`);
    await this.handling.rehearse(batchId, { definition: BeginTillPayment, data, metadata });
    if (together) {
      const { paymentId, amount, method } = data;
      const body = { amount, channel: 'in-person' as const, method };
      return refuseBeforeTaking(this.handling, together, body, { ...metadata, commandId: paymentId });
    }
    await this.handling.rehearse(data.accountId, { definition: ApplyPayment, data: appliedBy(data), metadata });
  }

  async #refuseRefunded({ accountId, paymentId }: TillPayment): Promise<void> {
    const { state: whole } = await this.handling.current(paymentId, consolidatedPayment);
    const parts = whole.status === 'new' ? [{ accountId, paymentId }] : whole.parts;
    const refunded = await Promise.all(
      parts.map(async (part) => {
        const { state } = await this.handling.current(part.accountId, account);
        return state.sources.get(part.paymentId)?.refunded ?? 0n;
      }),
    );
    if (refunded.every((amount) => amount === 0n)) return;
    refuse('TILL_PAYMENT_REFUNDED', 'part of the payment was refunded already; it cannot be given back at the till');
  }

  async #payeeOf(text: string, paymentId: string): Promise<TillPayee> {
    const number = parsePayBillNumber(text);
    if (number === undefined) {
      const message = 'this is no pay bill number: its check digits do not hold; read it again from the bill';
      throw new Rejected('PAY_BILL_NUMBER_INVALID', message, 'payBillNumber');
    }
    const payee = await payeeOf(this.handling, number, paymentId);
    if (payee?.together) return { ...payee, payBillNumber: number };
    if (payee) return payee;
    throw new Rejected(
      'PAY_BILL_NUMBER_UNKNOWN',
      'no account has this number; read it again from the bill',
      'payBillNumber',
    );
  }
}

/** Whose payment it is; by the number when several accounts are under it. */
interface TillPayee {
  readonly accountId: string;
  readonly payBillNumber?: string;
  readonly together?: readonly string[];
}

function payeeIn({ accountId, payBillNumber }: TillPayment): TillPayee {
  return { accountId, ...(payBillNumber !== undefined && { payBillNumber }) };
}

/** The same id for the same batch of the same till: a number is opened once, whoever opens it. */
function batchIdOf({ location, till, number }: Opening): string {
  return uuidv5(`${location}\n${till}\n${number}`, NAMESPACE);
}

/** Who works at the till. Money that nobody answers for is not taken. */
export function staffOf({ actor }: Call): string {
  if (actor !== 'anonymous') return actor;
  return refuse('TILL_STAFF_UNNAMED', 'say who works at the till: send the X-Actor header');
}
