import { type DomainEvent, type StoredEvent } from '#libs/event-sourcing';
import { formatMinor } from '#libs/ledger';
import { type Build, type FoldedAccount } from './build.js';

/** An event as a report names it. */
export interface EventRef {
  readonly type: string;
  readonly revision: string;
  readonly position: string;
  readonly effectiveAt: string | undefined;
}

/** What an account comes to in one build; amounts are decimal strings. */
interface Figures {
  readonly status: string;
  readonly currency: string;
  readonly open: string;
  readonly credit: string;
  /** Open less credit. */
  readonly balance: string;
}

/** An account that two builds do not agree about. */
export interface AccountDifference {
  readonly accountId: string;
  readonly before: Figures;
  readonly after: Figures;
  /** The balance after less that before; undefined when they are in different currencies. */
  readonly difference: string | undefined;
  /** Bills whose open amount differs. */
  readonly bills: readonly { readonly billNumber: string; readonly before: string; readonly after: string }[];
  /** The event from which on they differ, to the end. */
  readonly from: EventRef;
}

/** An event that a build cannot apply: it does not know it, or fails on it. */
export interface NotApplied {
  readonly build: string;
  readonly accountId: string;
  readonly event: EventRef;
  readonly reason: string;
}

interface Folded {
  /** The state after each event. */
  readonly states: readonly FoldedAccount[];
  readonly notApplied?: NotApplied;
}

export interface ComparedAccount {
  readonly difference?: AccountDifference;
  /** Whether they differed for a while and agree in the end. */
  readonly passing: boolean;
  readonly notApplied: readonly NotApplied[];
}

/**
 * Folds the events of one account by two builds in step and says where they part. As soon as one of them cannot apply an
 * event, what comes after it says nothing and is not compared.
 */
export function compareAccount(
  accountId: string,
  events: readonly StoredEvent[],
  [before, after]: readonly [Build, Build],
): ComparedAccount {
  const left = fold(accountId, events, before);
  const right = fold(accountId, events, after);
  const notApplied = [left, right].flatMap((folded) => folded.notApplied ?? []);
  const length = Math.min(left.states.length, right.states.length);
  const sameAt = (at: number, same: typeof sameFigures) => same(left.states[at]!, right.states[at]!);
  if (length === 0) return { passing: false, notApplied };
  // Nearly always nothing differs at the end, and then the bills are looked at once and not after every event.
  const same = sameAt(length - 1, sameFigures) ? sameBills : sameFigures;
  if (sameAt(length - 1, same)) {
    const passing = events.slice(0, length).some((_, at) => !sameAt(at, sameFigures));
    return { passing, notApplied };
  }
  let first = length - 1;
  while (first > 0 && !sameAt(first - 1, same)) first -= 1;
  const [one, other] = [left.states[length - 1]!, right.states[length - 1]!];
  return { passing: false, notApplied, difference: differenceOf(accountId, one, other, refOf(events[first]!)) };
}

function fold(accountId: string, events: readonly StoredEvent[], build: Build): Folded {
  const { account, name } = build;
  const states: FoldedAccount[] = [];
  let state = account.initialState;
  for (const event of events) {
    try {
      const read: DomainEvent = account.events.read(event.type, event.metadata.schemaVersion, event.data);
      states.push((state = account.evolve(state, read)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { states, notApplied: { build: name, accountId, event: refOf(event), reason } };
    }
  }
  return { states };
}

function sameFigures(one: FoldedAccount, other: FoldedAccount): boolean {
  return (
    one.open === other.open &&
    one.credit === other.credit &&
    one.status === other.status &&
    one.currency === other.currency
  );
}

function sameBills(one: FoldedAccount, other: FoldedAccount): boolean {
  const others = openOfBills(other);
  const ones = openOfBills(one);
  return ones.size === others.size && [...ones].every(([billNumber, open]) => others.get(billNumber) === open);
}

function openOfBills({ bills }: FoldedAccount): Map<string, bigint> {
  return new Map([...bills.values()].map(({ billNumber, open }) => [billNumber, open]));
}

function differenceOf(
  accountId: string,
  before: FoldedAccount,
  after: FoldedAccount,
  from: EventRef,
): AccountDifference {
  const [left, right] = [openOfBills(before), openOfBills(after)];
  const shown = (open: bigint | undefined, { digits }: FoldedAccount) =>
    open === undefined ? 'none' : formatMinor(open, digits);
  const bills = [...new Set([...left.keys(), ...right.keys()])]
    .filter((billNumber) => left.get(billNumber) !== right.get(billNumber))
    .map((billNumber) => ({
      billNumber,
      before: shown(left.get(billNumber), before),
      after: shown(right.get(billNumber), after),
    }));
  const comparable = before.currency === after.currency;
  const difference = after.open - after.credit - (before.open - before.credit);
  return {
    accountId,
    before: figuresOf(before),
    after: figuresOf(after),
    difference: comparable ? formatMinor(difference, after.digits) : undefined,
    bills,
    from,
  };
}

function figuresOf({ status, currency, digits, open, credit }: FoldedAccount): Figures {
  const text = (minor: bigint) => formatMinor(minor, digits);
  return { status, currency, open: text(open), credit: text(credit), balance: text(open - credit) };
}

function refOf({ type, revision, position, data }: StoredEvent): EventRef {
  const { effectiveAt } = data as { effectiveAt?: unknown };
  return {
    type,
    revision: String(revision),
    position: String(position),
    effectiveAt: typeof effectiveAt === 'string' ? effectiveAt : undefined,
  };
}
