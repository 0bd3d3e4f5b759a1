import { sql } from 'kysely';
import { type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows, type Tx } from '#libs/platform';
import { digitsOfStored, movementsOf, movesMoney, stored } from '../balances/movements.js';
import { type AccountEvent, accountEvents } from '../billing/account-events.js';
import { parseMinor } from '../money/minor-units.js';
import { moveSource, paymentState, type PaymentState, type SourceState } from './payment.js';

type PaymentApplied = Extract<AccountEvent, { type: 'PaymentApplied' }>['data'];

/** What payments and credits have in common: money that lies on bills or waits to. Amounts are decimal strings. */
interface SourceRow {
  account_id: string;
  /** Of the event that brought the money: the order of an account's payments. */
  revision: string;
  currency: string;
  amount: string;
  applied: string;
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
  state: PaymentState;
  return_code: string | null;
  return_reason: string | null;
  returned_at: string | null;
}

interface CreditRow extends SourceRow {
  credit_id: string;
  reason: string;
}

const SOURCE_COLUMNS: ColumnTypes<SourceRow> = {
  account_id: 'uuid',
  revision: 'bigint',
  currency: 'text',
  amount: 'numeric',
  applied: 'numeric',
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
  state: 'text',
  return_code: 'text',
  return_reason: 'text',
  returned_at: 'timestamptz',
};

const CREDIT_COLUMNS: ColumnTypes<CreditRow> = { ...SOURCE_COLUMNS, credit_id: 'uuid', reason: 'text' };

const SOURCE_DDL = `account_id uuid not null, revision bigint not null, currency text not null, amount numeric not null,
  applied numeric not null, unapplied numeric not null, effective_at timestamptz not null, recorded_at timestamptz not null`;

/** Payments and issued credits, and how much of each still waits to be laid on a bill. */
export const paymentsProjection: Projection<AccountEvent> = {
  name: 'payments',
  version: 1,
  category: 'account',
  events: accountEvents,
  tables: ['payments', 'credits'],
  ddl: [
    `create table payments (payment_id uuid not null, ${SOURCE_DDL}, confirmation_number text not null,
      channel text not null, method text not null, method_token text, state text not null,
      return_code text, return_reason text, returned_at timestamptz,
      primary key (account_id, payment_id))`,
    `create unique index payments_by_account on payments (account_id, revision)`,
    `create index payments_by_confirmation_number on payments (confirmation_number)`,
    `create table credits (credit_id uuid not null, ${SOURCE_DDL}, reason text not null,
      primary key (account_id, credit_id))`,
    `create unique index credits_by_account on credits (account_id, revision)`,
  ],
  async apply(tx, batch) {
    const sources = new Map<string, SourceInHand>();
    for (const event of batch) addNew(sources, event);
    await addOlder(tx, sources, batch);
    for (const event of batch) move(sources, event);
    await write(tx, [...sources.values()]);
  },
};

/** The id of a payment follows from its command's, which is only unique within an account. */
function keyOf(accountId: string, id: string): string {
  return `${accountId}/${id}`;
}

/** A source while a batch is folded: new in this batch when it has a row to insert. */
interface SourceInHand extends SourceState {
  readonly id: string;
  readonly accountId: string;
  readonly kind: 'payment' | 'credit';
  readonly digits: number;
  readonly payment?: Omit<PaymentRow, Changing>;
  readonly credit?: Omit<CreditRow, Changing>;
  return?: { code: string | null; reason: string; at: string };
}

interface SourceKey {
  account_id: string;
  id: string;
}

const KEY: ColumnTypes<SourceKey> = { account_id: 'uuid', id: 'uuid' };

type Changing = 'applied' | 'unapplied' | 'state' | 'return_code' | 'return_reason' | 'returned_at';

function addNew(sources: Map<string, SourceInHand>, event: Recorded<AccountEvent>): void {
  if (event.type !== 'PaymentApplied' && event.type !== 'CreditIssued') return;
  const { currency, amount } = event.data.amount;
  const common = {
    account_id: event.entityId,
    revision: event.revision.toString(),
    currency,
    amount,
    effective_at: event.data.effectiveAt,
    recorded_at: event.metadata.recordedAt,
  };
  const nothing = {
    accountId: event.entityId,
    digits: digitsOfStored(currency),
    applied: 0n,
    unapplied: 0n,
    returned: false,
  };
  if (event.type === 'CreditIssued') {
    const { creditId, reason } = event.data;
    const credit = { ...common, credit_id: creditId, reason };
    sources.set(keyOf(event.entityId, creditId), { ...nothing, id: creditId, kind: 'credit', credit });
    return;
  }
  const { paymentId, confirmationNumber, channel, method } = event.data;
  const payment = {
    ...common,
    payment_id: paymentId,
    confirmation_number: confirmationNumber,
    channel,
    method: method.kind,
    method_token: method.token ?? null,
  };
  sources.set(keyOf(event.entityId, paymentId), { ...nothing, id: paymentId, kind: 'payment', payment });
}

/** Reads the sources of earlier batches that this one moves money of. */
async function addOlder(
  tx: Tx,
  sources: Map<string, SourceInHand>,
  batch: readonly Recorded<AccountEvent>[],
): Promise<void> {
  const wanted = { payment: new Map<string, SourceKey>(), credit: new Map<string, SourceKey>() };
  for (const event of batch) {
    // The events that bring money move no other source: most of a log needs no look at what came before.
    if (!movesMoney(event) || event.type === 'PaymentApplied' || event.type === 'BillIssued') continue;
    for (const { sourceId, sourceKind } of movementsOf(event).sources) {
      const key = keyOf(event.entityId, sourceId);
      if (!sources.has(key)) wanted[sourceKind].set(key, { account_id: event.entityId, id: sourceId });
    }
  }
  for (const kind of ['payment', 'credit'] as const) await readOlder(tx, sources, kind, [...wanted[kind].values()]);
}

async function readOlder(
  tx: Tx,
  sources: Map<string, SourceInHand>,
  kind: 'payment' | 'credit',
  keys: readonly SourceKey[],
): Promise<void> {
  if (keys.length === 0) return;
  const returned = kind === 'payment' ? sql`s.state = 'returned'` : sql`false`;
  const { rows } = await sql<SourceKey & Pick<SourceRow, 'currency' | 'applied' | 'unapplied'> & { returned: boolean }>`
    select r.account_id, r.id, s.currency, s.applied, s.unapplied, ${returned} as returned
    from ${fromRows(KEY, keys)}
    join ${sql.table(`${kind}s`)} as s on s.account_id = r.account_id and s.${sql.id(`${kind}_id`)} = r.id`.execute(tx);
  for (const { account_id: accountId, id, currency, returned, ...row } of rows) {
    const digits = digitsOfStored(currency);
    const state = { applied: parseMinor(row.applied, digits), unapplied: parseMinor(row.unapplied, digits), returned };
    sources.set(keyOf(accountId, id), { ...state, id, accountId, kind, digits });
  }
}

function move(sources: ReadonlyMap<string, SourceInHand>, event: Recorded<AccountEvent>): void {
  if (!movesMoney(event) || event.type === 'BillIssued') return;
  for (const movement of movementsOf(event).sources) {
    const source = sources.get(keyOf(event.entityId, movement.sourceId));
    if (source?.kind !== movement.sourceKind)
      throw new Error(`${movement.sourceKind} ${movement.sourceId} is not known`);
    moveSource(source, movement);
  }
  if (event.type !== 'PaymentReturned') return;
  const returned = sources.get(keyOf(event.entityId, event.data.paymentId));
  if (!returned || returned.returned) throw new Error(`payment ${event.data.paymentId} is returned twice`);
  returned.returned = true;
  returned.return = { code: event.data.returnCode ?? null, reason: event.data.reason, at: event.data.effectiveAt };
}

async function write(tx: Tx, sources: readonly SourceInHand[]): Promise<void> {
  const payments: PaymentRow[] = [];
  const credits: CreditRow[] = [];
  for (const source of sources) {
    if (source.payment) payments.push({ ...source.payment, ...changingOf(source) });
    if (source.credit) credits.push({ ...source.credit, ...moneyOf(source) });
  }
  await insertRows(tx, 'payments', PAYMENT_COLUMNS, payments);
  await insertRows(tx, 'credits', CREDIT_COLUMNS, credits);
  const older = sources.filter(({ payment, credit }) => !payment && !credit);
  await updateOlder(tx, older);
}

const { applied, unapplied, state, return_code, return_reason, returned_at } = PAYMENT_COLUMNS;
const CHANGING = { ...KEY, applied, unapplied, state, return_code, return_reason, returned_at } as const;

async function updateOlder(tx: Tx, older: readonly SourceInHand[]): Promise<void> {
  const payments = older.filter(({ kind }) => kind === 'payment');
  if (payments.length > 0) {
    const rows = payments.map((source) => ({ account_id: source.accountId, id: source.id, ...changingOf(source) }));
    await sql`
      update payments set applied = r.applied, unapplied = r.unapplied, state = r.state,
        return_code = coalesce(r.return_code, payments.return_code),
        return_reason = coalesce(r.return_reason, payments.return_reason),
        returned_at = coalesce(r.returned_at, payments.returned_at)
      from ${fromRows(CHANGING, rows)} 
      where payments.account_id = r.account_id and payments.payment_id = r.id`.execute(tx);
  }
  const credits = older.filter(({ kind }) => kind === 'credit');
  if (credits.length > 0) {
    const rows = credits.map((source) => ({ account_id: source.accountId, id: source.id, ...moneyOf(source) }));
    await sql`
      update credits set applied = r.applied, unapplied = r.unapplied
      from ${fromRows({ ...KEY, applied, unapplied }, rows)} 
      where credits.account_id = r.account_id and credits.credit_id = r.id`.execute(tx);
  }
}

function moneyOf(source: SourceInHand): Pick<PaymentRow, 'applied' | 'unapplied'> {
  return { applied: stored(source.applied, source.digits), unapplied: stored(source.unapplied, source.digits) };
}

function changingOf(source: SourceInHand): Pick<PaymentRow, Changing> {
  return {
    ...moneyOf(source),
    state: paymentState(source),
    return_code: source.return?.code ?? null,
    return_reason: source.return?.reason ?? null,
    returned_at: source.return?.at ?? null,
  };
}
