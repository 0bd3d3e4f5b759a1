import {
  type AccountState,
  type Bill,
  type Line,
  openOf,
  type Share,
  type Source,
  type SourcedShare,
} from './account-state.js';

/*
 * How the state changes when money moves between its sources and the lines of bills. Everything an event touches is
 * gathered first and put into the state at once, so that an event over many bills costs one pass and no more.
 */

/** Lays money of sources on lines, or with negative amounts takes it off them. Only the bills' side. */
export function moveOnBills(state: AccountState, moves: readonly SourcedShare[]): AccountState {
  const touched = new Map<string, Bill>();
  for (const { billNumber, lineId, sourceId, amount } of moves) {
    const bill = touched.get(billNumber) ?? heldBill(state, billNumber);
    touched.set(
      billNumber,
      changeLine(bill, lineId, (line) => ({
        ...line,
        paid: line.paid + amount,
        paidBy: paidAgain(line.paidBy, sourceId, amount),
      })),
    );
  }
  return withBills(state, touched);
}

/** The same on both sides: what goes onto a line leaves what the source has unapplied, and the other way round. */
export function moveMoney(state: AccountState, moves: readonly SourcedShare[], effectiveAt: string): AccountState {
  const touched = new Map<string, Source>();
  for (const { sourceId, billNumber, lineId, amount } of moves) {
    const source = touched.get(sourceId) ?? heldSource(state, sourceId);
    touched.set(sourceId, {
      ...source,
      unapplied: source.unapplied - amount,
      availableFrom: amount < 0n && effectiveAt > source.availableFrom ? effectiveAt : source.availableFrom,
      allocations: allocatedAgain(source.allocations, { billNumber, lineId, amount }),
    });
  }
  return withSources(moveOnBills(state, moves), touched.values());
}

export function changeLine(bill: Bill, lineId: string, change: (line: Line) => Line): Bill {
  const at = bill.lines.findIndex((line) => line.lineId === lineId);
  const before = bill.lines[at];
  if (!before) throw new Error(`history is broken: bill ${bill.billNumber} has no line ${lineId}`);
  const after = change(before);
  if (openOf(after) < 0n || after.paid < 0n || after.writtenOff < 0n) {
    throw new Error(`history is broken: line ${lineId} of bill ${bill.billNumber} is paid or released too far`);
  }
  return { ...bill, lines: bill.lines.with(at, after), open: bill.open - openOf(before) + openOf(after) };
}

/** Puts new or changed bills into the state, with the list of open bills and the sum of what is open kept right. */
export function withBills(state: AccountState, changed: ReadonlyMap<string, Bill>): AccountState {
  let { bills, open } = state;
  const settled = new Set<string>();
  const opened: AccountState['openBills'][number][] = [];
  for (const bill of changed.values()) {
    const before = bills.get(bill.billNumber)?.open ?? 0n;
    open += bill.open - before;
    bills = bills.set(bill.billNumber, bill);
    if (before > 0n && bill.open === 0n) settled.add(bill.billNumber);
    const { billNumber, dueOn, sequence } = bill;
    if (before === 0n && bill.open > 0n) opened.push({ billNumber, dueOn, sequence });
  }
  let { openBills } = state;
  if (settled.size > 0) openBills = openBills.filter(({ billNumber }) => !settled.has(billNumber));
  if (opened.length > 0) openBills = inserted(openBills, opened, oldestDueFirst);
  return { ...state, bills, open, openBills };
}

/** Puts new or changed sources into the state, with the list of credit and its sum kept right. */
export function withSources(state: AccountState, changed: Iterable<Source>): AccountState {
  let { sources, credit } = state;
  const used = new Set<string>();
  const available: AccountState['creditSources'][number][] = [];
  for (const source of changed) {
    if (source.unapplied < 0n) throw new Error(`history is broken: source ${source.id} is spent too far`);
    const before = sources.get(source.id)?.unapplied ?? 0n;
    credit += source.unapplied - before;
    sources = sources.set(source.id, source);
    if (before > 0n && source.unapplied === 0n) used.add(source.id);
    if (before === 0n && source.unapplied > 0n) available.push({ id: source.id, sequence: source.sequence });
  }
  let { creditSources } = state;
  if (used.size > 0) creditSources = creditSources.filter(({ id }) => !used.has(id));
  if (available.length > 0) creditSources = inserted(creditSources, available, firstInFirstOut);
  return { ...state, sources, credit, creditSources };
}

export function heldBill(state: AccountState, billNumber: string): Bill {
  const bill = state.bills.get(billNumber);
  if (!bill) throw new Error(`history is broken: there is no bill ${billNumber}`);
  return bill;
}

export function heldSource(state: AccountState, sourceId: string): Source {
  const source = state.sources.get(sourceId);
  if (!source) throw new Error(`history is broken: there is no payment or credit ${sourceId}`);
  return source;
}

/** The list with more in it, in order. One that belongs at the end, as a new bill mostly does, needs no sorting. */
function inserted<Item>(list: readonly Item[], added: readonly Item[], compare: (a: Item, b: Item) => number): Item[] {
  const [last, first] = [list.at(-1), added[0]];
  const belongsAtEnd = added.length === 1 && (last === undefined || (first !== undefined && compare(last, first) <= 0));
  const all = [...list, ...added];
  return belongsAtEnd ? all : all.sort(compare);
}

function firstInFirstOut(left: { sequence: number }, right: { sequence: number }): number {
  return left.sequence - right.sequence;
}

function oldestDueFirst(left: AccountState['openBills'][number], right: AccountState['openBills'][number]): number {
  if (left.dueOn !== right.dueOn) return left.dueOn < right.dueOn ? -1 : 1;
  return left.sequence - right.sequence;
}

/** A source that pays a line again counts as its latest payer. */
function paidAgain(paidBy: Line['paidBy'], sourceId: string, amount: bigint): Line['paidBy'] {
  const at = paidBy.findIndex((payer) => payer.sourceId === sourceId);
  const total = (paidBy[at]?.amount ?? 0n) + amount;
  if (total < 0n) throw new Error(`history is broken: ${sourceId} is released further than it paid`);
  if (at === -1) return [...paidBy, { sourceId, amount }];
  if (amount < 0n && total > 0n) return paidBy.with(at, { sourceId, amount: total });
  const others = paidBy.toSpliced(at, 1);
  return total === 0n ? others : [...others, { sourceId, amount: total }];
}

function allocatedAgain(allocations: readonly Share[], share: Share): readonly Share[] {
  const at = allocations.findIndex(
    ({ billNumber, lineId }) => billNumber === share.billNumber && lineId === share.lineId,
  );
  if (at === -1) return [...allocations, share];
  const amount = (allocations[at]?.amount ?? 0n) + share.amount;
  return amount === 0n ? allocations.toSpliced(at, 1) : allocations.with(at, { ...share, amount });
}
