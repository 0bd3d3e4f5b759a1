import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, type Line, openOf } from '../billing/account-state.js';
import { account } from '../billing/account.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { recoveryLost } from './recovery.js';
import { debtReinstated } from './write-off.js';

/*
 * Events of an account's history in a history where collections did something else: without what collections did, and with
 * the money laid as far as it finds what it was laid on.
 */

interface StoredShare {
  readonly billNumber: string;
  readonly lineId: string;
  readonly amount: string;
}

/** The events that take the place of one, in order. */
export function asItWouldHaveBeen(state: AccountState, event: AccountEvent): AccountEvent[] {
  const of = new Fitting(state);
  switch (event.type) {
    case 'LateFeeAssessed':
    case 'DunningStepTaken':
      return [];
    case 'DebtWrittenOff': {
      // What a returned payment had recovered follows from the return.
      if (event.data.paymentId !== undefined) return [];
      // What a person decided stands, as far as it is open here.
      const lines = event.data.policy === undefined ? of.capped(event.data.lines, openOf) : [];
      return lines.length === 0 ? [] : [{ ...event, data: { ...event.data, lines } }];
    }
    case 'DebtReinstated': {
      // What money brings back is brought back where the money is laid.
      const isByHand = event.data.paymentId === undefined;
      const lines = isByHand ? of.capped(event.data.lines, ({ writtenOff }) => writtenOff) : [];
      return lines.length === 0 ? [] : [{ ...event, data: { ...event.data, lines } }];
    }
    case 'ServiceSuspended':
    case 'ServiceRestored':
      return event.data.policy === undefined && !state.suspended === (event.type === 'ServiceSuspended') ? [event] : [];
    case 'PaymentApplied':
    case 'PaymentReinstated':
    case 'CreditIssued': {
      const paymentId = event.type === 'CreditIssued' ? undefined : event.data.paymentId;
      const { kept: allocations, dropped } = of.laid(event.data.allocations, { paymentId });
      const unapplied = of.text(of.minor(event.data.unapplied) + dropped);
      return [...of.reinstated, { ...event, data: { ...event.data, allocations, unapplied } } as AccountEvent];
    }
    case 'CreditApplied': {
      const { kept: allocations } = of.laid(event.data.allocations, {
        most: ({ sourceId }) => state.sources.get(sourceId)!.unapplied,
      });
      return allocations.length === 0 ? [] : [...of.reinstated, { ...event, data: { ...event.data, allocations } }];
    }
    case 'PaymentReturned': {
      const { paymentId, effectiveAt } = event.data;
      return [event, ...recoveryLost(state, event, { paymentId, writeOffId: paymentId, effectiveAt })];
    }
    case 'PaymentUnapplied': {
      const { paymentId } = event.data;
      const released = of.released(event.data.released.map((share) => ({ ...share, sourceId: paymentId })));
      const plain = released.map(({ sourceId: _, ...share }) => share);
      return plain.length === 0 ? [] : [{ ...event, data: { ...event.data, released: plain } }];
    }
    case 'ChargeReversed':
      return reversedOtherwise(state, event, of);
    default:
      return [event];
  }
}

type ChargeReversed = Extract<AccountEvent, { type: 'ChargeReversed' }>;

/** A charge that is taken back was not to be written off; and a fee that is not there cannot be waived. */
function reversedOtherwise(state: AccountState, event: ChargeReversed, of: Fitting): AccountEvent[] {
  const { billNumber, lineId, amount } = event.data;
  const line = of.line(event.data);
  if (!line) return [];
  const left = line.total - line.reversed;
  const fitting = of.minor(amount.amount) <= left;
  // A fee of another amount is waived whole, as the one that was there.
  const data = fitting && !line.isLateFee ? event.data : { ...event.data, ...wholeOf(left, of, state.currency) };
  if (left === 0n) return [];
  const released = of.released(data.released);
  const back = line.writtenOff === 0n ? [] : [{ billNumber, lineId, amount: line.writtenOff }];
  const reinstated =
    back.length === 0 ? [] : [debtReinstated(state, back, { reason: 'reversed', effectiveAt: data.effectiveAt })];
  return [...reinstated, { ...event, data: { ...data, released } }];
}

function wholeOf(left: bigint, of: Fitting, currency: string) {
  return { amount: { amount: of.text(left), currency }, net: of.text(left), taxes: [] };
}

/**
 * The fees that are taken to be paid because the bill they are on was settled in what happened: by payments of just as much,
 * which were never made.
 */
export function feesPaidAsTheBills(simulated: AccountState, actual: AccountState, effectiveAt: string): AccountEvent[] {
  return simulated.openBills.flatMap(({ billNumber }): AccountEvent[] => {
    const bill = simulated.bills.get(billNumber)!;
    const isSettled = actual.bills.get(billNumber)?.open === 0n;
    if (!isSettled || bill.lines.some((line) => !line.isLateFee && openOf(line) > 0n)) return [];
    const amount = formatMinor(bill.open, simulated.digits);
    const allocations = bill.lines.flatMap((line) =>
      openOf(line) > 0n
        ? [{ billNumber, lineId: line.lineId, amount: formatMinor(openOf(line), simulated.digits) }]
        : [],
    );
    const data = {
      ...{ paymentId: `fee of ${billNumber}`, confirmationNumber: '', channel: 'online' as const },
      ...{ amount: { amount, currency: simulated.currency }, allocations, unapplied: '0', allocationPolicy: '' },
      ...{ method: { kind: 'other' as const }, effectiveAt },
    };
    return [{ type: 'PaymentApplied', data }];
  });
}

/** Shares of history on lines as they stand here: no more than finds its place. */
class Fitting {
  readonly reinstated: AccountEvent[] = [];
  #state: AccountState;

  constructor(state: AccountState) {
    this.#state = state;
  }

  minor(amount: string): bigint {
    return parseMinor(amount, this.#state.digits);
  }

  text(minor: bigint): string {
    return formatMinor(minor, this.#state.digits);
  }

  line({ billNumber, lineId }: Omit<StoredShare, 'amount'>) {
    return this.#state.bills.get(billNumber)?.lines.find((line) => line.lineId === lineId);
  }

  /** Money is laid where it was, on what is open there; what is written off is put on the books again for it. */
  laid<Share extends StoredShare>(
    shares: readonly Share[],
    { most = () => 2n ** 200n, paymentId }: { most?: (share: Share) => bigint; paymentId?: string | undefined },
  ): { kept: Share[]; dropped: bigint } {
    const drawn = new Map<string, bigint>();
    let dropped = 0n;
    const kept = shares.flatMap((share) => {
      const line = this.line(share);
      const source = 'sourceId' in share ? String(share.sourceId) : '';
      const wanted = least(this.minor(share.amount), most(share) - (drawn.get(source) ?? 0n));
      const key = `${share.billNumber}\n${share.lineId}`;
      const here = drawn.get(key) ?? 0n;
      const fits = line ? least(wanted, openOf(line) + line.writtenOff - here) : 0n;
      if (line) this.#reinstate(share, least(line.writtenOff, here + fits - openOf(line)), paymentId);
      drawn.set(key, here + fits);
      drawn.set(source, (drawn.get(source) ?? 0n) + fits);
      dropped += this.minor(share.amount) - fits;
      return fits > 0n ? [{ ...share, amount: this.text(fits) }] : [];
    });
    return { kept, dropped };
  }

  /** No more on each line than there is of something. */
  capped(shares: readonly StoredShare[], most: (line: Line) => bigint): StoredShare[] {
    return shares.flatMap((share) => {
      const line = this.line(share);
      const fits = line ? least(this.minor(share.amount), most(line)) : 0n;
      return fits > 0n ? [{ ...share, amount: this.text(fits) }] : [];
    });
  }

  /** Money is taken off where it lies. */
  released<Share extends StoredShare & { readonly sourceId: string }>(shares: readonly Share[]): Share[] {
    return shares.flatMap((share) => {
      const paid = this.line(share)?.paidBy.find(({ sourceId }) => sourceId === share.sourceId)?.amount ?? 0n;
      const fits = least(this.minor(share.amount), paid);
      return fits > 0n ? [{ ...share, amount: this.text(fits) }] : [];
    });
  }

  #reinstate({ billNumber, lineId }: StoredShare, amount: bigint, paymentId: string | undefined): void {
    if (amount <= 0n) return;
    const by = paymentId !== undefined && { paymentId };
    const why = { reason: 'paid', ...by, effectiveAt: '2000-01-01T00:00:00.000Z' };
    const event = debtReinstated(this.#state, [{ billNumber, lineId, amount }], why);
    this.#state = account.evolve(this.#state, event);
    this.reinstated.push(event);
  }
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
