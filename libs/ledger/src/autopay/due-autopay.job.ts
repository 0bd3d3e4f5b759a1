import { v5 as uuidv5 } from 'uuid';
import { type CommandHandling, type CommandMetadata } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { type Collecting } from '../payment-lifecycle/collecting.js';
import { CollectPayment } from '../payment-lifecycle/collect-payment.js';
import { payment } from '../payment-lifecycle/payment.js';
import { advanceAutopayBy, dayOfRun } from './advance-autopay.js';
import { type AutopayDebit, type Presented } from './autopay.js';
import { stated } from './autopay-debits.js';
import { type AutopayPolicy } from './autopay-policy.js';
import { GiveUpAutopayDebit } from './give-up-autopay-debit.js';
import { fateOfUnsent, giveUpUnsentDebitBy } from './unsent-debit.js';

/** Namespace of the ids of what is sent about a payment. Never changes: what was sent before is recognised by it. */
const NAMESPACE = '4b8e2d61-0f97-5c3a-9d15-e6a70c42f983';

/** What is due of one account's autopay on a day. */
interface Due {
  readonly accountId: string;
  readonly date: string;
  /** Of the run, from its beginning to its end. */
  readonly policy: AutopayPolicy;
  /** Of the decision; its command id follows from day and account. */
  readonly metadata: CommandMetadata;
}

/** A debit that was presented and of which the account knows no outcome yet. */
interface Pending {
  readonly debit: AutopayDebit;
  readonly presented: Presented;
  readonly state: AccountState;
}

/**
 * Carries one account's autopay on by a day: first the account decides, in one append; then the payments it has decided on
 * are asked for. Killed in between, or anywhere, the same again does what is missing and nothing twice. Where that comes so late
 * that a payment is not to be made any more, its debit is given up.
 */
export class DueAutopay {
  constructor(
    private readonly handling: CommandHandling,
    private readonly collecting: Collecting,
    private readonly clock: () => Date,
  ) {}

  /** @returns what was decided, now or before. @throws Rejected | EventStoreUnavailable */
  async collect(due: Due): Promise<readonly AccountEvent[]> {
    const { accountId, date, policy, metadata } = due;
    const command = { definition: advanceAutopayBy(policy), data: { date, run: date }, metadata };
    const { events } = await this.handling.handle(accountId, command);
    const { state } = await this.handling.current(accountId, account);
    for (const debit of state.autopay.debits) {
      const { status, presented } = debit;
      if (status === 'presented' && presented) await this.#seeToPayment(due, { debit, presented, state });
    }
    return events;
  }

  /** What would be decided; nothing is written. */
  async preview({ accountId, date, policy, metadata }: Due): Promise<readonly AccountEvent[]> {
    const { state } = await this.handling.current(accountId, account);
    const context = { id: accountId, commandId: metadata.commandId, at: this.clock().toISOString() };
    return advanceAutopayBy(policy).decide({ date, run: date }, state, context);
  }

  /** A debit of which the account knows no outcome yet has its payment; one whose payment was voided is given up. */
  async #seeToPayment({ accountId, date, policy, metadata }: Due, { debit, presented, state }: Pending): Promise<void> {
    const { paymentId } = presented;
    const { state: life } = await this.handling.current(paymentId, payment);
    const about = (what: string) => ({ ...metadata, commandId: uuidv5(what, uuidv5(paymentId, NAMESPACE)) });
    if (life.status === 'new') {
      const fate = fateOfUnsent(debit, state, dayOfRun(date, this.clock().toISOString()), policy);
      if (fate === 'make') {
        const data = this.#asked(accountId, presented, state);
        await this.handling.handle(paymentId, { definition: CollectPayment, data, metadata: about('new') });
      } else if (fate !== 'wait') {
        const command = {
          definition: giveUpUnsentDebitBy(policy),
          data: { paymentId, date },
          metadata: about('never asked for'),
        };
        await this.handling.handle(accountId, command);
      }
    } else if (life.status === 'voided' && life.posting === 'none') {
      const command = { definition: GiveUpAutopayDebit, data: { paymentId }, metadata: about('voided') };
      await this.handling.handle(accountId, command);
    }
  }

  #asked(accountId: string, { method, bills }: Presented, state: AccountState) {
    const { gateways, policy } = this.collecting;
    const gateway = gateways[0]?.name;
    if (gateway === undefined) throw new Error('no payment gateway is configured');
    const { amount, bills: allocation } = stated(bills, state);
    return { accountId, amount, channel: 'autopay', method, allocation, gateway, policy };
  }
}
