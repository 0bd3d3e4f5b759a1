import { type Recorded } from '#libs/event-sourcing';
import { type AccountEvent } from '../billing/account-events.js';
import { type Posting } from '../journal/postings.js';
import { type HistoryKind, historyEntryOf } from './history-entry.js';

/**
 * One line of an account's billing history, for each of its events: what happened, what it changed, what was owed after
 * it, and its journal entry, so that every cent of the balance is explained in double entry beside it.
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
  /** JSON text of {@link StoredPosting}s; null where no money moves. One row per event is a third of the rows. */
  postings: string | null;
}

/** Debit is positive. */
export type StoredPosting = readonly [account: string, amount: string];

export function historyLine(
  event: Recorded<AccountEvent>,
  amount: string,
  runningBalance: string,
  postings: readonly Posting[],
): BillingHistoryRow {
  const { kind, reference, reason } = historyEntryOf(event);
  return {
    account_id: event.entityId,
    revision: event.revision.toString(),
    position: event.position.toString(),
    event_id: event.id,
    kind,
    reference,
    reason,
    amount,
    running_balance: runningBalance,
    effective_at: event.data.effectiveAt,
    recorded_at: event.metadata.recordedAt,
    postings:
      postings.length === 0
        ? null
        : JSON.stringify(postings.map((posting): StoredPosting => [posting.account, posting.amount])),
  };
}
