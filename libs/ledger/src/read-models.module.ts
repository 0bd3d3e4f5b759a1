import { Module } from '@nestjs/common';
import { AdjustmentsQueries } from './adjustments/adjustments.queries.js';
import { AgingController } from './aging/aging.controller.js';
import { AgingQueries } from './aging/aging.queries.js';
import { ArrangementsQueries } from './arrangements/arrangements.queries.js';
import { AsOfController } from './as-of/as-of.controller.js';
import { AsOfQueries } from './as-of/as-of.queries.js';
import { AutopayQueries } from './autopay/autopay.queries.js';
import { BalancesController } from './balances/balances.controller.js';
import { BalancesQueries } from './balances/balances.queries.js';
import { TotalsController } from './balances/totals.controller.js';
import { TotalsQueries } from './balances/totals.queries.js';
import { BillingRunsQueries } from './billing-run/billing-runs.queries.js';
import { BillsController } from './bills/bills.controller.js';
import { BillsQueries } from './bills/bills.queries.js';
import { CollectionsQueries } from './collections/collections.queries.js';
import { ContactsQueries } from './contacts/contacts.queries.js';
import { DisputesQueries } from './disputes/disputes.queries.js';
import { ExplainController } from './explain/explain.controller.js';
import { ExplainQueries } from './explain/explain.queries.js';
import { HistoryController } from './history/history.controller.js';
import { HistoryQueries } from './history/history.queries.js';
import { JournalController } from './journal/journal.controller.js';
import { JournalQueries } from './journal/journal.queries.js';
import { JournalExportController } from './journal/export/journal-export.controller.js';
import { JournalExport } from './journal/export/journal-export.queries.js';
import { PayBillNumbersController } from './pay-bill-numbers/pay-bill-numbers.controller.js';
import { PayBillNumbersQueries } from './pay-bill-numbers/pay-bill-numbers.queries.js';
import { PaymentHistoryController } from './payments/payment-history.controller.js';
import { PaymentsQueries } from './payments/payments.queries.js';
import { RollForwardController } from './roll-forward/roll-forward.controller.js';
import { RollForwardQueries } from './roll-forward/roll-forward.queries.js';
import { StatementController } from './statements/statement.controller.js';
import { StatementQueries } from './statements/statement.queries.js';
import { SubscriptionsQueries } from './subscriptions/subscriptions.queries.js';
import { SupportCasesQueries } from './support-cases/support-cases.queries.js';

const QUERIES = [
  BalancesQueries,
  TotalsQueries,
  HistoryQueries,
  BillsQueries,
  PaymentsQueries,
  JournalQueries,
  JournalExport,
  PayBillNumbersQueries,
  ContactsQueries,
  DisputesQueries,
  AdjustmentsQueries,
  ArrangementsQueries,
  AsOfQueries,
  StatementQueries,
  AgingQueries,
  RollForwardQueries,
  ExplainQueries,
  CollectionsQueries,
  SubscriptionsQueries,
  BillingRunsQueries,
  AutopayQueries,
  SupportCasesQueries,
];

/** All reads of the ledger. DATABASE, EventStore and ReadBarrier come from a global module of the process. */
@Module({
  controllers: [
    BalancesController,
    TotalsController,
    HistoryController,
    BillsController,
    PaymentHistoryController,
    JournalController,
    JournalExportController,
    PayBillNumbersController,
    AsOfController,
    StatementController,
    AgingController,
    RollForwardController,
    ExplainController,
  ],
  providers: QUERIES,
  exports: QUERIES,
})
export class ReadModelsModule {}
