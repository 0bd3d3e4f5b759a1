import { BankFileRefused } from '../bank-file.js';
import { type Columns } from '../lines.js';

/** What a control record of a NACHA file says of the records before it. */
export interface NachaSums {
  /** Entries and addenda. */
  entries: number;
  /** Sum of the first eight digits of the receiving DFIs; below 2^53 for any file that can be. */
  hash: number;
  debits: bigint;
  credits: bigint;
}

const BLOCKING_FACTOR = 10;
const HASH_MODULUS = 10 ** 10;
const FILLER = '9'.repeat(94);

/** Counts and sums of a file, held against its control records. */
export class NachaControls {
  readonly #sums: NachaSums = { entries: 0, hash: 0, debits: 0n, credits: 0n };
  #records = 0;
  #batches = 0;
  #lastBatch = 0;
  #filler = 0;

  countRecord(): void {
    this.#records += 1;
  }

  /** A line after the file control: nines that fill the last block. */
  countFiller(columns: Columns): void {
    if (columns.line !== FILLER) throw columns.refused('nothing but records of nines follows the file control (9)');
    this.#filler += 1;
  }

  /** @returns the batch number */
  openBatch(columns: Columns): number {
    const number = columns.count(88, 94, 'batch number');
    if (number <= this.#lastBatch) throw columns.refused('batch numbers (columns 88–94) must ascend');
    this.#lastBatch = number;
    this.#batches += 1;
    return number;
  }

  closeBatch(columns: Columns, sums: NachaSums): void {
    requireSame(columns, 'entry and addenda count (columns 5–10)', columns.count(5, 10, 'count'), sums.entries);
    requireSame(columns, 'entry hash (columns 11–20)', columns.count(11, 20, 'entry hash'), sums.hash % HASH_MODULUS);
    requireSame(columns, 'debit total (columns 21–32)', columns.minor(21, 32, 'debit total'), sums.debits);
    requireSame(columns, 'credit total (columns 33–44)', columns.minor(33, 44, 'credit total'), sums.credits);
    this.#sums.entries += sums.entries;
    this.#sums.hash = (this.#sums.hash + sums.hash) % HASH_MODULUS;
    this.#sums.debits += sums.debits;
    this.#sums.credits += sums.credits;
  }

  closeFile(columns: Columns): void {
    const { entries, hash, debits, credits } = this.#sums;
    const blocks = Math.ceil(this.#records / BLOCKING_FACTOR);
    requireSame(columns, 'batch count (columns 2–7)', columns.count(2, 7, 'batch count'), this.#batches);
    requireSame(columns, 'block count (columns 8–13)', columns.count(8, 13, 'block count'), blocks);
    requireSame(columns, 'entry and addenda count (columns 14–21)', columns.count(14, 21, 'count'), entries);
    requireSame(columns, 'entry hash (columns 22–31)', columns.count(22, 31, 'entry hash'), hash);
    requireSame(columns, 'debit total (columns 32–43)', columns.minor(32, 43, 'debit total'), debits);
    requireSame(columns, 'credit total (columns 44–55)', columns.minor(44, 55, 'credit total'), credits);
  }

  /** The last block is filled to ten records, or the filling was cut off as a whole, which some banks do. */
  requireWholeBlocks(lastRecord: number): void {
    if (
      this.#filler === 0 ||
      (this.#filler < BLOCKING_FACTOR && (this.#records + this.#filler) % BLOCKING_FACTOR === 0)
    ) {
      return;
    }
    throw new BankFileRefused(
      lastRecord,
      `${this.#filler} records of nines do not fill the last block of ten after ${this.#records} records`,
    );
  }
}

/** Refuses a control that says something else than what was counted. */
function requireSame(columns: Columns, name: string, said: number | bigint, counted: number | bigint): void {
  if (said === counted) return;
  throw columns.refused(`the ${name} is ${said}, and the records make ${counted}`);
}
