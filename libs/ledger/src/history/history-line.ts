import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes } from '#libs/platform';
import { type BillChange, stored } from '../balances/movements.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type Posting } from '../journal/postings.js';
import { type HistoryKind, historyEntryOf } from './history-entry.js';

/**
 * One line of an account's billing history, for each of its events: what happened, what it changed, what was owed after
 * it, its journal entry, so that every cent of the balance is explained in double entry beside it, and what it changed on
 * which bill. What an account comes to as of any moment is a sum over these lines. Arrays that say nothing are null; a row
 * for each posting would be three times as many.
 */
export interface BillingHistoryRow {
  account_id: string;
  revision: string;
  /** Of the event in the log: the order of the journal. */
  position: string;
  event_id: string;
  kind: HistoryKind;
  reference: string | null;
  reason: string | null;
  amount: string;
  running_balance: string;
  effective_at: string;
  recorded_at: string;
  /** The accounts of its journal entry, and what is posted to each: debit is positive. */
  gl_accounts: readonly string[] | null;
  gl_amounts: readonly string[] | null;
  /** The bills it touches, and what it changes of charged − paid − reversed on each. */
  bill_numbers: readonly string[] | null;
  bill_changes: readonly string[] | null;
  /** The bills on which it changes what is in dispute, and by how much. */
  disputed_bills: readonly string[] | null;
  disputed_changes: readonly string[] | null;
}

export const HISTORY_COLUMNS: ColumnTypes<BillingHistoryRow> = {
  account_id: 'uuid',
  revision: 'bigint',
  position: 'bigint',
  event_id: 'uuid',
  kind: 'text',
  reference: 'text',
  reason: 'text',
  amount: 'numeric',
  running_balance: 'numeric',
  effective_at: 'timestamptz',
  recorded_at: 'timestamptz',
  gl_accounts: 'text[]',
  gl_amounts: 'numeric[]',
  bill_numbers: 'text[]',
  bill_changes: 'numeric[]',
  disputed_bills: 'text[]',
  disputed_changes: 'numeric[]',
};

/** What an event means for the account, worked out. Amounts are minor units of a currency with so many `digits`. */
interface Meaning {
  readonly digits: number;
  readonly change: bigint;
  readonly balance: bigint;
  readonly postings: readonly Posting[];
  readonly bills: readonly BillChange[];
  readonly disputed: readonly BillChange[];
}

export function historyLine(event: Recorded<AccountEvent>, meaning: Meaning): BillingHistoryRow {
  const { digits, change, balance, postings, bills, disputed } = meaning;
  const { kind, reference, reason } = historyEntryOf(event);
  return {
    account_id: event.entityId,
    revision: event.revision.toString(),
    position: event.position.toString(),
    event_id: event.id,
    kind,
    reference,
    reason,
    amount: stored(change, digits),
    running_balance: stored(balance, digits),
    effective_at: event.data.effectiveAt,
    recorded_at: event.metadata.recordedAt,
    gl_accounts: postings.length === 0 ? null : postings.map(({ account }) => account),
    gl_amounts: postings.length === 0 ? null : postings.map(({ amount }) => amount),
    bill_numbers: numbersOf(bills),
    bill_changes: changesOf(bills, digits),
    disputed_bills: numbersOf(disputed),
    disputed_changes: changesOf(disputed, digits),
  };
}

function numbersOf(bills: readonly BillChange[]): string[] | null {
  return bills.length === 0 ? null : bills.map(({ billNumber }) => billNumber);
}

function changesOf(bills: readonly BillChange[], digits: number): string[] | null {
  return bills.length === 0 ? null : bills.map(({ change }) => stored(change, digits));
}
