import { type Recorded } from '#libs/event-sourcing';
import { movesMoney } from '../balances/movements.js';
import { type AccountEvent } from '../billing/account-events.js';
import { LATE_FEE } from '../billing/account-state.js';
import { LATE_FEE_DESCRIPTION } from '../bills/bill.js';
import { parseMinor } from '../money/minor-units.js';

/** An event of an account, with its place in stream and log. */
export type Event = Recorded<AccountEvent>;

/** A line of a bill, as it was charged. */
export interface ChargedLine {
  readonly billNumber: string;
  readonly lineId: string;
  readonly service: string;
  readonly description: string;
  readonly dueOn: string;
}

/** Where money comes from. */
export interface MoneySource {
  readonly sourceId: string;
  readonly sourceKind: 'payment' | 'credit';
}

/** What events do to lines and sources. */
export const WHAT = [
  ...(['charged', 'reversed', 'received', 'allocated', 'released', 'returned', 'claimed', 'refunded'] as const),
  ...(['written-off', 'reinstated', 'transferred'] as const),
] as const;

/** What an event did to a line or to a source; `counterpart` is the other side of an allocation or of its release. */
export interface Entry<Counterpart> {
  readonly what: (typeof WHAT)[number];
  /** In minor units: what it changed of what is left. */
  readonly amount: bigint;
  readonly counterpart: Counterpart | null;
  readonly event: Event;
}

/** What is left of one thing, and each event that made it so. */
export interface Left<Thing, Counterpart> {
  readonly of: Thing;
  /** The sum of its entries, in minor units. */
  readonly left: bigint;
  readonly entries: readonly Entry<Counterpart>[];
}

type Allocation = Extract<AccountEvent, { type: 'PaymentApplied' }>['data']['allocations'][number];
type Of<Type extends Event['type']> = Extract<Event, { type: Type }>;

/** Keeps, for each line and each source, the entries that events make there. */
export class Trace {
  readonly #charged = new Map<string, ChargedLine>();
  readonly #dueOn = new Map<string, string>();
  readonly #lines = new Map<string, Entry<MoneySource>[]>();
  readonly #disputed = new Map<string, bigint>();
  readonly #sources = new Map<string, { readonly source: MoneySource; readonly entries: Entry<ChargedLine>[] }>();

  constructor(readonly digits: number) {}

  /** Learns what lines an event puts on a bill, whether it counts or not: money may lie on one that does not count yet. */
  know(event: Event): void {
    if (event.type === 'LateFeeAssessed') {
      const { billNumber, lineId } = event.data;
      const dueOn = this.#dueOn.get(billNumber);
      if (dueOn === undefined) throw new Error('a late fee is on a bill that there is not');
      const fee = { billNumber, lineId, service: LATE_FEE, description: LATE_FEE_DESCRIPTION, dueOn };
      this.#charged.set(keyOf(fee), fee);
    }
    if (event.type !== 'BillIssued') return;
    const { billNumber, dueOn, lines } = event.data;
    this.#dueOn.set(billNumber, dueOn);
    for (const { lineId, service, description } of lines) {
      this.#charged.set(keyOf({ billNumber, lineId }), { billNumber, lineId, service, description, dueOn });
    }
  }

  follow(event: Event): void {
    if (!movesMoney(event)) return this.#followDispute(event);
    switch (event.type) {
      case 'BillIssued':
        for (const { lineId, total } of event.data.lines) {
          this.#onLine({ billNumber: event.data.billNumber, lineId }, 'charged', this.#minor(total), null, event);
        }
        return;
      case 'LateFeeAssessed':
        this.#onLine(event.data, 'charged', this.#minor(event.data.amount.amount), null, event);
        return;
      case 'DebtWrittenOff':
      case 'DebtReinstated':
        this.#writeOff(event);
        return;
      case 'PaymentApplied':
      case 'CreditIssued': {
        const source = sourceOf(event);
        this.#onSource(source, 'received', this.#minor(event.data.amount.amount), null, event);
        for (const share of event.data.allocations) this.#lay(share, source, event);
        return;
      }
      case 'CreditApplied':
        for (const { sourceId, sourceKind, ...share } of event.data.allocations) {
          this.#lay(share, { sourceId, sourceKind }, event);
        }
        return;
      case 'PaymentUnapplied':
        for (const share of event.data.released) this.#release(share, sourceOf(event), event);
        return;
      case 'PaymentReturned': {
        const { amount, released, alreadyRefunded } = event.data;
        for (const share of released) this.#release(share, sourceOf(event), event);
        this.#onSource(sourceOf(event), 'returned', -this.#minor(amount.amount), null, event);
        const claim = this.#minor(alreadyRefunded ?? '0');
        if (claim > 0n) this.#onSource(sourceOf(event), 'claimed', claim, null, event);
        return;
      }
      case 'PaymentReinstated': {
        const { amount, allocations, claimSettled } = event.data;
        this.#onSource(sourceOf(event), 'received', this.#minor(amount.amount), null, event);
        const claim = this.#minor(claimSettled ?? '0');
        if (claim > 0n) this.#onSource(sourceOf(event), 'claimed', -claim, null, event);
        for (const share of allocations) this.#lay(share, sourceOf(event), event);
        return;
      }
      case 'PaymentRefunded':
        this.#onSource(sourceOf(event), 'refunded', -this.#minor(event.data.amount.amount), null, event);
        return;
      case 'CreditTransferred':
        for (const { sourceId, sourceKind, amount } of event.data.taken) {
          this.#onSource({ sourceId, sourceKind }, 'transferred', -this.#minor(amount), null, event);
        }
        return;
      case 'ChargeReversed':
        this.#onLine(event.data, 'reversed', -this.#minor(event.data.amount.amount), null, event);
        for (const { sourceId, sourceKind, ...share } of event.data.released) {
          this.#release(share, { sourceId, sourceKind }, event);
        }
        for (const { amount } of event.data.disputes ?? []) this.#dispute(event.data, -this.#minor(amount));
        return;
    }
  }

  /** The lines and sources of which something is left: the first due first, and in the order the money came. */
  left(): { lines: Left<ChargedLine, MoneySource>[]; sources: Left<MoneySource, ChargedLine>[] } {
    const lines = [...this.#lines].map(([key, entries]) => leftOf(this.#line(key), entries));
    const sources = [...this.#sources.values()].map(({ source, entries }) => leftOf(source, entries));
    return {
      lines: lines.filter(({ left }) => left !== 0n).sort((one, other) => byDay(one.of.dueOn, other.of.dueOn)),
      sources: sources.filter(({ left }) => left !== 0n),
    };
  }

  #followDispute(event: Event): void {
    if (event.type === 'DisputeOpened') {
      for (const share of event.data.shares) this.#dispute(share, this.#minor(share.amount));
    }
    if (event.type === 'DisputeResolved') {
      for (const share of event.data.released) this.#dispute(share, -this.#minor(share.amount));
    }
  }

  #writeOff(event: Of<'DebtWrittenOff' | 'DebtReinstated'>): void {
    const isOff = event.type === 'DebtWrittenOff';
    for (const line of event.data.lines) {
      const amount = this.#minor(line.amount);
      this.#onLine(line, isOff ? 'written-off' : 'reinstated', isOff ? -amount : amount, null, event);
    }
  }

  /** What of a line is in dispute, paid or not; never less than nothing. */
  disputedOn(line: Pick<ChargedLine, 'billNumber' | 'lineId'>): bigint {
    const disputed = this.#disputed.get(keyOf(line)) ?? 0n;
    return disputed > 0n ? disputed : 0n;
  }

  #dispute(line: Pick<ChargedLine, 'billNumber' | 'lineId'>, amount: bigint): void {
    const key = keyOf(line);
    this.#disputed.set(key, (this.#disputed.get(key) ?? 0n) + amount);
  }

  #lay(share: Allocation, source: MoneySource, event: Event): void {
    const amount = this.#minor(share.amount);
    this.#onLine(share, 'allocated', -amount, source, event);
    this.#onSource(source, 'allocated', -amount, this.#line(keyOf(share)), event);
  }

  #release(share: Allocation, source: MoneySource, event: Event): void {
    const amount = this.#minor(share.amount);
    this.#onLine(share, 'released', amount, source, event);
    this.#onSource(source, 'released', amount, this.#line(keyOf(share)), event);
  }

  #onLine(
    line: Pick<ChargedLine, 'billNumber' | 'lineId'>,
    what: Entry<MoneySource>['what'],
    amount: bigint,
    source: MoneySource | null,
    event: Event,
  ): void {
    const key = keyOf(line);
    const entries = this.#lines.get(key) ?? [];
    if (entries.length === 0) this.#lines.set(key, entries);
    entries.push({ what, amount, counterpart: source, event });
  }

  #onSource(
    source: MoneySource,
    what: Entry<ChargedLine>['what'],
    amount: bigint,
    line: ChargedLine | null,
    event: Event,
  ): void {
    const key = `${source.sourceKind} ${source.sourceId}`;
    const known = this.#sources.get(key) ?? { source, entries: [] };
    if (known.entries.length === 0) this.#sources.set(key, known);
    known.entries.push({ what, amount, counterpart: line, event });
  }

  #line(key: string): ChargedLine {
    const line = this.#charged.get(key);
    if (!line) throw new Error('money lies on a line that no bill has');
    return line;
  }

  #minor(amount: string): bigint {
    return parseMinor(amount, this.digits);
  }
}

function leftOf<Thing, Counterpart>(of: Thing, entries: readonly Entry<Counterpart>[]): Left<Thing, Counterpart> {
  return { of, left: entries.reduce((sum, { amount }) => sum + amount, 0n), entries };
}

function byDay(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

// Identifiers hold no line break, so the two parts cannot run into each other.
function keyOf({ billNumber, lineId }: Pick<ChargedLine, 'billNumber' | 'lineId'>): string {
  return `${billNumber}\n${lineId}`;
}

type SourceEvent = Of<
  'PaymentApplied' | 'PaymentUnapplied' | 'PaymentReturned' | 'PaymentReinstated' | 'PaymentRefunded' | 'CreditIssued'
>;

/** The source an event is about. */
function sourceOf(event: SourceEvent): MoneySource {
  return event.type === 'CreditIssued'
    ? { sourceId: event.data.creditId, sourceKind: 'credit' }
    : { sourceId: event.data.paymentId, sourceKind: 'payment' };
}
