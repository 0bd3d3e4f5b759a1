import { type Decider } from '#libs/event-sourcing';
import { PersistentMap } from '../billing/persistent-map.js';
import { refuse } from '../billing/rejections.js';
import { parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { type TillBatchEvent, tillBatchEvents } from './till-batch-events.js';

type Data<Type extends TillBatchEvent['type']> = Extract<TillBatchEvent, { type: Type }>['data'];
export type Means = Data<'TillPaymentBegun'>['method']['kind'];
export type Counted = Data<'TillBatchClosed'>;

/** A payment of the batch. It counts among what is in the drawer from when the account has it until it is voided. */
export interface TillPayment extends Data<'TillPaymentBegun'> {
  readonly status: 'begun' | 'taken' | 'refused' | 'voiding' | 'voided';
  /** Why it is being voided, or was. */
  readonly reason?: string;
  /** The account's own code: why it would not take it, or not give it back. */
  readonly refused?: string;
}

/** What the drawer should hold of one means in one currency; minor units. */
export interface Expected {
  readonly means: Means;
  readonly currency: string;
  readonly payments: number;
  readonly amount: bigint;
}

/** A batch that somebody has opened. */
export interface KnownTillBatch {
  readonly status: 'open' | 'awaiting-approval' | 'closed' | 'deposited';
  readonly opened: Data<'TillBatchOpened'>;
  readonly payments: PersistentMap<TillPayment>;
  /** Payments begun or being voided whose outcome on the account is not noted yet, in the order they were begun. */
  readonly unfinished: readonly string[];
  /** In the order the means first came. */
  readonly expected: readonly Expected[];
  /** As counted last; undefined while it is open. */
  readonly counted?: Counted;
  readonly approved?: Data<'TillDifferenceApproved'>;
  readonly deposit?: Data<'TillBatchDeposited'>;
}

export type TillBatchState = { readonly status: 'unknown' } | KnownTillBatch;

/** What one agent takes at one till, from opening to the deposit: stream `tillBatch-<batch id>`. */
export const tillBatch: Decider<TillBatchState, TillBatchEvent> = {
  category: 'tillBatch',
  events: tillBatchEvents,
  initialState: { status: 'unknown' },
  evolve(state, event): KnownTillBatch {
    if (event.type === 'TillBatchOpened') return opened(event.data);
    if (state.status === 'unknown') throw new Error(`history is broken: a batch begins with ${event.type}`);
    switch (event.type) {
      case 'TillPaymentBegun':
        return withPayment(state, { ...event.data, status: 'begun' });
      case 'TillPaymentTaken':
      case 'TillPaymentRefused':
      case 'TillVoidBegun':
      case 'TillPaymentVoided':
      case 'TillVoidRefused':
        return withPayment(state, paymentAfter(heldPayment(state, event.data.paymentId), event));
      case 'TillBatchClosed':
      case 'TillBatchRecounted': {
        const status = event.data.approval === 'needed' ? 'awaiting-approval' : 'closed';
        return { ...state, status, counted: event.data };
      }
      case 'TillDifferenceApproved':
        return { ...state, status: 'closed', approved: event.data };
      case 'TillBatchDeposited':
        return { ...state, status: 'deposited', deposit: event.data };
    }
  },
};

/** Refuses a command about a batch nobody has opened. */
export function requireOpened(state: TillBatchState): KnownTillBatch {
  if (state.status !== 'unknown') return state;
  return refuse('TILL_BATCH_UNKNOWN', 'no batch with this id was opened; check the id, or open one');
}

/** Refuses what is done in an open batch, and by its own agent alone: one drawer is one person's. */
export function requireOpenOf(state: TillBatchState, agent: string): KnownTillBatch {
  const batch = requireOpened(state);
  if (batch.status !== 'open') {
    refuse('TILL_BATCH_CLOSED', 'the batch is closed and takes nothing more; open the next one');
  }
  if (batch.opened.agent !== agent) {
    refuse('TILL_AGENT_DIFFERS', 'another agent opened this batch; close it, and open one of your own');
  }
  return batch;
}

function opened(data: Data<'TillBatchOpened'>): KnownTillBatch {
  return { status: 'open', opened: data, payments: PersistentMap.empty(), unfinished: [], expected: [] };
}

type OfPayment = Extract<
  TillBatchEvent,
  { type: 'TillPaymentTaken' | 'TillPaymentRefused' | 'TillVoidBegun' | 'TillPaymentVoided' | 'TillVoidRefused' }
>;

function paymentAfter(payment: TillPayment, event: OfPayment): TillPayment {
  switch (event.type) {
    case 'TillPaymentTaken':
      return { ...payment, status: 'taken' };
    case 'TillPaymentRefused':
      return { ...payment, status: 'refused', refused: event.data.code };
    case 'TillVoidBegun':
      return { ...payment, status: 'voiding', reason: event.data.reason };
    case 'TillPaymentVoided':
      return { ...payment, status: 'voided' };
    case 'TillVoidRefused':
      return { ...payment, status: 'taken', refused: event.data.code };
  }
}

function heldPayment(state: KnownTillBatch, paymentId: string): TillPayment {
  const payment = state.payments.get(paymentId);
  if (!payment) throw new Error(`history is broken: the batch has no payment ${paymentId}`);
  return payment;
}

/** Puts a new or changed payment into the batch, with what is unfinished and what is expected kept right. */
function withPayment(state: KnownTillBatch, payment: TillPayment): KnownTillBatch {
  const { paymentId } = payment;
  const before = state.payments.get(paymentId);
  const others = state.unfinished.filter((id) => id !== paymentId);
  const isUnfinished = payment.status === 'begun' || payment.status === 'voiding';
  return {
    ...state,
    payments: state.payments.set(paymentId, payment),
    unfinished: isUnfinished ? [...others, paymentId] : others,
    expected: moved(state.expected, payment, inDrawer(payment) - inDrawer(before)),
  };
}

function inDrawer(payment: TillPayment | undefined): number {
  return payment?.status === 'taken' || payment?.status === 'voiding' ? 1 : 0;
}

function moved(expected: readonly Expected[], { method, amount }: TillPayment, by: number): readonly Expected[] {
  if (by === 0) return expected;
  const { currency } = amount;
  const minor = parseMinor(amount.amount, digitsOf(currency)) * BigInt(by);
  const at = expected.findIndex((one) => one.means === method.kind && one.currency === currency);
  const before = expected[at];
  if (!before) return [...expected, { means: method.kind, currency, payments: by, amount: minor }];
  const after = { ...before, payments: before.payments + by, amount: before.amount + minor };
  if (after.amount < 0n) throw new Error('history is broken: more was voided than was taken');
  return expected.with(at, after);
}
