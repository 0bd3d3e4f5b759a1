import { BankFileRefused } from './bank-file.js';

/** Longer than any record of any of these formats: what has no line end after so much is no such file. */
const MAX_LINE = 65_536;

/** How MS-DOS ended text files, and some banks still do. */
const END_OF_FILE = '\u001a';
/** Of UTF-8, which some editors put before everything. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

interface LineOptions {
  /**
   * Length of the records of a file that has no line ends at all, from its first characters; undefined when such a file
   * cannot be.
   */
  readonly blockLength?: (start: string) => number | undefined;
}

/**
 * Cuts bytes into lines, in constant memory. Line ends are LF or CR LF; the last may be missing. One byte is one
 * character (ISO 8859-1), because the columns of fixed-width records are counted in bytes. Blank lines are passed over at
 * the end of a file and refused before.
 */
export class Lines {
  #rest = '';
  #blockLength: number | undefined;
  #blankFrom = 0;
  #count = 0;

  constructor(
    private readonly take: (line: string, record: number) => void,
    private readonly options: LineOptions = {},
  ) {}

  /** How many lines have been taken. */
  get count(): number {
    return this.#count;
  }

  write(bytes: Uint8Array): void {
    let text = this.#rest + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    if (this.#count === 0 && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(BYTE_ORDER_MARK.length);
    let from = 0;
    if (this.#blockLength === undefined) {
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        this.#line(text.slice(from, text[end - 1] === '\r' && end > from ? end - 1 : end));
        from = end + 1;
      }
      this.#rest = text.slice(from);
      if (this.#rest.length > MAX_LINE) this.#noLineEnds();
      return;
    }
    for (; from + this.#blockLength <= text.length; from += this.#blockLength) {
      this.#line(text.slice(from, from + this.#blockLength));
    }
    this.#rest = text.slice(from);
  }

  end(): void {
    if (this.#count === 0 && this.#blockLength === undefined) {
      this.#blockLength = this.options.blockLength?.(this.#rest);
      if (this.#blockLength !== undefined) this.write(new Uint8Array());
    }
    const rest = this.#rest.endsWith(END_OF_FILE) ? this.#rest.slice(0, -1) : this.#rest;
    if (rest.replaceAll('\r', '') !== '') this.#line(rest.replace(/\r$/, ''));
  }

  /** The file has no line ends; its records may all be of one length. */
  #noLineEnds(): void {
    if (this.#count === 0) this.#blockLength = this.options.blockLength?.(this.#rest);
    if (this.#blockLength === undefined) throw new BankFileRefused(this.#count + 1, 'the line has no end');
    this.write(new Uint8Array());
  }

  #line(line: string): void {
    const length = this.#count === 0 ? this.options.blockLength?.(line) : undefined;
    if (length !== undefined && line.length > length && line.length % length === 0) {
      // All records on one line that ends.
      for (let from = 0; from < line.length; from += length) this.#line(line.slice(from, from + length));
      return;
    }
    this.#count += 1;
    if (line.trim() === '' || line === END_OF_FILE) {
      if (this.#blankFrom === 0) this.#blankFrom = this.#count;
      return;
    }
    if (this.#blankFrom > 0) throw new BankFileRefused(this.#blankFrom, 'the line is blank, and others follow');
    this.take(line, this.#count);
  }
}

/** A line of fixed-width fields, whose columns are counted from 1 as in the formats' own documents. */
export class Columns {
  constructor(
    readonly line: string,
    readonly record: number,
  ) {}

  /** What stands in columns `from` to `to`, without the blanks around it. */
  text(from: number, to: number): string {
    return this.line.slice(from - 1, to).trim();
  }

  raw(from: number, to: number): string {
    return this.line.slice(from - 1, to);
  }

  /** Digits in every column; refused otherwise. @param name of the field, for the reason */
  digits(from: number, to: number, name: string): string {
    const text = this.line.slice(from - 1, to);
    if (text.length !== to - from + 1 || !ALL_DIGITS.test(text)) {
      throw this.refused(`${name} (columns ${from}–${to}) must be digits`);
    }
    return text;
  }

  /** Like {@link digits}, as a number of at most 15 digits. */
  count(from: number, to: number, name: string): number {
    return Number(this.digits(from, to, name));
  }

  /** Like {@link digits}, as minor units. */
  minor(from: number, to: number, name: string): bigint {
    return BigInt(this.digits(from, to, name));
  }

  refused(reason: string): BankFileRefused {
    return new BankFileRefused(this.record, reason);
  }
}

const ALL_DIGITS = /^\d+$/;

/** The last four characters of an account number. */
export function endingOf(account: string): string | undefined {
  const text = account.trim();
  // Of a number so short that four characters are most of it, nothing is shown.
  return text.length > 4 ? text.slice(-4) : undefined;
}
