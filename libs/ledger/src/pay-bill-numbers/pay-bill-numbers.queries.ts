import { Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Rejected } from '#libs/event-sourcing';
import { type Database, DATABASE } from '#libs/platform';
import { MOST_SUCCESSORS } from './holder.job.js';
import { type PayBillNumberRow } from './pay-bill-numbers.projection.js';

@Injectable()
export class PayBillNumbersQueries {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The account a number leads to: that it was claimed for, or whoever answers for that one by now. @throws Rejected PAY_BILL_NUMBER_UNKNOWN */
  async accountOf(payBillNumber: string): Promise<string> {
    const { rows } = await sql<Pick<PayBillNumberRow, 'account_id'>>`
      with recursive answering (account_id, step) as (
        select account_id, 0 from pay_bill_numbers where pay_bill_number = ${payBillNumber}
        union all
        select b.successor_id, a.step + 1 from answering as a join account_balances as b using (account_id)
        where b.successor_id is not null and a.step < ${MOST_SUCCESSORS})
      select account_id from answering order by step desc limit 1`.execute(this.db.sql);
    if (rows[0]) return rows[0].account_id;
    const message = 'no account has this number; read it again from the bill';
    throw new Rejected('PAY_BILL_NUMBER_UNKNOWN', message, 'payBillNumber');
  }
}
