import { sql } from 'kysely';
import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows, type Tx } from '#libs/platform';
import { type AccountEvent } from '../billing/account-events.js';
import { type BillingHistoryRow, HISTORY_COLUMNS, historyLine } from '../history/history-line.js';
import { postingsOf } from '../journal/postings.js';
import { DailyTotals, TRIAL_BALANCE_COLUMNS } from '../journal/trial-balance.js';
import { parseMinor } from '../money/minor-units.js';
import { type AccountChange, type ReadModel } from '../reads/read-model.js';
import { type Balance, nextBalance, owed } from './balance.js';
import { billChanges, digitsOfStored, disputeChanges, stored } from './movements.js';

/** What of an account's row its events change. Amounts are decimal strings. */
interface StandingRow {
  account_id: string;
  pay_bill_number: string;
  status: 'open' | 'closed';
  closed_at: string | null;
  successor_id: string | null;
  billed: string;
  paid: string;
  returned: string;
  refunded: string;
  claimed: string;
  adjusted: string;
  written_off: string;
  reinstated: string;
  open: string;
  credit: string;
  last_effective_at: string;
  revision: string;
  position: string;
}

/** One account, as it stands at `revision` of its stream. */
interface AccountBalanceRow extends StandingRow {
  customer_reference: string | null;
  currency: string;
  opened_at: string;
}

const STANDING_COLUMNS: ColumnTypes<StandingRow> = {
  account_id: 'uuid',
  pay_bill_number: 'text',
  status: 'text',
  closed_at: 'timestamptz',
  successor_id: 'uuid',
  billed: 'numeric',
  paid: 'numeric',
  returned: 'numeric',
  refunded: 'numeric',
  claimed: 'numeric',
  adjusted: 'numeric',
  written_off: 'numeric',
  reinstated: 'numeric',
  open: 'numeric',
  credit: 'numeric',
  last_effective_at: 'timestamptz',
  revision: 'bigint',
  position: 'bigint',
};

const BALANCE_COLUMNS: ColumnTypes<AccountBalanceRow> = {
  ...STANDING_COLUMNS,
  customer_reference: 'text',
  currency: 'text',
  opened_at: 'timestamptz',
};

/**
 * Balances, billing history, journal and trial balance are one projection: the running balance of an account's last line
 * *is* its balance, a line's journal entry sums up to the trial balance, and all come from one pass over the events.
 */
export const balancesProjection: ReadModel = {
  tables: [
    { name: 'account_balances', key: ['account_id'] },
    { name: 'billing_history', key: ['account_id', 'revision'] },
    {
      name: 'trial_balance',
      key: ['effective_on', 'recorded_on', 'gl_account', 'currency'],
      compared: `select effective_on, recorded_on, gl_account, currency, sum(debit) as debit, sum(credit) as credit
        from trial_balance group by effective_on, recorded_on, gl_account, currency`,
    },
  ],
  ddl: [
    // Rows here are rewritten again and again; the space left on their pages lets PostgreSQL do that in place.
    `create table account_balances (
      account_id uuid primary key, pay_bill_number text not null, customer_reference text, currency text not null,
      status text not null, opened_at timestamptz not null, closed_at timestamptz,
      successor_id uuid,
      billed numeric not null, paid numeric not null, returned numeric not null,
      refunded numeric not null, claimed numeric not null, adjusted numeric not null,
      written_off numeric not null, reinstated numeric not null,
      open numeric not null, credit numeric not null, balance numeric generated always as (open - credit) stored,
      last_effective_at timestamptz not null, revision bigint not null, position bigint not null
    ) with (fillfactor = 50)`,
    `create table billing_history (
      account_id uuid not null, revision bigint not null, position bigint not null, event_id uuid not null,
      kind text not null, reference text, reason text, amount numeric not null, running_balance numeric not null,
      effective_at timestamptz not null, recorded_at timestamptz not null,
      gl_accounts text[], gl_amounts numeric[], bill_numbers text[], bill_changes numeric[],
      disputed_bills text[], disputed_changes numeric[],
      primary key (account_id, revision))`,
    `create table trial_balance (
      writer int not null, effective_on date not null, recorded_on date not null,
      gl_account text not null, currency text not null, debit numeric not null, credit numeric not null,
      primary key (effective_on, recorded_on, gl_account, currency, writer)) with (fillfactor = 50)`,
  ],
  indexes: [`create unique index if not exists billing_history_by_position on billing_history (position)`],
  async apply(tx, batch, writer) {
    const accounts = await accountsBefore(tx, batch);
    const totals = new DailyTotals();
    const history = batch.map((change) => applyOne(accounts, totals, change));
    await insertRows(tx, 'billing_history', HISTORY_COLUMNS, history);
    await insertRows(tx, 'trial_balance', TRIAL_BALANCE_COLUMNS, totals.rows(writer), addToTotals);
    await write(tx, [...accounts.values()]);
  },
};

const addToTotals = sql`on conflict (effective_on, recorded_on, gl_account, currency, writer) do update set
  debit = trial_balance.debit + excluded.debit, credit = trial_balance.credit + excluded.credit`;

/** An account while a batch is folded, with the last event applied to it. */
interface AccountInHand {
  balance: Balance;
  last?: Recorded<AccountEvent>;
  /** For an account that this batch opens. */
  readonly opened?: Omit<AccountBalanceRow, keyof StandingRow>;
  payBillNumber: string;
  closedAt: string | null;
  successorId: string | null;
}

async function accountsBefore(tx: Tx, batch: readonly AccountChange[]): Promise<Map<string, AccountInHand>> {
  const opened = new Set(batch.flatMap(({ event }) => (event.type === 'AccountOpened' ? [event.entityId] : [])));
  const older = new Set(batch.flatMap(({ event }) => (opened.has(event.entityId) ? [] : [event.entityId])));
  if (older.size === 0) return new Map();
  // The instant comes as text: it is only written back as it is.
  const { rows } = await sql<AccountBalanceRow>`
    select account_id, pay_bill_number, currency, status, closed_at::text, successor_id, billed, paid, returned, refunded, claimed,
      adjusted, written_off, reinstated, open, credit
    from account_balances where account_id = any(${[...older]}::uuid[])`.execute(tx);
  return new Map(
    rows.map((row) => {
      const { account_id, pay_bill_number: payBillNumber, closed_at: closedAt, successor_id: successorId } = row;
      return [account_id, { balance: balanceOf(row), payBillNumber, closedAt, successorId }];
    }),
  );
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
    refunded: minor(row.refunded),
    claimed: minor(row.claimed),
    adjusted: minor(row.adjusted),
    writtenOff: minor(row.written_off),
    reinstated: minor(row.reinstated),
    open: minor(row.open),
    credit: minor(row.credit),
  };
}

/** Moves the account in hand over the event and gives the line of history it leaves. */
function applyOne(
  accounts: Map<string, AccountInHand>,
  totals: DailyTotals,
  { event, movements }: AccountChange,
): BillingHistoryRow {
  const account = accounts.get(event.entityId);
  const balance = nextBalance(account?.balance, event, movements);
  const change = owed(balance) - (account ? owed(account.balance) : 0n);
  if (account) {
    account.balance = balance;
    account.last = event;
    if (event.type === 'PayBillNumberChanged') account.payBillNumber = event.data.payBillNumber;
    if (event.type === 'AccountClosed' || event.type === 'AccountTransferred') {
      account.closedAt = event.data.effectiveAt;
    }
    if (event.type === 'AccountTransferred') account.successorId = event.data.successorId;
  } else {
    const { payBillNumber, ...opened } = openedBy(event);
    accounts.set(event.entityId, { balance, last: event, opened, payBillNumber, closedAt: null, successorId: null });
  }
  const postings = postingsOf(event);
  totals.add(postings, event.data.effectiveAt, event.metadata.recordedAt);
  const bills = movements ? billChanges(event, movements) : [];
  const { digits } = balance;
  return historyLine(event, {
    digits,
    change,
    balance: owed(balance),
    postings,
    bills,
    disputed: disputeChanges(event),
  });
}

function openedBy(event: AccountEvent): Omit<AccountBalanceRow, keyof StandingRow> & { payBillNumber: string } {
  if (event.type !== 'AccountOpened') throw new Error('the account was never opened');
  const { payBillNumber, customerReference = null, currency, effectiveAt } = event.data;
  return { payBillNumber, customer_reference: customerReference, currency, opened_at: effectiveAt };
}

async function write(tx: Tx, accounts: readonly AccountInHand[]): Promise<void> {
  const fresh: AccountBalanceRow[] = [];
  const changed: StandingRow[] = [];
  for (const { balance, last, opened, ...others } of accounts) {
    if (!last) continue;
    const standing = standingOf(balance, last, others);
    if (opened) fresh.push({ ...standing, ...opened });
    else changed.push(standing);
  }
  await insertRows(tx, 'account_balances', BALANCE_COLUMNS, fresh);
  if (changed.length === 0) return;
  await sql`
    update account_balances set pay_bill_number = r.pay_bill_number, status = r.status, closed_at = r.closed_at,
      successor_id = r.successor_id, billed = r.billed, paid = r.paid, returned = r.returned, refunded = r.refunded,
      claimed = r.claimed, adjusted = r.adjusted, written_off = r.written_off, reinstated = r.reinstated,
      open = r.open, credit = r.credit,
      last_effective_at = r.last_effective_at, revision = r.revision, position = r.position
    from ${fromRows(STANDING_COLUMNS, changed)} where account_balances.account_id = r.account_id`.execute(tx);
}

function standingOf(
  balance: Balance,
  last: Recorded<AccountEvent>,
  { payBillNumber, closedAt, successorId }: Pick<AccountInHand, 'payBillNumber' | 'closedAt' | 'successorId'>,
): StandingRow {
  const amount = (minor: bigint) => stored(minor, balance.digits);
  return {
    account_id: last.entityId,
    pay_bill_number: payBillNumber,
    status: balance.closed ? 'closed' : 'open',
    closed_at: closedAt,
    successor_id: successorId,
    billed: amount(balance.billed),
    paid: amount(balance.paid),
    returned: amount(balance.returned),
    refunded: amount(balance.refunded),
    claimed: amount(balance.claimed),
    adjusted: amount(balance.adjusted),
    written_off: amount(balance.writtenOff),
    reinstated: amount(balance.reinstated),
    open: amount(balance.open),
    credit: amount(balance.credit),
    last_effective_at: last.data.effectiveAt,
    revision: last.revision.toString(),
    position: last.position.toString(),
  };
}
