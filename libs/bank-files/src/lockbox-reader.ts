import { type BankFileHeader, BankFileRefused, type FormatReader, type TakeItem } from './bank-file.js';
import { isTime, yymmdd } from './days.js';
import { Columns, endingOf, Lines } from './lines.js';

interface Totals {
  checks: number;
  amount: bigint;
}

interface Check {
  readonly columns: Columns;
  readonly batch: string;
  readonly item: number;
  readonly amount: bigint;
  readonly overflow: string[];
  /** The last overflow record said that it was the last. */
  isComplete: boolean;
}

const USD = 'USD';
/** A check for more remittance data than this has a file that is broken. */
const MAX_OVERFLOW = 99;

/**
 * Reads a BAI lockbox file: 1, 2, then for each lockbox 5, checks (6, each with its overflow 4) by batch (7), and 8; at last 9.
 * Batch, lockbox and file are held against what they say: numbers, dates, counts and sums. The declared record size is
 * not: banks declare 80 and send 104. Columns after 46 of a check, and an overflow's from 12, differ from biller to biller:
 * all that is written there is a reference.
 */
export class LockboxReader implements FormatReader {
  header: BankFileHeader | undefined;
  readonly #lines = new Lines((line, record) => this.#take(new Columns(line, record)));
  #hasService = false;
  #lockbox: { readonly number: string; readonly depositedOn: string; readonly day: string } | undefined;
  #lockboxTotals: Totals = none();
  #batchTotals: Totals = none();
  #batch: string | undefined;
  #batchIsOpen = false;
  #batchItem = 0;
  #check: Check | undefined;
  #last: 'batch' | 'other' = 'other';
  #isClosed = false;

  constructor(private readonly item: TakeItem) {}

  get records(): number {
    return this.#lines.count;
  }

  write(bytes: Uint8Array): void {
    this.#lines.write(bytes);
  }

  end(): void {
    this.#lines.end();
    if (!this.#isClosed) throw new BankFileRefused(this.records, 'the file ends without a destination trailer (9)');
  }

  #take(columns: Columns): void {
    if (this.#isClosed) throw columns.refused('nothing follows the destination trailer (9)');
    const type = columns.raw(1, 1);
    if (!this.header && type !== '1') throw columns.refused('the file must begin with an address header (1)');
    switch (type) {
      case '1':
        return this.#addressHeader(columns);
      case '2':
        return this.#serviceHeader(columns);
      case '5':
        return this.#lockboxHeader(columns);
      case '6':
        return this.#checkDetail(columns);
      case '4':
        return this.#overflow(columns);
      case '7':
        return this.#batchTotal(columns);
      case '8':
        return this.#lockboxTotal(columns);
      case '9':
        return this.#trailer(columns);
      default:
        throw columns.refused('the record type (column 1) must be 1, 2, 4, 5, 6, 7, 8 or 9');
    }
  }

  #addressHeader(columns: Columns): void {
    if (this.header) throw columns.refused('a second address header (1)');
    columns.digits(2, 3, 'priority code');
    const createdOn = yymmdd(columns.raw(24, 29));
    if (createdOn === undefined) throw columns.refused('the file date (columns 24–29) is no date');
    if (!isTime(columns.raw(30, 33))) throw columns.refused('the file time (columns 30–33) is no time');
    const [receiver, sender] = [columns.text(4, 13), columns.text(14, 23)];
    const identification = `${sender} ${createdOn} ${columns.raw(30, 33)}`;
    this.header = { format: 'BAI lockbox', sender, receiver, createdOn, identification };
  }

  #serviceHeader(columns: Columns): void {
    if (this.#lockbox) throw columns.refused('a service header (2) inside a lockbox');
    columns.digits(32, 34, 'service type');
    this.#hasService = true;
  }

  #lockboxHeader(columns: Columns): void {
    if (!this.#hasService) throw columns.refused('a lockbox header (5) without a service header (2) before it');
    const number = columns.digits(8, 14, 'lockbox number');
    const day = columns.raw(15, 20);
    const depositedOn = yymmdd(day);
    if (depositedOn === undefined) throw columns.refused('the deposit date (columns 15–20) is no date');
    // Some banks write a header for each batch of one lockbox.
    if (this.#lockbox && (this.#last !== 'batch' || this.#lockbox.number !== number || this.#lockbox.day !== day)) {
      throw columns.refused('a lockbox header (5) before the total (8) of the lockbox before it');
    }
    if (!this.#lockbox) {
      this.#lockboxTotals = none();
      this.#batch = undefined;
    }
    this.#lockbox = { number, depositedOn, day };
    this.#last = 'other';
  }

  #checkDetail(columns: Columns): void {
    if (!this.#lockbox) throw columns.refused('a check (6) outside a lockbox');
    this.#closeCheck();
    const batch = columns.digits(2, 4, 'batch number');
    const item = columns.count(5, 7, 'item number');
    const amount = columns.minor(8, 17, 'check amount');
    if (!this.#batchIsOpen) this.#openBatch(columns, batch);
    if (batch !== this.#batch) throw columns.refused('the batch number (columns 2–4) is not that of the check before');
    if (item <= this.#batchItem) throw columns.refused('item numbers (columns 5–7) must ascend within a batch');
    this.#batchItem = item;
    this.#batchTotals.checks += 1;
    this.#batchTotals.amount += amount;
    this.#check = { columns, batch, item, amount, overflow: [], isComplete: true };
    this.#last = 'other';
  }

  #openBatch(columns: Columns, batch: string): void {
    if (this.#batch !== undefined && batch <= this.#batch) {
      throw columns.refused('batch numbers (columns 2–4) must ascend within a lockbox');
    }
    this.#batch = batch;
    this.#batchIsOpen = true;
    this.#batchItem = 0;
    this.#batchTotals = none();
  }

  #overflow(columns: Columns): void {
    const check = this.#check;
    if (!check) throw columns.refused('an overflow (4) without a check (6) before it');
    const names =
      columns.digits(2, 4, 'batch number') === check.batch && columns.count(5, 7, 'item number') === check.item;
    if (!names) throw columns.refused('the overflow (4) names another check (columns 2–7) than the one before it');
    if (columns.raw(8, 8) !== '6') throw columns.refused('the overflow (4) must say that it is of a check (column 8)');
    if (check.isComplete && check.overflow.length > 0)
      throw columns.refused('an overflow (4) follows the last one (column 11)');
    const sequence = check.overflow.length + 1;
    if (sequence > MAX_OVERFLOW || columns.count(9, 10, 'overflow sequence number') !== sequence) {
      throw columns.refused(`the overflow sequence number (columns 9–10) must be ${sequence}`);
    }
    const indicator = columns.raw(11, 11);
    if (indicator !== '9' && indicator !== '0')
      throw columns.refused('the overflow indicator (column 11) must be 0 or 9');
    check.isComplete = indicator === '9';
    check.overflow.push(columns.text(12, columns.line.length));
  }

  #batchTotal(columns: Columns): void {
    if (!this.#lockbox) throw columns.refused('a batch total (7) outside a lockbox');
    this.#closeCheck();
    const batch = columns.digits(2, 4, 'batch number');
    // A batch of no checks has a total only.
    if (!this.#batchIsOpen) this.#openBatch(columns, batch);
    if (batch !== this.#batch) throw columns.refused('the batch number (columns 2–4) is not that of its checks');
    this.#requireLockbox(columns);
    requireTotals(
      columns,
      this.#batchTotals,
      columns.count(21, 23, 'check count'),
      columns.minor(24, 33, 'check total'),
    );
    this.#lockboxTotals.checks += this.#batchTotals.checks;
    this.#lockboxTotals.amount += this.#batchTotals.amount;
    this.#batchIsOpen = false;
    this.#last = 'batch';
  }

  #lockboxTotal(columns: Columns): void {
    if (!this.#lockbox) throw columns.refused('a lockbox total (8) outside a lockbox');
    this.#closeCheck();
    if (this.#batchIsOpen) throw columns.refused(`batch ${this.#batch} has no total (7)`);
    this.#requireLockbox(columns);
    requireTotals(
      columns,
      this.#lockboxTotals,
      columns.count(21, 24, 'check count'),
      columns.minor(25, 34, 'check total'),
    );
    this.#lockbox = undefined;
  }

  #trailer(columns: Columns): void {
    if (this.#lockbox) throw columns.refused('the lockbox before has no total (8)');
    const said = columns.count(2, 7, 'number of records');
    if (said !== columns.record)
      throw columns.refused(`the number of records is ${said}, and there are ${columns.record}`);
    this.#isClosed = true;
  }

  #requireLockbox(columns: Columns): void {
    const { number, day } = this.#lockbox!;
    if (columns.raw(8, 14) !== number)
      throw columns.refused('the lockbox number (columns 8–14) is not that of its header');
    if (columns.raw(15, 20) !== day)
      throw columns.refused('the deposit date (columns 15–20) is not that of its header');
  }

  #closeCheck(): void {
    const check = this.#check;
    if (!check) return;
    const { columns, amount, overflow } = check;
    if (!check.isComplete)
      throw columns.refused('the last overflow (4) of the check says that more follow (column 11)');
    const rest = columns
      .text(47, columns.line.length)
      .replace(/^\d{6}(?=\D|$)/, '')
      .trim();
    const number = columns.digits(37, 46, 'check number').replace(/^0+/, '');
    this.item({
      kind: 'credit',
      record: columns.record,
      amount: { minor: amount, currency: USD },
      settledOn: this.#lockbox!.depositedOn,
      code: `lockbox ${this.#lockbox!.number}`,
      ...(number !== '' && { bankReference: number }),
      references: [...overflow, rest].filter((text) => text !== ''),
      accountEnding: endingOf(columns.text(27, 36)),
      reversal: false,
    });
    this.#check = undefined;
  }
}

function none(): Totals {
  return { checks: 0, amount: 0n };
}

function requireTotals(columns: Columns, { checks, amount }: Totals, saidChecks: number, saidAmount: bigint): void {
  if (saidChecks !== checks) throw columns.refused(`the check count is ${saidChecks}, and there are ${checks}`);
  if (saidAmount !== amount) throw columns.refused(`the check total is ${saidAmount}, and the checks make ${amount}`);
}
