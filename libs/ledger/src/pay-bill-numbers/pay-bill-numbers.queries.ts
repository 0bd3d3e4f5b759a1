import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Rejected } from '#libs/event-sourcing';
import { type Database, DATABASE } from '#libs/platform';
import { type PayBillNumberRow } from './pay-bill-numbers.projection.js';

@Injectable()
export class PayBillNumbersQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The account a number leads to. @throws Rejected PAY_BILL_NUMBER_UNKNOWN */
  async accountOf(payBillNumber: string): Promise<string> {
    const { rows } = await sql<Pick<PayBillNumberRow, 'account_id'>>`
      select account_id from pay_bill_numbers where pay_bill_number = ${payBillNumber}`.execute(this.db.sql);
    if (rows[0]) return rows[0].account_id;
    const message = 'no account has this number; read it again from the bill';
    throw new Rejected('PAY_BILL_NUMBER_UNKNOWN', message, 'payBillNumber');
  }
}
