export { candidatePayBillNumber } from './pay-bill-numbers/pay-bill-number.js';
export { payBillNumber } from './pay-bill-numbers/assign-pay-bill-number.js';
export { type AccountEvent } from './billing/account-events.js';
export { account } from './billing/account.js';
export { codeToSend } from './verification/code-to-send.js';
export { verification } from './verification/verification.js';
export { SendCode } from './verification/send-code.js';
export { SetPin, SetSecurityQuestion } from './verification/set-secrets.js';
export { UnlockVerification } from './verification/unlock-verification.js';
export { VerifyIdentity } from './verification/verify-identity.js';
export { answered, compared, hear, notTaken, paid, type PhoneCall, type Turn } from './ivr/phone-call.js';
export { type AccountState } from './billing/account-state.js';
export { minorUnitDigits } from './money/currency.js';
export { formatMinor, parseMinor } from './money/minor-units.js';
export { OpenAccount } from './accounts/open-account.js';
export { ConsolidateAccount, SeparateAccount } from './pay-bill-numbers/consolidate-accounts.js';
export { ChangePayBillNumber } from './pay-bill-numbers/change-pay-bill-number.js';
export { CloseAccount } from './accounts/close-account.js';
export { ChangeBillDelivery } from './contacts/change-bill-delivery.js';
export { ChangeContact } from './contacts/change-contact.js';
export { ChangeNotificationPreferences } from './contacts/change-notification-preferences.js';
export { IssueBill } from './billing/issue-bill.js';
export { CorrectBill } from './billing/correct-bill.js';
export { ApplyPayment } from './billing/apply-payment.js';
export { ApplyCredit } from './billing/apply-credit.js';
export { IssueCredit } from './billing/issue-credit.js';
export { HoldPayments } from './billing/hold-payments.js';
export { RecordFailedPayment } from './billing/record-failed-payment.js';
export { RecordReturn } from './billing/record-return.js';
export { RefundPayment } from './billing/refund-payment.js';
export { ReinstatePayment } from './billing/reinstate-payment.js';
export { ReleaseHold } from './billing/release-hold.js';
export { ReverseBill } from './billing/reverse-bill.js';
export { ReverseCharge } from './billing/reverse-charge.js';
export { ApproveAdjustment, RefuseAdjustment } from './adjustments/decide-adjustment.js';
export { ProposeAdjustment } from './adjustments/propose-adjustment.js';
export { AgreeArrangement } from './arrangements/agree-arrangement.js';
export { AssessArrangement } from './arrangements/assess-arrangement.js';
export { CancelArrangement } from './arrangements/cancel-arrangement.js';
export { OpenDispute } from './disputes/open-dispute.js';
export { ResolveDispute } from './disputes/resolve-dispute.js';
export { UnapplyPayment } from './billing/unapply-payment.js';
export { problemOf as ledgerProblemOf } from './problems.js';
export { AccountHolds } from './billing/account-holds.job.js';
export { BillDocuments } from './bill-documents/bill-documents.queries.js';
export { BankImport, type BankImportOutcome } from './bank-items/bank-import.job.js';
export { type FoundPayment } from './bank-items/take-back.job.js';
export { bankFile } from './bank-items/bank-file-intake.js';
export { type BankItem } from './bank-items/match-item.js';
export { receipt } from './receipts/receipt.js';
export { Receipts } from './receipts/receipts.job.js';
export { type ReceiptView } from './receipts/receipt-list.job.js';
export { claimPayBillNumber } from './accounts/opening.job.js';
export { confirmationNumber } from './billing/confirmation-number.js';
export { addDays, monthsBefore } from './importing/calendar.js';
export { type Random, seededRandom } from './importing/random.js';
export { Import, type ImportOutcome, type SourceLine } from './importing/import.job.js';
export { reconcile, type LedgerTotals, type ReconciliationLine } from './importing/reconciliation.js';
export { countLines, SourceRefused, telcoSource } from './importing/telco-source.job.js';
export { autopayRun } from './autopay/autopay-run.js';
export { AdvanceAutopay } from './autopay/advance-autopay.js';
export { CancelAutopay, ResumeAutopay } from './autopay/cancel-autopay.js';
export { EnrollAutopay } from './autopay/enroll-autopay.js';
export { AssessLateFee } from './collections/assess-late-fee.js';
export { CollectAccount } from './collections/collect-account.js';
export { type CollectionPolicy } from './collections/collection-policy.js';
export {
  CollectionPolicyRefused,
  CollectionSettings,
  readCollectionPolicy,
} from './collections/collection-policy-file.job.js';
export { PolicySimulation } from './collections/simulate-policy.js';
export { collectionsRun } from './collections/collections-run.js';
export { ReinstateDebt, WriteOffDebt } from './collections/write-off-debt.js';
export { RestoreService } from './collections/suspend-service.js';
export { WaiveLateFee } from './collections/waive-late-fee.js';
export { type Catalogue } from './catalogue/catalogue.js';
export { CatalogueRefused, CatalogueSettings, readCatalogue } from './catalogue/catalogue-file.job.js';
export { supportCase, type SupportCaseState } from './support-cases/support-case.js';
export {
  AddNote,
  AssignSupportCase,
  CloseSupportCase,
  OpenSupportCase,
  ReopenSupportCase,
} from './support-cases/handle-support-case.js';
export { subscription } from './subscriptions/subscription.js';
export { billingRun, billingRunOf } from './billing-run/billing-run.js';
export { BillingRuns } from './billing-run/billing-runs.job.js';
export { AutopayRuns } from './autopay/autopay-runs.job.js';
export { CollectionsRuns } from './collections/collections-runs.job.js';
export { AddOneTimeCharge } from './subscriptions/add-one-time-charge.js';
export { ChangePlan } from './subscriptions/change-plan.js';
export { RecordUsage } from './subscriptions/record-usage.js';
export { StopSubscription } from './subscriptions/stop-subscription.js';
export { StartSubscription } from './subscriptions/start-subscription.js';
export { JOURNAL_FORMATS, type JournalFormatName } from './journal/export/formats.js';
export { payment } from './payment-lifecycle/payment.js';
export {
  type AskedPayment,
  type Charge,
  GatewayReport,
  GatewayTimedOut,
  GatewayUnavailable,
  type PaymentGateway,
  type RefundOrder,
  type WebhookHeaders,
  WebhookRefused,
} from './payment-lifecycle/payment-gateway.js';
export { CollectPayment } from './payment-lifecycle/collect-payment.js';
export { RequestRefund } from './payment-lifecycle/refund-collected.js';
export { type PaymentState } from './payment-lifecycle/payment.js';
export { VoidPayment } from './payment-lifecycle/void-payment.js';
export { RepresentChargeback } from './payment-lifecycle/represent-chargeback.js';
export { type Collecting } from './payment-lifecycle/collecting.js';
export { paymentReadModels } from './payment-lifecycle/payment-lives.projection.js';
export { accountTransfer, RequestAccountTransfer } from './account-transfers/account-transfer.js';
export { TransferBalance } from './account-transfers/transfer-balance.js';
export { ReceiveBalance } from './account-transfers/receive-balance.js';
export { TransferProcess } from './account-transfers/account-transfers.job.js';
export { consolidatedPayment, type ConsolidatedPaymentState } from './consolidated-payments/consolidated-payment.js';
export { payByNumber, payeeOf } from './consolidated-payments/payee.job.js';
export { ConsolidationProcess } from './consolidated-payments/consolidated-payments.job.js';
export { PaymentProcess } from './payment-lifecycle/payment-process.job.js';
export { tillBatch } from './tills/till-batch.js';
export { ApproveTillDifference, CloseTillBatch, RecordTillDeposit } from './tills/close-till-batch.js';
export { OpenTillBatch } from './tills/open-till-batch.js';
export { BeginTillPayment, VoidTillPayment } from './tills/take-till-payment.js';
export { TillSteps } from './tills/till-steps.job.js';
export { TillProcess } from './tills/till-process.job.js';
export { receiptReadModels } from './receipts/receipts.projection.js';
export { tillReadModels } from './tills/tills.projection.js';
export { publicMessage } from './messages.js';
export { readModels, subscriptionReadModels } from './read-models.js';
