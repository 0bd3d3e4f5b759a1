import { isRoutingNumber } from '../routing-number.js';
import { isBankingDay } from './banking-days.js';

/** Who sends a file, and in whose name it collects. */
interface NachaOriginator {
  /** Routing number of the bank that gets the file, and its name. */
  readonly destination: string;
  readonly destinationName: string;
  /** As the bank has assigned it: ten digits, or nine. */
  readonly origin: string;
  readonly originName: string;
  /** What the payer reads on a statement. */
  readonly companyName: string;
  /** As the bank has assigned it, at most ten characters. */
  readonly companyId: string;
  /** Routing number of the originating bank. */
  readonly odfi: string;
}

interface NachaAccount {
  readonly routingNumber: string;
  readonly accountNumber: string;
  readonly type: 'checking' | 'savings';
  readonly holder: string;
}

/** One entry: a debit, a prenote of a later debit, or the micro-entries that show whose an account is. */
export type NachaOrder = {
  readonly account: NachaAccount;
  /** By which the biller knows it when it comes back, at most 15 characters. */
  readonly identification: string;
} & (
  | { readonly kind: 'debit'; /** Cents. */ readonly amount: bigint; readonly isRecurring?: boolean }
  | { readonly kind: 'prenote' }
  /** Two credits of less than a dollar, and one debit that takes both back. Cents. */
  | { readonly kind: 'micro-deposits'; readonly credits: readonly [bigint, bigint] }
);

interface NachaBatch {
  readonly secCode: 'PPD' | 'WEB' | 'TEL';
  /** What it is for, at most ten characters; micro-entries are called ACCTVERIFY by the rules, whatever stands here. */
  readonly description: string;
  /** ISO, a banking day: see `effectiveEntryDate`. */
  readonly effectiveOn: string;
  readonly orders: Iterable<NachaOrder>;
}

export interface NachaFile {
  readonly originator: NachaOriginator;
  /** ISO day and `HHMM`. */
  readonly createdOn: string;
  readonly createdAt: string;
  /** A, B, C … for the files of one day. */
  readonly modifier: string;
  /** Of the first entry; trace numbers count up from it and must not come again within the time of returns. */
  readonly firstTrace: number;
  readonly batches: Iterable<NachaBatch>;
}

/** Something cannot be written in a NACHA file; the message names the field, and no account number. */
export class NachaNotWritable extends Error {
  override readonly name = 'NachaNotWritable';

  constructor(
    readonly field: string,
    message: string,
  ) {
    super(`${field} ${message}`);
  }
}

interface Sums {
  entries: number;
  hash: number;
  debits: bigint;
  credits: bigint;
}

const MICRO_ENTRIES = 'ACCTVERIFY';
const MAX_AMOUNT = 9_999_999_999n;
const MAX_TOTAL = 999_999_999_999n;
const HASH_MODULUS = 10 ** 10;
const LAST_TRACE = 9_999_999;

/**
 * The records of a file of debits, prenotes and micro-deposits, one after the other, without line ends. Orders are taken
 * as they are written, so that a file of any size needs constant memory. A batch with micro-deposits holds nothing else.
 * @throws NachaNotWritable
 */
export function* writeNacha(file: NachaFile): Generator<string> {
  const { originator } = file;
  const counter = new Counter(file.firstTrace, routing('odfi', originator.odfi).slice(0, 8));
  yield counter.record(fileHeader(file));
  let batches = 0;
  for (const batch of file.batches) {
    batches += 1;
    yield* batchRecords(batch, originator, batches, counter);
  }
  if (batches === 0) throw new NachaNotWritable('batches', 'must be at least one');
  const { entries, hash, debits, credits } = counter.file;
  const blocks = Math.ceil((counter.records + 1) / 10);
  yield counter.record(
    `9${digits(batches, 6)}${digits(blocks, 6)}${digits(entries, 8)}${digits(hash, 10)}${total(debits)}${total(credits)}`.padEnd(
      94,
    ),
  );
  for (let record = counter.records; record % 10 !== 0; record += 1) yield '9'.repeat(94);
}

/** What has been written, for the controls. */
class Counter {
  readonly file: Sums = noSums();
  records = 0;
  #trace: number;

  constructor(
    firstTrace: number,
    readonly odfi: string,
  ) {
    this.#trace = firstTrace;
  }

  record(text: string): string {
    if (text.length !== 94) throw new Error(`a record of ${text.length} characters was made`);
    this.records += 1;
    return text;
  }

  nextTrace(): string {
    if (!(this.#trace >= 1 && this.#trace <= LAST_TRACE)) {
      throw new NachaNotWritable('firstTrace', `must leave every entry a number from 1 to ${LAST_TRACE}`);
    }
    const trace = `${this.odfi}${digits(this.#trace, 7)}`;
    this.#trace += 1;
    return trace;
  }
}

function fileHeader({ originator, createdOn, createdAt, modifier }: NachaFile): string {
  if (!/^([01]\d|2[0-3])[0-5]\d$/.test(createdAt)) throw new NachaNotWritable('createdAt', 'must be HHMM');
  if (!/^[A-Z0-9]$/.test(modifier)) throw new NachaNotWritable('modifier', 'must be A–Z or 0–9');
  if (!/^\d{9,10}$/.test(originator.origin)) throw new NachaNotWritable('origin', 'must be nine or ten digits');
  const [destination, origin] = [routing('destination', originator.destination), originator.origin.padStart(10)];
  const names = `${text(originator.destinationName, 23)}${text(originator.originName, 23)}`;
  return `101 ${destination}${origin}${shortDay('createdOn', createdOn)}${createdAt}${modifier}094101${names}${' '.repeat(8)}`;
}

function* batchRecords(
  batch: NachaBatch,
  { companyName, companyId }: NachaOriginator,
  number: number,
  counter: Counter,
): Generator<string> {
  if (!isBankingDay(batch.effectiveOn)) throw new NachaNotWritable('effectiveOn', 'must be a banking day');
  if (!/^[\x20-\x7e]{1,10}$/.test(companyId)) throw new NachaNotWritable('companyId', 'must be 1 to 10 characters');
  const company = companyId.padEnd(10);
  const sums = noSums();
  let serviceClass: string | undefined;
  for (const order of batch.orders) {
    const isMicro = order.kind === 'micro-deposits';
    if (serviceClass === undefined) {
      serviceClass = isMicro ? '200' : '225';
      const description = text(isMicro ? MICRO_ENTRIES : batch.description, 10);
      yield counter.record(
        `5${serviceClass}${text(companyName, 16)}${' '.repeat(20)}${company}${batch.secCode}${description}` +
          `${' '.repeat(6)}${shortDay('effectiveOn', batch.effectiveOn)}   1${counter.odfi}${digits(number, 7)}`,
      );
    }
    if (isMicro !== (serviceClass === '200')) {
      throw new NachaNotWritable('orders', 'must not mix micro-deposits with others in a batch');
    }
    for (const entry of entriesOf(order, batch.secCode)) yield counter.record(entryRecord(entry, counter, sums));
  }
  if (serviceClass === undefined) throw new NachaNotWritable('orders', 'must be at least one in each batch');
  addTo(counter.file, sums);
  yield counter.record(
    `8${serviceClass}${digits(sums.entries, 6)}${digits(sums.hash, 10)}${total(sums.debits)}${total(sums.credits)}` +
      `${company}${' '.repeat(25)}${counter.odfi}${digits(number, 7)}`,
  );
}

interface EntryToWrite {
  readonly side: 'credit' | 'debit';
  readonly purpose: 'live' | 'prenote';
  readonly amount: bigint;
  readonly account: NachaAccount;
  readonly identification: string;
  readonly discretionary: string;
}

function entriesOf(order: NachaOrder, secCode: NachaBatch['secCode']): EntryToWrite[] {
  const { account, identification } = order;
  // WEB and TEL say whether the payer authorized one payment or a series.
  const isRecurring = order.kind === 'debit' && order.isRecurring === true;
  const discretionary = secCode === 'PPD' ? '  ' : isRecurring ? 'R ' : 'S ';
  const common = { account, identification, discretionary };
  switch (order.kind) {
    case 'debit':
      if (order.amount <= 0n || order.amount > MAX_AMOUNT) {
        throw new NachaNotWritable('amount', `must be from 1 to ${MAX_AMOUNT} cents`);
      }
      return [{ side: 'debit', purpose: 'live', amount: order.amount, ...common }];
    case 'prenote':
      return [{ side: 'debit', purpose: 'prenote', amount: 0n, ...common }];
    case 'micro-deposits': {
      const { credits } = order;
      if (credits.some((amount) => amount < 1n || amount > 99n)) {
        throw new NachaNotWritable('credits', 'must each be from 1 to 99 cents (Nacha Operating Rules, micro-entries)');
      }
      return [
        ...credits.map((amount) => ({ side: 'credit', purpose: 'live', amount, ...common }) as const),
        { side: 'debit', purpose: 'live', amount: credits[0] + credits[1], ...common },
      ];
    }
  }
}

const CODES = {
  checking: { credit: { live: '22', prenote: '23' }, debit: { live: '27', prenote: '28' } },
  savings: { credit: { live: '32', prenote: '33' }, debit: { live: '37', prenote: '38' } },
} as const;

function entryRecord(entry: EntryToWrite, counter: Counter, sums: Sums): string {
  const { account, amount, side, purpose } = entry;
  const receiver = routing('routingNumber', account.routingNumber);
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,15}[\x21-\x7e])?$/.test(account.accountNumber)) {
    throw new NachaNotWritable('accountNumber', 'must be 1 to 17 characters');
  }
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,13}[\x21-\x7e])?$/.test(entry.identification)) {
    throw new NachaNotWritable('identification', 'must be 1 to 15 characters');
  }
  addTo(sums, {
    entries: 1,
    hash: Number(receiver.slice(0, 8)),
    debits: side === 'debit' ? amount : 0n,
    credits: side === 'credit' ? amount : 0n,
  });
  return (
    `6${CODES[account.type][side][purpose]}${receiver}${account.accountNumber.padEnd(17)}` +
    `${amount.toString().padStart(10, '0')}${entry.identification.padEnd(15)}${text(account.holder, 22)}` +
    `${entry.discretionary}0${counter.nextTrace()}`
  );
}

function noSums(): Sums {
  return { entries: 0, hash: 0, debits: 0n, credits: 0n };
}

function addTo(sums: Sums, more: Sums): void {
  sums.entries += more.entries;
  sums.hash = (sums.hash + more.hash) % HASH_MODULUS;
  sums.debits += more.debits;
  sums.credits += more.credits;
}

function routing(field: string, number: string): string {
  if (!isRoutingNumber(number)) throw new NachaNotWritable(field, 'is no routing number whose check digit holds');
  return number;
}

function shortDay(field: string, day: string): string {
  if (!/^20\d\d-\d\d-\d\d$/.test(day)) throw new NachaNotWritable(field, 'must be a day such as 2026-01-31');
  return day.slice(2).replaceAll('-', '');
}

/** Names as NACHA can carry them: accents dropped, other characters a blank, cut to their columns. */
function text(name: string, columns: number): string {
  const plain = name
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[^\x20-\x7e]/g, ' ');
  return plain.slice(0, columns).padEnd(columns);
}

function digits(value: number, columns: number): string {
  const figures = value.toString().padStart(columns, '0');
  if (figures.length > columns) throw new NachaNotWritable('batches', 'are more than one file can hold');
  return figures;
}

function total(minor: bigint): string {
  if (minor > MAX_TOTAL) throw new NachaNotWritable('amount', 'makes more in all than one file can hold');
  return minor.toString().padStart(12, '0');
}
