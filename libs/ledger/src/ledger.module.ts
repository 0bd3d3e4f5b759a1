import { type DynamicModule, Module } from '@nestjs/common';
import { type Biller, billerOf } from '#libs/bill-documents';
import { CommandsModule } from '#http/event-sourcing';
import { CommandHandling, EventStore, ReadBarrier } from '#libs/event-sourcing';
import { type Database, DATABASE, PersonalData } from '#libs/platform';
import { RequestAccountTransfer } from './account-transfers/account-transfer.js';
import { AccountTransfersController } from './account-transfers/account-transfers.controller.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { CloseAccount } from './accounts/close-account.js';
import { OpenAccount } from './accounts/open-account.js';
import { AutopayController } from './autopay/autopay.controller.js';
import { AutopayRunsController } from './autopay/autopay-runs.controller.js';
import { AutopayRuns } from './autopay/autopay-runs.job.js';
import { CancelAutopay, ResumeAutopay, StopAutopayDebit } from './autopay/cancel-autopay.js';
import { EnrollAutopay } from './autopay/enroll-autopay.js';
import { AdjustmentsController } from './adjustments/adjustments.controller.js';
import { ApproveAdjustment, RefuseAdjustment } from './adjustments/decide-adjustment.js';
import { ProposeAdjustment } from './adjustments/propose-adjustment.js';
import { AgreeArrangement } from './arrangements/agree-arrangement.js';
import { ArrangementsController } from './arrangements/arrangements.controller.js';
import { Arrangements } from './arrangements/arrangements.job.js';
import { AssessArrangement } from './arrangements/assess-arrangement.js';
import { CancelArrangement } from './arrangements/cancel-arrangement.js';
import { BillDocumentsController } from './bill-documents/bill-documents.controller.js';
import { BillDocuments } from './bill-documents/bill-documents.queries.js';
import { ApplyCredit } from './billing/apply-credit.js';
import { ApplyPayment } from './billing/apply-payment.js';
import { BillingController } from './billing/billing.controller.js';
import { CorrectBill } from './billing/correct-bill.js';
import { HoldPayments } from './billing/hold-payments.js';
import { HoldsController } from './billing/holds.controller.js';
import { IssueBill } from './billing/issue-bill.js';
import { IssueCredit } from './billing/issue-credit.js';
import { PayByNumberController } from './billing/pay-by-number.controller.js';
import { PaymentsController } from './billing/payments.controller.js';
import { RecordFailedPayment } from './billing/record-failed-payment.js';
import { RecordReturn } from './billing/record-return.js';
import { RefundPayment } from './billing/refund-payment.js';
import { ReleaseHold } from './billing/release-hold.js';
import { ReverseBill } from './billing/reverse-bill.js';
import { ReverseCharge } from './billing/reverse-charge.js';
import { UnapplyPayment } from './billing/unapply-payment.js';
import { BillPreviewController } from './billing-run/bill-preview.controller.js';
import { BillingRunsController } from './billing-run/billing-runs.controller.js';
import { BillingRuns } from './billing-run/billing-runs.job.js';
import { SubscriptionBilling } from './billing-run/subscription-billing.job.js';
import { type Catalogue } from './catalogue/catalogue.js';
import { CATALOGUE, CatalogueController } from './catalogue/catalogue.controller.js';
import { AssessLateFee } from './collections/assess-late-fee.js';
import { type CollectionPolicy } from './collections/collection-policy.js';
import { CollectionsController } from './collections/collections.controller.js';
import { COLLECTION_POLICY, CollectionsRunsController } from './collections/collections-runs.controller.js';
import { CollectionsRuns } from './collections/collections-runs.job.js';
import { RestoreService, SuspendService } from './collections/suspend-service.js';
import { WaiveLateFee } from './collections/waive-late-fee.js';
import { ReinstateDebt, WriteOffDebt } from './collections/write-off-debt.js';
import { BillDeliveryController } from './contacts/bill-delivery.controller.js';
import { ChangeBillDelivery } from './contacts/change-bill-delivery.js';
import { ChangeContact } from './contacts/change-contact.js';
import { ChangeNotificationPreferences } from './contacts/change-notification-preferences.js';
import { ContactsController } from './contacts/contacts.controller.js';
import { PreferencesController } from './contacts/preferences.controller.js';
import { CommandDoor } from './command-door.js';
import { DisputesController } from './disputes/disputes.controller.js';
import { OpenDispute } from './disputes/open-dispute.js';
import { ResolveDispute } from './disputes/resolve-dispute.js';
import { IvrController } from './ivr/ivr.controller.js';
import { PhoneCalls } from './ivr/phone-calls.job.js';
import { ChangePayBillNumber } from './pay-bill-numbers/change-pay-bill-number.js';
import { ReceiveConsolidatedPayment, ReturnConsolidatedPayment } from './consolidated-payments/consolidated-payment.js';
import { ConsolidatedPaymentsController } from './consolidated-payments/consolidated-payments.controller.js';
import { ConsolidationsController } from './consolidated-payments/consolidations.controller.js';
import { ConsolidateAccount, SeparateAccount } from './pay-bill-numbers/consolidate-accounts.js';
import { CollectPayment } from './payment-lifecycle/collect-payment.js';
import { Collecting } from './payment-lifecycle/collecting.js';
import { GatewayWebhooksController } from './payment-lifecycle/gateway-webhooks.controller.js';
import { PaymentLivesController } from './payment-lifecycle/payment-lives.controller.js';
import { PaymentLivesQueries } from './payment-lifecycle/payment-lives.queries.js';
import { RecordRefundCheque, RequestRefund } from './payment-lifecycle/refund-collected.js';
import { RepresentChargeback } from './payment-lifecycle/represent-chargeback.js';
import { VoidPayment } from './payment-lifecycle/void-payment.js';
import { AddOneTimeCharge } from './subscriptions/add-one-time-charge.js';
import { ChangePlan } from './subscriptions/change-plan.js';
import { RecordUsage } from './subscriptions/record-usage.js';
import { StartSubscription } from './subscriptions/start-subscription.js';
import { StopSubscription } from './subscriptions/stop-subscription.js';
import { SubscriptionsController } from './subscriptions/subscriptions.controller.js';
import {
  AddNote,
  AssignSupportCase,
  CloseSupportCase,
  OpenSupportCase,
  ReopenSupportCase,
} from './support-cases/handle-support-case.js';
import { LinkedEvents } from './support-cases/linked-events.job.js';
import { SupportCasesController } from './support-cases/support-cases.controller.js';
import { ReadModelsModule } from './read-models.module.js';
import {
  ApproveTillDifference,
  CloseTillBatch,
  RecordTillDeposit,
  RecountTillBatch,
} from './tills/close-till-batch.js';
import { OpenTillBatch } from './tills/open-till-batch.js';
import { BeginTillPayment, VoidTillPayment } from './tills/take-till-payment.js';
import { TillsController } from './tills/tills.controller.js';
import { Tills } from './tills/tills.job.js';
import { TillsQueries } from './tills/tills.queries.js';
import { IdentityChecks } from './verification/identity-checks.job.js';
import { SendCode } from './verification/send-code.js';
import { SetPin, SetSecurityQuestion } from './verification/set-secrets.js';
import { UnlockVerification } from './verification/unlock-verification.js';
import { VerificationController } from './verification/verification.controller.js';
import { VerificationTrail } from './verification/verification-trail.queries.js';
import { VerifyIdentity } from './verification/verify-identity.js';

/** What the ledger works on; whoever opened the connections closes them, after the application. */
interface LedgerConnections {
  readonly store: EventStore;
  readonly db: Database;
  /** What is sold and by which rules it is billed. */
  readonly catalogue: Catalogue;
  /** What is done about bills that are not paid in time. */
  readonly collectionPolicy: CollectionPolicy;
  /** Given when the process has one already, so that all of its commands queue and cache together. */
  readonly handling?: CommandHandling;
  /** Seals and opens contacts; a process that has no master key goes without, and refuses to do either. */
  readonly personalData?: PersonalData | undefined;
  /** Without it no payment is collected. */
  readonly collecting?: Collecting | undefined;
  /** As bills name it. */
  readonly biller?: Biller;
  /** What day it is for runs over accounts, where that is not today. */
  readonly clock?: () => Date;
}

const COMMANDS = [
  OpenAccount,
  CloseAccount,
  ChangePayBillNumber,
  RequestAccountTransfer,
  ConsolidateAccount,
  SeparateAccount,
  ReceiveConsolidatedPayment,
  ReturnConsolidatedPayment,
  IssueBill,
  ApplyPayment,
  ReverseCharge,
  ReverseBill,
  CorrectBill,
  UnapplyPayment,
  RecordReturn,
  RefundPayment,
  RecordFailedPayment,
  HoldPayments,
  ReleaseHold,
  IssueCredit,
  ApplyCredit,
  AssessLateFee,
  WaiveLateFee,
  SuspendService,
  RestoreService,
  WriteOffDebt,
  ReinstateDebt,
  OpenDispute,
  ResolveDispute,
  ProposeAdjustment,
  ApproveAdjustment,
  RefuseAdjustment,
  AgreeArrangement,
  AssessArrangement,
  CancelArrangement,
  ChangeContact,
  ChangeBillDelivery,
  ChangeNotificationPreferences,
  CollectPayment,
  VoidPayment,
  RequestRefund,
  RecordRefundCheque,
  RepresentChargeback,
  StartSubscription,
  ChangePlan,
  StopSubscription,
  AddOneTimeCharge,
  RecordUsage,
  OpenSupportCase,
  AddNote,
  AssignSupportCase,
  CloseSupportCase,
  ReopenSupportCase,
  SetPin,
  SetSecurityQuestion,
  SendCode,
  VerifyIdentity,
  UnlockVerification,
  OpenTillBatch,
  BeginTillPayment,
  VoidTillPayment,
  CloseTillBatch,
  RecountTillBatch,
  ApproveTillDifference,
  RecordTillDeposit,
  EnrollAutopay,
  CancelAutopay,
  ResumeAutopay,
  StopAutopayDebit,
];

const CONTROLLERS = [
  AccountsController,
  AccountTransfersController,
  ConsolidationsController,
  ConsolidatedPaymentsController,
  BillingController,
  BillDocumentsController,
  PaymentsController,
  PayByNumberController,
  HoldsController,
  DisputesController,
  AdjustmentsController,
  ArrangementsController,
  ContactsController,
  PreferencesController,
  BillDeliveryController,
  PaymentLivesController,
  GatewayWebhooksController,
  CatalogueController,
  SubscriptionsController,
  BillPreviewController,
  BillingRunsController,
  CollectionsController,
  CollectionsRunsController,
  VerificationController,
  IvrController,
  TillsController,
  AutopayController,
  AutopayRunsController,
  SupportCasesController,
];

const NOTHING_COLLECTED: Collecting = { gateways: [], policy: { version: 'payments/1', applyOn: 'settled' } };

/** The whole ledger over HTTP: commands in, queries out. */
@Module({})
export class LedgerModule {
  static forRoot(connections: LedgerConnections): DynamicModule {
    const { store, db, catalogue, collectionPolicy, personalData, clock } = connections;
    const { handling = new CommandHandling(store), collecting = NOTHING_COLLECTED } = connections;
    // A run is no request that somebody waits for: it gives the read model a minute.
    const patient = new ReadBarrier(db, 60_000);
    const documents = new BillDocuments(store, connections.biller ?? billerOf('Paybill', {}), personalData);
    const providers = [
      { provide: EventStore, useValue: store },
      { provide: DATABASE, useValue: db },
      { provide: CommandHandling, useValue: handling },
      { provide: ReadBarrier, useValue: new ReadBarrier(db) },
      { provide: CATALOGUE, useValue: catalogue },
      { provide: COLLECTION_POLICY, useValue: collectionPolicy },
      { provide: PersonalData, useValue: personalData ?? null },
      { provide: Collecting, useValue: collecting },
    ];
    return {
      module: LedgerModule,
      global: true,
      imports: [CommandsModule.register(COMMANDS), ReadModelsModule],
      controllers: CONTROLLERS,
      providers: [
        ...providers,
        CommandDoor,
        PaymentLivesQueries,
        { provide: BillDocuments, useValue: documents },
        IdentityChecks,
        VerificationTrail,
        PhoneCalls,
        Tills,
        { provide: TillsQueries, useFactory: () => new TillsQueries(db, handling) },
        Arrangements,
        LinkedEvents,
        { provide: SubscriptionBilling, useFactory: () => new SubscriptionBilling(store, handling, catalogue) },
        { provide: AutopayRuns, useFactory: () => new AutopayRuns(store, db, patient, collecting, clock) },
        { provide: BillingRuns, useFactory: () => new BillingRuns(store, db, patient, catalogue, clock) },
        {
          provide: CollectionsRuns,
          useFactory: () => new CollectionsRuns(store, db, patient, collectionPolicy, clock),
        },
      ],
      exports: providers.map(({ provide }) => provide),
    };
  }
}
