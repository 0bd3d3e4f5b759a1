import { type ColumnTypes, insertRows } from '#libs/platform';
import { type AccountEvent } from '../billing/account-events.js';
import { type ReadModel } from '../reads/read-model.js';

/** Which account a pay bill number was claimed for. A number is never taken away, so one account may have several. */
export interface PayBillNumberRow {
  pay_bill_number: string;
  account_id: string;
}

const COLUMNS: ColumnTypes<PayBillNumberRow> = { pay_bill_number: 'text', account_id: 'uuid' };

export const payBillNumbersProjection: ReadModel = {
  tables: [{ name: 'pay_bill_numbers', key: ['pay_bill_number'] }],
  ddl: ['create table pay_bill_numbers (pay_bill_number text primary key, account_id uuid not null)'],
  async apply(tx, batch) {
    const rows = batch.flatMap(({ event }) =>
      event.type === 'AccountOpened' || isNewNumber(event)
        ? [{ pay_bill_number: event.data.payBillNumber, account_id: event.entityId }]
        : [],
    );
    await insertRows(tx, 'pay_bill_numbers', COLUMNS, rows);
  },
};

type PayBillNumberChanged = Extract<AccountEvent, { type: 'PayBillNumberChanged' }>;

/** The number of a consolidation is another account's, and leads to it before and after. */
function isNewNumber<Event extends AccountEvent>(event: Event): event is Event & PayBillNumberChanged {
  return event.type === 'PayBillNumberChanged' && event.data.because === 'new-number';
}
