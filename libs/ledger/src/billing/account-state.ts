import { type Span } from '../billing-run/cycle.js';
import { PersistentMap } from './persistent-map.js';
import { refuse } from './rejections.js';

/* What the account's history comes to: enough to decide the next command and no more. Amounts are minor units. */

/** Money of one source on one line of one bill. */
export interface Share {
  readonly billNumber: string;
  readonly lineId: string;
  readonly amount: bigint;
}

export interface SourcedShare extends Share {
  readonly sourceId: string;
}

/** What has been paid on a line by one source. */
interface PaidBy {
  readonly sourceId: string;
  readonly amount: bigint;
}

/** Open = total − reversed − paid, and never less than zero. */
export interface Line {
  readonly lineId: string;
  readonly service: string;
  readonly kind: 'recurring' | 'one-time' | 'usage';
  readonly description: string;
  readonly priority: number;
  readonly total: bigint;
  readonly reversed: bigint;
  readonly paid: bigint;
  /** How total − reversed divides into net and each tax, in the order of the bill. */
  readonly netLeft: bigint;
  readonly taxesLeft: readonly { readonly jurisdiction: string; readonly rate: string; readonly amount: bigint }[];
  /** Who paid, the latest last; one entry for each source. */
  readonly paidBy: readonly PaidBy[];
}

export interface Bill {
  readonly billNumber: string;
  readonly issuedOn: string;
  readonly dueOn: string;
  /** The how-manieth bill of the account this is; decides between bills due on the same day. */
  readonly sequence: number;
  /** In the order they are paid: by priority, then as on the bill. */
  readonly lines: readonly Line[];
  readonly open: bigint;
}

/**
 * Where money on the account comes from. Amount = Σ allocations + unapplied + refunded, until it is returned and what lies
 * on bills and what is unapplied are zero.
 */
export interface Source {
  readonly id: string;
  readonly kind: 'payment' | 'credit';
  readonly sequence: number;
  readonly amount: bigint;
  /** The payment over several accounts that it is a part of. */
  readonly partOf?: string;
  readonly unapplied: bigint;
  /** Gone from the account without having been on a bill: paid back to the payer, or credit of another account now. */
  readonly refunded: bigint;
  readonly returned: boolean;
  /** Since when (effective) what is unapplied has been there to use. */
  readonly availableFrom: string;
  readonly allocations: readonly Share[];
}

/** How the customer is reached; each part sealed. */
export interface Contact {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
}

/** How the customer wants to be told. */
export interface NotificationPreferences {
  readonly locale: string;
  readonly timeZone: string;
  readonly channels: Readonly<Record<string, ('email' | 'sms')[]>>;
  readonly quietHours?: { readonly from: string; readonly to: string };
}

/** Days of a recurring charge of a subscription; `to` is not one of them. */
export interface ChargedDays extends Span {
  readonly subscriptionId: string;
  readonly plan: string;
  readonly charge: string;
}

/** Days that a line of a bill charged in advance. Amounts are those that were charged. */
export interface Prepaid extends ChargedDays {
  readonly billNumber: string;
  readonly lineId: string;
  readonly net: bigint;
  readonly taxes: readonly bigint[];
  /** Days of it that were not used after all, and were given back. */
  readonly givenBack: readonly Span[];
}

/** Days that a line charged in advance and that are not used after all; `to` is not one of them. */
export interface UnusedDays extends Span {
  readonly billNumber: string;
  readonly lineId: string;
}

/** The latest bill from the account's subscriptions: where the next one goes on. */
interface BilledThrough {
  readonly billNumber: string;
  readonly run: string | undefined;
  /** The version of the catalogue it was computed from. */
  readonly catalogue: string;
  readonly period: { readonly from: string; readonly to: string };
  /** The days it covers in arrears: the last of them is the one before `to`, where the next bill begins. */
  readonly arrears: Span;
  /** What it charged in advance, and what the bill before it did: a corrected one goes on from that. */
  readonly prepaid: readonly Prepaid[];
  readonly prepaidBefore: readonly Prepaid[];
  /** What was given back of unused days last: the sum of one run. */
  readonly givenBackBy: { readonly run: string | undefined; readonly total: bigint } | undefined;
  /** Revisions of the subscriptions' stream: see the basis of `BillIssued`. −1 is before the first event. */
  readonly after: number;
  readonly through: number;
}

export interface AccountState {
  readonly status: 'unknown' | 'open' | 'closed';
  /** The account that answers for this one, which is closed then. */
  readonly successorId: string | undefined;
  /** What the account's bills print. */
  readonly payBillNumber: string;
  /** The numbers that were claimed for the account, the first that it had first: all of them lead here. */
  readonly ownNumbers: readonly string[];
  readonly currency: string;
  /** Digits of the currency's minor unit. */
  readonly digits: number;
  readonly bills: PersistentMap<Bill>;
  /** The bills with something open, in the order they are paid: oldest due first, then as issued. */
  readonly openBills: readonly Pick<Bill, 'billNumber' | 'dueOn' | 'sequence'>[];
  readonly sources: PersistentMap<Source>;
  /** The sources with something unapplied, first in first out. */
  readonly creditSources: readonly Pick<Source, 'id' | 'sequence'>[];
  readonly open: bigint;
  readonly credit: bigint;
  readonly billed: BilledThrough | undefined;
  /** The holds that stand, in the order they were placed: while there is one, no payment is taken. */
  readonly holds: readonly string[];
  readonly contact: Contact;
  /** Undefined until the customer has said anything. */
  readonly preferences: NotificationPreferences | undefined;
}

export const initialState: AccountState = {
  status: 'unknown',
  successorId: undefined,
  payBillNumber: '',
  ownNumbers: [],
  currency: '',
  digits: 0,
  bills: PersistentMap.empty(),
  openBills: [],
  sources: PersistentMap.empty(),
  creditSources: [],
  open: 0n,
  credit: 0n,
  billed: undefined,
  holds: [],
  contact: {},
  preferences: undefined,
};

export function openOf(line: Line): bigint {
  return line.total - line.reversed - line.paid;
}

/** Refuses a command that needs an account which exists, open or closed. */
export function requireKnown(state: AccountState): void {
  if (state.status === 'unknown') refuse('ACCOUNT_UNKNOWN', 'no account with this id; open it first, or check the id');
}

/** Refuses a command that a closed account does not take. */
export function requireOpen(state: AccountState): void {
  requireKnown(state);
  if (state.status === 'closed') refuse('ACCOUNT_CLOSED', 'the account is closed; use the customer’s current account');
}

/** Refuses money in another currency than the account's. */
export function requireCurrency(state: AccountState, currency: string, field: string): void {
  if (currency === state.currency) return;
  refuse('CURRENCY_MISMATCH', `the account is kept in ${state.currency}; send the amount in it`, field);
}

export function requireBill(state: AccountState, billNumber: string, field: string): Bill {
  return (
    state.bills.get(billNumber) ??
    refuse('BILL_UNKNOWN', 'the account has no bill with this number; look it up in the billing history', field)
  );
}

export function requireLine(bill: Bill, lineId: string, field: string): Line {
  return (
    bill.lines.find((line) => line.lineId === lineId) ??
    refuse('LINE_UNKNOWN', 'the bill has no line with this id; look it up on the bill', field)
  );
}

/** A payment that has not been returned. */
export function requirePayment(state: AccountState, paymentId: string): Source {
  const source = state.sources.get(paymentId);
  if (source?.kind !== 'payment') {
    refuse('PAYMENT_UNKNOWN', 'the account has no payment with this id; look it up in the payments', 'paymentId');
  }
  if (source.returned)
    refuse('PAYMENT_ALREADY_RETURNED', 'the payment was returned; nothing of it is left', 'paymentId');
  return source;
}
