import { sql } from 'kysely';
import { codeFingerprint, type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, insertRows, type Tx } from '#libs/platform';
import { formatMinor } from '../money/minor-units.js';
import { heldOf, payment, type PaymentState } from './payment.js';
import { type PaymentEvent, paymentEvents } from './payment-events.js';

/** The name of the projection: what a read waits for. */
export const PAYMENT_LIVES = 'payment_lives';

export interface PaymentLifeRow {
  payment_id: string;
  account_id: string;
  state: Exclude<PaymentState['status'], 'new'>;
  confirmation_number: string;
  currency: string;
  amount: string;
  /** What is there of it: captured less what was refunded, returned or charged back. */
  held: string;
  channel: string;
  method: 'card' | 'bank-account';
  gateway: string;
  pay_on: string | null;
  posting: 'none' | 'posted' | 'reversed';
  /** Why the account would not take it; a person has to look. */
  posting_refused: string | null;
  decline_code: string | null;
  /** Place of the first event in the log: what payments are listed by. */
  asked_position: string;
  asked_at: string;
  changed_at: string;
  revision: string;
  /** The state of the decider, so that the rows never say other than it does. */
  folded: string;
}

const COLUMNS: ColumnTypes<PaymentLifeRow> = {
  payment_id: 'uuid',
  account_id: 'uuid',
  state: 'text',
  confirmation_number: 'text',
  currency: 'text',
  amount: 'numeric',
  held: 'numeric',
  channel: 'text',
  method: 'text',
  gateway: 'text',
  pay_on: 'date',
  posting: 'text',
  posting_refused: 'text',
  decline_code: 'text',
  asked_position: 'bigint',
  asked_at: 'timestamptz',
  changed_at: 'timestamptz',
  revision: 'bigint',
  folded: 'text',
};

const paymentLivesProjection: Projection<PaymentEvent> = {
  name: PAYMENT_LIVES,
  code: codeFingerprint(import.meta.url),
  category: payment.category,
  events: paymentEvents,
  tables: [{ name: 'payment_lives', key: ['payment_id'] }],
  ddl: [
    `create table payment_lives (
      payment_id uuid primary key, account_id uuid not null, state text not null, confirmation_number text not null,
      currency text not null, amount numeric not null, held numeric not null check (held between 0 and amount),
      channel text not null, method text not null, gateway text not null, pay_on date, posting text not null,
      posting_refused text, decline_code text, asked_position bigint not null, asked_at timestamptz not null,
      changed_at timestamptz not null, revision bigint not null, folded text not null)`,
  ],
  indexes: [
    'create index if not exists payment_lives_in_order on payment_lives (asked_position)',
    'create index if not exists payment_lives_of_account on payment_lives (account_id, asked_position)',
    'create index if not exists payment_lives_of_state on payment_lives (state, asked_position)',
  ],
  async apply(tx, batch) {
    const lives = await load(tx, batch);
    for (const event of batch) lives.set(event.entityId, after(lives.get(event.entityId), event));
    await insertRows(
      tx,
      'payment_lives',
      COLUMNS,
      [...lives.values()].map(({ row }) => row),
      sql`on conflict (payment_id) do update set state = excluded.state, held = excluded.held,
        posting = excluded.posting, posting_refused = excluded.posting_refused, decline_code = excluded.decline_code,
        changed_at = excluded.changed_at, revision = excluded.revision, folded = excluded.folded`,
    );
  },
};

/** What a projector runs for payments at the gateway, besides the ledger's. */
export const paymentReadModels: readonly Projection<PaymentEvent>[] = [paymentLivesProjection];

interface Life {
  readonly row: PaymentLifeRow;
  readonly state: PaymentState;
}

/** The payments of a batch as they are so far. */
async function load(tx: Tx, batch: readonly Recorded<PaymentEvent>[]): Promise<Map<string, Life>> {
  const ids = [...new Set(batch.map(({ entityId }) => entityId))];
  const { rows } = await sql<PaymentLifeRow>`
    select payment_id, account_id, state, confirmation_number, currency, amount, held, channel, method, gateway,
      pay_on::text, posting, posting_refused, decline_code, asked_position, asked_at::text, changed_at::text, revision, folded
    from payment_lives where payment_id = any(${ids}::uuid[])`.execute(tx);
  return new Map(rows.map((row) => [row.payment_id, { row, state: unfolded(row.folded) }]));
}

function after(before: Life | undefined, event: Recorded<PaymentEvent>): Life {
  const state = payment.evolve(before?.state ?? payment.initialState, event);
  if (state.status === 'new') throw new Error(`payment ${event.entityId} was never asked for`);
  const { asked, digits, gateway, payOn, posting, postingRefused, declineCode } = state;
  const { recordedAt } = event.metadata;
  const row: PaymentLifeRow = {
    payment_id: event.entityId,
    account_id: asked.accountId,
    state: state.status,
    confirmation_number: asked.confirmationNumber,
    currency: asked.amount.currency,
    amount: asked.amount.amount,
    held: formatMinor(heldOf(state), digits),
    channel: asked.channel,
    method: asked.method.kind,
    gateway,
    pay_on: payOn ?? null,
    posting,
    posting_refused: postingRefused ?? null,
    decline_code: state.status === 'failed' ? (declineCode ?? null) : null,
    asked_position: before?.row.asked_position ?? String(event.position),
    asked_at: before?.row.asked_at ?? recordedAt,
    changed_at: recordedAt,
    revision: String(event.revision),
    folded: JSON.stringify(state, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
  };
  return { row, state };
}

function unfolded(text: string): PaymentState {
  const minor = (value: unknown) => typeof value === 'string' && /^-?\d+n$/.test(value);
  return JSON.parse(text, (_key, value: unknown) =>
    minor(value) ? BigInt((value as string).slice(0, -1)) : value,
  ) as PaymentState;
}
