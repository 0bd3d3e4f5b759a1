import { CHARGEBACK_RECEIVABLE, type Posting } from '../journal/postings.js';
import { type GlAccount } from '../journal/chart-of-accounts.js';
import { type ReceiptEvent } from './receipt.js';

const CASH_CLEARING: GlAccount = 'Cash Clearing';
const BAD_DEBT: GlAccount = 'Bad Debt Expense';

/**
 * The balanced journal entry of an event of a receipt; empty for one that moves no money of the books. What a receipt is applied
 * as stands in the books by its payment: here is only what went out twice of a receipt that no account had.
 */
export function receiptPostingsOf(event: ReceiptEvent): Posting[] {
  switch (event.type) {
    case 'ReceiptReturnedTwice':
      return entry(CHARGEBACK_RECEIVABLE, CASH_CLEARING, event.data.amount);
    case 'ReceiptClaimSettled': {
      const debited = event.data.as === 'recovered' ? CASH_CLEARING : BAD_DEBT;
      return entry(debited, CHARGEBACK_RECEIVABLE, event.data.amount);
    }
    case 'ReceiptRecorded':
    case 'ReceiptAssigned':
    case 'ReceiptReleased':
    case 'ReceiptApplied':
    case 'ReceiptReturned':
      return [];
  }
}

function entry(
  debited: GlAccount,
  credited: GlAccount,
  { amount, currency }: { readonly amount: string; readonly currency: string },
): Posting[] {
  return [
    { account: debited, amount, currency },
    { account: credited, amount: `-${amount}`, currency },
  ];
}
