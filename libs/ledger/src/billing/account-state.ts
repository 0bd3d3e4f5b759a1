import { type Autopay, noAutopay } from '../autopay/autopay.js';
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

/** The service that late fees are charged under. */
export const LATE_FEE = 'late-fee';
/** After every line that a bill is issued with. */
export const LATE_FEE_PRIORITY = 1_001;

/** Open = total − reversed − paid − written off, and never less than zero. */
export interface Line {
  readonly lineId: string;
  readonly service: string;
  readonly kind: 'recurring' | 'one-time' | 'usage';
  readonly description: string;
  readonly priority: number;
  readonly total: bigint;
  readonly reversed: bigint;
  readonly paid: bigint;
  readonly writtenOff: bigint;
  /** A fee for paying late: never a reason for another. */
  readonly isLateFee: boolean;
  /** How total − reversed divides into net and each tax, in the order of the bill. */
  readonly netLeft: bigint;
  readonly taxesLeft: readonly { readonly jurisdiction: string; readonly rate: string; readonly amount: bigint }[];
  /** Who paid, the latest last; one entry for each source. */
  readonly paidBy: readonly PaidBy[];
}

/** A step of the collection policy that was taken for a bill. */
interface DunnedStep {
  readonly step: string;
  readonly kind: 'notice' | 'final-notice' | 'suspension' | 'write-off';
  readonly on: string;
  /** How often notices had lapsed by then. */
  readonly round: number;
}

export interface Bill {
  readonly billNumber: string;
  readonly issuedOn: string;
  readonly dueOn: string;
  /** Of a bill from subscriptions: the days it is for, the last of them `to`. */
  readonly period: { readonly from: string; readonly to: string } | undefined;
  /** The how-manieth bill of the account this is; decides between bills due on the same day. */
  readonly sequence: number;
  /** The steps that were taken for it, the latest last. */
  readonly dunned: readonly DunnedStep[];
  /** Whether it has had its late fee, also one that was waived or paid: there is one for each bill. */
  readonly hadLateFee: boolean;
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

/** What the customer objects to and nobody has decided yet. */
export interface Dispute {
  readonly disputeId: string;
  /** The payment that is disputed; undefined when it is a bill or a charge. */
  readonly paymentId: string | undefined;
  /** What is in dispute: of a payment as it was opened, of bills the sum of the shares. */
  readonly amount: bigint;
  readonly shares: readonly Share[];
}

/** What of a bill was in dispute without success: not dunned for up to a day, that one included. */
interface Respite {
  readonly billNumber: string;
  readonly amount: bigint;
  readonly until: string;
}

/** What somebody would take off the account and a second person has yet to look at. */
export interface PendingAdjustment {
  readonly adjustmentId: string;
  readonly proposed:
    | { readonly kind: 'credit' }
    | { readonly kind: 'charge-reversal'; readonly billNumber: string; readonly lineId: string }
    | { readonly kind: 'dispute'; readonly disputeId: string };
  readonly amount: bigint;
  readonly reason: string;
  readonly proposedBy: string;
  /** The day it was proposed on. */
  readonly on: string;
}

/** When what was open on bills is to be paid. */
export interface Arrangement {
  readonly arrangementId: string;
  /** What was open on each when it was agreed on. */
  readonly bills: readonly { readonly billNumber: string; readonly amount: bigint }[];
  /** In the order of their days. */
  readonly instalments: readonly { readonly dueOn: string; readonly amount: bigint }[];
  readonly graceDays: number;
  /** How many instalments were told to be kept: the first ones. */
  readonly kept: number;
}

interface Recovery {
  readonly paymentId: string;
  readonly shares: readonly Share[];
  /** Whether service stood suspended by the policy when the payment came, and whether the policy has given it back since. */
  readonly service: 'suspended' | 'given-back' | undefined;
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
  /** What is written off and was not reinstated: on no bill's open amount, and still owed. */
  readonly writtenOff: bigint;
  /** What payments that stand came for after it was written off. */
  readonly recoveries: readonly Recovery[];
  readonly billed: BilledThrough | undefined;
  /** The holds that stand, in the order they were placed: while there is one, no payment is taken. */
  readonly holds: readonly string[];
  /** Since when service is suspended, and by which version of the collection policy; by none when a person did it. */
  readonly suspended: { readonly on: string; readonly policy: string | undefined } | undefined;
  /**
   * How often final notices have lapsed, those of earlier rounds saying nothing any more: the policy gave service back, or an
   * arrangement was broken.
   */
  readonly dunningRound: number;
  /** The open disputes, the first opened first. */
  readonly disputes: readonly Dispute[];
  /** By the latest resolutions, the last of them last. */
  readonly respites: readonly Respite[];
  /** The adjustments nobody has decided, the first proposed first. */
  readonly adjustments: readonly PendingAdjustment[];
  /** What was adjusted without a second person, in the last days of it. */
  readonly adjustedAlone: readonly { readonly on: string; readonly amount: bigint }[];
  /** The arrangement that stands: neither broken nor completed nor cancelled. */
  readonly arrangement: Arrangement | undefined;
  /** The days on which arrangements were broken. */
  readonly brokenArrangements: readonly string[];
  readonly paperless: boolean;
  readonly contact: Contact;
  /** Undefined until the customer has said anything. */
  readonly preferences: NotificationPreferences | undefined;
  readonly autopay: Autopay;
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
  writtenOff: 0n,
  recoveries: [],
  billed: undefined,
  holds: [],
  suspended: undefined,
  dunningRound: 0,
  disputes: [],
  respites: [],
  adjustments: [],
  adjustedAlone: [],
  arrangement: undefined,
  brokenArrangements: [],
  paperless: false,
  contact: {},
  preferences: undefined,
  autopay: noAutopay,
};

/** What of a line can be reversed or disputed: what is written off has left the books already. */
export function reversibleOf({ total, reversed, writtenOff }: Line): bigint {
  return total - reversed - writtenOff;
}

export function openOf(line: Line): bigint {
  return line.total - line.reversed - line.paid - line.writtenOff;
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
