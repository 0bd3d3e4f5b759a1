import {
  account,
  ApproveTillDifference,
  BeginTillPayment,
  CloseTillBatch,
  OpenTillBatch,
  RecordTillDeposit,
  tillBatch,
  TillSteps,
  VoidTillPayment,
} from '#libs/ledger';
import { act } from './act.js';
import { paidBy, usd } from './customers.js';
import { daysBetween, lastDays } from './days.js';
import { diceFor } from './dice.js';
import { idOf, meansToPay, type Subscriber, wayOf } from './subscriber.js';
import { type World } from './world.js';

const CASHIER = 'agent:till-1';

/** One till with a batch for each day on which somebody comes. */
export class Till {
  readonly #steps: TillSteps;

  constructor(private readonly world: World) {
    this.#steps = new TillSteps(world.handling, (about) => world.idNow(about));
  }

  async day(day: string): Promise<void> {
    const { seed, from } = this.world.plan;
    const batchId = idOf(seed, 'till', day);
    let isOpen = false;
    for (const customer of this.world.subscribers) {
      const amount = await this.#broughtBy(customer, day);
      if (amount === undefined) continue;
      if (!isOpen) {
        const number = daysBetween(from, day) + 1;
        const opening = { location: 'main-street', till: 'till-1', number, agent: CASHIER };
        await this.world.do(batchId, act(OpenTillBatch, batchId, opening, { actor: CASHIER }));
        isOpen = true;
      }
      await this.#take(batchId, customer, amount, day);
    }
    if (isOpen) await this.#close(batchId, day);
  }

  async #broughtBy(customer: Subscriber, day: string): Promise<bigint | undefined> {
    if (customer.opensOn > day || wayOf(customer, day) !== 'in-person') return undefined;
    if (!lastDays(day, 1).some((on) => meansToPay(this.world.plan.seed, customer, on))) return undefined;
    return paidBy(customer, await this.world.before(customer.accountId, account));
  }

  async #take(batchId: string, { index, accountId }: Subscriber, amount: bigint, day: string): Promise<void> {
    const { seed } = this.world.plan;
    const dice = diceFor(seed, 'till', index, day);
    const paymentId = idOf(seed, 'till', index, day);
    const method = { kind: dice.pick(['cash', 'cash', 'check'] as const) };
    const paying = { paymentId, accountId, amount: usd(amount), method, agent: CASHIER };
    const why = { actor: CASHIER, correlationId: idOf(seed, day) };
    const about = (what: string) => ({ actor: CASHIER, about: `${what} ${paymentId}` });
    await this.world.do(batchId, act(BeginTillPayment, batchId, paying, about('begin')));
    const { status } = await this.#steps.finishOne(batchId, paymentId, why);
    if (status === 'refused' || !dice.percent(8)) return;
    const voiding = { paymentId, reason: 'wrong-amount', agent: CASHIER };
    await this.world.do(batchId, act(VoidTillPayment, batchId, voiding, about('void')));
    await this.#steps.finishOne(batchId, paymentId, why);
  }

  /** Counts the drawer, which is now and then short; more than a little needs a supervisor. */
  async #close(batchId: string, day: string): Promise<void> {
    const { handling, plan } = this.world;
    const { state } = await handling.current(batchId, tillBatch);
    if (state.status === 'unknown') return;
    const dice = diceFor(plan.seed, 'drawer', day);
    let short = dice.percent(20) ? BigInt(dice.between(100, 4_000)) : 0n;
    const counts = state.expected.map(({ means, amount }) => {
      const missing = amount < short ? amount : short;
      short = 0n;
      return { means, amount: usd(amount - missing) };
    });
    await this.world.do(batchId, act(CloseTillBatch, batchId, { counts, countedBy: CASHIER }, { actor: CASHIER }));
    const { state: closed } = await handling.current(batchId, tillBatch);
    const supervisor = 'supervisor:1';
    const byHer = { actor: supervisor };
    if (closed.status === 'awaiting-approval') {
      const approving = { reason: 'counted-twice', approvedBy: supervisor };
      await this.world.do(batchId, act(ApproveTillDifference, batchId, approving, byHer));
    }
    if (counts.some(({ amount }) => amount.amount !== '0.00')) {
      const deposit = { reference: `SLIP-${day}`, depositedBy: supervisor };
      await this.world.do(batchId, act(RecordTillDeposit, batchId, deposit, byHer));
    }
  }
}
