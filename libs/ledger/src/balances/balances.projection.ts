import { sql } from 'kysely';
import { type Projection, type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, insertRows, type Tx } from '#libs/platform';
import { type AccountEvent, accountEvents } from '../billing/account-events.js';
import { historyEntryOf, type HistoryKind } from '../history/history-entry.js';
import { parseMinor } from '../money/minor-units.js';
import { type Balance, nextBalance, owed } from './balance.js';
import { digitsOfStored, stored } from './movements.js';

/** One account, as it stands at `revision` of its stream. Amounts are decimal strings. */
export interface AccountBalanceRow {
  account_id: string;
  pay_bill_number: string;
  customer_reference: string | null;
  currency: string;
  status: 'open' | 'closed';
  opened_at: string;
  closed_at: string | null;
  billed: string;
  paid: string;
  returned: string;
  adjusted: string;
  open: string;
  credit: string;
  balance: string;
  last_effective_at: string;
  revision: string;
  position: string;
}

/** One line of an account's billing history: what happened, what it changed, what was owed after it. */
export interface BillingHistoryRow {
  account_id: string;
  revision: string;
  position: string;
  kind: HistoryKind;
  reference: string | null;
  reason: string | null;
  amount: string;
  running_balance: string;
  effective_at: string;
  recorded_at: string;
  event_id: string;
}

const BALANCE_COLUMNS: ColumnTypes<AccountBalanceRow> = {
  account_id: 'uuid',
  pay_bill_number: 'text',
  customer_reference: 'text',
  currency: 'text',
  status: 'text',
  opened_at: 'timestamptz',
  closed_at: 'timestamptz',
  billed: 'numeric',
  paid: 'numeric',
  returned: 'numeric',
  adjusted: 'numeric',
  open: 'numeric',
  credit: 'numeric',
  balance: 'numeric',
  last_effective_at: 'timestamptz',
  revision: 'bigint',
  position: 'bigint',
};

const HISTORY_COLUMNS: ColumnTypes<BillingHistoryRow> = {
  account_id: 'uuid',
  revision: 'bigint',
  position: 'bigint',
  kind: 'text',
  reference: 'text',
  reason: 'text',
  amount: 'numeric',
  running_balance: 'numeric',
  effective_at: 'timestamptz',
  recorded_at: 'timestamptz',
  event_id: 'uuid',
};

/**
 * Balances and billing history are one projection: the running balance of the last line *is* the balance, and both come
 * from one reading of the accounts of a batch.
 */
export const balancesProjection: Projection<AccountEvent> = {
  name: 'balances',
  version: 1,
  category: 'account',
  events: accountEvents,
  tables: ['account_balances', 'billing_history'],
  ddl: [
    // Rows here are rewritten by every batch; the space left on their pages lets PostgreSQL do that in place.
    `create table account_balances (
      account_id uuid primary key, pay_bill_number text not null, customer_reference text, currency text not null,
      status text not null, opened_at timestamptz not null, closed_at timestamptz,
      billed numeric not null, paid numeric not null, returned numeric not null, adjusted numeric not null,
      open numeric not null, credit numeric not null, balance numeric not null,
      last_effective_at timestamptz not null, revision bigint not null, position bigint not null
    ) with (fillfactor = 50)`,
    `create table billing_history (
      account_id uuid not null, revision bigint not null, position bigint not null,
      kind text not null, reference text, reason text, amount numeric not null, running_balance numeric not null,
      effective_at timestamptz not null, recorded_at timestamptz not null, event_id uuid not null,
      primary key (account_id, revision))`,
  ],
  async apply(tx, batch) {
    const accounts = await accountsBefore(tx, batch);
    const history = batch.map((event) => applyOne(accounts, event));
    await insertRows(tx, 'billing_history', HISTORY_COLUMNS, history);
    const rows = [...accounts.values()].map(({ row, balance }) => ({ ...row, ...amountsOf(balance) }));
    await insertRows(tx, 'account_balances', BALANCE_COLUMNS, rows, replaceBalance);
  },
};

const replaceBalance = sql`on conflict (account_id) do update set
  status = excluded.status, closed_at = excluded.closed_at, billed = excluded.billed, paid = excluded.paid,
  returned = excluded.returned, adjusted = excluded.adjusted, open = excluded.open, credit = excluded.credit,
  balance = excluded.balance, last_effective_at = excluded.last_effective_at, revision = excluded.revision,
  position = excluded.position`;

interface AccountInHand {
  balance: Balance;
  readonly row: AccountBalanceRow;
}

async function accountsBefore(tx: Tx, batch: readonly Recorded<AccountEvent>[]): Promise<Map<string, AccountInHand>> {
  const opened = new Set(batch.flatMap((event) => (event.type === 'AccountOpened' ? [event.entityId] : [])));
  const older = new Set(batch.flatMap((event) => (opened.has(event.entityId) ? [] : [event.entityId])));
  if (older.size === 0) return new Map();
  // Instants come as text: they are only written back as they are.
  const { rows } = await sql<AccountBalanceRow>`
    select account_id, pay_bill_number, customer_reference, currency, status, opened_at::text, closed_at::text,
      billed, paid, returned, adjusted, open, credit, balance, last_effective_at::text, revision, position
    from account_balances where account_id = any(${[...older]}::uuid[])`.execute(tx);
  return new Map(rows.map((row) => [row.account_id, { row, balance: balanceOf(row) }]));
}

function balanceOf(row: AccountBalanceRow): Balance {
  const digits = digitsOfStored(row.currency);
  const minor = (amount: string) => parseMinor(amount, digits);
  return {
    currency: row.currency,
    digits,
    closed: row.status === 'closed',
    billed: minor(row.billed),
    paid: minor(row.paid),
    returned: minor(row.returned),
    adjusted: minor(row.adjusted),
    open: minor(row.open),
    credit: minor(row.credit),
  };
}

/** The columns that follow from the balance. */
function amountsOf(balance: Balance) {
  const amount = (minor: bigint) => stored(minor, balance.digits);
  return {
    status: balance.closed ? 'closed' : 'open',
    billed: amount(balance.billed),
    paid: amount(balance.paid),
    returned: amount(balance.returned),
    adjusted: amount(balance.adjusted),
    open: amount(balance.open),
    credit: amount(balance.credit),
    balance: amount(owed(balance)),
  } as const;
}

/** Moves the account in hand over the event and gives the line of history it leaves. */
function applyOne(accounts: Map<string, AccountInHand>, event: Recorded<AccountEvent>): BillingHistoryRow {
  const before = accounts.get(event.entityId);
  const balance = nextBalance(before?.balance, event);
  const amount = owed(balance) - (before ? owed(before.balance) : 0n);
  const account = before ?? { balance, row: openedRow(event, balance) };
  if (!before) accounts.set(event.entityId, account);
  const { effectiveAt } = event.data;
  const revision = event.revision.toString();
  const position = event.position.toString();
  account.balance = balance;
  account.row.last_effective_at = effectiveAt;
  account.row.revision = revision;
  account.row.position = position;
  if (event.type === 'AccountClosed') account.row.closed_at = effectiveAt;
  const { kind, reference, reason } = historyEntryOf(event);
  return {
    account_id: event.entityId,
    revision,
    position,
    kind,
    reference,
    reason,
    amount: stored(amount, balance.digits),
    running_balance: stored(owed(balance), balance.digits),
    effective_at: effectiveAt,
    recorded_at: event.metadata.recordedAt,
    event_id: event.id,
  };
}

function openedRow(event: Recorded<AccountEvent>, balance: Balance): AccountBalanceRow {
  if (event.type !== 'AccountOpened') throw new Error('the account was never opened');
  const { payBillNumber, customerReference = null, currency, effectiveAt } = event.data;
  const row = {
    account_id: event.entityId,
    pay_bill_number: payBillNumber,
    customer_reference: customerReference,
    currency,
    opened_at: effectiveAt,
    closed_at: null,
    last_effective_at: effectiveAt,
    revision: '',
    position: '',
  };
  return { ...row, ...amountsOf(balance) };
}
