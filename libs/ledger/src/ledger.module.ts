import { type DynamicModule, Module } from '@nestjs/common';
import { CommandHandling, CommandsModule, EventStore, ReadBarrier } from '#libs/event-sourcing';
import { type Database, DATABASE, PersonalData } from '#libs/platform';
import { AccountsController } from './accounts/accounts.controller.js';
import { CloseAccount } from './accounts/close-account.js';
import { OpenAccount } from './accounts/open-account.js';
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
import { IvrController } from './ivr/ivr.controller.js';
import { PhoneCalls } from './ivr/phone-calls.job.js';
import { NumberHolders } from './pay-bill-numbers/number-holders.queries.js';
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
  /** Given when the process has one already, so that all of its commands queue and cache together. */
  readonly handling?: CommandHandling;
  /** Seals and opens contacts; a process that has no master key goes without, and refuses to do either. */
  readonly personalData?: PersonalData | undefined;
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
  SetPin,
  SetSecurityQuestion,
  SendCode,
  VerifyIdentity,
  UnlockVerification,
];

const CONTROLLERS = [
  AccountsController,
  BillingController,
  PaymentsController,
  PayByNumberController,
  HoldsController,
  ContactsController,
  PreferencesController,
  VerificationController,
  IvrController,
];

/** The whole ledger over HTTP: commands in, queries out. */
@Module({})
export class LedgerModule {
  static forRoot({ store, db, handling = new CommandHandling(store), personalData }: LedgerConnections): DynamicModule {
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
      providers: [...providers, CommandDoor, NumberHolders, IdentityChecks, VerificationTrail, PhoneCalls],
      exports: providers.map(({ provide }) => provide),
    };
  }
}
