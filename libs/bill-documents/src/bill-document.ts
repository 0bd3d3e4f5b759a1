/*
 * What is printed of a bill. All figures are worked out before: amounts are decimal strings with exactly the digits of the
 * currency's minor unit, negative with a minus; days are `2026-01-31`.
 */

/** The biller as its bills name it. */
export interface Biller {
  readonly name: string;
  /** Lines; none when it is not known. */
  readonly address: readonly string[];
  /** Where coupons go: lines below the name. */
  readonly remitTo: readonly string[];
  readonly contact?: string | undefined;
  readonly payNote?: string | undefined;
  readonly lateFeeNote?: string | undefined;
}

/** Something that changed the balance between two bills. */
export interface Activity {
  readonly on: string;
  readonly kind:
    | ('payment' | 'returned-payment' | 'reinstated-payment' | 'refund' | 'credit' | 'reversal')
    | ('late-fee' | 'write-off' | 'reinstated-debt' | 'transfer');
  /** Of a payment: the way it came, `mail-in`. */
  readonly channel?: string | undefined;
  /** A code, `billed-in-error`. */
  readonly reason?: string | undefined;
  /** Confirmation number of a payment, number of the bill of a reversal, late fee or debt that came over. */
  readonly reference?: string | undefined;
  /** What it changed of the balance: a payment's is negative. */
  readonly amount: string;
}

/** A charge; discounts are off already. */
export interface BilledLine {
  readonly service: string;
  readonly description: string;
  /** Exact decimals. */
  readonly quantity: string;
  readonly unitPrice: string;
  readonly discounts: readonly { readonly description: string; readonly amount: string }[];
  readonly net: string;
}

/** A tax, over all lines of the bill that have it at this rate. */
export interface BilledTax {
  readonly jurisdiction: string;
  /** A fraction: `0.0725`. */
  readonly rate: string;
  readonly amount: string;
}

/** A bill as it was issued. previousBalance + changes + charges + taxes = amountDue. */
export interface BillDocument {
  /** Fourteen figures. */
  readonly payBillNumber: string;
  readonly billNumber: string;
  readonly issuedOn: string;
  readonly dueOn: string;
  readonly period?: { readonly from: string; readonly to: string } | undefined;
  /** ISO 4217. */
  readonly currency: string;
  /** Name and, where they are known, the lines of an address; empty when nothing is known. */
  readonly addressee: readonly string[];
  /** The bill before it, which the previous balance is the amount due of. */
  readonly previous?: { readonly billNumber: string; readonly issuedOn: string } | undefined;
  readonly previousBalance: string;
  readonly activity: readonly Activity[];
  /** Sums of the activity by kind; kinds that did not happen are left out. */
  readonly changes: Readonly<Partial<Record<Activity['kind'], string>>>;
  readonly lines: readonly BilledLine[];
  /** Sum of the lines. */
  readonly charges: string;
  readonly taxes: readonly BilledTax[];
  readonly taxTotal: string;
  /** charges + taxTotal. */
  readonly total: string;
  readonly amountDue: string;
  /** What of the amount due was due before this bill was issued; zero or more. */
  readonly pastDue: string;
  /** The day its last charge was reversed, when all of them are: it is not to be paid. */
  readonly reversedOn?: string | undefined;
}
