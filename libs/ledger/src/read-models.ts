import { type Projection } from '#libs/event-sourcing';
import { balancesProjection } from './balances/balances.projection.js';
import { type AccountEvent } from './billing/account-events.js';
import { billsProjection } from './bills/bills.projection.js';
import { journalProjection } from './journal/journal.projection.js';
import { payBillNumbersProjection } from './pay-bill-numbers/pay-bill-numbers.projection.js';
import { paymentsProjection } from './payments/payments.projection.js';

/** Every read model of the ledger: what a projector runs and what `public` shows. */
export const readModels: readonly Projection<AccountEvent>[] = [
  balancesProjection,
  billsProjection,
  paymentsProjection,
  journalProjection,
  payBillNumbersProjection,
];
