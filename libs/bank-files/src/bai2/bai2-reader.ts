import {
  type BankFileHeader,
  BankFileRefused,
  type FormatReader,
  type MinorUnitDigits,
  type TakeItem,
  type UnnumberedItem,
} from '../bank-file.js';
import { endingOf, Lines } from '../lines.js';
import { Fields, readDay, requireTime, skipFundsType } from './fields.js';

/** What a control record says of the level above it. */
interface Level {
  total: bigint;
  /** Of accounts in a group, of groups in a file. */
  members: number;
  /** Line of the record that opened it. */
  readonly from: number;
}

interface Group extends Level {
  readonly asOf: string;
  readonly currency: string;
  /** Why its details are no money to be applied, if they are not. */
  readonly because: string | undefined;
}

interface Account extends Level {
  readonly number: string;
  readonly currency: string;
}

const VERSION = '2';
const GROUP_STATUS: Readonly<Record<string, string | undefined>> = {
  1: undefined,
  2: 'the group deletes what was sent before',
  3: 'the group corrects what was sent before',
  4: 'the group is a test',
};

/**
 * Reads a BAI2 file (Cash Management Balance Reporting Specifications, version 2). Control totals and record counts are
 * verified for every account, every group and the file. Amounts are whole minor units of the account's currency.
 */
export class Bai2Reader implements FormatReader {
  header: BankFileHeader | undefined;
  readonly #lines = new Lines((line, record) => this.#take(line, record), { blockLength: declaredLength });
  #file: Level | undefined;
  #group: Group | undefined;
  #account: Account | undefined;
  /** The record that may yet be continued: its code, and its lines. */
  #open: { readonly code: string; readonly record: number; readonly lines: string[] } | undefined;
  #maxLength: number | undefined;
  #isClosed = false;

  constructor(
    private readonly item: TakeItem,
    private readonly digits: MinorUnitDigits,
  ) {}

  get records(): number {
    return this.#lines.count;
  }

  write(bytes: Uint8Array): void {
    this.#lines.write(bytes);
  }

  end(): void {
    this.#lines.end();
    this.#close();
    if (!this.#isClosed) throw new BankFileRefused(this.records, 'the file ends without a file trailer (99)');
  }

  #take(line: string, record: number): void {
    if (this.#maxLength !== undefined && line.length > this.#maxLength) {
      throw new BankFileRefused(
        record,
        `the record is longer than the ${this.#maxLength} characters the file declares`,
      );
    }
    const code = line.slice(0, 2);
    // A continuation whose first field is text may lack the comma ("88:EREF"), which some banks send.
    if (!RECORD_CODES.has(code) || (line[2] !== ',' && code !== '88')) {
      throw new BankFileRefused(record, 'the record must begin with 01, 02, 03, 16, 49, 88, 98 or 99 and a comma');
    }
    if (code === '88') return this.#continue(line.slice(line[2] === ',' ? 3 : 2), record);
    this.#close();
    if (this.#isClosed) throw new BankFileRefused(record, 'nothing follows the file trailer (99)');
    this.#open = { code, record, lines: [bodyOf(code, line.slice(3), record)] };
  }

  #continue(body: string, record: number): void {
    if (!this.#open) throw new BankFileRefused(record, 'a continuation (88) without a record that it continues');
    if (this.#open.lines.length >= MAX_CONTINUATIONS) {
      throw new BankFileRefused(record, `the record has more than ${MAX_CONTINUATIONS} continuations (88)`);
    }
    this.#open.lines.push(bodyOf(this.#open.code, body, record));
  }

  /** The record before is complete. */
  #close(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    const fields = new Fields(open.lines, open.record);
    switch (open.code) {
      case '01':
        return this.#fileHeader(fields);
      case '02':
        return this.#groupHeader(fields);
      case '03':
        return this.#accountSummary(fields);
      case '16':
        return this.#detail(fields);
      case '49':
        return this.#accountTrailer(fields);
      case '98':
        return this.#groupTrailer(fields);
      case '99':
        return this.#fileTrailer(fields);
    }
  }

  #fileHeader(fields: Fields): void {
    if (this.#file) throw fields.refused('a second file header (01)');
    const sender = fields.required('sender');
    const receiver = fields.required('receiver');
    const createdOn = readDay(fields, 'file creation date');
    if (createdOn === undefined) throw fields.refused('the file creation date is missing');
    requireTime(fields);
    const identification = fields.required('file identification');
    const length = fields.next() ?? '';
    if (length !== '' && !/^\d{1,5}$/.test(length)) throw fields.refused('the physical record length must be a number');
    if (Number(length) > 0) this.#maxLength = Number(length);
    fields.next();
    if (fields.next() !== VERSION) throw fields.refused('the version must be 2: this is no BAI2 file');
    this.#file = { total: 0n, members: 0, from: fields.record };
    this.header = {
      format: 'BAI2',
      version: VERSION,
      sender,
      receiver,
      createdOn,
      identification: `${sender} ${createdOn} ${identification}`,
    };
  }

  #groupHeader(fields: Fields): void {
    if (!this.#file) throw fields.refused('the file must begin with a file header (01)');
    if (this.#group) throw fields.refused('a group header (02) before the trailer (98) of the group before it');
    fields.next();
    fields.next();
    const status = fields.required('group status');
    if (!Object.hasOwn(GROUP_STATUS, status)) throw fields.refused('the group status must be 1, 2, 3 or 4');
    const asOf = readDay(fields, 'as-of date');
    if (asOf === undefined) throw fields.refused('the as-of date is missing');
    requireTime(fields);
    const currency = this.#currency(fields, 'USD');
    this.#group = { total: 0n, members: 0, from: fields.record, asOf, currency, because: GROUP_STATUS[status] };
  }

  /** Account, and any number of sums and balances: type, amount, number of items, funds type. */
  #accountSummary(fields: Fields): void {
    const group = this.#group;
    if (!group) throw fields.refused('an account (03) outside a group');
    if (this.#account) throw fields.refused('an account (03) before the trailer (49) of the account before it');
    const number = fields.required('account number');
    const currency = this.#currency(fields, group.currency);
    const account: Account = { total: 0n, members: 0, from: fields.record, number, currency };
    this.#account = account;
    for (let type = fields.next(); type !== undefined; type = fields.next()) {
      if (type !== '' && !/^\d{3}$/.test(type)) throw fields.refused('a type code must be three digits');
      // A comma may end a line that goes on.
      if (type === '' && fields.isAtLineStart) continue;
      const minor = fields.optionalAmount(`amount of type ${type || '(none)'}`);
      const items = fields.next() ?? '';
      if (items !== '' && !/^\d{1,15}$/.test(items)) throw fields.refused('an item count must be a whole number');
      skipFundsType(fields, minor ?? 0n);
      if (minor === undefined) continue;
      if (type === '') throw fields.refused('an amount without a type code');
      account.total += minor;
      const { record } = fields;
      const accountEnding = endingOf(number) ?? number;
      this.item({ kind: 'balance', record, code: type, amount: { minor, currency }, on: group.asOf, accountEnding });
    }
  }

  #detail(fields: Fields): void {
    const [account, group] = [this.#account, this.#group];
    if (!account || !group) throw fields.refused('a transaction (16) outside an account');
    const type = fields.required('type code');
    if (!/^\d{3}$/.test(type)) throw fields.refused('the type code must be three digits');
    const minor = fields.optionalAmount('amount') ?? 0n;
    // Whether money came in or went out is said by the type; only balances have a sign.
    if (minor < 0n) throw fields.refused('the amount of a transaction (16) must not be negative');
    skipFundsType(fields, minor);
    const bankReference = fields.next() ?? '';
    const customerReference = fields.next() ?? '';
    const text = fields.text();
    account.total += minor;
    const references = [customerReference, text, bankReference].filter((reference) => reference !== '');
    const { record } = fields;
    this.item(detailItem({ type, minor, bankReference, references, record }, account, group));
  }

  #accountTrailer(fields: Fields): void {
    const account = this.#account;
    if (!account) throw fields.refused('an account trailer (49) outside an account');
    requireControls(fields, account, 'the amounts', undefined);
    this.#account = undefined;
    this.#group!.total += account.total;
    this.#group!.members += 1;
  }

  #groupTrailer(fields: Fields): void {
    const group = this.#group;
    if (!group || this.#account) throw fields.refused('a group trailer (98) that closes no group');
    requireControls(fields, group, 'the accounts', 'accounts');
    this.#group = undefined;
    this.#file!.total += group.total;
    this.#file!.members += 1;
  }

  #fileTrailer(fields: Fields): void {
    const file = this.#file;
    if (!file || this.#group) throw fields.refused('a file trailer (99) that closes no file');
    requireControls(fields, file, 'the groups', 'groups');
    this.#isClosed = true;
  }

  #currency(fields: Fields, otherwise: string): string {
    const currency = fields.next() || otherwise;
    if (this.digits(currency) === undefined) throw fields.refused('the currency code is none of ISO 4217');
    return currency;
  }
}

const RECORD_CODES = new Set(['01', '02', '03', '16', '49', '88', '98', '99']);
/** Of one record; the 1 GB file whose every line continues one record is not read into memory. */
const MAX_CONTINUATIONS = 10_000;

/**
 * What stands on a line before its slash. A slash ends a record; but in transactions text may hold slashes, so that there
 * only one at the end of the line is taken for the end.
 */
function bodyOf(code: string, text: string, record: number): string {
  const line = text.trimEnd();
  if (code === '16') return line.endsWith('/') ? line.slice(0, -1) : line;
  const slash = line.indexOf('/');
  if (slash === -1) return line;
  if (slash < line.length - 1) throw new BankFileRefused(record, 'something follows the slash that ends the record');
  return line.slice(0, slash);
}

/** Control total, number of members where there are any, and number of records, from the opening record to this one. */
function requireControls(fields: Fields, level: Level, what: string, members: string | undefined): void {
  const total = fields.amount('control total');
  if (total !== level.total) throw fields.refused(`the control total is ${total}, and ${what} make ${level.total}`);
  if (members !== undefined) {
    const said = fields.count(`number of ${members}`);
    if (said !== level.members) {
      throw fields.refused(`the number of ${members} is ${said}, and there are ${level.members}`);
    }
  }
  const said = fields.count('number of records');
  const records = fields.lastRecord - level.from + 1;
  if (said !== records) throw fields.refused(`the number of records is ${said}, and there are ${records}`);
  for (let field = fields.next(); field !== undefined; field = fields.next()) {
    if (field !== '') throw fields.refused('the trailer has more fields than its format');
  }
}

/** The physical record length that the file header declares, for a file without line ends. */
function declaredLength(start: string): number | undefined {
  const length = Number(start.split(',', 7)[6]);
  return Number.isInteger(length) && length >= 20 && length <= 32_000 ? length : undefined;
}

/**
 * Types of what comes back, by what the bank did: of payments that had come in 552 credit reversal, 555 deposited item returned,
 * 557 ACH return item, 558 ACH reversal and 566 return item; of payments we had sent 252 debit reversal, 255 check posted and
 * returned, 257 ACH return item and 258 ACH reversal.
 */
const RETURNS: Readonly<Record<string, 'payment' | 'payout'>> = {
  ...Object.fromEntries(['552', '555', '557', '558', '566'].map((type) => [type, 'payment'] as const)),
  ...Object.fromEntries(['252', '255', '257', '258'].map((type) => [type, 'payout'] as const)),
};

interface Detail {
  readonly type: string;
  readonly minor: bigint;
  readonly bankReference: string;
  readonly references: readonly string[];
  readonly record: number;
}

function detailItem(detail: Detail, account: Account, group: Group): UnnumberedItem {
  const { type, minor, bankReference, references, record } = detail;
  const movement = {
    record,
    amount: { minor, currency: account.currency },
    settledOn: group.asOf,
    code: type,
    ...(bankReference !== '' && { bankReference }),
    references,
  };
  if (group.because !== undefined) return { kind: 'information', ...movement, because: group.because };
  const returned = RETURNS[type];
  if (returned !== undefined) {
    return { kind: 'return', ...movement, stage: 'return', of: returned, returnCode: type, reason: 'Returned item' };
  }
  if (type >= '101' && type <= '399') return { kind: 'credit', ...movement, reversal: false };
  if (type >= '401' && type <= '699') return { kind: 'debit', ...movement, reversal: false };
  return { kind: 'information', ...movement, because: `type ${type} is neither a credit nor a debit` };
}
