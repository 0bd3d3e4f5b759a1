import { type Columns } from '../lines.js';

interface EntryOfAddenda {
  readonly trace: string;
  /** How many addenda the entry has, this one included. */
  readonly addenda: number;
  /** How many of the international addenda 17 and 18 it has. */
  readonly numbered: { '17': number; '18': number };
}

/** International addenda in their order; 17 (remittance) and 18 (foreign correspondent banks) may follow, numbered. */
const INTERNATIONAL = ['10', '11', '12', '13', '14', '15', '16'];

/**
 * Addenda that carry data: 05, numbered from 1; 02 of terminals; 10 to 18 of international entries. Each names its entry
 * by the last seven digits of the trace number.
 */
export function sequenceOfAddenda(
  columns: Columns,
  type: string,
  entry: EntryOfAddenda,
  { secCode, isInternational }: { readonly secCode: string; readonly isInternational: boolean },
): void {
  const { addenda } = entry;
  if (type === '02') {
    if (!['POS', 'SHR', 'MTE'].includes(secCode)) throw columns.refused('addenda 02 stand in POS, SHR and MTE only');
    return;
  }
  if (columns.digits(88, 94, 'entry sequence number') !== entry.trace.slice(8)) {
    throw columns.refused('the addenda names another entry (columns 88–94) than the one before it');
  }
  if (isInternational) return requireInternational(columns, type, entry);
  if (type !== '05') throw columns.refused('the addenda type (columns 2–3) must be 02, 05, 98 or 99');
  if (columns.count(84, 87, 'addenda sequence number') !== addenda) {
    throw columns.refused(`the addenda sequence number (columns 84–87) must be ${addenda}`);
  }
}

function requireInternational(columns: Columns, type: string, { addenda, numbered }: EntryOfAddenda): void {
  const expected = INTERNATIONAL[addenda - 1];
  if (expected !== undefined) {
    if (type !== expected) throw columns.refused(`addenda ${expected} must follow here (columns 2–3)`);
    return;
  }
  if (type !== '17' && type !== '18') throw columns.refused('after addenda 16 only 17 and 18 may follow');
  numbered[type] += 1;
  if (columns.count(84, 87, 'addenda sequence number') !== numbered[type]) {
    throw columns.refused(`the addenda sequence number (columns 84–87) must be ${numbered[type]}`);
  }
}

/**
 * The trace number in columns 80–94 of addenda 99, 98 and 02. The rules want that of their entry, and some banks put the
 * one of the returning bank's own entry there in every record. So either all of a file agree, or none; and none may be
 * that of the entry before, as when two records were exchanged.
 */
export class TraceOfAddenda {
  #agree: boolean | undefined;
  #before = '';

  take(columns: Columns, trace: string): void {
    const own = columns.digits(80, 94, 'trace number');
    const agrees = own === trace;
    if (own !== trace && own === this.#before) {
      throw columns.refused('the addenda names the entry before (columns 80–94), not its own');
    }
    if (this.#agree !== undefined && this.#agree !== agrees) {
      throw columns.refused('the addenda names another entry (columns 80–94), unlike the addenda before it');
    }
    this.#agree = agrees;
    this.#before = trace;
  }
}
