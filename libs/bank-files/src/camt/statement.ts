import { type BankFileHeader, type MinorUnitDigits, type TakeItem, type UnnumberedItem } from '../bank-file.js';
import { endingOf } from '../lines.js';
import { type Element, minorOf } from './element.js';
import { entryItem, isBooked } from './entry-item.js';

interface Surroundings {
  readonly header: BankFileHeader;
  readonly digits: MinorUnitDigits;
  readonly take: TakeItem;
  /** Closing balances of the statements before, by account and currency. */
  readonly closings: Map<string, bigint>;
}

interface BalanceRead {
  readonly element: Element;
  readonly signed: bigint;
  readonly currency: string;
}

interface Tally {
  entries: number;
  credits: number;
  debits: number;
  credited: bigint;
  debited: bigint;
}

/** Transactions of the entry that is being read. */
interface Transactions {
  readonly of: Element;
  readonly read: Element[];
  announced: number | undefined;
  total: bigint | undefined;
}

/** Balances of which a statement has one. */
const FOOTING = new Set(['OPBD', 'PRCD', 'CLBD']);

/** Of one entry, they are kept until it ends; with more than this it is no entry that anybody reconciles. */
const MAX_TRANSACTIONS = 100_000;

/** One statement (camt.053) or notification (camt.054): its entries handed on, its controls held against them. */
export class Statement {
  readonly #balances = new Map<string, BalanceRead[]>();
  readonly #booked: Tally = noTally();
  readonly #all: Tally = noTally();
  #summary: Element | undefined;
  #transactions: Transactions | undefined;
  #currency: string | undefined;

  constructor(
    readonly report: Element,
    private readonly around: Surroundings,
  ) {}

  balance(element: Element): void {
    const code = element.required('type', 'Tp/CdOrPrtry/Cd', 'Tp/CdOrPrtry/Prtry');
    const { minor, currency } = this.#amount(element, 'Amt');
    const signed = element.sign('CdtDbtInd') * minor;
    const on = element.day('Dt') ?? this.around.header.createdOn;
    const others = this.#balances.get(code) ?? [];
    if (FOOTING.has(code) && others.some((one) => one.currency === currency)) {
      throw element.refused(`a second balance ${code} in ${currency}`);
    }
    this.#balances.set(code, [...others, { element, signed, currency }]);
    const account = this.report.text('Acct/Id/IBAN', 'Acct/Id/Othr/Id') ?? '';
    const accountEnding = endingOf(account) ?? account;
    const amount = { minor: signed, currency };
    this.around.take({ kind: 'balance', record: element.record, code, amount, on, accountEnding });
  }

  summary(element: Element): void {
    this.#summary = element;
  }

  batch(element: Element, entry: Element): void {
    const transactions = this.#transactionsOf(entry);
    const announced = element.count('NbOfTxs');
    if (announced !== undefined) transactions.announced = (transactions.announced ?? 0) + announced;
    if (element.text('TtlAmt') === undefined) return;
    const { minor, currency } = this.#amount(element, 'TtlAmt');
    if (currency === entry.text('Amt@Ccy')) transactions.total = (transactions.total ?? 0n) + minor;
  }

  transaction(element: Element, entry: Element): void {
    const { read } = this.#transactionsOf(entry);
    if (read.length >= MAX_TRANSACTIONS)
      throw entry.refused(`the entry has more than ${MAX_TRANSACTIONS} transactions`);
    read.push(element);
  }

  entry(element: Element): void {
    const { minor, currency } = this.#amount(element, 'Amt');
    this.#requireCurrency(element, currency);
    const sign = element.sign('CdtDbtInd');
    count(this.#all, sign, minor);
    if (isBooked(element)) count(this.#booked, sign, minor);
    for (const item of this.#itemsOf(element, sign * minor, currency)) this.around.take(item);
    this.#transactions = undefined;
  }

  /** The statement is complete. */
  close(): void {
    this.#requireSummary();
    if (this.around.header.format === 'camt.053') this.#requireFooting();
  }

  /** An entry is told by its transactions where these make its amount, and as a whole where that cannot be known. */
  #itemsOf(entry: Element, signed: bigint, currency: string): UnnumberedItem[] {
    const { read, announced, total } = this.#transactionsOf(entry);
    if (announced !== undefined && read.length > 1 && announced !== read.length) {
      throw entry.refused(`the entry announces ${announced} transactions (NbOfTxs), and there are ${read.length}`);
    }
    const magnitude = signed < 0n ? -signed : signed;
    const hasCharges = entry.has('Chrgs') || read.some((one) => one.has('Chrgs'));
    if (total !== undefined && total !== magnitude && !hasCharges) {
      throw entry.refused(
        `the batch total (TtlAmt) is ${total} minor units, and the amount of the entry is ${magnitude}`,
      );
    }
    const { createdOn } = this.around.header;
    const item = (transaction: Element | undefined, minor: bigint) =>
      entryItem(entry, transaction, { minor, currency }, createdOn);
    // Of several transactions, the one that is told is not the whole: what stands in it is not of all the money.
    if (read.length === 0 || (announced ?? 1) > read.length) return [item(undefined, signed)];
    const amounts = read.map((one) => this.#transactionAmount(one, entry, currency));
    const known = amounts.filter((one) => one !== undefined);
    const whole = read.length === 1 ? read[0] : undefined;
    if (known.length < read.length) return [item(whole, signed)];
    const sum = known.reduce((made, one) => made + one, 0n);
    if (sum === signed) return read.map((one, index) => item(one, known[index]!));
    if (hasCharges) return [item(whole, signed)];
    throw entry.refused(`the transactions make ${sum} minor units, and the entry is ${signed}`);
  }

  /** With its sign; undefined when it is not given in the currency of the entry. */
  #transactionAmount(transaction: Element, entry: Element, currency: string): bigint | undefined {
    const path = ['Amt', 'AmtDtls/TxAmt/Amt'].find((one) => transaction.text(`${one}@Ccy`) === currency);
    if (path === undefined) return undefined;
    const sign = transaction.text('CdtDbtInd') === undefined ? entry.sign('CdtDbtInd') : transaction.sign('CdtDbtInd');
    return sign * this.#amount(transaction, path).minor;
  }

  #transactionsOf(entry: Element): Transactions {
    if (this.#transactions?.of !== entry) {
      this.#transactions = { of: entry, read: [], announced: undefined, total: undefined };
    }
    return this.#transactions;
  }

  #amount(element: Element, path: string): { minor: bigint; currency: string } {
    const currency = element.required('currency', `${path}@Ccy`);
    const digits = this.around.digits(currency);
    if (digits === undefined) throw element.refused(`the currency of ${path} is none of ISO 4217`);
    const minor = minorOf(element.required('amount', path), digits);
    if (minor === undefined) {
      throw element.refused(`${path} of ${element.name} must be an amount with at most ${digits} decimals`);
    }
    return { minor, currency };
  }

  /** Entries are in the currency of the account, which is that of the opening balance. */
  #requireCurrency(element: Element, currency: string): void {
    this.#currency ??= this.report.text('Acct/Ccy') ?? this.#opening()?.currency ?? currency;
    if (currency !== this.#currency) {
      throw element.refused(`the ${element.name} is in ${currency}, and the account in ${this.#currency}`);
    }
  }

  #opening(): BalanceRead | undefined {
    return this.#first('OPBD') ?? this.#first('PRCD') ?? this.#first('ITBD');
  }

  #first(code: string): BalanceRead | undefined {
    return this.#balances.get(code)?.[0];
  }

  #requireFooting(): void {
    const opening = this.#opening();
    // A page of a statement that goes on ends with an interim balance.
    const closing = this.#first('CLBD') ?? this.#balances.get('ITBD')?.at(-1);
    if (!opening) throw this.report.refused('the statement has no opening balance (OPBD or PRCD)');
    if (!closing || closing === opening) throw this.report.refused('the statement has no closing balance (CLBD)');
    this.#requireCurrency(opening.element, opening.currency);
    const made = opening.signed + this.#booked.credited - this.#booked.debited;
    if (made !== closing.signed || closing.currency !== opening.currency) {
      throw closing.element.refused(
        `the closing balance is ${closing.signed} minor units of ${closing.currency}, and opening balance and entries ` +
          `make ${made} of ${opening.currency}`,
      );
    }
    this.#requireChain(opening, closing);
  }

  #requireChain(opening: BalanceRead, closing: BalanceRead): void {
    const key = `${this.report.text('Acct/Id/IBAN', 'Acct/Id/Othr/Id') ?? ''} ${opening.currency}`;
    const before = this.around.closings.get(key);
    if (before !== undefined && before !== opening.signed) {
      throw opening.element.refused(
        `the opening balance is ${opening.signed} minor units, and the statement before closes with ${before}`,
      );
    }
    this.around.closings.set(key, closing.signed);
  }

  /** Numbers and sums of entries, where the bank gives them; some count pending entries with them, and some do not. */
  #requireSummary(): void {
    const summary = this.#summary;
    if (!summary) return;
    const said = saidBy(summary, (path) => this.#sum(summary, path));
    const agrees = [this.#booked, this.#all].some((tally) => said.every(([, value, of]) => value === of(tally)));
    if (agrees) return;
    const [path, value, of] = said.find(([, one, ofTally]) => one !== ofTally(this.#all)) ?? said[0]!;
    throw summary.refused(`${path} is ${value}, and the entries make ${of(this.#all)}`);
  }

  /** Sums stand without a currency: they are of the account's. */
  #sum(summary: Element, path: string): bigint | undefined {
    const text = summary.text(path);
    if (text === undefined) return undefined;
    const currency = this.#currency ?? this.report.text('Acct/Ccy') ?? this.#opening()?.currency;
    const minor = minorOf(text, (currency === undefined ? undefined : this.around.digits(currency)) ?? 2);
    if (minor === undefined) throw summary.refused(`${path} of TxsSummry is no amount`);
    return minor;
  }
}

type Said = readonly [path: string, value: number | bigint, of: (tally: Tally) => number | bigint];

function saidBy(summary: Element, sum: (path: string) => bigint | undefined): Said[] {
  const net = summary.text('TtlNtries/CdtDbtInd', 'TtlNtries/TtlNetNtry/CdtDbtInd') === 'DBIT' ? -1n : 1n;
  const netOf = (path: string) => {
    const value = sum(path);
    return value === undefined ? undefined : net * value;
  };
  const said: readonly [string, number | bigint | undefined, Said[2]][] = [
    ['TtlNtries/NbOfNtries', summary.count('TtlNtries/NbOfNtries'), (tally) => tally.entries],
    ['TtlNtries/Sum', sum('TtlNtries/Sum'), (tally) => tally.credited + tally.debited],
    ['TtlNtries/TtlNetNtryAmt', netOf('TtlNtries/TtlNetNtryAmt'), (tally) => tally.credited - tally.debited],
    ['TtlNtries/TtlNetNtry/Amt', netOf('TtlNtries/TtlNetNtry/Amt'), (tally) => tally.credited - tally.debited],
    ['TtlCdtNtries/NbOfNtries', summary.count('TtlCdtNtries/NbOfNtries'), (tally) => tally.credits],
    ['TtlCdtNtries/Sum', sum('TtlCdtNtries/Sum'), (tally) => tally.credited],
    ['TtlDbtNtries/NbOfNtries', summary.count('TtlDbtNtries/NbOfNtries'), (tally) => tally.debits],
    ['TtlDbtNtries/Sum', sum('TtlDbtNtries/Sum'), (tally) => tally.debited],
  ];
  return said.flatMap(([path, value, of]) => (value === undefined ? [] : [[path, value, of] as const]));
}

function noTally(): Tally {
  return { entries: 0, credits: 0, debits: 0, credited: 0n, debited: 0n };
}

function count(tally: Tally, sign: bigint, minor: bigint): void {
  tally.entries += 1;
  if (sign > 0n) {
    tally.credits += 1;
    tally.credited += minor;
  } else {
    tally.debits += 1;
    tally.debited += minor;
  }
}
