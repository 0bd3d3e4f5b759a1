import { type HistoryKind } from '../history/history-entry.js';
import { type MoneyJson } from '../money/money.js';

/** What a till counted beyond what its batch had taken, or short of it. */
export const TILL_DIFFERENCE = 'till-difference';

/** What of a receipt that no account had went out twice, and the end of the claim on its payer. */
export const RECEIPT_JOURNAL_KINDS = ['receipt-returned-twice', 'receipt-claim-settled'] as const;
export type ReceiptJournalKind = (typeof RECEIPT_JOURNAL_KINDS)[number];

/** One entry of the double-entry journal: its postings sum to zero. */
export interface JournalEntry {
  readonly position: string;
  /** Null for an entry of a till or of a receipt: whose money is missing nobody knows. */
  readonly accountId: string | null;
  readonly revision: string;
  readonly eventId: string;
  readonly kind: HistoryKind | typeof TILL_DIFFERENCE | ReceiptJournalKind;
  /** Of a till the batch’s id, of a receipt its own. */
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
