import { BankFileRefused } from '../bank-file.js';
import { isTime, yymmdd } from '../days.js';

/** A record of BAI2 with its continuations (88), whose fields are taken one after the other. */
export class Fields {
  #line = 0;
  #at = 0;
  #ended = false;

  /**
   * @param lines what stands on the record's line after its code, and on those of its continuations
   * @param record the line on which it begins
   */
  constructor(
    private readonly lines: readonly string[],
    readonly record: number,
  ) {}

  /** The line on which the last continuation stands. */
  get lastRecord(): number {
    return this.record + this.lines.length - 1;
  }

  /** Whether the field that was taken last was the last of its line. */
  get isAtLineStart(): boolean {
    return this.#at === 0;
  }

  /** The next field; empty when it is left out, undefined when there are no more. The end of a line ends a field. */
  next(): string | undefined {
    if (this.#ended) return undefined;
    const line = this.lines[this.#line]!;
    const comma = line.indexOf(',', this.#at);
    const field = line.slice(this.#at, comma === -1 ? undefined : comma);
    if (comma === -1) this.#nextLine();
    else this.#at = comma + 1;
    return field.trim();
  }

  /** All that is left, line by line: commas and slashes belong to the text. */
  text(): string {
    if (this.#ended) return '';
    const text = [this.lines[this.#line]!.slice(this.#at), ...this.lines.slice(this.#line + 1)];
    this.#ended = true;
    return text
      .map((line) => line.trim())
      .join('\n')
      .trim();
  }

  /** A field that must be there. */
  required(name: string): string {
    const field = this.next();
    if (field === undefined || field === '') throw this.refused(`the ${name} is missing`);
    return field;
  }

  /** A whole number without sign. */
  count(name: string): number {
    const field = this.required(name);
    if (!/^\d{1,15}$/.test(field)) throw this.refused(`the ${name} must be a whole number`);
    return Number(field);
  }

  /** An amount: minor units with or without a sign. */
  amount(name: string): bigint {
    return this.optionalAmount(name) ?? this.#missing(name);
  }

  /** An amount that may be left out. */
  optionalAmount(name: string): bigint | undefined {
    const field = this.next();
    if (field === undefined || field === '') return undefined;
    if (!/^[+-]?\d{1,18}$/.test(field)) throw this.refused(`the ${name} must be digits with or without a sign`);
    return BigInt(field.startsWith('+') ? field.slice(1) : field);
  }

  refused(reason: string): BankFileRefused {
    return new BankFileRefused(this.record, reason);
  }

  #missing(name: string): never {
    throw this.refused(`the ${name} is missing`);
  }

  #nextLine(): void {
    this.#line += 1;
    this.#at = 0;
    this.#ended = this.#line >= this.lines.length;
  }
}

/**
 * When money of an amount is available: nothing is handed out of it, but what follows in the record begins after it.
 * S gives three parts, D any number of parts by days, V a day and a time; the parts have to make the amount.
 */
export function skipFundsType(fields: Fields, amount: bigint): void {
  const type = fields.next() ?? '';
  switch (type) {
    case '':
    case '0':
    case '1':
    case '2':
    case 'Z':
      return;
    case 'V':
      readDay(fields, 'value date');
      return requireTime(fields);
    case 'S': {
      const parts = [0, 1, 2].map(() => fields.optionalAmount('availability'));
      if (parts.some((part) => part !== undefined)) requireParts(fields, parts, amount);
      return;
    }
    case 'D': {
      const parts: (bigint | undefined)[] = [];
      const count = fields.count('number of availabilities');
      for (let part = 0; part < count; part += 1) {
        fields.count('days until available');
        parts.push(fields.amount('availability'));
      }
      return requireParts(fields, parts, amount);
    }
    default:
      throw fields.refused('the funds type must be 0, 1, 2, D, S, V or Z');
  }
}

function requireParts(fields: Fields, parts: readonly (bigint | undefined)[], amount: bigint): void {
  const sum = parts.reduce<bigint>((total, part) => total + (part ?? 0n), 0n);
  if (sum !== amount) throw fields.refused(`the availabilities make ${sum}, and the amount is ${amount}`);
}

/** `YYMMDD` as an ISO day; undefined when it is left out. */
export function readDay(fields: Fields, name: string): string | undefined {
  const text = fields.next() ?? '';
  const day = yymmdd(text);
  if (day === undefined && text !== '') throw fields.refused(`the ${name} is no date`);
  return day;
}

/** `HHMM`; 2400 and 9999 are the end of the day. */
export function requireTime(fields: Fields): void {
  const text = fields.next() ?? '';
  if (text === '' || text === '2400' || text === '9999' || isTime(text)) return;
  throw fields.refused('the time must be HHMM');
}
