import { sql } from 'kysely';
import { type Recorded } from '#libs/event-sourcing';
import { type ColumnTypes, fromRows, insertRows, type Tx } from '#libs/platform';
import { type BillChange, digitsOfStored, disputeChanges, type LineMovement, stored } from '../balances/movements.js';
import { type AccountEvent } from '../billing/account-events.js';
import { parseMinor } from '../money/minor-units.js';
import { type ReadModel } from '../reads/read-model.js';
import { LATE_FEE } from '../billing/account-state.js';
import { type BillLineState, billSums, LATE_FEE_DESCRIPTION, moveLine } from './bill.js';

/** One bill of an account. Amounts are decimal strings, days `2026-01-31`; `lines` is the JSON text of its lines. */
interface BillRow {
  account_id: string;
  bill_number: string;
  /** Of the event that issued it: the order of an account's bills. */
  revision: string;
  issued_on: string;
  due_on: string;
  period_from: string | null;
  period_to: string | null;
  currency: string;
  total: string;
  paid: string;
  reversed: string;
  written_off: string;
  /** What of its charges is in dispute, paid or not. */
  disputed: string;
  lines: string;
}

/** A line as it is kept in `lines`: what the customer was charged for, and what became of it. */
export interface StoredBillLine {
  readonly lineId: string;
  readonly service: string;
  readonly description: string;
  readonly net: string;
  readonly total: string;
  readonly paid: string;
  readonly reversed: string;
  readonly writtenOff: string;
}

const COLUMNS: ColumnTypes<BillRow> = {
  account_id: 'uuid',
  bill_number: 'text',
  revision: 'bigint',
  issued_on: 'date',
  due_on: 'date',
  period_from: 'date',
  period_to: 'date',
  currency: 'text',
  total: 'numeric',
  paid: 'numeric',
  reversed: 'numeric',
  written_off: 'numeric',
  disputed: 'numeric',
  lines: 'json',
};

type Standing = Pick<BillRow, 'account_id' | 'bill_number' | 'total' | Changing>;
type Changing = 'paid' | 'reversed' | 'written_off' | 'disputed' | 'lines';
const { account_id, bill_number, total, paid, reversed, written_off, disputed, lines } = COLUMNS;
const STANDING: ColumnTypes<Standing> = {
  ...{ account_id, bill_number, total, paid, reversed, written_off, disputed, lines },
};

/** A bill while a batch is folded. */
interface BillInHand {
  readonly accountId: string;
  readonly billNumber: string;
  readonly digits: number;
  readonly lines: BillLineState[];
  disputed: bigint;
  /** What never changes, for a bill that this batch issues. */
  readonly issued?: Omit<BillRow, keyof Standing>;
}

type BillIssued = Extract<Recorded<AccountEvent>, { type: 'BillIssued' }>;
type LateFeeAssessed = Extract<Recorded<AccountEvent>, { type: 'LateFeeAssessed' }>;

/** Bills with what is open on each line. */
export const billsProjection: ReadModel = {
  tables: [{ name: 'bills', key: ['account_id', 'bill_number'] }],
  ddl: [
    `create table bills (
      account_id uuid not null, bill_number text not null, revision bigint not null,
      issued_on date not null, due_on date not null, period_from date, period_to date, currency text not null,
      total numeric not null, paid numeric not null, reversed numeric not null, written_off numeric not null,
      disputed numeric not null,
      open numeric generated always as (total - paid - reversed - written_off) stored,
      open_disputed numeric generated always as (least(disputed, total - paid - reversed - written_off)) stored,
      state text generated always as (case
        when total > paid + reversed + written_off then case when paid > 0 then 'partially_paid' else 'issued' end
        when written_off > 0 then 'written_off' when total = reversed then 'reversed' else 'paid' end) stored,
      lines json not null,
      primary key (account_id, bill_number))`,
  ],
  // Few bills are open at any time, however long the history: this stays small.
  indexes: [`create index if not exists bills_open on bills (account_id, due_on) where open > 0`],
  async apply(tx, batch) {
    const bills = new Map<string, BillInHand>();
    const moves: Move[] = [];
    const disputes: Of<BillChange>[] = [];
    for (const { event, movements } of batch) {
      const { entityId: accountId } = event;
      if (event.type === 'BillIssued') addIssued(bills, event);
      if (event.type === 'LateFeeAssessed') {
        moves.push({ accountId, billNumber: event.data.billNumber, fee: event });
      }
      for (const line of movements?.lines ?? []) moves.push({ accountId, billNumber: line.billNumber, line });
      for (const change of disputeChanges(event)) disputes.push({ ...change, accountId });
    }
    await addOlder(tx, bills, [...moves, ...disputes]);
    for (const move of moves) {
      const bill = inHand(bills, move);
      if (move.fee) bill.lines.push(feeLine(move.fee, bill.digits));
      if (move.line) moveLine(bill.lines, move.line);
    }
    for (const dispute of disputes) inHand(bills, dispute).disputed += dispute.change;
    await write(tx, [...bills.values()]);
  },
};

/** What an event does to a bill: moves money on one of its lines, or gives it a further one. */
interface Move {
  readonly accountId: string;
  readonly billNumber: string;
  readonly line?: LineMovement;
  readonly fee?: LateFeeAssessed;
}

function feeLine({ data: { lineId, amount } }: LateFeeAssessed, digits: number): BillLineState {
  const charged = parseMinor(amount.amount, digits);
  return {
    ...{ lineId, service: LATE_FEE, description: LATE_FEE_DESCRIPTION },
    ...{ net: charged, total: charged, paid: 0n, reversed: 0n, writtenOff: 0n },
  };
}

type Of<Change extends { readonly billNumber: string }> = Change & { readonly accountId: string };
type Touched = Of<{ readonly billNumber: string }>;

function inHand(bills: ReadonlyMap<string, BillInHand>, { accountId, billNumber }: Touched): BillInHand {
  const bill = bills.get(keyOf(accountId, billNumber));
  if (!bill) throw new Error(`bill ${billNumber} was never issued`);
  return bill;
}

function keyOf(accountId: string, billNumber: string): string {
  return `${accountId}/${billNumber}`;
}

function addIssued(bills: Map<string, BillInHand>, { entityId, revision, data }: BillIssued): void {
  const { billNumber, issuedOn, dueOn, period, total } = data;
  const digits = digitsOfStored(total.currency);
  const key = keyOf(entityId, billNumber);
  if (bills.has(key)) throw new Error(`bill ${billNumber} is issued twice`);
  const charged = data.lines.map((line) => ({
    lineId: line.lineId,
    service: line.service,
    description: line.description,
    net: parseMinor(line.net, digits),
    total: parseMinor(line.total, digits),
    paid: 0n,
    reversed: 0n,
    writtenOff: 0n,
  }));
  if (billSums(charged).total !== parseMinor(total.amount, digits)) {
    throw new Error(`the lines of bill ${billNumber} do not add up to its total`);
  }
  const issued = {
    revision: revision.toString(),
    issued_on: issuedOn,
    due_on: dueOn,
    period_from: period?.from ?? null,
    period_to: period?.to ?? null,
    currency: total.currency,
  };
  bills.set(key, { accountId: entityId, billNumber, digits, lines: charged, disputed: 0n, issued });
}

/** Reads the bills of earlier batches that this one moves money on. */
async function addOlder(tx: Tx, bills: Map<string, BillInHand>, touched: readonly Touched[]): Promise<void> {
  const wanted = new Map<string, { account_id: string; bill_number: string }>();
  for (const { accountId, billNumber } of touched) {
    const key = keyOf(accountId, billNumber);
    if (!bills.has(key)) wanted.set(key, { account_id: accountId, bill_number: billNumber });
  }
  if (wanted.size === 0) return;
  const keys = fromRows({ account_id, bill_number }, [...wanted.values()]);
  type Older = Pick<BillRow, 'account_id' | 'bill_number' | 'currency' | 'disputed'> & { lines: StoredBillLine[] };
  const { rows } = await sql<Older>`
    select bills.account_id, bills.bill_number, bills.currency, bills.disputed, bills.lines
    from ${keys} join bills on bills.account_id = r.account_id and bills.bill_number = r.bill_number`.execute(tx);
  for (const row of rows) {
    const digits = digitsOfStored(row.currency);
    const read = row.lines.map((line) => readLine(line, digits));
    const inDispute = parseMinor(row.disputed, digits);
    const bill = { accountId: row.account_id, billNumber: row.bill_number, digits, lines: read, disputed: inDispute };
    bills.set(keyOf(row.account_id, row.bill_number), bill);
  }
}

function readLine(line: StoredBillLine, digits: number): BillLineState {
  const minor = (amount: string) => parseMinor(amount, digits);
  return {
    lineId: line.lineId,
    service: line.service,
    description: line.description,
    net: minor(line.net),
    total: minor(line.total),
    paid: minor(line.paid),
    reversed: minor(line.reversed),
    writtenOff: minor(line.writtenOff),
  };
}

async function write(tx: Tx, bills: readonly BillInHand[]): Promise<void> {
  const fresh: BillRow[] = [];
  const changed: Standing[] = [];
  for (const bill of bills) {
    if (bill.issued) fresh.push({ ...bill.issued, ...standingOf(bill) });
    else changed.push(standingOf(bill));
  }
  await insertRows(tx, 'bills', COLUMNS, fresh);
  if (changed.length === 0) return;
  await sql`
    update bills set total = r.total, paid = r.paid, reversed = r.reversed, written_off = r.written_off,
      disputed = r.disputed, lines = r.lines
    from ${fromRows(STANDING, changed)}
    where bills.account_id = r.account_id and bills.bill_number = r.bill_number`.execute(tx);
}

function standingOf(bill: BillInHand): Standing {
  const sums = billSums(bill.lines);
  const amount = (minor: bigint) => stored(minor, bill.digits);
  if (bill.lines.some((line) => line.paid + line.reversed + line.writtenOff > line.total)) {
    throw new Error(`more is paid, reversed or written off on a line of bill ${bill.billNumber} than was charged`);
  }
  if (bill.disputed < 0n) throw new Error(`more is settled of disputes on bill ${bill.billNumber} than was disputed`);
  const kept = bill.lines.map((line): StoredBillLine => ({
    lineId: line.lineId,
    service: line.service,
    description: line.description,
    net: amount(line.net),
    total: amount(line.total),
    paid: amount(line.paid),
    reversed: amount(line.reversed),
    writtenOff: amount(line.writtenOff),
  }));
  return {
    account_id: bill.accountId,
    bill_number: bill.billNumber,
    total: amount(sums.total),
    paid: amount(sums.paid),
    reversed: amount(sums.reversed),
    written_off: amount(sums.writtenOff),
    disputed: amount(bill.disputed),
    lines: JSON.stringify(kept),
  };
}
