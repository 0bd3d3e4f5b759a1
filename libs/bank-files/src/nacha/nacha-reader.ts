import {
  type BankFileHeader,
  BankFileRefused,
  type FormatReader,
  type TakeItem,
  type UnnumberedItem,
} from '../bank-file.js';
import { isTime, nearestDayOfYear, yymmdd } from '../days.js';
import { Columns, endingOf, Lines } from '../lines.js';
import { isRoutingNumber } from '../routing-number.js';
import { changeDetails, type ChangeDetails, returnDetails, type ReturnDetails } from './addenda.js';
import { NachaControls, type NachaSums } from './controls.js';
import { sequenceOfAddenda, TraceOfAddenda } from './addenda-order.js';
import { transactionCode, type TransactionCode } from './transaction-code.js';

const RECORD_LENGTH = 94;
/** Of these the last columns may be blank, and some banks send them cut off there; all others end in digits. */
const MAY_END_IN_BLANKS = ['1', '9'];
const USD = 'USD';

interface Batch {
  readonly serviceClass: string;
  readonly secCode: string;
  readonly companyId: string;
  readonly odfi: string;
  readonly number: number;
  readonly isReversal: boolean;
  /** IAT, or a notification of change of one, which is marked in columns 5–10. */
  readonly isInternational: boolean;
  readonly effectiveOn: string | undefined;
  readonly settledOn: string | undefined;
  readonly sums: NachaSums;
  lastTrace: string;
}

interface Entry {
  readonly columns: Columns;
  readonly code: string;
  readonly meaning: TransactionCode;
  readonly amount: bigint;
  readonly trace: string;
  readonly hasAddenda: boolean;
  addenda: number;
  readonly numbered: { '17': number; '18': number };
  readonly texts: string[];
  returned?: ReturnDetails;
  changed?: ChangeDetails;
}

/**
 * Reads a NACHA file (Nacha Operating Rules, Appendix Three): every SEC code whose entries are of the common layout, IAT
 * included; not ADV, which are advices between banks. Everything that the format can verify is verified: lengths, order,
 * counts, hashes, totals, check digits, trace and sequence numbers.
 */
export class NachaReader implements FormatReader {
  header: BankFileHeader | undefined;
  readonly #lines = new Lines((line, record) => this.#take(line, record), {
    blockLength: (start) => (/^[59]/.test(start.slice(RECORD_LENGTH)) ? RECORD_LENGTH : undefined),
  });
  readonly #controls = new NachaControls();
  readonly #traces = new TraceOfAddenda();
  #batch: Batch | undefined;
  #entry: Entry | undefined;
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
    if (!this.#isClosed) throw new BankFileRefused(this.records, 'the file ends without a file control record (9)');
    this.#controls.requireWholeBlocks(this.records);
  }

  #take(line: string, record: number): void {
    const columns = new Columns(ofFullLength(line, record), record);
    if (this.#isClosed) {
      this.#controls.countFiller(columns);
      return;
    }
    this.#controls.countRecord();
    const type = columns.line[0] ?? '';
    if (!this.header) {
      if (type !== '1') throw columns.refused('the file must begin with a file header record (1)');
      this.header = this.#fileHeader(columns);
      return;
    }
    switch (type) {
      case '5':
        return this.#batchHeader(columns);
      case '6':
        return this.#entryDetail(columns);
      case '7':
        return this.#addenda(columns);
      case '8':
        return this.#batchControl(columns);
      case '9':
        return this.#fileControl(columns);
      case '1':
        throw columns.refused('a second file header record (1)');
      default:
        throw columns.refused('the record type (column 1) must be 1, 5, 6, 7, 8 or 9');
    }
  }

  #fileHeader(columns: Columns): BankFileHeader {
    if (columns.raw(2, 3) !== '01') throw columns.refused('the priority code (columns 2–3) must be 01');
    if (columns.raw(35, 40) !== '094101') {
      throw columns.refused('record size, blocking factor and format code (columns 35–40) must be 094, 10 and 1');
    }
    // A blank and nine digits are a routing number; banks put another identification there for their customers.
    const destination = columns.raw(4, 13);
    if (/^ \d{9}$/.test(destination) && !isRoutingNumber(destination.trim())) {
      throw columns.refused('the check digit of the immediate destination (columns 4–13) does not hold');
    }
    const createdOn = yymmdd(columns.raw(24, 29));
    if (createdOn === undefined) throw columns.refused('the file creation date (columns 24–29) is no date');
    const time = columns.text(30, 33);
    if (time !== '' && !isTime(time)) throw columns.refused('the file creation time (columns 30–33) is no time');
    if (!/^[A-Z0-9 ]$/.test(columns.raw(34, 34))) {
      throw columns.refused('the file ID modifier (column 34) must be A–Z or 0–9');
    }
    return {
      format: 'NACHA',
      sender: columns.text(64, 86) || columns.text(14, 23),
      receiver: columns.text(41, 63) || columns.text(4, 13),
      createdOn,
      identification: `${columns.text(14, 23)} ${createdOn} ${columns.raw(34, 34).trim()}`.trim(),
    };
  }

  #batchHeader(columns: Columns): void {
    if (this.#batch) throw columns.refused('a batch header (5) before the control (8) of the batch before it');
    const serviceClass = columns.raw(2, 4);
    const secCode = columns.raw(51, 53);
    if (serviceClass === '280' || secCode === 'ADV') {
      throw columns.refused('ADV batches are advices between banks and not read');
    }
    if (!['200', '220', '225'].includes(serviceClass)) {
      throw columns.refused('the service class (columns 2–4) must be 200, 220 or 225');
    }
    if (!SEC_CODES.has(secCode)) throw columns.refused('the standard entry class (columns 51–53) is unknown');
    this.#batch = {
      serviceClass,
      secCode,
      companyId: columns.text(41, 50),
      odfi: columns.digits(80, 87, 'originating DFI'),
      number: this.#controls.openBatch(columns),
      // The rules want capitals; whoever forgets them reverses all the same.
      isReversal: columns.text(54, 63).toUpperCase() === 'REVERSAL',
      isInternational: secCode === 'IAT' || (secCode === 'COR' && columns.raw(5, 10) === 'IATCOR'),
      effectiveOn: optionalDay(columns, 70, 75, 'effective entry date'),
      settledOn: this.#settlementDay(columns),
      sums: { entries: 0, hash: 0, debits: 0n, credits: 0n },
      lastTrace: '',
    };
  }

  /** Columns 76–78: put in by the ACH operator, as the day of the year. */
  #settlementDay(columns: Columns): string | undefined {
    const text = columns.text(76, 78);
    if (text === '' || text === '000') return undefined;
    const day = nearestDayOfYear(columns.count(76, 78, 'settlement date'), this.header!.createdOn);
    if (day === undefined) throw columns.refused('the settlement date (columns 76–78) is no day of a year');
    return day;
  }

  #entryDetail(columns: Columns): void {
    const batch = this.#openBatch(columns, 'an entry (6)');
    this.#closeEntry();
    const code = columns.raw(2, 3);
    const meaning = transactionCode(code);
    if (!meaning) throw columns.refused('the transaction code (columns 2–3) is unknown');
    const routing = columns.digits(4, 12, 'receiving DFI');
    if (!isRoutingNumber(routing)) {
      throw columns.refused('the check digit of the receiving DFI (columns 4–12) does not hold');
    }
    const amount = columns.minor(30, 39, 'amount');
    requireSide(columns, batch, meaning, amount);
    const trace = columns.digits(80, 94, 'trace number');
    if (trace <= batch.lastTrace) throw columns.refused('trace numbers (columns 80–94) must ascend within a batch');
    batch.lastTrace = trace;
    const indicator = columns.raw(79, 79);
    if (indicator !== '0' && indicator !== '1') {
      throw columns.refused('the addenda record indicator (column 79) must be 0 or 1');
    }
    batch.sums.entries += 1;
    batch.sums.hash += Number(routing.slice(0, 8));
    if (meaning.side === 'debit') batch.sums.debits += amount;
    else batch.sums.credits += amount;
    const none = { addenda: 0, numbered: { '17': 0, '18': 0 }, texts: [] };
    this.#entry = { columns, code, meaning, amount, trace, hasAddenda: indicator === '1', ...none };
  }

  #addenda(columns: Columns): void {
    const batch = this.#openBatch(columns, 'an addenda (7)');
    const entry = this.#entry;
    if (!entry) throw columns.refused('an addenda (7) without an entry (6) before it');
    if (!entry.hasAddenda) throw columns.refused('an addenda (7) although the entry says that it has none (column 79)');
    const type = columns.raw(2, 3);
    if (entry.changed) throw columns.refused('nothing follows a notification of change (798)');
    if (entry.returned && type !== '99') throw columns.refused('nothing but 799 follows a return (799)');
    entry.addenda += 1;
    batch.sums.entries += 1;
    if (type === '99') entry.returned = laterStage(columns, entry.returned, batch);
    else if (type === '98') entry.changed = changeDetails(columns);
    else sequenceOfAddenda(columns, type, entry, batch);
    if (type === '99' || type === '98' || type === '02') {
      this.#traces.take(columns, entry.trace);
    }
    if (type === '05') entry.texts.push(columns.text(4, 83));
  }

  #batchControl(columns: Columns): void {
    const batch = this.#openBatch(columns, 'a batch control (8)');
    this.#closeEntry();
    const header: [string, boolean][] = [
      ['service class (columns 2–4)', columns.raw(2, 4) === batch.serviceClass],
      // Some write it with the blank on the other side, and international batches leave it out.
      ['company identification (columns 45–54)', ['', batch.companyId].includes(columns.text(45, 54))],
      ['originating DFI (columns 80–87)', columns.raw(80, 87) === batch.odfi],
      ['batch number (columns 88–94)', columns.count(88, 94, 'batch number') === batch.number],
    ];
    const wrong = header.find(([, agrees]) => !agrees);
    if (wrong) throw columns.refused(`the ${wrong[0]} is not that of the batch header`);
    this.#controls.closeBatch(columns, batch.sums);
    this.#batch = undefined;
  }

  #fileControl(columns: Columns): void {
    if (this.#batch) throw columns.refused(`batch ${this.#batch.number} has no batch control (8)`);
    this.#controls.closeFile(columns);
    this.#isClosed = true;
  }

  #openBatch(columns: Columns, what: string): Batch {
    if (!this.#batch) throw columns.refused(`${what} outside a batch`);
    return this.#batch;
  }

  /** The entry has all its addenda: it is complete. */
  #closeEntry(): void {
    const [entry, batch] = [this.#entry, this.#batch!];
    if (!entry) return;
    const { columns } = entry;
    if (entry.hasAddenda && entry.addenda === 0) {
      throw columns.refused('the entry says that it has addenda (column 79), and none follows');
    }
    requireConsistent(entry, batch);
    this.item(itemOf(entry, batch, this.header!.createdOn));
    this.#entry = undefined;
  }
}

/** As many characters as a record has; a name in UTF-8 has more bytes than columns. */
function ofFullLength(line: string, record: number): string {
  let text = line;
  if (text.length > RECORD_LENGTH && text.charCodeAt(0) < 0x80) {
    const decoded = Buffer.from(text, 'latin1').toString('utf8');
    text = decoded.includes('\ufffd') ? text : decoded;
    if (text.length > RECORD_LENGTH) text = text.trimEnd();
  }
  if (text.length === RECORD_LENGTH) return text;
  if (text.length < RECORD_LENGTH && MAY_END_IN_BLANKS.includes(text[0]!)) return text.padEnd(RECORD_LENGTH);
  throw new BankFileRefused(record, `the record has ${text.length} characters and must have ${RECORD_LENGTH}`);
}

function optionalDay(columns: Columns, from: number, to: number, name: string): string | undefined {
  const text = columns.text(from, to);
  if (text === '' || /^0+$/.test(text)) return undefined;
  const day = yymmdd(text);
  if (day === undefined) throw columns.refused(`the ${name} (columns ${from}–${to}) is no date`);
  return day;
}

/** Refuses money on a side that the batch does not have, and money where none may be. */
function requireSide(columns: Columns, batch: Batch, { side, purpose }: TransactionCode, amount: bigint): void {
  if (amount === 0n) return;
  if ((batch.serviceClass === '220' && side === 'debit') || (batch.serviceClass === '225' && side === 'credit')) {
    throw columns.refused(`a ${side} in a batch of service class ${batch.serviceClass}`);
  }
  if (purpose === 'prenote' || purpose === 'zero-dollar') {
    throw columns.refused(`a ${purpose} entry must have the amount zero (columns 30–39)`);
  }
}

/** These say in columns 55–58 how many addenda follow; international entries in 13–16. A return need not keep the number. */
const ANNOUNCING = new Set(['CTX', 'TRX', 'ATX']);
/** How many addenda an entry of a class may have, where that is not thousands (Nacha Operating Rules, Appendix Three). */
const MOST_ADDENDA: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['ARC', 'BOC', 'POP', 'RCK', 'TEL', 'TRC', 'XCK'].map((secCode) => [secCode, 0])),
  ...Object.fromEntries(['ACK', 'CCD', 'CIE', 'DNE', 'MTE', 'POS', 'PPD', 'SHR', 'WEB'].map((secCode) => [secCode, 1])),
};

function requireConsistent(entry: Entry, { secCode, odfi, isInternational }: Batch): void {
  const { columns, addenda, meaning, returned, changed } = entry;
  if (meaning.purpose === 'return-or-change' && !returned && !changed) {
    throw columns.refused('the transaction code is that of a return or change, and no addenda 99 or 98 follows');
  }
  if ((secCode === 'COR') !== (changed !== undefined) && secCode !== 'IAT') {
    throw columns.refused('notifications of change (798) stand in batches of class COR, and nothing else does');
  }
  if (changed && entry.amount !== 0n && !isInternational)
    throw columns.refused('a notification of change must have the amount zero');
  // What follows need not hold of a return, which keeps much of the entry that comes back.
  if (returned || changed) return;
  if (!entry.trace.startsWith(odfi)) {
    throw columns.refused('the trace number (columns 80–94) must begin with the originating DFI of the batch');
  }
  const most = MOST_ADDENDA[secCode];
  if (most !== undefined && addenda > most) {
    throw columns.refused(`an entry of class ${secCode} has at most ${most} addenda, and ${addenda} follow`);
  }
  if (ANNOUNCING.has(secCode) && columns.count(55, 58, 'number of addenda') !== addenda) {
    throw columns.refused(
      `the entry announces another number of addenda (columns 55–58) than the ${addenda} that follow`,
    );
  }
  if (isInternational) {
    const announced = columns.count(13, 16, 'number of addenda');
    if (addenda < 7) throw columns.refused('an international entry needs its addenda 10 to 16');
    // Some count the seven mandatory addenda only, as the rules had it before 2014.
    if (announced !== addenda && announced !== 7) {
      throw columns.refused(
        `the entry announces another number of addenda (columns 13–16) than the ${addenda} that follow`,
      );
    }
  }
}

const STAGES = ['return', 'dishonored', 'contested'] as const;

/** What an addenda 99 says; one that follows another goes on from it, and is never the same again. */
function laterStage(columns: Columns, before: ReturnDetails | undefined, batch: Batch): ReturnDetails {
  const returned = returnDetails(columns, batch.isInternational);
  if (before && STAGES.indexOf(returned.stage) <= STAGES.indexOf(before.stage)) {
    throw columns.refused('a 799 that follows another must dishonor or contest what that one says');
  }
  return returned;
}

interface EntryFields {
  readonly identification: readonly [number, number];
  readonly name?: readonly [number, number];
}

const COMMON: EntryFields = { identification: [40, 54], name: [55, 76] };
/** Where identification and name stand in entries that differ. Card numbers of SHR (55–76) are not read. */
const FIELDS: Readonly<Record<string, EntryFields>> = {
  CIE: { identification: [55, 76], name: [40, 54] },
  MTE: { identification: [62, 76], name: [40, 61] },
  CTX: { identification: [40, 54], name: [59, 74] },
  ENR: { identification: [40, 54], name: [59, 74] },
  ACK: COMMON,
  ATX: { identification: [40, 54], name: [59, 74] },
  TRX: { identification: [40, 54], name: [59, 74] },
  POP: { identification: [40, 48], name: [55, 76] },
  SHR: { identification: [44, 54] },
};

const SEC_CODES = new Set(
  'ACK ARC ATX BOC CCD CIE COR CTX DNE ENR IAT MTE POP POS PPD RCK SHR TEL TRC TRX WEB XCK'.split(' '),
);

function itemOf(entry: Entry, batch: Batch, createdOn: string): UnnumberedItem {
  const { columns, code, amount, trace, meaning, returned, changed } = entry;
  const { identification, name } = FIELDS[batch.secCode] ?? COMMON;
  const { isInternational } = batch;
  const references = [isInternational ? '' : columns.text(...identification), ...entry.texts].filter(
    (text) => text !== '',
  );
  // A return keeps the effective date of the entry that comes back, which is not its own.
  const settledOn = batch.settledOn ?? (returned || changed ? undefined : batch.effectiveOn) ?? createdOn;
  const place = { record: columns.record, settledOn, references };
  if (changed) return { kind: 'notification-of-change', ...place, ...changed };
  const common = {
    ...place,
    code: `${batch.secCode} ${code}`,
    bankReference: trace,
    accountEnding: endingOf(isInternational ? columns.text(40, 74) : columns.text(13, 29)),
  };
  if (meaning.purpose === 'prenote' && !returned) return { kind: 'prenote', ...common };
  const money = {
    ...common,
    amount: { minor: amount, currency: USD },
    name: name && !isInternational ? columns.text(...name) || undefined : undefined,
  };
  if (returned) {
    return { kind: 'return', ...money, ...returned, of: meaning.side === 'debit' ? 'payment' : 'payout' };
  }
  if (meaning.purpose === 'zero-dollar') {
    return { kind: 'information', ...money, because: 'an entry with remittance data and no money' };
  }
  return { kind: meaning.side, ...money, reversal: batch.isReversal };
}
