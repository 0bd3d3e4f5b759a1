import { type CommandHandling, type CommandMetadata, type EventStore, Rejected } from '#libs/event-sourcing';
import { randomUUID } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { startOf } from '../billing/command-fields.js';
import { minorUnitDigits } from '../money/currency.js';
import { formatMinor } from '../money/minor-units.js';
import { type MoneyJson } from '../money/money.js';
import { payByNumber, payeeOf } from '../consolidated-payments/payee.job.js';
import { receipt, RecordReceipt } from '../receipts/receipt.js';
import { paymentsLeft } from '../receipts/receipt-list.job.js';
import { AcceptBankFile, FinishBankFile } from './bank-file-intake.js';
import { paymentBody } from './booking.js';
import { type FoundPayment, takeBack } from './take-back.job.js';
import { type BankItem, confirmationNumberIn, type MoneyItem, payBillNumberIn } from './match-item.js';

/** A bank's file that has been verified as a whole. */
export interface VerifiedFile {
  readonly digest: string;
  readonly format: string;
  readonly sender: string;
  readonly receiver: string;
  readonly createdOn: string;
  readonly identification: string;
  readonly items: number;
}

export interface BankImportOptions {
  readonly actor: string;
  /** Payments by confirmation number; those that are not known are left out. */
  readonly findPayments: (confirmationNumbers: readonly string[]) => Promise<ReadonlyMap<string, FoundPayment>>;
  /** Ids of what is decided by a file's state: another each time. */
  readonly newId?: (about: string) => string;
  /** @param items how many have been applied */
  readonly onProgress?: (items: number) => void;
}

export interface BankImportOutcome {
  /** An earlier run had begun with the file. */
  readonly resumed: boolean;
  readonly payments: number;
  readonly returns: number;
  readonly receipts: number;
  readonly passedOver: number;
  /** Commit position of the last event written; 0n when there is none. */
  readonly position: bigint;
}

type What = 'payments' | 'returns' | 'receipts' | 'passedOver';

const NAMESPACE = '0d1f6c0e-8c2b-5b47-9d0b-6f2a51d6f3a8';
/** Items that are applied side by side; those of one account queue. */
const AT_ONCE = 200;

/**
 * Applies the items of a verified file: credits become payments on the account whose pay bill number they name, returns
 * take the payment back whose confirmation number they name, and money that names neither, or that the account refuses,
 * becomes an unidentified receipt. Every command's id is made of the file's digest and the item's number: an import that
 * was killed at any moment is run again, and nothing is there twice.
 */
export class BankImport {
  readonly #counts: Record<What, number> = { payments: 0, returns: 0, receipts: 0, passedOver: 0 };
  #position = 0n;
  #resumed = false;
  #paymentsLeft: Promise<ReadonlyMap<string, FoundPayment>> | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly handling: CommandHandling,
    private readonly options: BankImportOptions,
  ) {}

  /** @throws Rejected BANK_FILE_ALREADY_APPLIED | BANK_FILE_IDENTITY_USED before anything is applied */
  async run(file: VerifiedFile, items: AsyncIterable<BankItem>): Promise<BankImportOutcome> {
    const { receiver, ...accepted } = file;
    const { format, sender, identification, digest } = file;
    const shown = { sender: sender.slice(0, 200), identification: identification.slice(0, 200) };
    const fileId = uuidv5(JSON.stringify([format, sender, receiver, identification]), NAMESPACE);
    // Whether it is taken is decided by the file's state and not by the id of the command, which is another each time.
    const taken = await this.handling.handle(fileId, {
      definition: AcceptBankFile,
      data: AcceptBankFile.schema.parse({ ...accepted, ...shown }),
      metadata: this.#metadata(this.options.newId?.(fileId) ?? randomUUID(), fileId),
    });
    this.#resumed = taken.events.length === 0;
    for await (const { chunk, payments } of oneAhead(this.#lookedUp(items))) {
      await this.#apply(chunk, payments, file, fileId);
    }
    await this.handling.handle(fileId, {
      definition: FinishBankFile,
      data: { digest, ...this.#counts },
      metadata: this.#metadata(uuidv5('applied', idOf(digest, 0)), fileId),
    });
    return { resumed: this.#resumed, ...this.#counts, position: this.#position };
  }

  /** Items in pieces, with the payments that their returns name. */
  async *#lookedUp(items: AsyncIterable<BankItem>): AsyncGenerator<LookedUp> {
    let chunk: BankItem[] = [];
    for await (const item of items) {
      if (chunk.push(item) < AT_ONCE) continue;
      yield { chunk, payments: await this.#paymentsOf(chunk) };
      chunk = [];
    }
    if (chunk.length > 0) yield { chunk, payments: await this.#paymentsOf(chunk) };
  }

  async #paymentsOf(items: readonly BankItem[]): Promise<ReadonlyMap<string, FoundPayment>> {
    const named = items.flatMap((item) => {
      if (item.kind !== 'return') return [];
      const found = confirmationNumberIn(item.references);
      return 'number' in found ? [found.number] : [];
    });
    if (named.length === 0) return new Map<string, never>();
    const found = await this.options.findPayments([...new Set(named)]);
    return named.every((number) => found.has(number)) ? found : new Map([...(await this.#left()), ...found]);
  }

  /** Those that were left over, which accounts may know nothing of: looked for once, where a return names what nobody has. */
  #left(): Promise<ReadonlyMap<string, FoundPayment>> {
    this.#paymentsLeft ??= paymentsLeft(this.store, this.handling);
    return this.#paymentsLeft;
  }

  async #apply(
    items: readonly BankItem[],
    payments: ReadonlyMap<string, FoundPayment>,
    file: VerifiedFile,
    fileId: string,
  ): Promise<void> {
    const outcomes = await Promise.allSettled(items.map((item) => this.#one(item, payments, file, fileId)));
    // All have ended before the first failure is told: none is still being written when the next run begins.
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') throw outcome.reason;
      this.#counts[outcome.value] += 1;
    }
    const { payments: paid, returns, receipts, passedOver } = this.#counts;
    this.options.onProgress?.(paid + returns + receipts + passedOver);
  }

  async #one(
    item: BankItem,
    payments: ReadonlyMap<string, FoundPayment>,
    file: VerifiedFile,
    fileId: string,
  ): Promise<What> {
    const { digest, format } = file;
    if (item.kind === 'other' || item.amount.minor === 0n) return 'passedOver';
    const id = idOf(digest, item.item);
    const metadata = this.#metadata(id, fileId);
    // What an earlier run could not apply stays what it is, though the account may take it by now: somebody may have begun
    // to work on it.
    if (this.#resumed && (await this.store.readLast(`${receipt.category}-${id}`))) return 'receipts';
    const because = await this.#book(item, payments, file, metadata);
    if (because === undefined) return item.kind === 'credit' ? 'payments' : 'returns';
    const { kind, record, returnCode, bankReference, accountEnding } = item;
    const data = RecordReceipt.schema.parse({
      kind,
      amount: moneyOf(item),
      because,
      ...(returnCode !== undefined && { returnCode: returnCode.slice(0, 8) }),
      ...(bankReference !== undefined && { bankReference: bankReference.slice(0, 64) }),
      ...(accountEnding !== undefined && { accountEnding }),
      source: { digest, format, item: item.item, record },
      effectiveAt: effectiveAt(item, file),
    });
    this.#note(await this.handling.handleAll(id, [{ definition: RecordReceipt, data, metadata }], { isNew: true }));
    return 'receipts';
  }

  /** @returns why it could not be applied; undefined when it was */
  async #book(
    item: MoneyItem,
    payments: ReadonlyMap<string, FoundPayment>,
    file: VerifiedFile,
    metadata: CommandMetadata,
  ): Promise<string | undefined> {
    if (item.needsPerson !== undefined) return item.needsPerson;
    try {
      return item.kind === 'credit'
        ? await this.#pay(item, file, metadata)
        : await this.#takeBack(item, payments, file, metadata);
    } catch (error) {
      if (error instanceof Rejected) return error.code;
      throw error;
    }
  }

  async #pay(item: MoneyItem, file: VerifiedFile, metadata: CommandMetadata): Promise<string | undefined> {
    const named = payBillNumberIn(item.references);
    if ('because' in named) return named.because;
    const payee = await payeeOf(this.handling, named.number, metadata.commandId);
    if (!payee) return 'NUMBER_UNKNOWN';
    const data = paymentBody({ amount: moneyOf(item), format: file.format, effectiveAt: effectiveAt(item, file) });
    this.#note([await payByNumber(this.handling, payee, named.number, data, metadata)]);
    return undefined;
  }

  async #takeBack(
    item: MoneyItem,
    payments: ReadonlyMap<string, FoundPayment>,
    file: VerifiedFile,
    metadata: CommandMetadata,
  ): Promise<string | undefined> {
    const named = confirmationNumberIn(item.references);
    if ('because' in named) return named.because;
    const payment = payments.get(named.number);
    if (!payment) return 'PAYMENT_UNKNOWN';
    const { amount, currency } = moneyOf(item);
    // A return takes the whole payment back: another amount is another payment, or a mistake of somebody's.
    const whole = (payment.partOf ?? payment).amount;
    if (whole.amount !== amount || whole.currency !== currency) return 'AMOUNT_DIFFERS';
    const { returnCode } = item;
    const why = { returnCode, effectiveAt: effectiveAt(item, file) };
    this.#note([await takeBack(this.handling, payment, why, metadata)]);
    return undefined;
  }

  #metadata(commandId: string, fileId: string): CommandMetadata {
    return { commandId, correlationId: fileId, causationId: fileId, actor: this.options.actor };
  }

  #note(results: readonly { readonly position: bigint }[]): void {
    for (const { position } of results) if (position > this.#position) this.#position = position;
  }
}

interface LookedUp {
  readonly chunk: readonly BankItem[];
  readonly payments: ReadonlyMap<string, FoundPayment>;
}

/** The same, each being made while whoever takes them is busy with the one before; what fails is told when its turn comes. */
async function* oneAhead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  try {
    for (let next = items.next(); ;) {
      const result = await next;
      if (result.done) return;
      next = items.next();
      next.catch(() => undefined);
      yield result.value;
    }
  } finally {
    await items.return(undefined);
  }
}

/** The same for the same item of the same bytes, on every machine and every run. */
function idOf(digest: string, item: number): string {
  return uuidv5(`${digest}/${item}`, NAMESPACE);
}

function moneyOf({ amount: { minor, currency } }: MoneyItem): MoneyJson {
  const digits = minorUnitDigits(currency);
  if (digits === undefined) throw new Error(`${currency} is not a currency`);
  return { amount: formatMinor(minor, digits), currency };
}

/** When it counts: the day the bank settled it, which may lie ahead of the file that tells of it (a weekend between). */
function effectiveAt({ settledOn }: MoneyItem, { createdOn }: VerifiedFile): string {
  return startOf(settledOn < createdOn ? settledOn : createdOn);
}
