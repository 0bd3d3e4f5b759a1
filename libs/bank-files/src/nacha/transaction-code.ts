/** What a NACHA transaction code says of its entry (Nacha Operating Rules, Appendix Three). */
export interface TransactionCode {
  /** The total that counts it. */
  readonly side: 'credit' | 'debit';
  readonly purpose: 'live' | 'return-or-change' | 'prenote' | 'zero-dollar';
}

const PURPOSES: Readonly<Record<string, TransactionCode>> = {
  1: { side: 'credit', purpose: 'return-or-change' },
  2: { side: 'credit', purpose: 'live' },
  3: { side: 'credit', purpose: 'prenote' },
  4: { side: 'credit', purpose: 'zero-dollar' },
  6: { side: 'debit', purpose: 'return-or-change' },
  7: { side: 'debit', purpose: 'live' },
  8: { side: 'debit', purpose: 'prenote' },
  9: { side: 'debit', purpose: 'zero-dollar' },
};

/** Loan accounts take no debits but reversals, and have no debit prenotes. */
const OF_LOANS: Readonly<Record<string, TransactionCode>> = {
  51: PURPOSES[1]!,
  52: PURPOSES[2]!,
  53: PURPOSES[3]!,
  54: PURPOSES[4]!,
  55: PURPOSES[7]!,
  56: PURPOSES[6]!,
};

const CODES: ReadonlyMap<string, TransactionCode> = new Map([
  // Checking, savings, general ledger.
  ...['2', '3', '4'].flatMap((account) =>
    Object.entries(PURPOSES).map(([digit, meaning]) => [account + digit, meaning] as const),
  ),
  ...Object.entries(OF_LOANS),
]);

/** What a code says; undefined for one that the rules do not know. */
export function transactionCode(code: string): TransactionCode | undefined {
  return CODES.get(code);
}
