import { type CommandDefinition, type DomainEvent } from '#libs/event-sourcing';
import { type z } from 'zod';

type Body = Readonly<Record<string, unknown>>;

/** One command of an import with its body: the definition keeps its own types to itself. */
export interface PlannedCommand {
  readonly definition: Pick<CommandDefinition<string, z.ZodType, never, DomainEvent>, 'type'>;
  /** May name an earlier command of the plan by its place: a return has to say which payment came back. */
  readonly body: Body | ((commandId: (place: number) => string) => Body);
}

/** Everything that happens to one account, in the order it happens. */
export interface AccountPlan {
  /** The biller's own key for the customer; ids of the account and of all its commands are derived from it. */
  readonly reference: string;
  readonly currency: string;
  /** When the account was opened, an ISO 8601 instant. */
  readonly openedAt: string;
  readonly commands: readonly PlannedCommand[];
}

/** How a payment is told apart in totals. */
export interface PaymentKind {
  readonly channel: 'online' | 'phone' | 'in-person' | 'mail-in' | 'autopay';
  readonly method: 'card' | 'bank-account' | 'check' | 'cash' | 'other';
}

/** A number of things and what they come to, in minor units. */
export interface Tally {
  readonly count: number;
  readonly minor: bigint;
}

const NONE: Tally = { count: 0, minor: 0n };

/** What the source says an import must come to: counted from the source itself and never from what was written. */
export interface SourceFigures {
  readonly currency: string;
  readonly accounts: number;
  readonly bills: Tally;
  readonly payments: Tally;
  /** By `channel/method`. */
  readonly paymentsByKind: ReadonlyMap<string, Tally>;
  readonly returns: Tally;
}

export function noFigures(currency: string): SourceFigures {
  return { currency, accounts: 0, bills: NONE, payments: NONE, paymentsByKind: new Map(), returns: NONE };
}

/** One customer as the source has it: the plan, and the figures counted from the same row. */
export interface SourceCustomer {
  readonly plan: AccountPlan;
  readonly figures: SourceFigures;
}

export function kindOf({ channel, method }: PaymentKind): string {
  return `${channel}/${method}`;
}

export function addFigures(left: SourceFigures, right: SourceFigures): SourceFigures {
  const paymentsByKind = new Map(left.paymentsByKind);
  for (const [kind, tally] of right.paymentsByKind)
    paymentsByKind.set(kind, add(paymentsByKind.get(kind) ?? NONE, tally));
  return {
    currency: left.currency,
    accounts: left.accounts + right.accounts,
    bills: add(left.bills, right.bills),
    payments: add(left.payments, right.payments),
    paymentsByKind,
    returns: add(left.returns, right.returns),
  };
}

export function tally(amounts: readonly bigint[]): Tally {
  return { count: amounts.length, minor: amounts.reduce((sum, amount) => sum + amount, 0n) };
}

function add(left: Tally, right: Tally): Tally {
  return { count: left.count + right.count, minor: left.minor + right.minor };
}
