import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from 'pino';
import {
  CommandHandling,
  CommandIdReused,
  type CommandMetadata,
  type Decider,
  type DomainEvent,
  type EventStore,
  type ReadBarrier,
  Rejected,
} from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import {
  account,
  addDays,
  ApproveTillDifference,
  AutopayRuns,
  BankImport,
  type BankItem,
  BeginTillPayment,
  billingRunOf,
  BillingRuns,
  type Catalogue,
  claimPayBillNumber,
  CloseTillBatch,
  type CollectionPolicy,
  CollectionsRuns,
  confirmationNumber,
  type FoundPayment,
  OpenAccount,
  OpenTillBatch,
  payment,
  PaymentProcess,
  type PaymentState,
  Receipts,
  RecordTillDeposit,
  StartSubscription,
  tillBatch,
  TillSteps,
  VoidTillPayment,
} from '#libs/ledger';
import { act, type Act } from './act.js';
import { actsOn, CATALOGUE, occasionsOf, paidBy, PAYMENT_POLICY, usd } from './customers.js';
import { endOf, FIRST_DAY, isWorkday, weekdayOf } from './days.js';
import { diceFor } from './dice.js';
import { paymentsOf } from './payments-of.js';
import { isLookedAt, paymentsToLookUp, workOn } from './staff.js';
import { CYCLE_DAYS, idOf, meansToPay, type Subscriber, subscriberOf } from './subscriber.js';
import { VirtualGateway } from './virtual-gateway.js';

/** What a simulated biller is made from: the same of these are the same events. */
export interface Plan {
  readonly accounts: number;
  readonly months: number;
  readonly seed: number;
}

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
  readonly from?: string | undefined;
  /** A day has ended, and is not lived again. */
  readonly onDayEnded?: (day: string) => void | Promise<void>;
}

const OPERATIONS = 'operations:1';
const CASHIER = 'agent:till-1';
const POLL_MS = 2;
const RUN_FINISHED = ['BILLING_RUN_FINISHED', 'AUTOPAY_RUN_FINISHED', 'COLLECTIONS_RUN_FINISHED'];

/**
 * A whole biller on a virtual clock: its customers, its staff, its runs, its bank and its gateway, day by day, by the ordinary
 * commands and jobs. Everything that happens follows from the plan, so that the same plan gives the same events.
 *
 * A day has a few moments, and the clock stands still in each. What is decided in a moment is decided from the accounts as
 * they were before it, by recorded time: so a day that is lived again after a crash comes to the same decisions, and finds by
 * the ids of their commands what was done. Accounts that are merged or transferred are occasions as any other: they belong
 * into {@link occasionsOf} and {@link actsOn}.
 */
export class Simulation {
  readonly gateway: VirtualGateway;
  /** What was refused by a rule, by its code, since this was begun or gone on with. */
  readonly refusals = new Map<string, number>();
  readonly #subscribers: readonly Subscriber[];
  readonly #handling: CommandHandling;
  readonly #billing: BillingRuns;
  readonly #autopay: AutopayRuns;
  readonly #collections: CollectionsRuns;
  readonly #payments: PaymentProcess;
  #now = new Date(0);
  /** Part of the day may have been lived already. */
  #isAgain = false;

  constructor(private readonly options: SimulationOptions) {
    const { plan, store, db, barrier, gatewayFile, catalogue, policy, log } = options;
    const clock = () => this.#now;
    this.gateway = new VirtualGateway(gatewayFile, clock);
    this.#subscribers = Array.from({ length: plan.accounts }, (_, at) => subscriberOf(plan.seed, at + 1, plan.months));
    this.#handling = new CommandHandling(store, { clock });
    this.#billing = new BillingRuns(store, db, barrier, catalogue, clock);
    const collecting = { gateways: [this.gateway], policy: PAYMENT_POLICY };
    this.#autopay = new AutopayRuns(store, db, barrier, collecting, clock);
    this.#collections = new CollectionsRuns(store, db, barrier, policy, clock);
    const { gateways } = collecting;
    // Without jitter: when a payment is asked about again is part of what has to be the same.
    this.#payments = new PaymentProcess({ store, db, handling: this.#handling, gateways, log, clock, random: () => 0 });
  }

  /** Lives through the days that are left. */
  async run(): Promise<void> {
    const { plan, from = FIRST_DAY, onDayEnded } = this.options;
    this.#isAgain = from !== FIRST_DAY || (await this.options.store.lastPosition()) > 0n;
    for (let day = from; day < endOf(plan.months); day = addDays(day, 1)) {
      await this.#day(day);
      this.#isAgain = false;
      await onDayEnded?.(day);
    }
  }

  async #day(day: string): Promise<void> {
    const dayOfMonth = Number(day.slice(8));
    await this.#moment(day, 5, () => this.#openings(day));
    for (const cycle of CYCLE_DAYS) {
      if (cycle === dayOfMonth) await this.#moment(day, 6, () => this.#billingRun(day, cycle));
    }
    if (isWorkday(day)) await this.#moment(day, 7, () => this.#autopayRun(day));
    if (weekdayOf(day) === 2 || weekdayOf(day) === 4) await this.#moment(day, 8, () => this.#collectionsRun(day));
    if (isWorkday(day)) await this.#moment(day, 9, () => this.#staff(day));
    if (weekdayOf(day) === 3) await this.#moment(day, 10, () => this.#lockbox(day));
    if (weekdayOf(day) === 5) await this.#moment(day, 11, () => this.#bankReturns(day));
    if (weekdayOf(day) === 1) await this.#moment(day, 12, () => this.#unidentified(day));
    await this.#moment(day, 14, () => this.#customers(day));
    if (isWorkday(day)) await this.#moment(day, 16, () => this.#till(day));
    await this.#moment(day, 18, async () => {
      this.gateway.nextDay();
      await this.#payments.catchUp();
    });
  }

  async #moment(day: string, hour: number, what: () => Promise<void>): Promise<void> {
    this.#now = new Date(`${day}T${String(hour).padStart(2, '0')}:00:00.000Z`);
    await what();
  }

  async #openings(day: string): Promise<void> {
    for (const subscriber of this.#subscribers) {
      if (subscriber.opensOn !== day) continue;
      const { accountId, reference, plan, taxArea, discounts, cycleDay } = subscriber;
      const payBillNumber = await this.#numberOf(accountId);
      const opening = { payBillNumber, currency: 'USD', customerReference: reference };
      await this.#do(accountId, act(OpenAccount, accountId, opening, { actor: OPERATIONS }));
      const begin = { subscriptionId: 'S-1', plan, startsOn: day, taxArea, cycleDay, catalogue: CATALOGUE };
      await this.#do(accountId, act(StartSubscription, accountId, { ...begin, discounts: [...discounts] }));
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
    const { seed } = this.options.plan;
    for (const subscriber of this.#subscribers) {
      if (subscriber.opensOn > day || !isLookedAt(subscriber, day)) continue;
      const state = await this.#before(subscriber.accountId, account);
      const payments = new Map<string, PaymentState>();
      for (const paymentId of paymentsToLookUp(state)) {
        const life = await this.#before(paymentId, payment);
        if (life.status !== 'new') payments.set(paymentId, life);
      }
      for (const one of workOn(seed, subscriber, day, { account: state, payments })) {
        await this.#do(subscriber.accountId, one);
      }
    }
  }

  async #customers(day: string): Promise<void> {
    const { seed } = this.options.plan;
    for (const subscriber of this.#subscribers) {
      if (subscriber.opensOn > day) continue;
      const occasions = occasionsOf(seed, subscriber, day);
      if (occasions.length === 0) continue;
      const state = await this.#before(subscriber.accountId, account);
      for (const occasion of occasions) {
        for (const one of actsOn(seed, occasion, subscriber, day, state)) {
          await this.#do(`${subscriber.accountId} ${occasion}`, one);
        }
      }
    }
  }

  /** Checks that came by mail in a week. Now and then nobody can read whose one is. */
  async #lockbox(day: string): Promise<void> {
    const { seed } = this.options.plan;
    const items: BankItem[] = [];
    for (const subscriber of this.#subscribers) {
      if (subscriber.way !== 'mail-in' || subscriber.opensOn > day) continue;
      if (!lastDays(day, 7).some((on) => meansToPay(seed, subscriber, on))) continue;
      const state = await this.#before(subscriber.accountId, account);
      const amount = paidBy(subscriber, state);
      if (amount === undefined) continue;
      const isReadable = !diceFor(seed, 'check', subscriber.index, day).percent(15);
      const references = isReadable ? [await this.#numberOf(subscriber.accountId)] : [];
      items.push(bankItem('credit', items.length + 1, amount, day, references));
    }
    await this.#bankFile('BAI lockbox', day, items, new Map());
  }

  /** Checks that the bank of their payers did not pay after all. */
  async #bankReturns(day: string): Promise<void> {
    const { seed } = this.options.plan;
    const items: BankItem[] = [];
    const payments = new Map<string, FoundPayment>();
    for (const { way, opensOn, accountId, index, habit } of this.#subscribers) {
      if (way !== 'mail-in' || opensOn > day) continue;
      if (!diceFor(seed, 'returned', index, day).percent(habit === 'bouncing' ? 12 : 2)) continue;
      const paid = paymentsOf(await this.#before(accountId, account)).findLast(({ returned }) => !returned);
      if (!paid || paid.availableFrom.slice(0, 10) < addDays(day, -21)) continue;
      const number = confirmationNumber(paid.id);
      payments.set(number, { accountId, paymentId: paid.id, amount: usd(paid.amount) });
      items.push({ ...bankItem('return', items.length + 1, paid.amount, day, [number]), returnCode: 'R01' });
    }
    await this.#bankFile('NACHA', day, items, payments);
  }

  async #bankFile(
    format: string,
    day: string,
    items: readonly BankItem[],
    payments: ReadonlyMap<string, FoundPayment>,
  ): Promise<void> {
    if (items.length === 0) return;
    const identification = `${format} ${day}`;
    const digest = createHash('sha256').update(`${this.options.plan.seed}\n${identification}`).digest('hex');
    const file = { digest, format, sender: 'BANK', receiver: 'BILLER', createdOn: day, identification };
    const bankImport = new BankImport(this.options.store, this.#handling, {
      actor: 'bank-file',
      findPayments: () => Promise.resolve(payments),
      newId: (about) => this.#idNow(about),
    });
    try {
      await bankImport.run({ ...file, items: items.length }, each(items));
    } catch (error) {
      if (!(this.#isAgain && error instanceof Rejected && error.code === 'BANK_FILE_ALREADY_APPLIED')) throw error;
    }
  }

  /** Somebody finds out whose money it is, or it goes back. */
  async #unidentified(day: string): Promise<void> {
    const { seed } = this.options.plan;
    const receipts = new Receipts(this.options.store, this.#handling, 'finance:7', (about) => this.#idNow(about));
    for (const { receiptId, status } of await receipts.all()) {
      if (status !== 'unidentified' && status !== 'assigned') continue;
      const dice = diceFor(seed, 'receipt', receiptId, day);
      if (dice.percent(25)) continue;
      const payer = dice.pick(this.#subscribers.filter(({ way, opensOn }) => way === 'mail-in' && opensOn < day));
      const isFound = dice.percent(75);
      await this.#notRefused(async () => {
        if (isFound) await receipts.assignTo(receiptId, await this.#numberOf(payer.accountId));
        else await receipts.sendBack(receiptId, 'payer-not-found');
      });
    }
  }

  /** One till with a batch for each day on which somebody comes. */
  async #till(day: string): Promise<void> {
    const { seed } = this.options.plan;
    const customers = this.#subscribers.filter(
      (one) =>
        one.way === 'in-person' && one.opensOn <= day && lastDays(day, 1).some((on) => meansToPay(seed, one, on)),
    );
    const batchId = idOf(seed, 'till', day);
    const steps = new TillSteps(this.#handling, (about) => this.#idNow(about));
    const why = { actor: CASHIER, correlationId: idOf(seed, day) };
    const staff = { actor: CASHIER };
    let isOpen = false;
    for (const customer of customers) {
      const amount = paidBy(customer, await this.#before(customer.accountId, account));
      if (amount === undefined) continue;
      if (!isOpen) {
        const number = Math.round((Date.parse(day) - Date.parse(FIRST_DAY)) / 86_400_000) + 1;
        const opening = { location: 'main-street', till: 'till-1', number, agent: CASHIER };
        await this.#do(batchId, act(OpenTillBatch, batchId, opening, staff));
        isOpen = true;
      }
      const dice = diceFor(seed, 'till', customer.index, day);
      const paymentId = idOf(seed, 'till', customer.index, day);
      const { accountId } = customer;
      const method = { kind: dice.pick(['cash', 'cash', 'check'] as const) };
      const paying = { paymentId, accountId, amount: usd(amount), method, agent: CASHIER };
      const about = (what: string) => ({ ...staff, about: `${what} ${paymentId}` });
      await this.#do(batchId, act(BeginTillPayment, batchId, paying, about('begin')));
      const { status } = await steps.finishOne(batchId, paymentId, why);
      if (status === 'refused' || !dice.percent(8)) continue;
      const voiding = { paymentId, reason: 'wrong-amount', agent: CASHIER };
      await this.#do(batchId, act(VoidTillPayment, batchId, voiding, about('void')));
      await steps.finishOne(batchId, paymentId, why);
    }
    if (isOpen) await this.#closeTill(batchId, day);
  }

  /** Counts the drawer, which is now and then short; more than a little needs a supervisor. */
  async #closeTill(batchId: string, day: string): Promise<void> {
    const { state } = await this.#handling.current(batchId, tillBatch);
    if (state.status === 'unknown') return;
    const dice = diceFor(this.options.plan.seed, 'drawer', day);
    let short = dice.percent(20) ? BigInt(dice.between(100, 4_000)) : 0n;
    const counts = state.expected.map(({ means, amount }) => {
      const missing = amount < short ? amount : short;
      short = 0n;
      return { means, amount: usd(amount - missing) };
    });
    await this.#do(batchId, act(CloseTillBatch, batchId, { counts, countedBy: CASHIER }, { actor: CASHIER }));
    const { state: closed } = await this.#handling.current(batchId, tillBatch);
    const supervisor = 'supervisor:1';
    const byHer = { actor: supervisor };
    if (closed.status === 'awaiting-approval') {
      const approving = { reason: 'counted-twice', approvedBy: supervisor };
      await this.#do(batchId, act(ApproveTillDifference, batchId, approving, byHer));
    }
    if (counts.some(({ amount }) => amount.amount !== '0.00')) {
      const deposit = { reference: `SLIP-${day}`, depositedBy: supervisor };
      await this.#do(batchId, act(RecordTillDeposit, batchId, deposit, byHer));
    }
  }

  /** Submits an act, once: its id follows from the moment and what it is about. */
  async #do(why: string, one: Act): Promise<void> {
    await this.#notRefused(() => one.submit(this.#handling, this.#metadata(`${why} ${one.about}`, one.actor)));
  }

  /** What a rule refuses is part of a biller's life. */
  async #notRefused(what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
    } catch (error) {
      if (this.#isAgain && error instanceof CommandIdReused) return;
      if (!(error instanceof Rejected)) throw error;
      this.refusals.set(error.code, (this.refusals.get(error.code) ?? 0) + 1);
    }
  }

  /** What a stream had come to before this moment. */
  async #before<State, Event extends DomainEvent>(id: string, decider: Decider<State, Event>): Promise<State> {
    if (!this.#isAgain) return (await this.#handling.current(id, decider)).state;
    const now = this.#now.toISOString();
    let state = decider.initialState;
    for await (const { type, data, metadata } of this.options.store.readStream(`${decider.category}-${id}`)) {
      if (metadata.recordedAt >= now) break;
      state = decider.evolve(state, decider.events.read(type, metadata.schemaVersion, data));
    }
    return state;
  }

  #numberOf(accountId: string): Promise<string> {
    const metadata = { ...this.#metadata('number', OPERATIONS), correlationId: accountId, causationId: accountId };
    return claimPayBillNumber(this.#handling, accountId, metadata);
  }

  #metadata(about: string, actor: string): CommandMetadata {
    const commandId = this.#idNow(about);
    return { commandId, correlationId: commandId, causationId: commandId, actor };
  }

  #idNow(about: string): string {
    return idOf(this.options.plan.seed, this.#now.toISOString(), about);
  }

  #caller(date: string): { actor: string; correlationId: string } {
    return { actor: OPERATIONS, correlationId: idOf(this.options.plan.seed, 'runs', date) };
  }
}

/** So many days up to one, that one included; Monday’s are those since Friday where it is one. */
function lastDays(day: string, number: number): string[] {
  const days = number === 1 && weekdayOf(day) === 1 ? 3 : number;
  return Array.from({ length: days }, (_, back) => addDays(day, -back));
}

function bankItem(kind: 'credit' | 'return', item: number, minor: bigint, settledOn: string, references: string[]) {
  return { kind, item, record: item + 1, amount: { minor, currency: 'USD' }, settledOn, references };
}

// eslint-disable-next-line @typescript-eslint/require-await -- an import reads its items as they come
async function* each(items: readonly BankItem[]): AsyncGenerator<BankItem> {
  yield* items;
}
