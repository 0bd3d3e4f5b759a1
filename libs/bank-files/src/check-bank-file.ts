import { createHash } from 'node:crypto';
import { Bai2Reader } from './bai2/bai2-reader.js';
import {
  type BankFileHeader,
  type BankFileItem,
  BankFileRefused,
  type FormatReader,
  type ItemKind,
  type MinorUnitDigits,
  type TakeItem,
} from './bank-file.js';
import { CamtReader } from './camt/camt-reader.js';
import { LockboxReader } from './lockbox-reader.js';
import { NachaReader } from './nacha/nacha-reader.js';

/** Bytes of a file, from its beginning each time it is called. */
export type BankFileSource = () => AsyncIterable<Uint8Array>;

export interface CheckOptions {
  readonly minorUnitDigits: MinorUnitDigits;
  /** @param bytes read so far */
  readonly onProgress?: (bytes: number) => void;
}

/** How many items of a kind there are, and what they make in each currency, in minor units. */
interface KindTotals {
  count: number;
  readonly sums: Map<string, bigint>;
}

/** A file whose controls all hold. */
export interface CheckedBankFile {
  readonly header: BankFileHeader;
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly digest: string;
  readonly bytes: number;
  /** Lines. */
  readonly records: number;
  readonly items: number;
  readonly totals: ReadonlyMap<ItemKind, KindTotals>;
  /**
   * What it holds, read a second time.
   * @throws BankFileChanged at the end, when the bytes are not those that were checked
   */
  read(): AsyncGenerator<BankFileItem>;
}

/** The file was written to between its check and the reading of its items. */
class BankFileChanged extends Error {
  override readonly name = 'BankFileChanged';

  constructor() {
    super('the file has changed while it was read; check it again');
  }
}

/**
 * Finds the format of a file from its content, and verifies all of it before a single item can be read: what stands in
 * the last record decides whether the first may be used. The file is read twice rather than kept, so that memory is
 * constant at any size.
 * @throws BankFileRefused with the record and the reason
 */
export async function checkBankFile(source: BankFileSource, options: CheckOptions): Promise<CheckedBankFile> {
  const totals = new Map<ItemKind, KindTotals>();
  let items = 0;
  const count: TakeItem = (item) => {
    items += 1;
    countIn(totals, item);
  };
  const { reader, digest, bytes } = await passOver(source, count, options);
  const { header, records } = reader;
  if (!header) throw new BankFileRefused(records, 'the file holds nothing');
  const read = () => readAgain(source, digest, options);
  return { header, digest, bytes, records, items, totals, read };
}

function countIn(totals: Map<ItemKind, KindTotals>, item: Parameters<TakeItem>[0]): void {
  const kind = totals.get(item.kind) ?? { count: 0, sums: new Map<string, bigint>() };
  totals.set(item.kind, kind);
  kind.count += 1;
  // Balances are what stands at moments, and a sum of them means nothing.
  if (!('amount' in item) || item.kind === 'balance') return;
  const { minor, currency } = item.amount;
  kind.sums.set(currency, (kind.sums.get(currency) ?? 0n) + minor);
}

async function passOver(source: BankFileSource, take: TakeItem, options: CheckOptions) {
  const hash = createHash('sha256');
  let bytes = 0;
  let reader: FormatReader | undefined;
  for await (const chunk of wholeBeginning(source())) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    reader ??= readerOf(chunk, take, options.minorUnitDigits);
    reader.write(chunk);
    options.onProgress?.(bytes);
  }
  if (!reader) throw new BankFileRefused(1, 'the file is empty');
  reader.end();
  return { reader, digest: hash.digest('hex'), bytes };
}

async function* readAgain(source: BankFileSource, digest: string, options: CheckOptions): AsyncGenerator<BankFileItem> {
  const hash = createHash('sha256');
  let ready: BankFileItem[] = [];
  let number = 0;
  let reader: FormatReader | undefined;
  const take: TakeItem = (item) => {
    number += 1;
    ready.push({ ...item, item: number });
  };
  const refusedNow = <T>(step: () => T): T => {
    try {
      return step();
    } catch (error) {
      // It was whole a moment ago.
      throw error instanceof BankFileRefused ? new BankFileChanged() : error;
    }
  };
  for await (const chunk of wholeBeginning(source())) {
    hash.update(chunk);
    const { minorUnitDigits } = options;
    refusedNow(() => (reader ??= readerOf(chunk, take, minorUnitDigits)).write(chunk));
    const items = ready;
    ready = [];
    yield* items;
  }
  refusedNow(() => reader?.end());
  if (hash.digest('hex') !== digest) throw new BankFileChanged();
  yield* ready;
}

/** As much of a file as its format shows in. */
const BEGINNING = 256;

/** The same bytes, with at least so many in the first piece as there are needed to know the format. */
async function* wholeBeginning(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of chunks) {
    if (chunk.byteLength === 0) continue;
    if (!held) {
      yield chunk;
      continue;
    }
    held = Buffer.concat([held, chunk]);
    if (held.byteLength < BEGINNING) continue;
    yield held;
    held = undefined;
  }
  if (held && held.byteLength > 0) yield held;
}

const UTF8_MARK = '\u00ef\u00bb\u00bf';

/** The reader for what a file begins with. */
function readerOf(chunk: Uint8Array, take: TakeItem, digits: MinorUnitDigits): FormatReader {
  const start = Buffer.from(chunk.slice(0, BEGINNING)).toString('latin1').replaceAll('\0', '');
  const text = start.replace(new RegExp(`^(${UTF8_MARK}|\u00ff\u00fe|\u00fe\u00ff)`), '');
  if (text.trimStart().startsWith('<')) return new CamtReader(take, digits);
  if (/^0[1-9],/.test(text)) return new Bai2Reader(take, digits);
  const line = text.split(/\r?\n/, 1)[0]!;
  if (/^1\d\d/.test(line)) {
    // Both begin with 1, a priority code and two identifications; a lockbox header is blank after its time (column 34).
    const isLockbox = line.slice(33).trim() === '' && /^\d{10}$/.test(line.slice(23, 33));
    return isLockbox ? new LockboxReader(take) : new NachaReader(take);
  }
  throw new BankFileRefused(1, 'the file begins like none of NACHA, BAI2, BAI lockbox and camt');
}
