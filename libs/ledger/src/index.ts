export { Money, MoneyInput, type MoneyJson } from './money/money.js';
export {
  candidatePayBillNumber,
  isPayBillNumber,
  maskPayBillNumber,
  parsePayBillNumber,
  PayBillNumberInput,
  printPayBillNumber,
} from './pay-bill-numbers/pay-bill-number.js';
export { AssignPayBillNumber, payBillNumber } from './pay-bill-numbers/assign-pay-bill-number.js';
export { accountEvents, type AccountEvent } from './billing/account-events.js';
export { account } from './billing/account.js';
export { type AccountState } from './billing/account-state.js';
export { REJECTIONS } from './billing/rejections.js';
export { OpenAccount } from './accounts/open-account.js';
export { CloseAccount } from './accounts/close-account.js';
export { IssueBill } from './billing/issue-bill.js';
export { ApplyPayment } from './billing/apply-payment.js';
export { ApplyCredit } from './billing/apply-credit.js';
export { IssueCredit } from './billing/issue-credit.js';
export { RecordReturn } from './billing/record-return.js';
export { ReverseCharge } from './billing/reverse-charge.js';
export { UnapplyPayment } from './billing/unapply-payment.js';
export { isConfirmationNumber } from './billing/confirmation-number.js';
export { postingsOf, type Posting } from './journal/postings.js';
export { LedgerModule } from './ledger.module.js';
export { demoBiller } from './importing/demo-biller.js';
export { Import, type ImportOutcome, type RefusedLine, type SourceLine } from './importing/import.job.js';
export { reconcile, type LedgerTotals, type ReconciliationLine } from './importing/reconciliation.js';
export { countLines, SourceRefused, telcoSource } from './importing/telco-source.job.js';
export { readModels } from './read-models.js';
