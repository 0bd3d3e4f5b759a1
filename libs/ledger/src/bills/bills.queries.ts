import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Rejected } from '#libs/event-sourcing';
import { type Database, DATABASE, keyOf, type Page, pageOf } from '#libs/platform';
import { type MoneyJson } from '../money/money.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { refuseUnknownAccount } from '../reads/account-exists.queries.js';
import { moneyOf } from '../reads/answers.js';
import { type BillState } from './bill.js';
import { type StoredBillLine } from './bills.projection.js';

interface Row {
  bill_number: string;
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
  open: string;
  open_disputed: string;
  state: BillState;
  lines: StoredBillLine[];
}

interface BillLineView extends Record<'net' | 'total' | 'paid' | 'reversed' | 'writtenOff' | 'open', MoneyJson> {
  readonly lineId: string;
  readonly service: string;
  readonly description: string;
}

/** A bill and what became of it. */
type Figure = 'total' | 'paid' | 'reversed' | 'writtenOff' | 'open' | 'disputed';

export interface BillView extends Record<Figure, MoneyJson> {
  readonly billNumber: string;
  readonly revision: string;
  readonly issuedOn: string;
  readonly dueOn: string;
  readonly period: { readonly from: string; readonly to: string } | null;
  readonly state: BillState;
  readonly pastDue: boolean;
  readonly lines: readonly BillLineView[];
}

// Days as text: a driver would make them instants in a time zone of its own.
const COLUMNS = sql`bill_number, revision, issued_on::text, due_on::text, period_from::text, period_to::text, currency,
  total, paid, reversed, written_off, open, open_disputed, state, lines`;

@Injectable()
export class BillsQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** An account's bills, the latest issued first; with `open`, only those with something left to pay. @throws Rejected */
  async bills(
    accountId: string,
    { state, limit, cursor, asOf }: { state: 'open' | 'all'; limit: number; cursor?: string | undefined; asOf: string },
  ): Promise<Page<BillView>> {
    const before = keyOf(cursor);
    const { rows } = await sql<Row>`
      select ${COLUMNS} from bills
      where account_id = ${accountId}::uuid ${state === 'open' ? sql`and open > 0` : sql``}
        ${before === null ? sql`` : sql`and revision < ${before}::bigint`}
      order by revision desc limit ${limit + 1}`.execute(this.db.sql);
    if (rows.length === 0) await refuseUnknownAccount(this.db, accountId);
    return pageOf(
      rows,
      limit,
      (row) => row.revision,
      (row) => billOf(row, asOf),
    );
  }

  /** @throws Rejected ACCOUNT_UNKNOWN | BILL_UNKNOWN */
  async bill(accountId: string, billNumber: string, asOf: string): Promise<BillView> {
    const { rows } = await sql<Row>`
      select ${COLUMNS} from bills
      where account_id = ${accountId}::uuid and bill_number = ${billNumber}`.execute(this.db.sql);
    const row = rows[0];
    if (row) return billOf(row, asOf);
    await refuseUnknownAccount(this.db, accountId);
    throw new Rejected('BILL_UNKNOWN', 'the account has no bill with this number; list its bills', 'billNumber');
  }
}

function billOf(row: Row, asOf: string): BillView {
  const { currency } = row;
  const digits = digitsOf(currency);
  const due = parseMinor(row.open, digits) - parseMinor(row.open_disputed, digits);
  const money = (amount: string) => moneyOf(amount, currency);
  return {
    billNumber: row.bill_number,
    revision: row.revision,
    issuedOn: row.issued_on,
    dueOn: row.due_on,
    period: row.period_from !== null && row.period_to !== null ? { from: row.period_from, to: row.period_to } : null,
    state: row.state,
    pastDue: row.due_on < asOf && due > 0n,
    total: money(row.total),
    paid: money(row.paid),
    reversed: money(row.reversed),
    writtenOff: money(row.written_off),
    open: money(row.open),
    disputed: money(row.open_disputed),
    lines: row.lines.map((line) => lineOf(line, currency)),
  };
}

function lineOf(line: StoredBillLine, currency: string): BillLineView {
  const digits = digitsOf(currency);
  const minor = (amount: string) => parseMinor(amount, digits);
  const money = (amount: string) => moneyOf(amount, currency);
  const open = minor(line.total) - minor(line.paid) - minor(line.reversed) - minor(line.writtenOff);
  return {
    lineId: line.lineId,
    service: line.service,
    description: line.description,
    net: money(line.net),
    total: money(line.total),
    paid: money(line.paid),
    reversed: money(line.reversed),
    writtenOff: money(line.writtenOff),
    open: { amount: formatMinor(open, digits), currency },
  };
}
