export interface NachaReturn {
  /** Cents. */
  readonly amount: bigint;
  readonly code: string;
  readonly originalTrace: string;
  readonly identification: string;
}

/** Routing number of the biller's bank, to which returns come back. */
const TO = '091000019';
const FROM = '12104288';

/** The lines of a file of returns, in batches of so many, as a bank would send them. */
export function* nachaReturnFile(returns: Iterable<NachaReturn>, perBatch = 1_000): Generator<string> {
  let records = 1;
  let [batches, entries, inBatch] = [0, 0, 0];
  let [sum, batchSum] = [0n, 0n];
  yield `101 ${TO}${FROM.padStart(10)}2611241200A094101${'BILLER'.padEnd(23)}${'BANK'.padEnd(23)}${' '.repeat(8)}`;
  const header = () => {
    batches += 1;
    return `5225${'ACME CABLE'.padEnd(36)}1234567890WEBPAYMENT   ${' '.repeat(6)}2611203281${FROM}${figures(batches, 7)}`;
  };
  const control = () =>
    `8225${figures(2 * inBatch, 6)}${figures((inBatch * Number(TO.slice(0, 8))) % 1e10, 10)}${figures(batchSum, 12)}` +
    `${figures(0, 12)}1234567890${' '.repeat(25)}${FROM}${figures(batches, 7)}`;
  for (const one of returns) {
    if (inBatch === perBatch) {
      yield control();
      [inBatch, batchSum] = [0, 0n];
      records += 1;
    }
    if (inBatch === 0) {
      yield header();
      records += 1;
    }
    entries += 1;
    inBatch += 1;
    sum += one.amount;
    batchSum += one.amount;
    records += 2;
    const trace = FROM + figures(entries, 7);
    yield `626${TO}${'000123456789'.padEnd(17)}${figures(one.amount, 10)}${one.identification.padEnd(15)}${'PAYER'.padEnd(22)}S 1${trace}`;
    yield `799${one.code}${one.originalTrace}${' '.repeat(6)}${FROM}${' '.repeat(44)}${trace}`;
  }
  if (inBatch > 0) {
    yield control();
    records += 1;
  }
  records += 1;
  const hash = (entries * Number(TO.slice(0, 8))) % 1e10;
  yield `9${figures(batches, 6)}${figures(Math.ceil(records / 10), 6)}${figures(2 * entries, 8)}${figures(hash, 10)}${figures(sum, 12)}${figures(0, 12)}${' '.repeat(39)}`;
  for (; records % 10 !== 0; records += 1) yield '9'.repeat(94);
}

function figures(value: number | bigint, columns: number): string {
  return value.toString().padStart(columns, '0');
}
