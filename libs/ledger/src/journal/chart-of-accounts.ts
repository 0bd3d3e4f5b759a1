/** The classes of accounts, by which accounting programs know what is a balance and what a result. */
type AccountClass = 'Assets' | 'Liabilities' | 'Equity' | 'Income' | 'Expenses';

interface Head {
  readonly class: AccountClass;
  /** Kept for each customer: what one customer owes or is owed. The other accounts are kept for all of them together. */
  readonly ofCustomer: boolean;
}

const ofCustomer = (of: AccountClass): Head => ({ class: of, ofCustomer: true });
const ofAll = (of: AccountClass): Head => ({ class: of, ofCustomer: false });

/**
 * The chart of accounts.
 *
 * | Account                      | Class     | Holds                                                                  |
 * | ---------------------------- | --------- | ---------------------------------------------------------------------- |
 * | Account Transfers            | asset     | what has left one account and not yet come to the other: zero at rest  |
 * | Accounts Receivable          | asset     | what customers owe on bills                                            |
 * | Cash Clearing                | asset     | money received and not yet matched with the bank                       |
 * | Unapplied Cash               | liability | what of payments no bill has taken: the customer's money               |
 * | Refunds Payable              | liability | refunds granted and not yet matched with what the bank paid out        |
 * | Chargeback Receivable        | asset     | what the bank took back after it had been refunded: a claim on a payer |
 * | Customer Credits             | liability | what of issued credits no bill has taken                               |
 * | Revenue:<service>            | income    | net charges by service                                                 |
 * | Late Fee Income              | income    | late fees charged, less those taken back                               |
 * | Bad Debt Expense             | expense   | debt written off, less what should not have been                       |
 * | Bad Debt Recovered           | income    | money that came for debt after it had been written off                 |
 * | Revenue:Adjustments          | income    | contra: credits given                                                  |
 * | Cash Over and Short          | income    | what tills counted beyond what they took; short is a debit             |
 * | Tax Payable:<jurisdiction>   | liability | tax charged, by jurisdiction                                           |
 * | Opening Balances             | equity    | in an export that begins later than the books: the results until then  |
 *
 * A bill's lines sum exactly to its total, so rounding needs no account of its own; the residue is kept in the event.
 */
const CHART = {
  'Account Transfers': ofAll('Assets'),
  'Accounts Receivable': ofCustomer('Assets'),
  'Cash Clearing': ofAll('Assets'),
  'Chargeback Receivable': ofCustomer('Assets'),
  'Unapplied Cash': ofCustomer('Liabilities'),
  'Customer Credits': ofCustomer('Liabilities'),
  'Refunds Payable': ofCustomer('Liabilities'),
  'Tax Payable': ofAll('Liabilities'),
  Revenue: ofAll('Income'),
  'Cash Over and Short': ofAll('Income'),
  'Late Fee Income': ofAll('Income'),
  'Bad Debt Expense': ofAll('Expenses'),
  'Bad Debt Recovered': ofAll('Income'),
  'Opening Balances': ofAll('Equity'),
} as const;

/** The name of a general-ledger account: one of the chart, some of them divided by what stands after the colon. */
export type GlAccount = keyof typeof CHART | `${'Revenue' | 'Tax Payable'}:${string}`;

/** A general-ledger account with its place in the chart. */
export interface ChartAccount extends Head {
  /** As in the chart: `Revenue`. */
  readonly name: string;
  /** By what it is divided: `internet`; undefined for an account that is not. */
  readonly division: string | undefined;
}

/** Whether an account is closed to the results: what it holds is of a period. */
export function isResult({ class: of }: ChartAccount): boolean {
  return of === 'Income' || of === 'Expenses';
}

/** Finds the place of an account. Throws for a name the chart does not have: it must never be left out of the books. */
export function inChart(account: string): ChartAccount {
  const colon = account.indexOf(':');
  const name = colon === -1 ? account : account.slice(0, colon);
  const head = (CHART as Readonly<Record<string, Head>>)[name];
  if (!head) throw new Error(`the chart of accounts has no account ${name}`);
  return { ...head, name, division: colon === -1 ? undefined : account.slice(colon + 1) };
}
