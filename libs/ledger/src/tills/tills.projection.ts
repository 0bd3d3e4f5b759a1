import { sql } from 'kysely';
import { codeFingerprint, type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows, type Tx } from '#libs/platform';
import { type KnownTillBatch, tillBatch, type TillPayment } from './till-batch.js';
import { type TillBatchEvent, tillBatchEvents } from './till-batch-events.js';
import { tillPostingsOf } from './till-postings.js';

/** The name of the projection: what a read waits for. */
export const TILLS = 'tills';

interface OpenedRow {
  batch_id: string;
  location: string;
  till: string;
  number: number;
  agent: string;
  state: KnownTillBatch['status'];
  opened_at: string;
  changed_at: string;
  /** Place of the first event in the log: what batches are listed by. */
  position: string;
}

/** What an event changes of a batch; what it does not is null. */
interface ChangedRow {
  batch_id: string;
  revision: string;
  state: KnownTillBatch['status'] | null;
  counted: string | null;
  deposit_reference: string | null;
  changed_at: string;
}

interface PaymentRow {
  payment_id: string;
  batch_id: string;
  means: TillPayment['method']['kind'];
  currency: string;
  amount: string;
  status: TillPayment['status'];
}

interface JournalRow {
  batch_id: string;
  revision: string;
  position: string;
  event_id: string;
  currency: string;
  reason: string | null;
  effective_at: string;
  recorded_at: string;
  gl_accounts: readonly string[];
  gl_amounts: readonly string[];
}

const OPENED: ColumnTypes<OpenedRow> = {
  batch_id: 'uuid',
  location: 'text',
  till: 'text',
  number: 'int',
  agent: 'text',
  state: 'text',
  opened_at: 'timestamptz',
  changed_at: 'timestamptz',
  position: 'bigint',
};
const CHANGED: ColumnTypes<ChangedRow> = {
  batch_id: 'uuid',
  revision: 'bigint',
  state: 'text',
  counted: 'json',
  deposit_reference: 'text',
  changed_at: 'timestamptz',
};
const PAYMENT: ColumnTypes<PaymentRow> = {
  payment_id: 'uuid',
  batch_id: 'uuid',
  means: 'text',
  currency: 'text',
  amount: 'numeric',
  status: 'text',
};
const JOURNAL: ColumnTypes<JournalRow> = {
  batch_id: 'uuid',
  revision: 'bigint',
  position: 'bigint',
  event_id: 'uuid',
  currency: 'text',
  reason: 'text',
  effective_at: 'timestamptz',
  recorded_at: 'timestamptz',
  gl_accounts: 'text[]',
  gl_amounts: 'numeric[]',
};

const tillsProjection: Projection<TillBatchEvent> = {
  name: TILLS,
  code: codeFingerprint(import.meta.url),
  category: tillBatch.category,
  events: tillBatchEvents,
  tables: [
    { name: 'till_batches', key: ['batch_id'] },
    { name: 'till_payments', key: ['payment_id'] },
    { name: 'till_journal', key: ['batch_id', 'revision', 'currency'] },
  ],
  ddl: [
    `create table till_batches (
      batch_id uuid primary key, location text not null, till text not null, number int not null, agent text not null,
      state text not null, opened_at timestamptz not null, position bigint not null, revision bigint not null default 0,
      counted json, deposit_reference text, changed_at timestamptz not null, unique (location, till, number))`,
    `create table till_payments (
      payment_id uuid primary key, batch_id uuid not null, means text not null, currency text not null,
      amount numeric not null, status text not null)`,
    // What tills add to the journal: an entry for each event and currency.
    `create table till_journal (
      batch_id uuid not null, revision bigint not null, position bigint not null, event_id uuid not null,
      currency text not null, reason text, effective_at timestamptz not null, recorded_at timestamptz not null,
      gl_accounts text[] not null, gl_amounts numeric[] not null, primary key (batch_id, revision, currency))`,
  ],
  indexes: [
    'create index if not exists till_batches_in_order on till_batches (position)',
    'create index if not exists till_payments_of_batch on till_payments (batch_id)',
    `create index if not exists till_payments_unfinished on till_payments (batch_id) where status in ('begun', 'voiding')`,
    'create index if not exists till_journal_in_order on till_journal (position)',
  ],
  async apply(tx, batch) {
    await insertOpened(tx, batch);
    await insertRows(tx, 'till_payments', PAYMENT, batch.flatMap(begunRow));
    await changeBatches(tx, batch);
    await changePayments(tx, batch);
    await insertRows(tx, 'till_journal', JOURNAL, batch.flatMap(journalRows));
  },
};

/** What a projector runs of tills: apart, because their batches are streams of their own. */
export const tillReadModels: readonly Projection<TillBatchEvent>[] = [tillsProjection];

type RecordedTill = Recorded<TillBatchEvent>;

async function insertOpened(tx: Tx, batch: readonly RecordedTill[]): Promise<void> {
  const rows = batch.flatMap(({ type, data, entityId, position, metadata }) => {
    if (type !== 'TillBatchOpened') return [];
    const { location, till, number, agent } = data;
    const opened = { opened_at: metadata.recordedAt, changed_at: metadata.recordedAt, position: String(position) };
    return [{ batch_id: entityId, location, till, number, agent, state: 'open' as const, ...opened }];
  });
  await insertRows(tx, 'till_batches', OPENED, rows);
}

function begunRow({ type, data, entityId }: RecordedTill): PaymentRow[] {
  if (type !== 'TillPaymentBegun') return [];
  const { paymentId, amount, method } = data;
  const money = { currency: amount.currency, amount: amount.amount };
  return [{ payment_id: paymentId, batch_id: entityId, means: method.kind, ...money, status: 'begun' }];
}

/** Of each batch what its events change, the last word on each. */
async function changeBatches(tx: Tx, batch: readonly RecordedTill[]): Promise<void> {
  const rows = new Map<string, ChangedRow>();
  for (const event of batch) {
    const { entityId, revision, metadata } = event;
    const before = rows.get(entityId) ?? { state: null, counted: null, deposit_reference: null };
    const place = { batch_id: entityId, revision: String(revision), changed_at: metadata.recordedAt };
    rows.set(entityId, { ...before, ...changeBy(event), ...place });
  }
  await sql`
    update till_batches as b set state = coalesce(r.state, b.state), counted = coalesce(r.counted, b.counted),
      deposit_reference = coalesce(r.deposit_reference, b.deposit_reference), revision = r.revision,
      changed_at = r.changed_at
    from ${fromRows(CHANGED, [...rows.values()])} where b.batch_id = r.batch_id`.execute(tx);
}

function changeBy({ type, data }: TillBatchEvent): Partial<ChangedRow> {
  switch (type) {
    case 'TillBatchClosed':
    case 'TillBatchRecounted': {
      const state = data.approval === 'needed' ? 'awaiting-approval' : 'closed';
      return { state, counted: JSON.stringify({ totals: data.totals, countedBy: data.countedBy }) };
    }
    case 'TillDifferenceApproved':
      return { state: 'closed' };
    case 'TillBatchDeposited':
      return { state: 'deposited', deposit_reference: data.reference };
    default:
      return {};
  }
}

const STATUS_AFTER = {
  TillPaymentTaken: 'taken',
  TillPaymentRefused: 'refused',
  TillVoidBegun: 'voiding',
  TillPaymentVoided: 'voided',
  TillVoidRefused: 'taken',
} as const satisfies Partial<Record<TillBatchEvent['type'], TillPayment['status']>>;

async function changePayments(tx: Tx, batch: readonly RecordedTill[]): Promise<void> {
  const status = new Map<string, TillPayment['status']>();
  for (const { type, data } of batch) {
    if (type in STATUS_AFTER && 'paymentId' in data) {
      status.set(data.paymentId, STATUS_AFTER[type as keyof typeof STATUS_AFTER]);
    }
  }
  if (status.size === 0) return;
  const rows = [...status].map(([payment_id, after]) => ({ payment_id, status: after }));
  await sql`
    update till_payments as p set status = r.status
    from ${fromRows({ payment_id: 'uuid', status: 'text' }, rows)} where p.payment_id = r.payment_id`.execute(tx);
}

function journalRows(event: RecordedTill): JournalRow[] {
  const { entityId, revision, position, id, data, metadata } = event;
  return tillPostingsOf(event).map((postings) => ({
    batch_id: entityId,
    revision: String(revision),
    position: String(position),
    event_id: id,
    currency: postings[0]!.currency,
    reason: 'approvedBy' in data ? data.reason : null,
    effective_at: data.effectiveAt,
    recorded_at: metadata.recordedAt,
    gl_accounts: postings.map(({ account }) => account),
    gl_amounts: postings.map(({ amount }) => amount),
  }));
}
