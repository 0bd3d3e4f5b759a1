import { codeFingerprint, type Projection } from '#libs/event-sourcing';
import { autopayProjection } from './autopay/autopay.projection.js';
import { adjustmentsProjection } from './adjustments/adjustments.projection.js';
import { arrangementsProjection } from './arrangements/arrangements.projection.js';
import { balancesProjection } from './balances/balances.projection.js';
import { movementsOf, movesMoney } from './balances/movements.js';
import { type AccountEvent, accountEvents } from './billing/account-events.js';
import { type BillingRunEvent } from './billing-run/billing-run-events.js';
import { billingRunsProjection } from './billing-run/billing-runs.projection.js';
import { billsProjection } from './bills/bills.projection.js';
import { collectionsProjection } from './collections/collections.projection.js';
import { contactsProjection } from './contacts/contacts.projection.js';
import { disputesProjection } from './disputes/disputes.projection.js';
import { payBillNumbersProjection } from './pay-bill-numbers/pay-bill-numbers.projection.js';
import { paymentsProjection } from './payments/payments.projection.js';
import { LEDGER } from './reads/ledger.js';
import { type SubscriptionEvent } from './subscriptions/subscription-events.js';
import { subscriptionsProjection } from './subscriptions/subscriptions.projection.js';
import { type SupportCaseEvent } from './support-cases/support-case-events.js';
import { supportCasesProjection } from './support-cases/support-cases.projection.js';

const parts = [
  ...[balancesProjection, billsProjection, paymentsProjection, payBillNumbersProjection],
  ...[contactsProjection, autopayProjection, collectionsProjection],
  ...[disputesProjection, adjustmentsProjection, arrangementsProjection],
];

/**
 * The ledger's read models, run as one projection: an event is decoded once, what it moves is worked out once, and its
 * stream's revision is kept once for all of them (apart, that bookkeeping alone took as long as writing the rows); and
 * whoever reads a balance, its bills and its journal sees them all at the same position. */
const ledgerReadModels: Projection<AccountEvent> = {
  name: LEDGER,
  code: codeFingerprint(import.meta.url),
  category: 'account',
  events: accountEvents,
  tables: parts.flatMap(({ tables }) => tables),
  ddl: parts.flatMap(({ ddl }) => ddl),
  indexes: parts.flatMap(({ indexes = [] }) => indexes),
  async apply(tx, batch, writer) {
    const changes = batch.map((event) => ({ event, movements: movesMoney(event) ? movementsOf(event) : undefined }));
    // Side by side, so that one part works its rows out while the database writes another's. All have ended when this does:
    // a statement that came after the transaction's end would stand on its own.
    const outcomes = await Promise.allSettled(parts.map((part) => part.apply(tx, changes, writer)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  },
};

/** What a projector runs of accounts. */
export const readModels: readonly Projection<AccountEvent>[] = [ledgerReadModels];

/** What it runs of their subscriptions, of billing runs and of support cases: apart, because they are streams of their own. */
export const subscriptionReadModels: readonly (
  Projection<SubscriptionEvent> | Projection<BillingRunEvent> | Projection<SupportCaseEvent>
)[] = [subscriptionsProjection, billingRunsProjection, supportCasesProjection];
