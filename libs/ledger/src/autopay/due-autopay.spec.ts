import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';
import { CommandHandling, type EventStore, Rejected, type Submitted } from '#libs/event-sourcing';
import { commandMetadata } from '#testing/event-sourcing';
import { Fate, Killed, MortalLog } from '#testing/ledger';
import { OpenAccount } from '../accounts/open-account.js';
import { account } from '../billing/account.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { HoldPayments } from '../billing/hold-payments.js';
import { IssueBill } from '../billing/issue-bill.js';
import { ReleaseHold } from '../billing/release-hold.js';
import { addDays } from '../importing/calendar.js';
import { payment } from '../payment-lifecycle/payment.js';
import {
  type AskedPayment,
  type Charge,
  type GatewayReport,
  type PaymentGateway,
} from '../payment-lifecycle/payment-gateway.js';
import { PaymentWorker } from '../payment-lifecycle/payment-worker.job.js';
import { VoidPayment } from '../payment-lifecycle/void-payment.js';
import { enrolling } from './autopay-examples.js';
import { autopayPolicyOn } from './autopay-policy.js';
import { CancelAutopay } from './cancel-autopay.js';
import { DueAutopay } from './due-autopay.job.js';
import { EnrollAutopay } from './enroll-autopay.js';

const NAMESPACE = '6a2f8c40-1d7b-5e93-b058-c4e19d7a3f26';
const id = (name: string) => uuidv5(name, NAMESPACE);
const ACCOUNTS = [id('one'), id('two')];
const FIRST_DAY = '2026-01-05';
const DAYS = 75;

/** What becomes of the payments of an account, one after the other. */
type Outcome = 'settles' | 'is declined' | 'is stolen' | 'R01' | 'R09' | 'R02' | 'R08' | 'is voided';

/** The gateway with the bank behind it: each account's payments fare as was laid down, and each key is charged once. */
class Bank implements PaymentGateway {
  readonly name = 'simulator';
  readonly payments = new Map<string, { report: GatewayReport; outcome: Outcome; since: string }>();
  readonly #taken = new Map<string, number>();

  constructor(
    private readonly fate: Fate,
    private readonly outcomes: readonly Outcome[],
    private readonly today: () => string,
  ) {}

  charge({ paymentId, accountId, amount }: Charge) {
    return this.fate.effect(() => {
      const known = this.payments.get(paymentId);
      if (known) return structuredClone(known.report);
      const turn = this.#taken.get(accountId) ?? 0;
      this.#taken.set(accountId, turn + 1);
      const outcome = this.outcomes[turn % this.outcomes.length]!;
      const report = this.#report(paymentId, outcome, amount);
      this.payments.set(paymentId, { report, outcome, since: this.today() });
      return structuredClone(report);
    });
  }

  find({ paymentId }: AskedPayment) {
    return this.fate.effect(() => structuredClone(this.payments.get(paymentId)?.report));
  }

  void({ paymentId }: AskedPayment) {
    return this.fate.effect(() => {
      const known = this.payments.get(paymentId)!;
      known.report = { ...known.report, status: 'voided' };
      return structuredClone(known.report);
    });
  }

  refund = () => Promise.reject(new Error('nobody asked for a refund'));
  represent = () => Promise.reject(new Error('nobody contested anything'));
  readWebhook = () => Promise.resolve([]);

  /** Two days after a debit the bank gives it back. */
  overnight(): void {
    for (const one of this.payments.values()) {
      if (!/^R\d\d$/.test(one.outcome) || this.today() < addDays(one.since, 2) || one.report.return) continue;
      const at = `${this.today()}T09:00:00.000Z`;
      one.report = { ...one.report, return: { code: one.outcome, reason: 'returned', at } };
    }
  }

  #report(paymentId: string, outcome: Outcome, amount: bigint): GatewayReport {
    const base = { reference: `g-${paymentId}`, refunds: [], at: `${this.today()}T12:00:00.000Z` };
    if (outcome === 'is declined') return { ...base, status: 'failed', declineCode: 'insufficient_funds' };
    if (outcome === 'is stolen') return { ...base, status: 'failed', declineCode: 'account_closed' };
    if (outcome === 'is voided') return { ...base, status: 'pending' };
    return { ...base, status: 'settled', captured: String(amount) };
  }
}

interface Kill {
  readonly left: number;
  readonly when: 'before' | 'after';
}

/** A biller with two accounts on autopay, billed each month, whose processes die where it is said and start again. */
class World {
  readonly fate = new Fate();
  readonly log = new MortalLog(this.fate);
  readonly bank: Bank;
  deaths = 0;
  #day = FIRST_DAY;

  constructor(
    outcomes: readonly Outcome[],
    private readonly kills: Kill[],
  ) {
    this.bank = new Bank(this.fate, outcomes, () => this.#day);
  }

  async open(): Promise<void> {
    for (const accountId of ACCOUNTS) {
      await this.send(accountId, OpenAccount, { payBillNumber: '12345678901244', currency: 'USD' });
      await this.send(accountId, EnrollAutopay, EnrollAutopay.schema.parse(enrolling()));
    }
  }

  /** It becomes so many days after the first. */
  comes(day: number): void {
    this.#day = addDays(FIRST_DAY, day);
  }

  async live(cancelOn: number | undefined): Promise<void> {
    await this.open();
    for (let day = 0; day < DAYS; day++) {
      this.comes(day);
      if (day % 30 === 0) for (const accountId of ACCOUNTS) await this.bill(accountId, day);
      if (day === cancelOn) await this.send(ACCOUNTS[0]!, CancelAutopay, { reason: 'customer-asked' });
      this.bank.overnight();
      await this.#survive(() => this.#payments());
      await this.#survive(() => this.run());
      await this.#survive(() => this.#payments());
      await this.#voids();
    }
  }

  /** What is in the log, but for when each thing was recorded and by which try. */
  get history() {
    return [...this.log.streams].map(([stream, events]) => ({
      stream,
      events: events.map(({ type, data }) => ({ type, data: data as Record<string, unknown> })),
    }));
  }

  /** The run of a day; today's when it is left out. */
  async run(date = this.#day): Promise<void> {
    const policy = { version: 'payments/1', applyOn: 'settled' } as const;
    const due = new DueAutopay(this.#handling(), { gateways: [this.bank], policy }, () => this.#now);
    for (const accountId of ACCOUNTS) {
      const metadata = commandMetadata(id(`${date} ${accountId}`));
      await due.collect({ accountId, date, policy: autopayPolicyOn(date), metadata });
    }
  }

  /** The payment process looks at all payments there are. */
  async #payments(): Promise<void> {
    const worker = new PaymentWorker(
      this.#store,
      this.#handling(),
      [this.bank],
      () => this.#now,
      () => 1,
    );
    for (const paymentId of this.#paymentIds()) {
      await worker.look({ id: paymentId, happened: '1', hints: 1, timely: true, attempts: 0, againAt: undefined });
    }
  }

  /** An agent voids what the bank sits on. */
  async #voids(): Promise<void> {
    for (const paymentId of this.#paymentIds()) {
      const { outcome, report } = this.bank.payments.get(paymentId) ?? {};
      if (outcome !== 'is voided' || report?.status !== 'pending') continue;
      await this.send(paymentId, VoidPayment, { reason: 'payer-asked' });
    }
  }

  async bill(accountId: string, day: number): Promise<void> {
    const lines = [{ lineId: 'L1', service: 'internet', description: 'Fibre', unitPrice: `${40 + day}.00` }];
    const bill = { billNumber: `B-${day}`, issuedOn: this.#day, dueOn: addDays(this.#day, 21), lines };
    await this.send(accountId, IssueBill, IssueBill.schema.parse(bill));
  }

  async #survive(work: () => Promise<void>): Promise<void> {
    for (;;) {
      const { left, when } = this.kills.shift() ?? { left: 0, when: 'before' };
      this.fate.strike(left, when);
      try {
        await work();
        return this.fate.strike(0, 'before');
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        this.deaths += 1;
      }
    }
  }

  /** Sends a command; one that is refused changes nothing. */
  async send(stream: string, definition: unknown, data: object): Promise<void> {
    const metadata = commandMetadata(id(`${this.#day} ${stream} ${JSON.stringify(data)}`));
    const command = { definition, data, metadata } as unknown as Submitted<never, never>;
    await this.#handling()
      .handle(stream, command)
      .catch((error: unknown) => {
        if (!(error instanceof Rejected)) throw error;
      });
  }

  #paymentIds(): string[] {
    const prefix = `${payment.category}-`;
    return [...this.log.streams.keys()].flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  }

  #handling(): CommandHandling {
    return new CommandHandling(this.#store, { clock: () => this.#now });
  }

  get #now(): Date {
    return new Date(`${this.#day}T12:00:00.000Z`);
  }

  get #store(): EventStore {
    return this.log as unknown as EventStore;
  }
}

const outcome = fc.constantFrom<Outcome>(
  ...(['settles', 'settles', 'settles', 'is declined', 'is stolen', 'R01', 'R09', 'R02', 'R08', 'is voided'] as const),
);
const kill = fc.record({
  left: fc.integer({ min: 0, max: 9 }),
  when: fc.constantFrom('before' as const, 'after' as const),
});

describe('What is due of autopay, done day by day by processes that are killed anywhere', () => {
  it('is done once: events and payments are those of a biller whose processes never died (PA6)', async () => {
    let deaths = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { minLength: 1, maxLength: 6 }),
        fc.array(kill, { minLength: 60, maxLength: 160 }),
        fc.option(fc.integer({ min: 0, max: DAYS - 1 }), { nil: undefined }),
        async (outcomes, kills, cancelOn) => {
          const calm = new World(outcomes, []);
          await calm.live(cancelOn);
          const mortal = new World(outcomes, [...kills]);
          await mortal.live(cancelOn);
          deaths += mortal.deaths;
          expect(mortal.history).toEqual(calm.history);
          expect(mortal.bank.payments).toEqual(calm.bank.payments);
          expectOnePaymentEach(mortal);
        },
      ),
      { numRuns: 25 },
    );
    expect(deaths).toBeGreaterThan(40);
  }, 120_000);
});

describe('A debit whose process died before its payment was asked for', () => {
  const ONE = ACCOUNTS[0]!;

  /** Due and decided on day 21, a Monday; the process dies then, and another goes on when it is told to. */
  async function died(): Promise<World> {
    const world = new World(['settles'], []);
    await world.open();
    await world.bill(ONE, 0);
    await world.run();
    world.comes(21);
    world.fate.strike(2, 'before');
    await expect(world.run()).rejects.toThrow(Killed);
    return world;
  }

  const PAID = {
    ...{ paymentId: id('paid'), amount: { amount: '40.00', currency: 'USD' }, channel: 'online' },
    ...{ method: { kind: 'card' } },
  };
  const told = ({ history }: World, type: string) =>
    history.flatMap(({ events }) => events.filter((event) => event.type === type).map(({ data }) => data));

  it.each([
    ['on its day', 21],
    ['in the days in which any debit may be late', 26],
  ])('is made when the run is gone on with %s', async (_, day) => {
    const world = await died();
    world.comes(day);
    await world.run('2026-01-26');
    expect(told(world, 'PaymentPending')).toHaveLength(1);
    expect(told(world, 'AutopayDebitDropped')).toEqual([]);
  });

  it('is given up when its day is too long past, and its bill announced anew by the next run', async () => {
    const world = await died();
    world.comes(27);
    await world.run('2026-01-26');
    expect(told(world, 'PaymentPending')).toEqual([]);
    expect(told(world, 'AutopayDebitDropped')).toMatchObject([{ debitId: '1', reason: 'too-late' }]);
    await world.run();
    expect(told(world, 'AutopayDebitAnnounced').at(-1)).toMatchObject({ debitId: '2', payOn: '2026-02-11' });
  });

  it.each([
    ['the customer has cancelled autopay', CancelAutopay, { reason: 'customer-asked' }, 'enrollment-cancelled'],
    ['the bill was paid', ApplyPayment, PAID, 'nothing-open'],
    [
      'part of the bill was paid',
      ApplyPayment,
      { ...PAID, amount: { amount: '15.00', currency: 'USD' } },
      'less-to-debit',
    ],
  ])('is given up when %s meanwhile, once', async (_, command, body, reason) => {
    const world = await died();
    world.comes(22);
    await world.send(ONE, command, body);
    for (const run of ['2026-01-26', '2026-01-27', '2026-01-27']) await world.run(run);
    expect(told(world, 'PaymentPending')).toEqual([]);
    expect(told(world, 'AutopayDebitDropped')).toMatchObject([{ debitId: '1', reason }]);
  });

  it('waits while the account’s payments are held (SE3)', async () => {
    const world = await died();
    await world.send(ONE, HoldPayments, { holdId: id('hold'), reason: 'card-testing' });
    await world.run();
    expect(told(world, 'PaymentPending')).toEqual([]);
    world.comes(22);
    await world.send(ONE, ReleaseHold, { holdId: id('hold'), reason: 'dismissed' });
    await world.run();
    expect(told(world, 'PaymentPending')).toHaveLength(1);
  });
});

/** Every presentment has its payment, and no payment is anything else. */
function expectOnePaymentEach({ history, bank }: World): void {
  const events = history.flatMap(({ stream, events: all }) => (stream.startsWith(account.category) ? all : []));
  const presented = events.filter(({ type }) => type === 'AutopayDebitPresented').map(({ data }) => data['paymentId']);
  expect(new Set(presented).size).toBe(presented.length);
  expect([...bank.payments.keys()].sort()).toEqual(presented.sort());
}
