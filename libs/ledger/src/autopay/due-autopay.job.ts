import { v5 as uuidv5 } from 'uuid';
import { type CommandHandling, type CommandMetadata } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { type Collecting } from '../payment-lifecycle/collecting.js';
import { CollectPayment } from '../payment-lifecycle/collect-payment.js';
import { payment } from '../payment-lifecycle/payment.js';
import { AdvanceAutopay } from './advance-autopay.js';
import { type Presented } from './autopay.js';
import { stated } from './autopay-debits.js';
import { GiveUpAutopayDebit } from './give-up-autopay-debit.js';

/** Namespace of the ids of what is sent about a payment. Never changes: what was sent before is recognised by it. */
const NAMESPACE = '4b8e2d61-0f97-5c3a-9d15-e6a70c42f983';

/** What is due of one account's autopay on a day. */
interface Due {
  readonly accountId: string;
  readonly date: string;
  /** Of the decision; its command id follows from day and account. */
  readonly metadata: CommandMetadata;
}

/**
 * Carries one account's autopay on by a day: first the account decides, in one append; then the payments it has decided on
 * are asked for. Killed in between, or anywhere, the same again does what is missing and nothing twice.
 */
export class DueAutopay {
  constructor(
    private readonly handling: CommandHandling,
    private readonly collecting: Collecting,
  ) {}

  /** @returns what was decided, now or before. @throws Rejected | EventStoreUnavailable */
  async collect({ accountId, date, metadata }: Due): Promise<readonly AccountEvent[]> {
    const command = { definition: AdvanceAutopay, data: { date, run: date }, metadata };
    const { events } = await this.handling.handle(accountId, command);
    const { state } = await this.handling.current(accountId, account);
    for (const { status, presented } of state.autopay.debits) {
      if (status === 'presented' && presented) await this.#seeToPayment(accountId, presented, state, metadata);
    }
    return events;
  }

  /** What would be decided; nothing is written. */
  async preview({ accountId, date, metadata }: Due, now: Date): Promise<readonly AccountEvent[]> {
    const { state } = await this.handling.current(accountId, account);
    const context = { id: accountId, commandId: metadata.commandId, at: now.toISOString() };
    return AdvanceAutopay.decide({ date, run: date }, state, context);
  }

  /** A debit of which the account knows no outcome yet has its payment; one whose payment was voided is given up. */
  async #seeToPayment(accountId: string, presented: Presented, state: AccountState, metadata: CommandMetadata) {
    const { paymentId } = presented;
    const { state: life } = await this.handling.current(paymentId, payment);
    const about = { ...metadata, commandId: uuidv5(life.status, uuidv5(paymentId, NAMESPACE)) };
    if (life.status === 'new') {
      const command = { definition: CollectPayment, data: this.#asked(accountId, presented, state), metadata: about };
      await this.handling.handle(paymentId, command);
    } else if (life.status === 'voided' && life.posting === 'none') {
      const command = { definition: GiveUpAutopayDebit, data: { paymentId }, metadata: about };
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
