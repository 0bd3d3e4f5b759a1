import { type RawBuilder, sql } from 'kysely';
import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows, type Tx } from '#libs/platform';
import { digitsOfStored, type Movements, type SourceMovement, stored } from '../balances/movements.js';
import { type AccountEvent } from '../billing/account-events.js';
import { parseMinor } from '../money/minor-units.js';
import { type ReadModel } from '../reads/read-model.js';

type PaymentApplied = Extract<AccountEvent, { type: 'PaymentApplied' }>['data'];

/** What payments and credits have in common: money that lies on bills or waits to. Amounts are decimal strings. */
interface SourceRow {
  account_id: string;
  /** Of the event that brought the money: the order of an account's payments. */
  revision: string;
  currency: string;
  amount: string;
  unapplied: string;
  effective_at: string;
  recorded_at: string;
}

export interface PaymentRow extends SourceRow {
  payment_id: string;
  confirmation_number: string;
  channel: PaymentApplied['channel'];
  method: PaymentApplied['method']['kind'];
  method_token: string | null;
  part_of: string | null;
  part_of_amount: string | null;
}

interface CreditRow extends SourceRow {
  credit_id: string;
  reason: string;
}

/** What a payment's return adds to its row; nothing of it for one that was reinstated. */
interface ReturnRow {
  account_id: string;
  payment_id: string;
  return_code: string | null;
  return_reason: string | null;
  returned_at: string | null;
}

/** What refunds of a batch add to a payment's row. */
interface RefundRow {
  account_id: string;
  payment_id: string;
  refunded: string;
}

/** What of a source a batch moves to other accounts. */
interface TransferRow {
  account_id: string;
  id: string;
  transferred: string;
}

const SOURCE_COLUMNS: ColumnTypes<SourceRow> = {
  account_id: 'uuid',
  revision: 'bigint',
  currency: 'text',
  amount: 'numeric',
  unapplied: 'numeric',
  effective_at: 'timestamptz',
  recorded_at: 'timestamptz',
};

const PAYMENT_COLUMNS: ColumnTypes<PaymentRow> = {
  ...SOURCE_COLUMNS,
  payment_id: 'uuid',
  confirmation_number: 'text',
  channel: 'text',
  method: 'text',
  method_token: 'text',
  part_of: 'uuid',
  part_of_amount: 'numeric',
};

const CREDIT_COLUMNS: ColumnTypes<CreditRow> = { ...SOURCE_COLUMNS, credit_id: 'uuid', reason: 'text' };

const RETURN_COLUMNS: ColumnTypes<ReturnRow> = {
  account_id: 'uuid',
  payment_id: 'uuid',
  return_code: 'text',
  return_reason: 'text',
  returned_at: 'timestamptz',
};

const REFUND_COLUMNS: ColumnTypes<RefundRow> = { account_id: 'uuid', payment_id: 'uuid', refunded: 'numeric' };

const TRANSFER_COLUMNS: ColumnTypes<TransferRow> = { account_id: 'uuid', id: 'uuid', transferred: 'numeric' };

const SOURCE_DDL = `account_id uuid not null, revision bigint not null, currency text not null,
  amount numeric not null, unapplied numeric not null check (unapplied between 0 and amount),
  transferred numeric not null default 0 check (transferred >= 0),
  effective_at timestamptz not null, recorded_at timestamptz not null`;

/** Payments and issued credits, and how much of each still waits to be laid on a bill. */
export const paymentsProjection: ReadModel = {
  tables: [
    { name: 'payments', key: ['account_id', 'payment_id'] },
    { name: 'credits', key: ['account_id', 'credit_id'] },
  ],
  ddl: [
    // The id of a payment follows from its command's, which is only unique within an account.
    `create table payments (payment_id uuid not null, ${SOURCE_DDL}, confirmation_number text not null,
      channel text not null, method text not null, method_token text, part_of uuid, part_of_amount numeric,
      return_code text, return_reason text, returned_at timestamptz,
      refunded numeric not null default 0 check (refunded between 0 and amount - unapplied - transferred),
      applied numeric generated always as (
        case when returned_at is null then amount - unapplied - refunded - transferred else 0 end) stored,
      state text generated always as (case
        when returned_at is not null then 'returned' when refunded = amount then 'refunded'
        when refunded + transferred = amount then 'transferred'
        when unapplied = 0 then 'applied' when unapplied + refunded + transferred = amount then 'unapplied'
        else 'partially_applied' end) stored,
      primary key (account_id, payment_id))`,
    `create table credits (credit_id uuid not null, ${SOURCE_DDL}, reason text not null,
      applied numeric generated always as (amount - unapplied - transferred) stored,
      primary key (account_id, credit_id))`,
  ],
  indexes: [
    `create unique index if not exists payments_by_account on payments (account_id, revision)`,
    `create index if not exists payments_by_confirmation_number on payments (confirmation_number)`,
  ],
  async apply(tx, batch) {
    const money = new SourcesMoved();
    const payments: PaymentRow[] = [];
    const credits: CreditRow[] = [];
    // By payment: what happened last is how it stands.
    const returns = new Map<string, ReturnRow>();
    const refunds = new Refunds();
    const transfers: Of<'CreditTransferred'>[] = [];
    for (const { event, movements } of batch) {
      if (event.type === 'PaymentApplied') payments.push(paymentRow(event));
      else if (event.type === 'CreditIssued') credits.push(creditRow(event));
      else if (event.type === 'PaymentReturned') returns.set(keyOfPayment(event), returnRow(event));
      else if (event.type === 'PaymentReinstated') returns.set(keyOfPayment(event), reinstatedRow(event));
      else if (event.type === 'PaymentRefunded') refunds.add(event);
      else if (event.type === 'CreditTransferred') transfers.push(event);
      if (movements && movements.sources.length > 0) money.add(event.entityId, movements);
    }
    for (const row of payments) row.unapplied = money.take('payment', row.account_id, row.payment_id);
    for (const row of credits) row.unapplied = money.take('credit', row.account_id, row.credit_id);
    await insertRows(tx, 'payments', PAYMENT_COLUMNS, payments);
    await insertRows(tx, 'credits', CREDIT_COLUMNS, credits);
    await moveOlder(tx, 'payment', money.left('payment'));
    await moveOlder(tx, 'credit', money.left('credit'));
    await writeRefunds(tx, refunds.rows());
    await writeTransfers(tx, 'payment', transfers);
    await writeTransfers(tx, 'credit', transfers);
    await writeReturns(tx, [...returns.values()]);
  },
};

type Kind = SourceMovement['sourceKind'];

interface Unapplied {
  account_id: string;
  id: string;
  unapplied: string;
}

/** Sums up by source how a batch changes what of it is unapplied; what is applied is always the rest of its amount. */
class SourcesMoved {
  readonly #sums = new Map<string, { kind: Kind; account_id: string; id: string; minor: bigint; digits: number }>();

  add(accountId: string, { digits, sources }: Movements): void {
    for (const { sourceKind: kind, sourceId: id, unapplied } of sources) {
      const key = `${kind}/${accountId}/${id}`;
      const sum = this.#sums.get(key);
      if (sum) sum.minor += unapplied;
      else this.#sums.set(key, { kind, account_id: accountId, id, minor: unapplied, digits });
    }
  }

  /** What of a source that is new in this batch is unapplied at its end. */
  take(kind: Kind, accountId: string, id: string): string {
    const key = `${kind}/${accountId}/${id}`;
    const sum = this.#sums.get(key);
    if (!sum) throw new Error(`${kind} ${id} comes twice`);
    this.#sums.delete(key);
    return stored(sum.minor, sum.digits);
  }

  /** The changes of the sources of earlier batches. */
  left(kind: Kind): Unapplied[] {
    return [...this.#sums.values()].flatMap(({ minor, digits, ...sum }) =>
      sum.kind === kind ? [{ account_id: sum.account_id, id: sum.id, unapplied: stored(minor, digits) }] : [],
    );
  }
}

/** Sums up by payment what a batch pays back. */
class Refunds {
  readonly #sums = new Map<string, { account_id: string; payment_id: string; minor: bigint; digits: number }>();

  add({ entityId: account_id, data: { paymentId: payment_id, amount } }: Of<'PaymentRefunded'>): void {
    const key = `${account_id}/${payment_id}`;
    const digits = digitsOfStored(amount.currency);
    const minor = parseMinor(amount.amount, digits) + (this.#sums.get(key)?.minor ?? 0n);
    this.#sums.set(key, { account_id, payment_id, minor, digits });
  }

  rows(): RefundRow[] {
    return [...this.#sums.values()].map(({ minor, digits, ...row }) => ({ ...row, refunded: stored(minor, digits) }));
  }
}

async function moveOlder(tx: Tx, kind: Kind, changes: readonly Unapplied[]): Promise<void> {
  const types: ColumnTypes<Unapplied> = { account_id: 'uuid', id: 'uuid', unapplied: 'numeric' };
  const table = sql.table(`${kind}s`);
  const update = sql`
    update ${table} as s set unapplied = s.unapplied + r.unapplied from ${fromRows(types, changes)}
    where s.account_id = r.account_id and s.${sql.id(`${kind}_id`)} = r.id`;
  await updateEach(tx, update, changes.length, () => `${kind} ${changes.map(({ id }) => id).join(', ')} is not known`);
}

async function writeRefunds(tx: Tx, refunds: readonly RefundRow[]): Promise<void> {
  const update = sql`
    update payments as p set refunded = p.refunded + r.refunded from ${fromRows(REFUND_COLUMNS, refunds)}
    where p.account_id = r.account_id and p.payment_id = r.payment_id`;
  const ids = () => refunds.map(({ payment_id }) => payment_id).join(', ');
  await updateEach(tx, update, refunds.length, () => `payment ${ids()} is not known`);
}

/** Sums up by source what a batch moves to other accounts, and writes it. */
async function writeTransfers(tx: Tx, kind: Kind, events: readonly Of<'CreditTransferred'>[]): Promise<void> {
  const sums = new Map<string, { account_id: string; id: string; minor: bigint; digits: number }>();
  for (const { entityId: account_id, data } of events) {
    const digits = digitsOfStored(data.amount.currency);
    for (const { sourceId: id, amount } of data.taken.filter(({ sourceKind }) => sourceKind === kind)) {
      const key = `${account_id}/${id}`;
      sums.set(key, { account_id, id, minor: (sums.get(key)?.minor ?? 0n) + parseMinor(amount, digits), digits });
    }
  }
  const rows = [...sums.values()].map(({ minor, digits, ...row }) => ({ ...row, transferred: stored(minor, digits) }));
  const update = sql`
    update ${sql.table(`${kind}s`)} as s set transferred = s.transferred + r.transferred
    from ${fromRows(TRANSFER_COLUMNS, rows)} where s.account_id = r.account_id and s.${sql.id(`${kind}_id`)} = r.id`;
  await updateEach(tx, update, rows.length, () => `${kind} ${rows.map(({ id }) => id).join(', ')} is not known`);
}

async function writeReturns(tx: Tx, returns: readonly ReturnRow[]): Promise<void> {
  const update = sql`
    update payments as p
    set return_code = r.return_code, return_reason = r.return_reason, returned_at = r.returned_at
    from ${fromRows(RETURN_COLUMNS, returns)}
    where p.account_id = r.account_id and p.payment_id = r.payment_id`;
  const ids = () => returns.map(({ payment_id }) => payment_id).join(', ');
  await updateEach(tx, update, returns.length, () => `payment ${ids()} is not known`);
}

/** Runs an update that must meet every one of its rows. */
async function updateEach(tx: Tx, update: RawBuilder<unknown>, rows: number, otherwise: () => string): Promise<void> {
  if (rows === 0) return;
  const { numAffectedRows } = await update.execute(tx);
  if (numAffectedRows !== BigInt(rows)) throw new Error(otherwise());
}

type Of<Type extends AccountEvent['type']> = Extract<Recorded<AccountEvent>, { type: Type }>;

// What is unapplied is only known at the end of the batch.

function paymentRow({ entityId, revision, data, metadata }: Of<'PaymentApplied'>): PaymentRow {
  return {
    account_id: entityId,
    revision: revision.toString(),
    currency: data.amount.currency,
    amount: data.amount.amount,
    unapplied: '',
    effective_at: data.effectiveAt,
    recorded_at: metadata.recordedAt,
    payment_id: data.paymentId,
    confirmation_number: data.confirmationNumber,
    channel: data.channel,
    method: data.method.kind,
    method_token: data.method.token ?? null,
    part_of: data.partOf?.paymentId ?? null,
    part_of_amount: data.partOf?.amount.amount ?? null,
  };
}

function creditRow({ entityId, revision, data, metadata }: Of<'CreditIssued'>): CreditRow {
  return {
    account_id: entityId,
    revision: revision.toString(),
    currency: data.amount.currency,
    amount: data.amount.amount,
    unapplied: '',
    effective_at: data.effectiveAt,
    recorded_at: metadata.recordedAt,
    credit_id: data.creditId,
    reason: data.reason,
  };
}

function keyOfPayment({ entityId, data }: Of<'PaymentReturned' | 'PaymentReinstated'>): string {
  return `${entityId}/${data.paymentId}`;
}

function reinstatedRow({ entityId, data }: Of<'PaymentReinstated'>): ReturnRow {
  const none = { return_code: null, return_reason: null, returned_at: null };
  return { account_id: entityId, payment_id: data.paymentId, ...none };
}

function returnRow({ entityId, data }: Of<'PaymentReturned'>): ReturnRow {
  return {
    account_id: entityId,
    payment_id: data.paymentId,
    return_code: data.returnCode ?? null,
    return_reason: data.reason,
    returned_at: data.effectiveAt,
  };
}
