import { type ColumnTypes, insertRows } from '#libs/platform';
import { type ReadModel } from '../reads/read-model.js';

/** Which account a pay bill number leads to. A number is never given to another account, and never taken away. */
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
      event.type === 'AccountOpened' ? [{ pay_bill_number: event.data.payBillNumber, account_id: event.entityId }] : [],
    );
    await insertRows(tx, 'pay_bill_numbers', COLUMNS, rows);
  },
};
