import { codeFingerprint, type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, insertRows } from '#libs/platform';
import { type ReceiptJournalKind } from '../journal/journal-entry.js';
import { receipt, type ReceiptEvent, receiptEvents } from './receipt.js';
import { receiptPostingsOf } from './receipt-postings.js';

/** The name of the projection: what a read waits for. */
export const RECEIPTS = 'receipts';

interface JournalRow {
  receipt_id: string;
  revision: string;
  position: string;
  event_id: string;
  kind: ReceiptJournalKind;
  currency: string;
  reason: string;
  effective_at: string;
  recorded_at: string;
  gl_accounts: readonly string[];
  gl_amounts: readonly string[];
}

const JOURNAL: ColumnTypes<JournalRow> = {
  receipt_id: 'uuid',
  revision: 'bigint',
  position: 'bigint',
  event_id: 'uuid',
  kind: 'text',
  currency: 'text',
  reason: 'text',
  effective_at: 'timestamptz',
  recorded_at: 'timestamptz',
  gl_accounts: 'text[]',
  gl_amounts: 'numeric[]',
};

const receiptsProjection: Projection<ReceiptEvent> = {
  name: RECEIPTS,
  code: codeFingerprint(import.meta.url),
  category: receipt.category,
  events: receiptEvents,
  tables: [{ name: 'receipt_journal', key: ['receipt_id', 'revision'] }],
  ddl: [
    // What receipts add to the journal that no account has had.
    `create table receipt_journal (
      receipt_id uuid not null, revision bigint not null, position bigint not null, event_id uuid not null,
      kind text not null, currency text not null, reason text not null, effective_at timestamptz not null,
      recorded_at timestamptz not null, gl_accounts text[] not null, gl_amounts numeric[] not null,
      primary key (receipt_id, revision))`,
  ],
  indexes: ['create index if not exists receipt_journal_in_order on receipt_journal (position)'],
  async apply(tx, batch) {
    await insertRows(tx, 'receipt_journal', JOURNAL, batch.flatMap(journalRow));
  },
};

/** What a projector runs of receipts: apart, because they are streams of their own. */
export const receiptReadModels: readonly Projection<ReceiptEvent>[] = [receiptsProjection];

function journalRow(event: Recorded<ReceiptEvent>): JournalRow[] {
  if (event.type !== 'ReceiptReturnedTwice' && event.type !== 'ReceiptClaimSettled') return [];
  const { entityId, revision, position, id, data, metadata } = event;
  const postings = receiptPostingsOf(event);
  return [
    {
      receipt_id: entityId,
      revision: String(revision),
      position: String(position),
      event_id: id,
      kind: event.type === 'ReceiptReturnedTwice' ? 'receipt-returned-twice' : 'receipt-claim-settled',
      currency: data.amount.currency,
      reason: data.reason,
      effective_at: data.effectiveAt,
      recorded_at: metadata.recordedAt,
      gl_accounts: postings.map(({ account }) => account),
      gl_amounts: postings.map(({ amount }) => amount),
    },
  ];
}
