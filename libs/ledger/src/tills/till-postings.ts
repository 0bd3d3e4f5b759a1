import { type GlAccount } from '../journal/chart-of-accounts.js';
import { type Posting } from '../journal/postings.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { type TillBatchEvent } from './till-batch-events.js';

const CASH_CLEARING: GlAccount = 'Cash Clearing';
const OVER_AND_SHORT: GlAccount = 'Cash Over and Short';

/**
 * The balanced journal entries of an event of a till's batch, one for each currency that is off. What was taken and voided
 * stands in the books by the payments on their accounts: here is only the difference, from when it is accepted. After it,
 * Cash Clearing has of the batch what was counted.
 */
export function tillPostingsOf(event: TillBatchEvent): Posting[][] {
  switch (event.type) {
    case 'TillBatchClosed':
    case 'TillBatchRecounted':
      return event.data.approval === 'not-needed' ? entriesOf(event.data.totals) : [];
    case 'TillDifferenceApproved':
      return entriesOf(event.data.differences);
    case 'TillBatchOpened':
    case 'TillPaymentBegun':
    case 'TillPaymentTaken':
    case 'TillPaymentRefused':
    case 'TillVoidBegun':
    case 'TillPaymentVoided':
    case 'TillVoidRefused':
    case 'TillBatchDeposited':
      return [];
  }
}

function entriesOf(differences: readonly { readonly currency: string; readonly difference: string }[]): Posting[][] {
  const sums = new Map<string, bigint>();
  for (const { currency, difference } of differences) {
    sums.set(currency, (sums.get(currency) ?? 0n) + parseMinor(difference, digitsOf(currency)));
  }
  return [...sums]
    .filter(([, over]) => over !== 0n)
    .map(([currency, over]) => {
      const amount = (minor: bigint) => formatMinor(minor, digitsOf(currency));
      return [
        { account: CASH_CLEARING, amount: amount(over), currency },
        { account: OVER_AND_SHORT, amount: amount(-over), currency },
      ];
    });
}
