import { createHash } from 'node:crypto';
import { Rejected } from '#libs/event-sourcing';
import {
  account,
  type AccountState,
  addDays,
  BankImport,
  type BankItem,
  confirmationNumber,
  consolidatedPayment,
  type FoundPayment,
  parseMinor,
  Receipts,
} from '#libs/ledger';
import { paidBy, usd } from './customers.js';
import { lastDays } from './days.js';
import { diceFor } from './dice.js';
import { type AccountPayment, paymentsOf } from './payments-of.js';
import { meansToPay, type Subscriber, wayOf } from './subscriber.js';
import { type World } from './world.js';

/** What comes by mail and over the bank, as the items that its files would have. */
export class Bank {
  constructor(private readonly world: World) {}

  /** Checks that came by mail in a week. Now and then nobody can read whose one is. */
  async lockbox(day: string): Promise<void> {
    const { seed } = this.world.plan;
    const items: BankItem[] = [];
    for (const subscriber of this.#byMail(day)) {
      if (!lastDays(day, 7).some((on) => meansToPay(seed, subscriber, on))) continue;
      const amount = paidBy(subscriber, await this.#answeringFor(subscriber.accountId));
      if (amount === undefined) continue;
      const isReadable = !diceFor(seed, 'check', subscriber.index, day).percent(15);
      const references = isReadable ? [await this.world.numberOf(subscriber.accountId)] : [];
      items.push(bankItem('credit', items.length + 1, amount, day, references));
    }
    await this.#file('BAI lockbox', day, items, new Map());
  }

  /** Checks that the bank of their payers did not pay after all. */
  async returns(day: string): Promise<void> {
    const { seed } = this.world.plan;
    const items: BankItem[] = [];
    const payments = new Map<string, FoundPayment>();
    for (const { accountId, index, habit } of this.#byMail(day)) {
      if (!diceFor(seed, 'returned', index, day).percent(habit === 'bouncing' ? 12 : 2)) continue;
      const paid = paymentsOf(await this.world.before(accountId, account)).findLast(({ returned }) => !returned);
      if (!paid || paid.availableFrom.slice(0, 10) < addDays(day, -21)) continue;
      const whole = await this.#wholeOf(paid);
      const number = confirmationNumber(whole.paymentId);
      // Two accounts may have parts of one payment, which is returned once.
      if (payments.has(number)) continue;
      const found = { accountId, paymentId: paid.id, amount: usd(paid.amount) };
      const partOf = { paymentId: whole.paymentId, amount: usd(whole.amount) };
      payments.set(number, paid.partOf === undefined ? found : { ...found, partOf });
      items.push({ ...bankItem('return', items.length + 1, whole.amount, day, [number]), returnCode: 'R01' });
    }
    await this.#file('NACHA', day, items, payments);
  }

  /** Somebody finds out whose money it is, or it goes back. */
  async unidentified(day: string): Promise<void> {
    const { store, handling, plan } = this.world;
    const receipts = new Receipts(store, handling, 'finance:7', (about) => this.world.idNow(about));
    for (const { receiptId, status } of await receipts.all()) {
      if (status !== 'unidentified' && status !== 'assigned') continue;
      const dice = diceFor(plan.seed, 'receipt', receiptId, day);
      if (dice.percent(25)) continue;
      const payer = dice.pick(this.world.subscribers.filter(({ way, opensOn }) => way === 'mail-in' && opensOn < day));
      const isFound = dice.percent(75);
      await this.world.notRefused(async () => {
        if (isFound) await receipts.assignTo(receiptId, await this.world.numberOf(payer.accountId));
        else await receipts.sendBack(receiptId, 'payer-not-found');
      });
    }
  }

  #byMail(day: string): Subscriber[] {
    return this.world.subscribers.filter((one) => one.opensOn <= day && wayOf(one, day) === 'mail-in');
  }

  /** The account that answers for one by now: who has been merged still sends checks with the number from before. */
  async #answeringFor(accountId: string): Promise<AccountState> {
    const state = await this.world.before(accountId, account);
    return state.successorId === undefined ? state : this.#answeringFor(state.successorId);
  }

  /** What the bank knows of a payment: all of it, where this account has a part. */
  async #wholeOf({ id, amount, partOf }: AccountPayment): Promise<{ paymentId: string; amount: bigint }> {
    if (partOf === undefined) return { paymentId: id, amount };
    const whole = await this.world.before(partOf, consolidatedPayment);
    if (whole.status === 'new') throw new Error(`payment ${id} is a part of nothing`);
    return { paymentId: partOf, amount: parseMinor(whole.asked.amount.amount, 2) };
  }

  async #file(
    format: string,
    day: string,
    items: readonly BankItem[],
    payments: ReadonlyMap<string, FoundPayment>,
  ): Promise<void> {
    if (items.length === 0) return;
    const { plan, store, handling } = this.world;
    const identification = `${format} ${day}`;
    const digest = createHash('sha256').update(`${plan.seed}\n${identification}`).digest('hex');
    const file = { digest, format, sender: 'BANK', receiver: 'BILLER', createdOn: day, identification };
    const bankImport = new BankImport(store, handling, {
      actor: 'bank-file',
      findPayments: () => Promise.resolve(payments),
      newId: (about) => this.world.idNow(about),
    });
    try {
      await bankImport.run({ ...file, items: items.length }, each(items));
    } catch (error) {
      const isApplied = error instanceof Rejected && error.code === 'BANK_FILE_ALREADY_APPLIED';
      if (!(this.world.isAgain && isApplied)) throw error;
    }
  }
}

function bankItem(kind: 'credit' | 'return', item: number, minor: bigint, settledOn: string, references: string[]) {
  return { kind, item, record: item + 1, amount: { minor, currency: 'USD' }, settledOn, references };
}

// eslint-disable-next-line @typescript-eslint/require-await -- an import reads its items as they come
async function* each(items: readonly BankItem[]): AsyncGenerator<BankItem> {
  yield* items;
}
