import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from 'pino';
import { type EventStore, type ReadBarrier, Rejected } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import {
  account,
  type AccountState,
  addDays,
  AutopayRuns,
  billingRunOf,
  BillingRuns,
  type Catalogue,
  type CollectionPolicy,
  CollectionsRuns,
  ConsolidationProcess,
  OpenAccount,
  payment,
  PaymentProcess,
  type PaymentState,
  StartSubscription,
  supportCase,
  type SupportCaseState,
  TransferProcess,
} from '#libs/ledger';
import { act, type Act } from './act.js';
import { Bank } from './bank.js';
import { actsOn, CATALOGUE, caseIdOf, occasionsOf, paidBy, PAYMENT_POLICY } from './customers.js';
import { endOf, isWorkday, lastDays, weekdayOf } from './days.js';
import { type Plan } from './plan.js';
import { type Desk, isLookedAt, paymentsToLookUp, workOn } from './staff.js';
import { CYCLE_DAYS, idOf, meansToPay, type Subscriber, wayOf } from './subscriber.js';
import { keysToPay, phoneDeedOn, Telephone } from './telephone.js';
import { actsOfTie, isTieDay } from './ties.js';
import { Till } from './till.js';
import { VirtualGateway } from './virtual-gateway.js';
import { OPERATIONS, World } from './world.js';

export interface SimulationOptions {
  readonly plan: Plan;
  readonly store: EventStore;
  /** With the read models of a {@link Projector}, and its barrier. */
  readonly db: Database;
  readonly barrier: ReadBarrier;
  /** Where the gateway remembers what it was asked. */
  readonly gatewayFile: string;
  readonly catalogue: Catalogue;
  readonly policy: CollectionPolicy;
  readonly log: Logger;
  /** The first day that was not ended before; the first of all unless given. */
  readonly next?: string | undefined;
  /** A day has ended, and is not lived again. */
  readonly onDayEnded?: (day: string) => void | Promise<void>;
}

const POLL_MS = 2;
const RUN_FINISHED = ['BILLING_RUN_FINISHED', 'AUTOPAY_RUN_FINISHED', 'COLLECTIONS_RUN_FINISHED'];
/** So long a matter that somebody asked about is looked after. */
const CASE_DAYS = 28;

/**
 * A whole biller on a virtual clock: its customers, its staff, its runs, its bank and its gateway, day by day, by the ordinary
 * commands and jobs. Everything that happens follows from the plan, so that the same plan gives the same events. A day has a
 * few moments; how what is done in one is decided and done once is told by {@link World}.
 */
export class Simulation {
  readonly gateway: VirtualGateway;
  readonly #world: World;
  readonly #billing: BillingRuns;
  readonly #autopay: AutopayRuns;
  readonly #collections: CollectionsRuns;
  readonly #payments: PaymentProcess;
  readonly #transfers: TransferProcess;
  readonly #consolidations: ConsolidationProcess;
  readonly #bank: Bank;
  readonly #till: Till;
  readonly #telephone: Telephone;

  constructor(private readonly options: SimulationOptions) {
    const { plan, store, db, barrier, gatewayFile, catalogue, policy, log } = options;
    const world = new World(plan, store);
    const { clock, handling } = world;
    this.#world = world;
    this.gateway = new VirtualGateway(gatewayFile, clock);
    const gateways = [this.gateway];
    this.#billing = new BillingRuns(store, db, barrier, catalogue, clock);
    this.#autopay = new AutopayRuns(store, db, barrier, { gateways, policy: PAYMENT_POLICY }, clock);
    this.#collections = new CollectionsRuns(store, db, barrier, policy, clock);
    const carrying = { store, db, handling, log, clock };
    // Without jitter: when a payment is asked about again is part of what has to be the same.
    this.#payments = new PaymentProcess({ ...carrying, gateways, random: () => 0 });
    this.#transfers = new TransferProcess(carrying);
    this.#consolidations = new ConsolidationProcess(carrying);
    this.#bank = new Bank(world);
    this.#till = new Till(world);
    this.#telephone = new Telephone(world);
  }

  /** What was refused by a rule, by its code, since this was begun or gone on with. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#world.refusals;
  }

  /** The accounts of all subscribers, those included who are still to come. */
  get accountIds(): string[] {
    return this.#world.subscribers.map(({ accountId }) => accountId);
  }

  /** Lives through the days that are left. */
  async run(): Promise<void> {
    const { plan, next = plan.from, onDayEnded } = this.options;
    this.#world.isAgain = next !== plan.from || (await this.options.store.lastPosition()) > 0n;
    for (let day = next; day < endOf(plan.from, plan.months); day = addDays(day, 1)) {
      await this.#day(day);
      this.#world.isAgain = false;
      await onDayEnded?.(day);
    }
  }

  async #day(day: string): Promise<void> {
    const dayOfMonth = Number(day.slice(8));
    const at = async (hour: number, what: () => Promise<unknown>) => {
      this.#world.setClock(day, hour);
      await what();
    };
    await at(5, () => this.#openings(day));
    for (const cycle of CYCLE_DAYS) {
      if (cycle === dayOfMonth) await at(6, () => this.#billingRun(day, cycle));
    }
    if (isWorkday(day)) await at(7, () => this.#autopayRun(day));
    if (weekdayOf(day) === 2 || weekdayOf(day) === 4) await at(8, () => this.#collectionsRun(day));
    if (isWorkday(day)) await at(9, () => this.#staff(day));
    if (weekdayOf(day) === 3) await at(10, () => this.#bank.lockbox(day));
    if (weekdayOf(day) === 5) await at(11, () => this.#bank.returns(day));
    if (weekdayOf(day) === 1) await at(12, () => this.#bank.unidentified(day));
    await at(13, () => this.#calls(day));
    await at(14, () => this.#customers(day));
    await at(15, () => this.#ties(day));
    if (isWorkday(day)) await at(16, () => this.#till.day(day));
    await at(17, () => this.#consolidations.catchUp());
    await at(18, async () => {
      this.gateway.nextDay();
      await this.#payments.catchUp();
    });
  }

  async #openings(day: string): Promise<void> {
    for (const subscriber of this.#world.subscribers) {
      if (subscriber.opensOn !== day) continue;
      const { accountId, reference, plan, taxArea, discounts, cycleDay } = subscriber;
      const payBillNumber = await this.#world.numberOf(accountId);
      const opening = { payBillNumber, currency: 'USD', customerReference: reference };
      await this.#world.do(accountId, act(OpenAccount, accountId, opening, { actor: OPERATIONS }));
      const begin = { subscriptionId: 'S-1', plan, startsOn: day, taxArea, cycleDay, catalogue: CATALOGUE };
      await this.#world.do(accountId, act(StartSubscription, accountId, { ...begin, discounts: [...discounts] }));
    }
  }

  async #billingRun(date: string, cycle: number): Promise<void> {
    const of = billingRunOf({ date, cycle });
    await this.#runs(
      () => this.#billing.start(of, { dryRun: false, caller: this.#caller(date) }),
      () => this.#billing.standing(of, false),
    );
  }

  async #autopayRun(date: string): Promise<void> {
    await this.#runs(
      () => this.#autopay.start(date, { dryRun: false, caller: this.#caller(date) }),
      () => this.#autopay.standing(date, false),
    );
  }

  async #collectionsRun(date: string): Promise<void> {
    await this.#runs(
      () => this.#collections.start(date, { dryRun: false, caller: this.#caller(date) }),
      () => this.#collections.standing(date, false),
    );
  }

  /** Begins a run and waits for its end. One that was killed before is gone on with. */
  async #runs(
    start: () => Promise<unknown>,
    standing: () => Promise<{ readonly state: string; readonly error: string | null }>,
  ): Promise<void> {
    try {
      await start();
    } catch (error) {
      if (error instanceof Rejected && RUN_FINISHED.includes(error.code)) return;
      throw error;
    }
    for (;;) {
      const { state, error } = await standing();
      if (error !== null) throw new Error(`a run ended before its end: ${error}`);
      if (state !== 'running') return;
      await delay(POLL_MS);
    }
  }

  async #staff(day: string): Promise<void> {
    const { seed } = this.#world.plan;
    for (const subscriber of this.#there(day)) {
      if (!isLookedAt(subscriber, day)) continue;
      for (const one of workOn(seed, subscriber, day, await this.#deskOf(subscriber, day))) {
        await this.#world.do(subscriber.accountId, one);
      }
    }
  }

  async #deskOf(subscriber: Subscriber, day: string): Promise<Desk> {
    const { plan } = this.#world;
    const { accountId } = subscriber;
    const state = await this.#world.before(accountId, account);
    const payments = new Map<string, PaymentState>();
    for (const paymentId of paymentsToLookUp(state)) {
      const life = await this.#world.before(paymentId, payment);
      if (life.status !== 'new') payments.set(paymentId, life);
    }
    const cases = new Map<string, SupportCaseState>();
    for (const on of lastDays(addDays(day, -1), CASE_DAYS)) {
      if (!occasionsOf(plan.seed, subscriber, on).includes('asks for help')) continue;
      const caseId = caseIdOf(plan.seed, subscriber, on);
      cases.set(caseId, await this.#world.before(caseId, supportCase));
    }
    const stream = `${account.category}-${accountId}`;
    const event = cases.size > 0 ? await this.#world.latestBefore(stream) : undefined;
    const latest = event && { stream, revision: String(event.revision), eventId: event.id };
    const hasGuessed = lastDays(day, 7).some((on) => phoneDeedOn(plan.seed, subscriber, on) === 'forgets the PIN');
    return { account: state, payments, cases, latest, hasGuessed };
  }

  async #customers(day: string): Promise<void> {
    const { seed } = this.#world.plan;
    for (const subscriber of this.#there(day)) {
      const occasions = occasionsOf(seed, subscriber, day);
      if (occasions.length === 0) continue;
      const state = await this.#world.before(subscriber.accountId, account);
      for (const occasion of occasions) {
        for (const one of actsOn(seed, occasion, subscriber, day, state)) {
          await this.#world.do(`${subscriber.accountId} ${occasion}`, one);
        }
      }
    }
  }

  /** Calls of those who pay by keypad, some of them for a household; and what becomes of their PINs. */
  async #calls(day: string): Promise<void> {
    const { seed } = this.#world.plan;
    const calls: { readonly callId: string; readonly keys: readonly string[] }[] = [];
    // What is paid is what was owed before any of them called: one account may be paid for by two.
    for (const caller of this.#there(day)) {
      const way = wayOf(caller, day);
      if ((way !== 'keypad' && way !== 'household') || !meansToPay(seed, caller, day)) continue;
      const holder = way === 'household' ? this.#otherOf(caller) : caller;
      const amount = await this.#owedBy(way === 'household' ? [holder, caller] : [caller]);
      if (amount === undefined) continue;
      const payee = { accountId: holder.accountId, payBillNumber: await this.#world.numberOf(holder.accountId) };
      calls.push({ callId: idOf(seed, 'call', caller.index, day), keys: keysToPay(seed, caller, day, payee, amount) });
    }
    for (const { callId, keys } of calls) await this.#telephone.call(callId, keys);
    for (const subscriber of this.#there(day)) await this.#secrets(subscriber, day);
  }

  async #secrets(subscriber: Subscriber, day: string): Promise<void> {
    const { accountId } = subscriber;
    switch (phoneDeedOn(this.#world.plan.seed, subscriber, day)) {
      case 'sets secrets':
        return this.#telephone.setSecrets(subscriber);
      case 'sets the PIN anew':
        return this.#telephone.setPinAnew(subscriber);
      case 'forgets the PIN': {
        const payBillNumber = await this.#world.numberOf(accountId);
        return this.#telephone.guess(subscriber, day, { accountId, payBillNumber });
      }
      case undefined:
    }
  }

  async #owedBy(subscribers: readonly Subscriber[]): Promise<bigint | undefined> {
    let owed: bigint | undefined;
    for (const one of subscribers) {
      const amount = paidBy(one, await this.#world.before(one.accountId, account));
      if (amount !== undefined) owed = (owed ?? 0n) + amount;
    }
    return owed;
  }

  /** Households that come together and part, and accounts that are merged or taken over. */
  async #ties(day: string): Promise<void> {
    const { seed } = this.#world.plan;
    const acts: { readonly why: string; readonly one: Act }[] = [];
    for (const subscriber of this.#there(day)) {
      if (!isTieDay(subscriber, day)) continue;
      const { accountId: otherId } = this.#otherOf(subscriber);
      const state = (id: string): Promise<AccountState> => this.#world.before(id, account);
      const tied = { account: await state(subscriber.accountId), other: await state(otherId), otherId };
      for (const one of actsOfTie(seed, subscriber, day, tied)) acts.push({ why: `${subscriber.accountId} tie`, one });
    }
    for (const { why, one } of acts) await this.#world.do(why, one);
    if (acts.length > 0 || this.#world.isAgain) await this.#transfers.catchUp();
  }

  /** The one that a tie is with. */
  #otherOf({ index }: Subscriber): Subscriber {
    return this.#world.subscribers[index - 2]!;
  }

  #there(day: string): Subscriber[] {
    return this.#world.subscribers.filter(({ opensOn }) => opensOn <= day);
  }

  #caller(date: string): { actor: string; correlationId: string } {
    return { actor: OPERATIONS, correlationId: idOf(this.#world.plan.seed, 'runs', date) };
  }
}
