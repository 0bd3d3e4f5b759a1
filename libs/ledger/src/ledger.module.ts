import { type DynamicModule, Module } from '@nestjs/common';
import { CommandHandling, CommandsModule, EventStore, projectionPositions, ReadBarrier } from '#libs/event-sourcing';
import { type Database, DATABASE, PROBLEM_OF, READINESS_PROBES, type ReadinessProbes } from '#libs/platform';
import { AccountsController } from './accounts/accounts.controller.js';
import { CloseAccount } from './accounts/close-account.js';
import { OpenAccount } from './accounts/open-account.js';
import { ApplyCredit } from './billing/apply-credit.js';
import { ApplyPayment } from './billing/apply-payment.js';
import { BillingController } from './billing/billing.controller.js';
import { IssueBill } from './billing/issue-bill.js';
import { IssueCredit } from './billing/issue-credit.js';
import { PayByNumberController } from './billing/pay-by-number.controller.js';
import { PaymentsController } from './billing/payments.controller.js';
import { RecordReturn } from './billing/record-return.js';
import { ReverseCharge } from './billing/reverse-charge.js';
import { UnapplyPayment } from './billing/unapply-payment.js';
import { CommandDoor } from './command-door.js';
import { problemOf } from './problems.js';
import { ReadModelsModule } from './read-models.module.js';

/** What the ledger works on; whoever opened the connections closes them, after the application. */
interface LedgerConnections {
  readonly store: EventStore;
  readonly db: Database;
  /** Given when the process has one already, so that all of its commands queue and cache together. */
  readonly handling?: CommandHandling;
}

const COMMANDS = [
  OpenAccount,
  CloseAccount,
  IssueBill,
  ApplyPayment,
  ReverseCharge,
  UnapplyPayment,
  RecordReturn,
  IssueCredit,
  ApplyCredit,
];

/** The whole ledger over HTTP: commands in, queries out. */
@Module({})
export class LedgerModule {
  static forRoot({ store, db, handling = new CommandHandling(store) }: LedgerConnections): DynamicModule {
    const probes: ReadinessProbes = {
      lastPosition: () => store.lastPosition(),
      projections: () => projectionPositions(db),
    };
    const providers = [
      { provide: EventStore, useValue: store },
      { provide: DATABASE, useValue: db },
      { provide: CommandHandling, useValue: handling },
      { provide: ReadBarrier, useValue: new ReadBarrier(db) },
      { provide: PROBLEM_OF, useValue: problemOf },
      { provide: READINESS_PROBES, useValue: probes },
    ];
    return {
      module: LedgerModule,
      global: true,
      imports: [CommandsModule.register(COMMANDS), ReadModelsModule],
      controllers: [AccountsController, BillingController, PaymentsController, PayByNumberController],
      providers: [...providers, CommandDoor],
      exports: providers.map(({ provide }) => provide),
    };
  }
}
