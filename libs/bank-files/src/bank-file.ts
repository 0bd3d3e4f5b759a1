/** Whole minor units of a currency (cents of USD); never a JS number. Negative only where a balance is overdrawn. */
export interface Amount {
  readonly minor: bigint;
  /** ISO 4217. */
  readonly currency: string;
}

/** Where an item stands in its file. */
interface Place {
  /** 1, 2, 3 … over the whole file: with the file's digest it names the item for ever. */
  readonly item: number;
  /** The line of the file, counted from 1. */
  readonly record: number;
}

/** What all that moves money, or says that it could not, has in common. */
interface Movement extends Place {
  readonly amount: Amount;
  /** ISO day on which the money was settled, deposited or booked. */
  readonly settledOn: string;
  /** The format's own code: SEC code and transaction code (`PPD 27`), BAI type (`165`), bank transaction code of camt. */
  readonly code: string;
  /** By which the bank knows it: trace number, bank reference, check number. */
  readonly bankReference?: string;
  /** What payer and bank wrote, most telling first: where a pay bill number is looked for. */
  readonly references: readonly string[];
  /** Name of the other side. Personal data. */
  readonly name?: string;
  /** Last four characters of the other side's account; the whole number is never handed out. */
  readonly accountEnding?: string;
}

/** Money that came in; in a NACHA file, money that goes to the receiver's account. */
interface CreditReceived extends Movement {
  readonly kind: 'credit';
  /** It takes an earlier entry back. */
  readonly reversal: boolean;
}

/** Money that went out; in a NACHA file, money that is taken from the receiver's account. */
interface DebitEntry extends Movement {
  readonly kind: 'debit';
  readonly reversal: boolean;
}

/** An entry that the other bank, or the account holder, sent back. */
interface ReturnedEntry extends Movement {
  readonly kind: 'return';
  /** A dishonored return (R61–R70) says that a return was wrong; a contested one (R71–R77) that it was right all the same. */
  readonly stage: 'return' | 'dishonored' | 'contested';
  /** What comes back: a payment that had come in, or a payout that had gone out. */
  readonly of: 'payment' | 'payout';
  /** The bank's code (`R01`, ISO 20022 `AC04`), or the BAI type where the format has none. */
  readonly returnCode: string;
  readonly reason?: string;
  /** Trace number of the entry that comes back, in NACHA files. */
  readonly originalTrace?: string;
  /** Day of death of the account holder, with R14 and R15. */
  readonly diedOn?: string;
  /** Of a dishonored or contested return: the code of the return itself, `R01`. */
  readonly disputedCode?: string;
}

/** What a bank wants changed in later entries (NACHA C01–C14), or an originator's refusal of that (C61–C69). */
interface NotificationOfChange extends Place {
  readonly kind: 'notification-of-change';
  readonly changeCode: string;
  /** Of a refused notification: the code that was refused. */
  readonly refusedCode?: string;
  readonly reason?: string;
  readonly originalTrace: string;
  readonly settledOn: string;
  /** Individual or company id as the original entry had it. */
  readonly references: readonly string[];
  /** What the field should be; empty when the bank's correction cannot be used, which `problem` then says. */
  readonly corrected: CorrectedData;
  readonly problem?: string;
}

/** Sensitive as a whole: an account number stands here in full, because it is what has to be stored. */
export interface CorrectedData {
  readonly accountNumber?: string;
  readonly routingNumber?: string;
  readonly transactionCode?: string;
  readonly name?: string;
  readonly identification?: string;
}

/** An entry of no money that tests whether an account is there. */
interface Prenote extends Place {
  readonly kind: 'prenote';
  readonly code: string;
  readonly settledOn: string;
  readonly bankReference: string;
  readonly references: readonly string[];
  readonly accountEnding?: string;
}

/** What a bank says an account holds, or a sum it gives. */
interface Balance extends Place {
  readonly kind: 'balance';
  /** BAI type (`015`), ISO 20022 code (`CLBD`). */
  readonly code: string;
  readonly amount: Amount;
  readonly on: string;
  readonly accountEnding: string;
}

/** What moves no booked money: pending entries, remittance without money, groups that delete, correct or test. */
interface Information extends Movement {
  readonly kind: 'information';
  /** Why it is not money that can be applied. */
  readonly because: string;
}

export type BankFileItem =
  CreditReceived | DebitEntry | ReturnedEntry | NotificationOfChange | Prenote | Balance | Information;

export type ItemKind = BankFileItem['kind'];

/** An item before it has its number. */
export type UnnumberedItem = BankFileItem extends infer Item
  ? Item extends Place
    ? Omit<Item, 'item'>
    : never
  : never;

type BankFileFormat = 'NACHA' | 'BAI2' | 'BAI lockbox' | 'camt.053' | 'camt.054';

/** What a file says of itself, in the words of its format. */
export interface BankFileHeader {
  readonly format: BankFileFormat;
  /** Of camt and BAI2. */
  readonly version?: string;
  readonly sender: string;
  readonly receiver: string;
  readonly createdOn: string;
  /** What tells files of one sender and day apart. */
  readonly identification: string;
}

/**
 * The file is not what its format says, or its controls do not hold; nothing of it may be used. The message names the
 * record (line) and says what is wrong, without account numbers.
 */
export class BankFileRefused extends Error {
  override readonly name = 'BankFileRefused';

  constructor(
    readonly record: number,
    readonly reason: string,
  ) {
    super(`record ${record}: ${reason}`);
  }
}

/** Reads one file of one format, a piece at a time; refuses by throwing {@link BankFileRefused}. */
export interface FormatReader {
  write(bytes: Uint8Array): void;
  /** No more bytes will come. Only after it has returned is the file known to be whole. */
  end(): void;
  /** There once the beginning of the file has been read. */
  readonly header: BankFileHeader | undefined;
  /** How many lines have been read. */
  readonly records: number;
}

export type TakeItem = (item: UnnumberedItem) => void;

/** How many digits the minor unit of a currency has; undefined for one that is not known. */
export type MinorUnitDigits = (currency: string) => number | undefined;
