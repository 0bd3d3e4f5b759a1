import { type DynamicModule, Module } from '@nestjs/common';
import { type Biller, billerOf } from '#libs/bill-documents';
import { CommandHandling, CommandsModule, EventStore, ReadBarrier } from '#libs/event-sourcing';
import { type Database, DATABASE, PersonalData } from '#libs/platform';
import { RequestAccountTransfer } from './account-transfers/account-transfer.js';
import { AccountTransfersController } from './account-transfers/account-transfers.controller.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { CloseAccount } from './accounts/close-account.js';
import { OpenAccount } from './accounts/open-account.js';
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
import { ChangeContact } from './contacts/change-contact.js';
import { ChangeNotificationPreferences } from './contacts/change-notification-preferences.js';
import { ContactsController } from './contacts/contacts.controller.js';
import { PreferencesController } from './contacts/preferences.controller.js';
import { CommandDoor } from './command-door.js';
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
import { ReadModelsModule } from './read-models.module.js';
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
  /** Given when the process has one already, so that all of its commands queue and cache together. */
  readonly handling?: CommandHandling;
  /** Seals and opens contacts; a process that has no master key goes without, and refuses to do either. */
  readonly personalData?: PersonalData | undefined;
  /** Without it no payment is collected. */
  readonly collecting?: Collecting | undefined;
  /** As bills name it. */
  readonly biller?: Biller;
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
  ChangeContact,
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
  SetPin,
  SetSecurityQuestion,
  SendCode,
  VerifyIdentity,
  UnlockVerification,
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
  ContactsController,
  PreferencesController,
  PaymentLivesController,
  GatewayWebhooksController,
  CatalogueController,
  SubscriptionsController,
  BillPreviewController,
  BillingRunsController,
  VerificationController,
  IvrController,
];

const NOTHING_COLLECTED: Collecting = { gateways: [], policy: { version: 'payments/1', applyOn: 'settled' } };

/** The whole ledger over HTTP: commands in, queries out. */
@Module({})
export class LedgerModule {
  static forRoot(connections: LedgerConnections): DynamicModule {
    const { store, db, catalogue, handling = new CommandHandling(store), personalData, collecting } = connections;
    // A run is no request that somebody waits for: it gives the read model a minute.
    const patient = new ReadBarrier(db, 60_000);
    const documents = new BillDocuments(store, connections.biller ?? billerOf('Paybill', {}), personalData);
    const providers = [
      { provide: EventStore, useValue: store },
      { provide: DATABASE, useValue: db },
      { provide: CommandHandling, useValue: handling },
      { provide: ReadBarrier, useValue: new ReadBarrier(db) },
      { provide: CATALOGUE, useValue: catalogue },
      { provide: PersonalData, useValue: personalData ?? null },
      { provide: Collecting, useValue: collecting ?? NOTHING_COLLECTED },
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
        { provide: SubscriptionBilling, useFactory: () => new SubscriptionBilling(store, handling, catalogue) },
        { provide: BillingRuns, useFactory: () => new BillingRuns(store, db, patient, catalogue) },
      ],
      exports: providers.map(({ provide }) => provide),
    };
  }
}
