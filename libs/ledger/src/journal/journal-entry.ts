import { type HistoryKind } from '../history/history-entry.js';
import { type MoneyJson } from '../money/money.js';

/** One entry of the double-entry journal: its postings sum to zero. */
export interface JournalEntry {
  readonly position: string;
  readonly accountId: string;
  readonly revision: string;
  readonly eventId: string;
  readonly kind: HistoryKind;
  readonly reference: string | null;
  readonly reason: string | null;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly postings: readonly EntryPosting[];
}

export interface EntryPosting {
  readonly account: string;
  /** Debit is positive. */
  readonly amount: MoneyJson;
}
