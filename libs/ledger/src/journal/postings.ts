import { movesMoney } from '../balances/movements.js';
import { type AccountEvent } from '../billing/account-events.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { type GlAccount } from './chart-of-accounts.js';

/** One side of a journal entry: debit is positive, credit negative, at the currency's minor unit. */
export interface Posting {
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
}

const RECEIVABLE = 'Accounts Receivable';
const CASH_CLEARING = 'Cash Clearing';
const ACCOUNT_TRANSFERS = 'Account Transfers';
const REFUNDS_PAYABLE = 'Refunds Payable';
export const CHARGEBACK_RECEIVABLE = 'Chargeback Receivable';
const CREDIT_OF = { payment: 'Unapplied Cash', credit: 'Customer Credits' } as const;
const LATE_FEE_INCOME = 'Late Fee Income';
const BAD_DEBT = 'Bad Debt Expense';
const RECOVERED = 'Bad Debt Recovered';
const ADJUSTMENTS = 'Revenue:Adjustments';
const revenueOf = (service: string) => `Revenue:${service}` as const;
const taxOf = (jurisdiction: string) => `Tax Payable:${jurisdiction}` as const;

/**
 * The balanced journal entry of an event; empty for one that moves no money. The postings sum to zero, each account
 * occurs once, and accounts whose amounts cancel out are left out. For one account, receivable + unapplied cash +
 * customer credits is its balance.
 */
export function postingsOf(event: AccountEvent): Posting[] {
  if (!movesMoney(event)) return [];
  switch (event.type) {
    case 'BillIssued': {
      const entry = new Entry(event.data.total.currency).debit(RECEIVABLE, event.data.total.amount);
      // The revenue stands in the entry of the bill on the account that the debt comes from.
      if (event.data.transferredFrom) return entry.credit(ACCOUNT_TRANSFERS, event.data.total.amount).postings();
      for (const line of event.data.lines) {
        entry.credit(revenueOf(line.service), line.net);
        for (const tax of line.taxes) entry.credit(taxOf(tax.jurisdiction), tax.amount);
      }
      return entry.postings();
    }
    case 'LateFeeAssessed':
    case 'DebtWrittenOff':
    case 'DebtReinstated':
      return collected(event);
    case 'PaymentApplied':
      return received(event.data, CASH_CLEARING, CREDIT_OF.payment);
    case 'CreditIssued':
      return received(event.data, isTransfer(event.data) ? ACCOUNT_TRANSFERS : ADJUSTMENTS, CREDIT_OF.credit);
    case 'CreditTransferred': {
      const { amount, taken } = event.data;
      const entry = new Entry(amount.currency).credit(ACCOUNT_TRANSFERS, amount.amount);
      for (const source of taken) entry.debit(CREDIT_OF[source.sourceKind], source.amount);
      return entry.postings();
    }
    case 'CreditApplied': {
      const entry = new Entry(event.data.amount.currency).credit(RECEIVABLE, event.data.amount.amount);
      for (const { sourceKind, amount } of event.data.allocations) entry.debit(CREDIT_OF[sourceKind], amount);
      return entry.postings();
    }
    case 'PaymentUnapplied': {
      const { amount, currency } = event.data.amount;
      return new Entry(currency).debit(RECEIVABLE, amount).credit(CREDIT_OF.payment, amount).postings();
    }
    case 'PaymentReturned': {
      const { amount, released, unappliedRemoved, alreadyRefunded = '0' } = event.data;
      const entry = new Entry(amount.currency).debit(CREDIT_OF.payment, unappliedRemoved);
      for (const share of released) entry.debit(RECEIVABLE, share.amount);
      entry.debit(CHARGEBACK_RECEIVABLE, alreadyRefunded);
      return entry.credit(CASH_CLEARING, amount.amount).postings();
    }
    case 'PaymentReinstated': {
      const { amount, allocations, unapplied, claimSettled = '0' } = event.data;
      const entry = new Entry(amount.currency).debit(CASH_CLEARING, amount.amount);
      for (const share of allocations) entry.credit(RECEIVABLE, share.amount);
      return entry.credit(CREDIT_OF.payment, unapplied).credit(CHARGEBACK_RECEIVABLE, claimSettled).postings();
    }
    case 'PaymentRefunded': {
      const { amount, currency } = event.data.amount;
      return new Entry(currency).debit(CREDIT_OF.payment, amount).credit(REFUNDS_PAYABLE, amount).postings();
    }
    case 'ChargeReversed': {
      const { amount, service, net, taxes, released, lateFee } = event.data;
      const entry = new Entry(amount.currency).debit(lateFee ? LATE_FEE_INCOME : revenueOf(service), net);
      for (const tax of taxes) entry.debit(taxOf(tax.jurisdiction), tax.amount);
      entry.credit(RECEIVABLE, amount.amount);
      for (const share of released) {
        entry.debit(RECEIVABLE, share.amount).credit(CREDIT_OF[share.sourceKind], share.amount);
      }
      return entry.postings();
    }
  }
}

/** What is charged, given up and found again of bills that are not paid in time. */
function collected(
  event: Extract<AccountEvent, { type: 'LateFeeAssessed' | 'DebtWrittenOff' | 'DebtReinstated' }>,
): Posting[] {
  const { amount, currency } = event.data.amount;
  const entry = new Entry(currency);
  switch (event.type) {
    case 'LateFeeAssessed':
      return entry.debit(RECEIVABLE, amount).credit(LATE_FEE_INCOME, amount).postings();
    case 'DebtWrittenOff': {
      // Of money that came and was taken back again, the expense is the one it was before.
      const to = event.data.paymentId === undefined ? BAD_DEBT : RECOVERED;
      return entry.debit(to, amount).credit(RECEIVABLE, amount).postings();
    }
    case 'DebtReinstated': {
      const from = event.data.paymentId === undefined ? BAD_DEBT : RECOVERED;
      return entry.debit(RECEIVABLE, amount).credit(from, amount).postings();
    }
  }
}

function isTransfer(data: Extract<AccountEvent, { type: 'CreditIssued' }>['data']): boolean {
  return data.transferredFrom !== undefined || data.transferredTo !== undefined;
}

type Received = Extract<AccountEvent, { type: 'PaymentApplied' | 'CreditIssued' }>['data'];

/** Money or credit that came in: partly on bills, the rest kept for the customer. */
function received({ amount, allocations, unapplied }: Received, from: GlAccount, kept: GlAccount): Posting[] {
  const entry = new Entry(amount.currency).debit(from, amount.amount);
  for (const share of allocations) entry.credit(RECEIVABLE, share.amount);
  return entry.credit(kept, unapplied).postings();
}

/** Gathers the amounts of one journal entry by account. */
class Entry {
  private readonly amounts = new Map<GlAccount, bigint>();
  private readonly digits: number;

  constructor(private readonly currency: string) {
    this.digits = digitsOf(currency);
  }

  debit(account: GlAccount, amount: string): this {
    return this.post(account, parseMinor(amount, this.digits));
  }

  credit(account: GlAccount, amount: string): this {
    return this.post(account, -parseMinor(amount, this.digits));
  }

  postings(): Posting[] {
    const { currency, digits } = this;
    return [...this.amounts]
      .filter(([, minor]) => minor !== 0n)
      .map(([account, minor]) => ({ account, amount: formatMinor(minor, digits), currency }));
  }

  private post(account: GlAccount, minor: bigint): this {
    this.amounts.set(account, (this.amounts.get(account) ?? 0n) + minor);
    return this;
  }
}
