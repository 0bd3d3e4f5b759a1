import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { type EventStore, type ReadBarrier, type StoredEvent } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import {
  account,
  type AccountEvent,
  type AccountState,
  accountTransfer,
  autopayRun,
  bankFile,
  billingRun,
  collectionsRun,
  consolidatedPayment,
  type ConsolidatedPaymentState,
  parseMinor,
  payBillNumber,
  payment,
  type PaymentState,
  receipt,
  subscription,
  supportCase,
  tillBatch,
  verification,
} from '#libs/ledger';
import { usd } from './customers.js';
import { PROJECTIONS } from './projector.js';
import { type VirtualGateway } from './virtual-gateway.js';

/** All that has a stream in a simulated biller's log. */
export const DECIDERS = [
  ...[account, payment, payBillNumber, subscription, tillBatch, receipt, bankFile],
  ...[accountTransfer, consolidatedPayment, verification, supportCase],
  ...[billingRun, autopayRun, collectionsRun],
];
const CATEGORIES = DECIDERS.map(({ category }) => category);

/** Events of one type: how many, and what their amounts come to, where they have one. */
interface Happened {
  readonly category: string;
  readonly type: string;
  readonly count: number;
  readonly amount?: string;
}

/** Something that has to hold, and what was found against it: nothing, when it holds. */
interface Invariant {
  readonly name: string;
  readonly faults: readonly string[];
}

export interface Examination {
  readonly streams: number;
  readonly events: number;
  readonly happened: readonly Happened[];
  readonly invariants: readonly Invariant[];
  /** SHA-256 over all streams with the hash of each one's last event: the same for the same events in the same streams. */
  readonly digest: string;
}

/** Money of one account, added up from its events alone; minor units. */
interface Added {
  state: AccountState;
  received: bigint;
  refunded: bigint;
  /** Returned after it had been refunded, and not settled since. */
  claimed: bigint;
  /** Credit that payments had been, and that is another account's now. */
  transferred: bigint;
}

/** Money of one transfer, as the one account and the other has it; minor units. */
interface Transferred {
  debtOut: bigint;
  debtIn: bigint;
  creditOut: bigint;
  creditIn: bigint;
}

/** Reads the whole log once, and holds what it comes to against itself, the read models and the gateway. */
export async function examine(
  store: EventStore,
  db: Database,
  barrier: ReadBarrier,
  gateway: VirtualGateway,
): Promise<Examination> {
  const log = new Log();
  const end = new AbortController();
  for await (const batch of store.subscribe({ after: 0n, categories: CATEGORIES, signal: end.signal })) {
    for (const message of batch) if (message.kind === 'event') log.add(message.event);
    if (batch.some(({ kind }) => kind === 'caught-up')) end.abort();
  }
  for (const { name } of PROJECTIONS) await barrier.waitFor(name, log.lastOf(name));
  const invariants = [
    { name: 'debits and credits are the same in every currency', faults: await unbalanced(db) },
    { name: 'what an account received is applied, unapplied or refunded', faults: log.misapplied() },
    {
      name: 'what an account received, all together, is what came by tills, banks and gateways',
      faults: log.unsourced(),
    },
    { name: 'what left an account for another has arrived there', faults: log.lostInTransfer() },
    { name: 'a payment over several accounts is on them, all of it', faults: log.undivided() },
    { name: 'balances in the read model are what the log comes to', faults: await log.differingBalances(db) },
    { name: 'money at the gateway is what the ledger says is there', faults: log.differingAtGateway(gateway) },
    {
      name: 'money that nobody was found for at first is on an account once it was assigned',
      faults: log.lostReceipts(),
    },
    { name: 'every account of the log is in the read model, and no other', faults: await log.missingAccounts(db) },
  ];
  return { ...log.told(), invariants };
}

/** A payment on an account. */
interface Applied {
  readonly amount: bigint;
  /** What it came with: a call, a bank's file, a receipt. */
  readonly correlationId: string;
  readonly partOf: string | undefined;
}

class Log {
  readonly #accounts = new Map<string, Added>();
  readonly #payments = new Map<string, PaymentState>();
  readonly #tillTaken = new Map<string, bigint>();
  readonly #receipts = new Map<string, { readonly amount: bigint; readonly paymentId?: string }>();
  readonly #ends = new Map<string, string>();
  readonly #happened = new Map<string, { category: string; type: string; count: number; minor: bigint | undefined }>();
  readonly #lastOf = new Map<string, bigint>();
  /** Payments on accounts, with what says where they are from. */
  readonly #applied = new Map<string, Applied>();
  readonly #transfers = new Map<string, Transferred>();
  readonly #consolidated = new Map<string, ConsolidatedPaymentState>();
  /** Calls in which somebody was recognised. */
  readonly #recognised = new Set<string>();
  #events = 0;

  add(event: StoredEvent): void {
    const { stream, type, position } = event;
    const dash = stream.indexOf('-');
    const [category, id] = [stream.slice(0, dash), stream.slice(dash + 1)];
    this.#events += 1;
    this.#ends.set(stream, event.metadata.hash);
    this.#lastOf.set(category, position);
    this.#count(category, type, event.data);
    if (category === account.category) this.#ofAccount(id, event);
    else if (category === payment.category) {
      const before = this.#payments.get(id) ?? payment.initialState;
      this.#payments.set(id, payment.evolve(before, read(payment, event)));
    } else if (category === consolidatedPayment.category) {
      const before = this.#consolidated.get(id) ?? consolidatedPayment.initialState;
      this.#consolidated.set(id, consolidatedPayment.evolve(before, read(consolidatedPayment, event)));
    } else if (category === tillBatch.category) this.#ofTill(event);
    else if (category === receipt.category) this.#ofReceipt(id, event);
    else if (type === 'VerificationSucceeded') this.#recognised.add(event.metadata.correlationId);
  }

  /** Commit position of the last event that a projection of this name reads. */
  lastOf(projection: string): bigint {
    const found = PROJECTIONS.find(({ name }) => name === projection);
    return this.#lastOf.get(found?.category ?? '') ?? 0n;
  }

  told(): Omit<Examination, 'invariants'> {
    const digest = createHash('sha256');
    for (const stream of [...this.#ends.keys()].sort()) digest.update(`${stream} ${this.#ends.get(stream)}\n`);
    const happened = [...this.#happened.values()]
      .map(({ minor, ...one }) => ({ ...one, ...(minor !== undefined && { amount: usd(minor).amount }) }))
      .sort((left, right) => (`${left.category} ${left.type}` < `${right.category} ${right.type}` ? -1 : 1));
    return { streams: this.#ends.size, events: this.#events, happened, digest: digest.digest('hex') };
  }

  /** Received = applied + unapplied + refunded, of every payment and of every account. */
  misapplied(): string[] {
    return [...this.#accounts].flatMap(([id, { state, received, refunded, claimed, transferred }]) => {
      const faults: string[] = [];
      let there = 0n;
      for (const source of state.sources.values()) {
        const applied = sum(source.allocations.map(({ amount }) => amount));
        const left = source.returned ? 0n : source.amount - source.refunded;
        if (applied + source.unapplied !== left)
          faults.push(`account ${id}: ${source.kind} ${source.id} does not add up`);
        if (source.kind === 'payment') there += applied + source.unapplied;
      }
      if (there !== received - refunded + claimed - transferred)
        faults.push(`account ${id}: ${received} received, ${there} there`);
      const lines = [...state.bills.values()].flatMap((bill) => bill.lines);
      const open = sum(lines.map(({ total, reversed, paid, writtenOff }) => total - reversed - paid - writtenOff));
      if (open !== state.open) faults.push(`account ${id}: ${state.open} open, and ${open} on its bills`);
      const credit = sum([...state.sources.values()].map(({ unapplied }) => unapplied));
      if (credit !== state.credit) faults.push(`account ${id}: ${state.credit} credit, and ${credit} unapplied`);
      return faults;
    });
  }

  /** Every payment on an account came from somewhere, with the same amount; and what was taken at a till is there. */
  unsourced(): string[] {
    const faults: string[] = [];
    for (const [paymentId, applied] of this.#applied) {
      const from = this.#cameWith(paymentId, applied);
      if (from === undefined) faults.push(`payment ${paymentId} is from nowhere`);
      else if (from !== applied.amount)
        faults.push(`payment ${paymentId} was ${from}, and ${applied.amount} is applied`);
    }
    for (const paymentId of this.#tillTaken.keys()) {
      if (!this.#applied.has(paymentId)) faults.push(`payment ${paymentId} was taken at a till and is on no account`);
    }
    return faults;
  }

  /** What the gateway, the till, the bank or a call had of a payment; undefined when none knows of it. */
  #cameWith(paymentId: string, { amount, correlationId, partOf }: Applied): bigint | undefined {
    if (partOf !== undefined) {
      const parts = [...this.#consolidated].flatMap(([id, whole]) =>
        whole.status !== 'new' && (whole.asked.partOf?.paymentId ?? id) === partOf ? whole.parts : [],
      );
      const part = parts.find((one) => one.paymentId === paymentId);
      if (part) return minor(part.amount);
      return this.#receipts.get(correlationId)?.amount;
    }
    const life = this.#payments.get(paymentId);
    if (life && life.status !== 'new') return life.amount;
    const till = this.#tillTaken.get(paymentId);
    if (till !== undefined) return till;
    const found = this.#receipts.get(correlationId);
    if (found) return found.amount;
    const isKnown = this.#recognised.has(correlationId) || this.#ends.has(`${bankFile.category}-${correlationId}`);
    return isKnown ? amount : undefined;
  }

  /** Each transfer took from the one account what the other got. */
  lostInTransfer(): string[] {
    return [...this.#transfers].flatMap(([id, { debtOut, debtIn, creditOut, creditIn }]) => [
      ...(debtOut === debtIn ? [] : [`transfer ${id}: a debt of ${debtOut} left, ${debtIn} arrived`]),
      ...(creditOut === creditIn ? [] : [`transfer ${id}: credit of ${creditOut} left, ${creditIn} arrived`]),
    ]);
  }

  /** Every payment over several accounts is divided without a rest, and each part is on an account or waits to be. */
  undivided(): string[] {
    return [...this.#consolidated].flatMap(([id, whole]) => {
      if (whole.status === 'new') return [];
      const faults: string[] = [];
      const amount = minor(whole.asked.amount.amount);
      const parts = sum([...whole.parts, ...whole.left].map((part) => minor(part.amount)));
      if (parts !== amount) faults.push(`payment ${id} is ${amount}, and ${parts} in parts`);
      for (const { paymentId } of whole.parts) {
        if (!this.#applied.has(paymentId) && whole.status !== 'divided')
          faults.push(`a part of payment ${id} is missing`);
      }
      return faults;
    });
  }

  /** What came in of a payment and has not gone again, as the ledger and as the gateway has it. */
  differingAtGateway(gateway: VirtualGateway): string[] {
    return [...this.#payments].flatMap(([paymentId, life]) => {
      if (life.status === 'new') return [];
      const gone = sum(
        life.refunds
          .filter(({ status, by }) => by === 'original-method' && (status === 'settled' || status === 'pending'))
          .map(({ amount }) => amount),
      );
      const isTaken = life.status === 'returned' || life.status === 'charged_back';
      const ours = isTaken ? 0n : life.captured - gone;
      const theirs = gateway.heldOf(paymentId);
      // The last word of a day is heard on the days after it.
      const isAwaited = life.status !== 'settled' && life.status !== 'refunded';
      if (ours === theirs || isAwaited || theirs === 0n) return [];
      return [`payment ${paymentId}: ${ours} in the ledger, ${theirs} at the gateway`];
    });
  }

  lostReceipts(): string[] {
    return [...this.#receipts].flatMap(([id, { amount, paymentId }]) => {
      if (paymentId === undefined || this.#bookedAs(paymentId) === amount) return [];
      return [`receipt ${id} was applied, and its amount is on no account`];
    });
  }

  /** What accounts got under a payment's id: one of them all of it, or several together. */
  #bookedAs(paymentId: string): bigint | undefined {
    const whole = this.#consolidated.get(paymentId);
    return whole && whole.status !== 'new' ? minor(whole.asked.amount.amount) : this.#applied.get(paymentId)?.amount;
  }

  async differingBalances(db: Database): Promise<string[]> {
    const { rows } = await sql<{ account_id: string; open: string; credit: string; parts: string; received: string }>`
      select account_id, open::text, credit::text, paid - returned as received,
        billed - paid + returned + refunded - claimed + adjusted - written_off + reinstated as parts
      from account_balances`.execute(db.sql);
    return rows.flatMap(({ account_id: id, open, credit, parts, received }) => {
      const added = this.#accounts.get(id);
      if (!added) return [];
      const { state } = added;
      const differing = [
        ['open', minor(open), state.open],
        ['credit', minor(credit), state.credit],
        ['balance', minor(parts), state.open - state.credit],
        ['received', minor(received), added.received],
      ] as const;
      return differing
        .filter(([, shown, folded]) => shown !== folded)
        .map(([what, shown, folded]) => `account ${id}: ${what} is ${shown} in the read model, ${folded} in the log`);
    });
  }

  async missingAccounts(db: Database): Promise<string[]> {
    const { rows } = await sql<{ account_id: string }>`select account_id from account_balances`.execute(db.sql);
    const shown = new Set(rows.map(({ account_id: id }) => id));
    return [
      ...[...this.#accounts.keys()]
        .filter((id) => !shown.has(id))
        .map((id) => `account ${id} is not in the read model`),
      ...[...shown].filter((id) => !this.#accounts.has(id)).map((id) => `account ${id} is not in the log`),
    ];
  }

  #count(category: string, type: string, data: unknown): void {
    const { amount, total } = data as Record<string, unknown>;
    const money = amountIn(total) ?? amountIn(amount);
    const before = this.#happened.get(`${category} ${type}`) ?? { category, type, count: 0, minor: undefined };
    const added = money === undefined ? before.minor : (before.minor ?? 0n) + money;
    this.#happened.set(`${category} ${type}`, { ...before, count: before.count + 1, minor: added });
  }

  #ofAccount(id: string, stored: StoredEvent): void {
    const event = read(account, stored);
    const before = this.#accounts.get(id);
    const nothing = { state: account.initialState, received: 0n, refunded: 0n, claimed: 0n, transferred: 0n };
    const added = before ?? nothing;
    added.state = account.evolve(added.state, event);
    this.#accounts.set(id, added);
    this.#ofTransfer(event);
    switch (event.type) {
      case 'PaymentApplied': {
        const { paymentId, amount, partOf } = event.data;
        const { correlationId } = stored.metadata;
        added.received += minor(amount.amount);
        this.#applied.set(paymentId, { amount: minor(amount.amount), correlationId, partOf: partOf?.paymentId });
        break;
      }
      case 'PaymentReturned':
        added.received -= minor(event.data.amount.amount);
        added.claimed += minor(event.data.alreadyRefunded ?? '0');
        break;
      case 'PaymentReinstated':
        added.received += minor(event.data.amount.amount);
        added.claimed -= minor(event.data.claimSettled ?? '0');
        break;
      case 'PaymentRefunded':
        added.refunded += minor(event.data.amount.amount);
        break;
      case 'CreditTransferred': {
        const taken = event.data.taken.filter(({ sourceKind }) => sourceKind === 'payment');
        added.transferred += sum(taken.map(({ amount }) => minor(amount)));
        break;
      }
      default:
    }
  }

  /** What of an event is one side of a transfer. */
  #ofTransfer(event: AccountEvent): void {
    if (event.type === 'BillIssued') {
      const { transferredFrom, total } = event.data;
      this.#moved(transferredFrom?.transferId, 'debtIn', total);
    } else if (event.type === 'CreditIssued') {
      const { transferredTo, transferredFrom, amount } = event.data;
      this.#moved(transferredTo?.transferId, 'debtOut', amount);
      this.#moved(transferredFrom?.transferId, 'creditIn', amount);
    } else if (event.type === 'CreditTransferred') this.#moved(event.data.transferId, 'creditOut', event.data.amount);
  }

  #moved(transferId: string | undefined, side: keyof Transferred, { amount }: { readonly amount: string }): void {
    if (transferId === undefined) return;
    const before = this.#transfers.get(transferId) ?? { debtOut: 0n, debtIn: 0n, creditOut: 0n, creditIn: 0n };
    before[side] += minor(amount);
    this.#transfers.set(transferId, before);
  }

  readonly #begun = new Map<string, bigint>();

  #ofTill(stored: StoredEvent): void {
    const event = read(tillBatch, stored);
    if (event.type === 'TillPaymentBegun') this.#begun.set(event.data.paymentId, minor(event.data.amount.amount));
    if (event.type !== 'TillPaymentTaken') return;
    const { paymentId } = event.data;
    this.#tillTaken.set(paymentId, this.#begun.get(paymentId) ?? 0n);
  }

  #ofReceipt(id: string, stored: StoredEvent): void {
    const event = read(receipt, stored);
    if (event.type === 'ReceiptRecorded') {
      this.#receipts.set(id, { amount: minor(event.data.amount.amount) });
    }
    const known = this.#receipts.get(id);
    if (known && event.type === 'ReceiptApplied') this.#receipts.set(id, { ...known, paymentId: event.data.paymentId });
  }
}

async function unbalanced(db: Database): Promise<string[]> {
  const { rows } = await sql<{ currency: string; off: string }>`
    select currency, sum(off) as off from (
      select currency, debit - credit as off from trial_balance
      union all select currency, (select sum(a) from unnest(gl_amounts) as a) from till_journal
      union all select currency, (select sum(a) from unnest(gl_amounts) as a) from receipt_journal) as books
    group by currency having sum(off) <> 0`.execute(db.sql);
  return rows.map(({ currency, off }) => `the books are ${off} ${currency} off`);
}

function read<Event>(
  { events }: { readonly events: { read(type: string, version: number, data: unknown): Event } },
  { type, data, metadata }: StoredEvent,
): Event {
  return events.read(type, metadata.schemaVersion, data);
}

function amountIn(money: unknown): bigint | undefined {
  if (typeof money !== 'object' || money === null) return undefined;
  const { amount, currency } = money as Record<string, unknown>;
  return typeof amount === 'string' && currency === 'USD' ? minor(amount) : undefined;
}

/** Of an amount in US dollars, as events and read models have it. */
function minor(text: string): bigint {
  return parseMinor(text, 2);
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
