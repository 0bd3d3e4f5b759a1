import { v5 as uuidv5 } from 'uuid';
import {
  type CommandHandling,
  type CommandMetadata,
  type EventStore,
  Rejected,
  type Submitted,
} from '#libs/event-sourcing';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { RecordFailedPayment } from '../billing/record-failed-payment.js';
import { RecordReturn } from '../billing/record-return.js';
import { RefundPayment } from '../billing/refund-payment.js';
import { ReinstatePayment } from '../billing/reinstate-payment.js';
import { startOf } from '../billing/command-fields.js';
import { formatMinor } from '../money/minor-units.js';
import { answeringFor } from '../pay-bill-numbers/holder.job.js';
import { StartScheduledPayment } from './collect-payment.js';
import { awaitsGateway, nextCheckup, nextStep, type Step, stepOnAccount } from './next-step.js';
import { type KnownPayment, payment, type PaymentState, type Refund } from './payment.js';
import { type PaymentEvent } from './payment-events.js';
import {
  type AskedPayment,
  GatewayReport,
  GatewayTimedOut,
  GatewayUnavailable,
  type PaymentGateway,
} from './payment-gateway.js';
import { RecordGatewayReport, RecordNeverReceived, RecordUnknownOutcome } from './record-gateway-report.js';
import { RecordPosting } from './record-posting.js';
import { RecordRefundOnAccount } from './refund-collected.js';
import { type Again, type Due } from '../processes/stream-work.job.js';

/** Namespace of the ids of commands that steps send. Never changes: a step taken again is recognised by it. */
const NAMESPACE = 'd4a1f6c3-92be-5e07-8c15-3b7a9e0f2d68';
const ACTOR = 'payment-process';
const FIRST_MS = 2_000;
const LONGEST_MS = 3_600_000;
/**
 * So long a charge is sent, and sent again under its key, which a gateway keeps for 24 hours at least (Stripe): a charge that
 * has come there is then never made twice. An hour later nothing that was sent is on its way any more, nor missing from what
 * the gateway finds (Stripe's search is behind by a minute, and more on a bad day).
 */
const SENT_FOR_MS = 23 * 3_600_000;
const GIVEN_UP_AFTER_MS = 24 * 3_600_000;
/** Refusals of the payer's instruction, not of the money. */
const INSTRUCTION_REFUSED: readonly string[] = ['ALLOCATION_EXCEEDS_OPEN', 'BILL_UNKNOWN', 'LINE_UNKNOWN'];
/** A payment as its stream has it, with the event that made its next step due. */
interface Read<State = PaymentState> {
  readonly paymentId: string;
  readonly state: State;
  readonly revision: bigint;
  readonly cause: Cause;
}
interface Cause {
  readonly eventId: string;
  readonly correlationId: string;
  /** Who last asked for anything about the payment. */
  readonly onBehalfOf?: string;
}
type Known = Read<KnownPayment>;

/** Looks at one payment and takes the steps that follow from its state, until there is none. */
export class PaymentWorker {
  constructor(
    private readonly store: EventStore,
    private readonly handling: CommandHandling,
    private readonly gateways: readonly PaymentGateway[],
    private readonly clock: () => Date,
    private readonly random: () => number,
  ) {}

  /** @returns when to look again, undefined when that is not needed until something happens. @throws EventStoreUnavailable */
  async look(due: Due): Promise<Again | undefined> {
    try {
      // What was begun on the account is ended before anything new is heard of: whoever was killed before it was noted finds
      // the same step only as long as the payment is as it was.
      if (due.timely) {
        const { read } = await this.#steps(due.id, stepOnAccount);
        if (isKnown(read)) await this.#ask(read);
      }
      const { read, waiting } = await this.#steps(due.id, (known) => nextStep(known, this.#today()));
      return this.#afterwards(due, read.state, waiting);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === undefined) throw error;
      return this.later(due, trouble);
    }
  }

  /** Takes steps until there is none, or one tells nothing new: what it waits for takes time. */
  async #steps(paymentId: string, next: (state: KnownPayment) => Step | undefined) {
    let before: bigint | undefined;
    for (;;) {
      const read = await this.#read(paymentId);
      const step = isKnown(read) ? next(read.state) : undefined;
      if (step === undefined || !isKnown(read) || read.revision === before) return { read, waiting: step };
      before = read.revision;
      await this.#take(step, read);
    }
  }

  /** Looks again after a while that grows with the attempts made in vain: exponential, with full jitter above the half. */
  later({ attempts }: Due, trouble?: string): Again {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 30));
    const waitMs = Math.round(most * (0.5 + this.random() / 2));
    return { at: new Date(this.clock().getTime() + waitMs), attempts: attempts + 1, trouble };
  }

  #afterwards(due: Due, state: PaymentState, step?: Step): Again | undefined {
    if (state.status === 'scheduled') return { at: new Date(startOf(state.payOn ?? '')), attempts: 0 };
    const trouble = state.status === 'new' ? undefined : state.postingRefused;
    if (step === undefined && trouble === undefined && !awaitsGateway(state)) {
      const at = nextCheckup(state, this.clock());
      return at && { at, attempts: 0 };
    }
    // Something happened before its time had come: the time still holds.
    if (!due.timely && due.againAt !== undefined && step === undefined) {
      return { at: due.againAt, attempts: due.attempts, trouble };
    }
    return this.later(due, trouble);
  }

  /** Asks the gateway how a payment stands. @returns whether there was anything to ask. */
  async #ask(read: Known): Promise<boolean> {
    const { status, pending } = read.state;
    if (!pending) return false;
    const report = await this.#gatewayOf(read).find(askedOf(read));
    if (report) await this.#report(read, report);
    else if (status !== 'pending' && status !== 'unknown') return false;
    // It never came there, or has not come yet. The same key makes sending it again harmless in either case.
    else if (this.#age(pending) < SENT_FOR_MS) await this.#charge(read);
    else if (this.#age(pending) >= GIVEN_UP_AFTER_MS)
      await this.#record(read, RecordNeverReceived, {}, 'never received');
    return true;
  }

  #age({ since }: { readonly since: string }): number {
    return this.clock().getTime() - Date.parse(since);
  }

  async #take(step: Step, read: Known): Promise<void> {
    switch (step.kind) {
      case 'start':
        return this.#start(read);
      case 'charge':
        // Whoever was killed as it charged, and starts again days later, must not charge twice: the key may be forgotten.
        if (read.state.pending && this.#age(read.state.pending) >= SENT_FOR_MS) return void (await this.#ask(read));
        return this.#charge(read);
      case 'void':
        return this.#report(read, await this.#gatewayOf(read).void(askedOf(read)));
      case 'represent': {
        const { chargebackId, evidence } = step;
        return this.#report(read, await this.#gatewayOf(read).represent(askedOf(read), chargebackId, evidence));
      }
      case 'refund':
        return this.#refund(step.refund, read);
      default:
        return this.#takeOnAccount(step, read);
    }
  }

  /** The account may have been closed or held since the payment was scheduled; then nothing is collected. */
  async #start(read: Known): Promise<void> {
    const { allocation: _, ...asked } = read.state.asked;
    const post = onAccount({ kind: 'post' }, { ...read, state: { ...read.state, asked } });
    const accountId = await answeringFor(this.handling, asked.accountId);
    const rehearsed = this.handling.rehearse(accountId, { ...post, metadata: metadataBy(read, read.paymentId) });
    const refused = await rehearsed.then(() => undefined, codeOf);
    await this.#record(read, StartScheduledPayment, refused === undefined ? {} : { refused }, 'start');
  }

  /**
   * The gateway is asked first: it knows of a refund that was sent before a crash, however long ago, when it may have
   * forgotten its key; and what the bank has taken is not paid back as well.
   */
  async #refund({ refundId, amount, idempotencyKey: refundKey = refundId }: Refund, read: Known): Promise<void> {
    const gateway = this.#gatewayOf(read);
    const found = await gateway.find(askedOf(read));
    if (!found) throw new GatewayUnavailable('the gateway has forgotten a payment that it had settled');
    if (found.refunds.some((one) => one.refundId === refundId)) return this.#report(read, found);
    if (found.return ?? (found.chargeback && found.chargeback.status !== 'won')) {
      const failed = { refundId, reference: 'none', status: 'failed', failureCode: 'payment-taken-back' } as const;
      return this.#report(read, { ...found, refunds: [...found.refunds, failed] });
    }
    return this.#report(read, await gateway.refund({ ...askedOf(read), refundId, refundKey, amount }));
  }

  async #charge(read: Known): Promise<void> {
    const { asked, amount } = read.state;
    const { accountId, method } = asked;
    try {
      const charge = { ...askedOf(read), accountId, amount, currency: asked.amount.currency, method };
      await this.#report(read, await this.#gatewayOf(read).charge(charge));
    } catch (error) {
      if (!(error instanceof GatewayTimedOut)) throw error;
      await this.#record(read, RecordUnknownOutcome, { reason: 'time-out' }, 'time-out');
      throw error;
    }
  }

  /** The account first, then the note of it on the payment: killed in between, the account answers the same again. */
  async #takeOnAccount(step: StepOnAccount, read: Known): Promise<void> {
    const refused = await this.#askAccount(step, read);
    if (step.kind === 'refund-on-account') {
      const { refundId } = step.refund;
      const body = { refundId, ...(refused !== undefined && { refused }) };
      return this.#record(read, RecordRefundOnAccount, body, step.kind);
    }
    const whole = read.state.refunds.find(
      ({ status, amount }) => status === 'requested' && amount === read.state.captured,
    );
    if (step.kind === 'post' && refused !== undefined && whole) {
      // The account has just said that it has none of the money and takes none, so there is nothing to set aside.
      return this.#record(read, RecordRefundOnAccount, { refundId: whole.refundId }, 'give back');
    }
    const body = refused === undefined ? DONE[step.kind](step) : { done: 'refused', code: refused };
    return this.#record(read, RecordPosting, body, step.kind);
  }

  /** @returns the code of the account's refusal, undefined when it did as asked. */
  async #askAccount(step: StepOnAccount, read: Known): Promise<string | undefined> {
    const refused = await this.#tryAccount(step, read, step.kind);
    if (step.kind !== 'post' || read.state.asked.allocation === undefined) return refused;
    // The bills have changed since the payer said what the money is for. It is in, so it goes where money without a word goes.
    if (refused === undefined || !INSTRUCTION_REFUSED.includes(refused)) return refused;
    const { allocation: _, ...asked } = read.state.asked;
    return this.#tryAccount(step, { ...read, state: { ...read.state, asked } }, 'post-uninstructed');
  }

  async #tryAccount(step: StepOnAccount, read: Known, name: string): Promise<string | undefined> {
    const metadata = metadataBy(read, uuidv5(`${name}\n${read.cause.eventId}`, NAMESPACE));
    try {
      // The account that was asked for may have been merged since. Whoever has the payment keeps it through all that follows.
      const accountId = await answeringFor(this.handling, read.state.asked.accountId, read.paymentId);
      await this.handling.handle(accountId, { ...onAccount(step, read), metadata });
      return undefined;
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      // A person was faster and has recorded it by hand.
      if (step.kind === 'reverse' && error.code === 'PAYMENT_ALREADY_RETURNED') return undefined;
      return error.code;
    }
  }

  #report(read: Known, report: GatewayReport): Promise<void> {
    const checked = GatewayReport.parse(report);
    return this.#record(read, RecordGatewayReport, checked, `report ${JSON.stringify(checked)}`);
  }

  /** A command on the payment's own stream. At another revision the same words may mean another thing. */
  async #record(
    read: Known,
    definition: Submitted<PaymentState, PaymentEvent>['definition'],
    data: object,
    words: string,
  ): Promise<void> {
    const { paymentId, revision } = read;
    const metadata = metadataBy(read, uuidv5(`${paymentId} ${revision}\n${words}`, NAMESPACE));
    await this.handling.handle(paymentId, { definition, data, metadata });
  }

  /** Folds the stream as it is in the log, for another process may have written to it. */
  async #read(paymentId: string): Promise<Read> {
    let state = payment.initialState;
    let revision = -1n;
    let due: string | undefined;
    let cause: Cause = { eventId: paymentId, correlationId: paymentId };
    let asker: string | undefined;
    const today = this.#today();
    for await (const event of this.store.readStream(`${payment.category}-${paymentId}`)) {
      const { correlationId, schemaVersion, actor, onBehalfOf } = event.metadata;
      if (actor !== ACTOR) asker = onBehalfOf ?? actor;
      state = payment.evolve(state, payment.events.read(event.type, schemaVersion, event.data));
      revision = event.revision;
      const step = nextStep(state, today);
      const named = step && `${step.kind} ${'refund' in step ? step.refund.refundId : ''}`;
      if (named === undefined || named !== due) cause = { eventId: event.id, correlationId };
      due = named;
    }
    return { paymentId, state, revision, cause: { ...cause, ...(asker !== undefined && { onBehalfOf: asker }) } };
  }

  #gatewayOf({ state: { gateway } }: Known): PaymentGateway {
    const found = this.gateways.find(({ name }) => name === gateway);
    if (!found) throw new GatewayMissing(`the gateway ${gateway} is not configured`);
    return found;
  }

  #today(): string {
    return this.clock().toISOString().slice(0, 10);
  }
}

/** A payment was asked of a gateway that this process is not set up for. */
class GatewayMissing extends Error {
  override readonly name = 'GatewayMissing';
}

/** What keeps a payment waiting that time or an operator mends. */
function troubleOf(error: unknown): string | undefined {
  if (error instanceof GatewayUnavailable) return 'gateway-unavailable';
  if (error instanceof GatewayTimedOut) return 'gateway-timed-out';
  return error instanceof GatewayMissing ? 'gateway-missing' : undefined;
}

function metadataBy({ cause: { eventId: causationId, ...why } }: Known, commandId: string): CommandMetadata {
  return { commandId, causationId, actor: ACTOR, ...why };
}

function codeOf(error: unknown): string {
  if (error instanceof Rejected) return error.code;
  throw error;
}

function isKnown(read: Read): read is Known {
  return read.state.status !== 'new';
}

type StepOnAccount = Extract<Step, { kind: 'post' | 'reverse' | 'reinstate' | 'report-failure' | 'refund-on-account' }>;

const DONE = {
  post: () => ({ done: 'posted' }),
  reverse: (step: StepOnAccount) => ({ done: 'reversed', reason: 'reason' in step ? step.reason : '' }),
  reinstate: () => ({ done: 'reinstated' }),
  'report-failure': () => ({ done: 'failure-reported' }),
} as const;

/** The command on the account that a step sends. */
function onAccount(
  step: StepOnAccount,
  { paymentId, state }: Known,
): Pick<Submitted<AccountState, AccountEvent>, 'definition' | 'data'> {
  const { asked, digits } = state;
  const { amount, channel, method, allocation } = asked;
  switch (step.kind) {
    case 'post': {
      // It counts from when the payer asked for it: an electronic payment is effective at its receipt (PA1).
      const data = { paymentId, amount, channel, method, effectiveAt: state.pending?.since };
      return { definition: ApplyPayment, data: { ...data, ...(allocation !== undefined && { allocation }) } };
    }
    case 'reverse': {
      const { reason, returnCode, at: effectiveAt } = step;
      const more = {
        ...(returnCode !== undefined && { returnCode }),
        ...(effectiveAt !== undefined && { effectiveAt }),
      };
      return { definition: RecordReturn, data: { paymentId, reason, ...more } };
    }
    case 'reinstate':
      return {
        definition: ReinstatePayment,
        data: { paymentId, reason: state.chargeback ? 'chargeback-won' : 'settled-late' },
      };
    case 'report-failure': {
      const { declineCode = 'declined' } = state;
      return { definition: RecordFailedPayment, data: { attemptId: paymentId, amount, channel, method, declineCode } };
    }
    case 'refund-on-account': {
      const { refund } = step;
      const money = { amount: formatMinor(refund.amount, digits), currency: amount.currency };
      const { refundId, reason } = refund;
      return { definition: RefundPayment, data: { paymentId, refundId, amount: money, reason } };
    }
  }
}

function askedOf({ paymentId, state: { pending, gatewayReference: reference } }: Known): AskedPayment {
  return { paymentId, idempotencyKey: pending?.idempotencyKey ?? paymentId, reference };
}
