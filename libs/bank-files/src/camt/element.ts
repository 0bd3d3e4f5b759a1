import { BankFileRefused } from '../bank-file.js';
import { dayOf } from '../days.js';

/** More text than an entry, a balance or a transaction has. */
const MAX_TEXT = 1_000_000;

/**
 * What has been read of one element of a statement: the texts of its leaves by their path within it, such as
 * `RmtInf/Strd/CdtrRefInf/Ref`, without namespaces.
 */
export class Element {
  readonly #texts = new Map<string, string[]>();
  #size = 0;

  /** @param record the line on which it begins */
  constructor(
    readonly name: string,
    readonly record: number,
    /** How many elements it is within. */
    readonly depth: number,
  ) {}

  add(path: string, text: string): void {
    this.#size += text.length + path.length;
    if (this.#size > MAX_TEXT) throw this.refused(`${this.name} holds more text than can be`);
    const there = this.#texts.get(path);
    if (there) there.push(text);
    else this.#texts.set(path, [text]);
  }

  all(path: string): readonly string[] {
    return this.#texts.get(path) ?? [];
  }

  /** The first of these paths that says something. */
  text(...paths: readonly string[]): string | undefined {
    for (const path of paths) {
      const text = this.#texts.get(path)?.find((one) => one !== '');
      if (text !== undefined) return text;
    }
    return undefined;
  }

  has(prefix: string): boolean {
    return [...this.#texts.keys()].some((path) => path === prefix || path.startsWith(`${prefix}/`));
  }

  required(name: string, ...paths: readonly string[]): string {
    const text = this.text(...paths);
    if (text === undefined) throw this.refused(`${this.name} has no ${name} (${paths[0]})`);
    return text;
  }

  /** A day, from a day or a moment: the day that is written there, in the bank's own time. */
  day(path: string): string | undefined {
    const text = this.text(`${path}/Dt`, `${path}/DtTm`);
    if (text === undefined) return undefined;
    const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:$|T|Z|[+-]\d{2}:\d{2}$)/.exec(text) ?? [];
    const found = dayOf(Number(year), Number(month), Number(day));
    if (found === undefined) throw this.refused(`${path} of ${this.name} is no date`);
    return found;
  }

  /** +1 for CRDT and −1 for DBIT. */
  sign(path: string): 1n | -1n {
    const text = this.required('side', path);
    if (text === 'CRDT') return 1n;
    if (text === 'DBIT') return -1n;
    throw this.refused(`${path} of ${this.name} must be CRDT or DBIT`);
  }

  /** A whole number of at most 15 digits. */
  count(path: string): number | undefined {
    const text = this.text(path);
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw this.refused(`${path} of ${this.name} must be a whole number`);
    return Number(text);
  }

  refused(reason: string): BankFileRefused {
    return new BankFileRefused(this.record, reason);
  }
}

/**
 * The amount in a text as minor units; undefined when it is none, or finer than the currency has digits. A decimal of XML Schema
 * may begin with a plus, and needs figures on one side of its point only.
 */
export function minorOf(text: string, digits: number): bigint | undefined {
  const [, whole, fraction = ''] = /^\+?(?=\.?\d)(\d{0,18})(?:\.(\d{0,17}))?$/.exec(text) ?? [];
  if (whole === undefined || /[1-9]/.test(fraction.slice(digits))) return undefined;
  return BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
}
