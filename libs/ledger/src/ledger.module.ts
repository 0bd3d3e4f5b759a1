import { type DynamicModule, Module } from '@nestjs/common';
import { type Biller, billerOf } from '#libs/bill-documents';
import { CommandHandling, CommandsModule, EventStore, ReadBarrier } from '#libs/event-sourcing';
import { type Database, DATABASE, PersonalData } from '#libs/platform';
import { AccountsController } from './accounts/accounts.controller.js';
import { CloseAccount } from './accounts/close-account.js';
import { OpenAccount } from './accounts/open-account.js';
import { BillDocumentsController } from './bill-documents/bill-documents.controller.js';
import { BillDocuments } from './bill-documents/bill-documents.queries.js';
import { ApplyCredit } from './billing/apply-credit.js';
import { ApplyPayment } from './billing/apply-payment.js';
import { BillingController } from './billing/billing.controller.js';
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
import { ReverseCharge } from './billing/reverse-charge.js';
import { UnapplyPayment } from './billing/unapply-payment.js';
import { ChangeContact } from './contacts/change-contact.js';
import { ChangeNotificationPreferences } from './contacts/change-notification-preferences.js';
import { ContactsController } from './contacts/contacts.controller.js';
import { PreferencesController } from './contacts/preferences.controller.js';
import { CommandDoor } from './command-door.js';
import { ReadModelsModule } from './read-models.module.js';

/** What the ledger works on; whoever opened the connections closes them, after the application. */
interface LedgerConnections {
  readonly store: EventStore;
  readonly db: Database;
  /** Given when the process has one already, so that all of its commands queue and cache together. */
  readonly handling?: CommandHandling;
  /** Seals and opens contacts; a process that has no master key goes without, and refuses to do either. */
  readonly personalData?: PersonalData | undefined;
  /** As bills name it. */
  readonly biller?: Biller;
}

const COMMANDS = [
  OpenAccount,
  CloseAccount,
  IssueBill,
  ApplyPayment,
  ReverseCharge,
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
];

const CONTROLLERS = [
  AccountsController,
  BillingController,
  BillDocumentsController,
  PaymentsController,
  PayByNumberController,
  HoldsController,
  ContactsController,
  PreferencesController,
];

/** The whole ledger over HTTP: commands in, queries out. */
@Module({})
export class LedgerModule {
  static forRoot(connections: LedgerConnections): DynamicModule {
    const { store, db, handling = new CommandHandling(store), personalData } = connections;
    const documents = new BillDocuments(store, connections.biller ?? billerOf('Paybill', {}), personalData);
    const providers = [
      { provide: EventStore, useValue: store },
      { provide: DATABASE, useValue: db },
      { provide: CommandHandling, useValue: handling },
      { provide: ReadBarrier, useValue: new ReadBarrier(db) },
      { provide: PersonalData, useValue: personalData ?? null },
    ];
    return {
      module: LedgerModule,
      global: true,
      imports: [CommandsModule.register(COMMANDS), ReadModelsModule],
      controllers: CONTROLLERS,
      providers: [...providers, CommandDoor, { provide: BillDocuments, useValue: documents }],
      exports: providers.map(({ provide }) => provide),
    };
  }
}
