import { sql } from 'kysely';
import { type Message, type MessageData } from '#libs/contracts';
import { type ColumnTypes, fromRows, insertRows, type Tx } from '#libs/platform';
import { perBill } from '../telling/shares.js';

/*
 * Bills that are open and that nobody is asked to pay all the same: what is in dispute, or was until lately (12 CFR 1026.13(d)
 * and (g)(2)), what an arrangement has put off, and what is going to be debited by autopay.
 */

interface DisputedRow {
  account_id: string;
  dispute_id: string;
  bill_number: string;
  amount: string;
  /** The last day on which it need not be paid yet; null while the dispute is open. */
  until: string | null;
}

const DISPUTED: ColumnTypes<DisputedRow> = {
  account_id: 'uuid',
  dispute_id: 'uuid',
  bill_number: 'text',
  amount: 'numeric',
  until: 'date',
};

interface DebitRow {
  account_id: string;
  bill_number: string;
  debit_on: string | null;
}

const DEBIT: ColumnTypes<DebitRow> = { account_id: 'uuid', bill_number: 'text', debit_on: 'date' };

/** Follows what puts bills off. The bills themselves are there already. */
export async function keepPutOff(tx: Tx, messages: readonly Message[]): Promise<void> {
  const debits = new Map<string, DebitRow>();
  for (const message of messages) {
    switch (message.type) {
      case 'dispute.opened':
        await dispute(tx, message.key, message.data.disputeId, message.data.shares, null);
        break;
      case 'dispute.resolved':
        await endDispute(tx, message.key, message.data);
        break;
      case 'charge.reversed':
        await settleDisputes(tx, message.key, message.data);
        break;
      case 'arrangement.agreed':
        await arrange(tx, message.key, message.data);
        break;
      case 'arrangement.broken':
      case 'arrangement.completed':
      case 'arrangement.cancelled':
        await sql`
          update notifications.bills set arrangement_id = null
          where account_id = ${message.key}::uuid and arrangement_id = ${message.data.arrangementId}::uuid`.execute(tx);
        break;
      case 'autopay.debit-announced':
      case 'autopay.debit-rescheduled':
      case 'autopay.debit-dropped':
        for (const debit of debitsOf(message)) debits.set(`${debit.account_id} ${debit.bill_number}`, debit);
        break;
      default:
    }
  }
  if (debits.size === 0) return;
  await sql`
    update notifications.bills as b set debit_on = r.debit_on from ${fromRows<DebitRow>(DEBIT, [...debits.values()])}
    where b.account_id = r.account_id and b.bill_number = r.bill_number`.execute(tx);
}

async function dispute(
  tx: Tx,
  accountId: string,
  disputeId: string,
  shares: MessageData<'dispute.opened'>['shares'],
  until: string | null,
): Promise<void> {
  const rows = perBill(shares).map(({ billNumber, amount }) => {
    return { account_id: accountId, dispute_id: disputeId, bill_number: billNumber, amount: amount.amount, until };
  });
  await insertRows(tx, 'notifications.disputes', DISPUTED, rows, sql`on conflict do nothing`);
}

/** What is reversed of a charge in dispute is in dispute no more, and on no bill: the rest of the bill is due as ever. */
async function settleDisputes(tx: Tx, accountId: string, data: MessageData<'charge.reversed'>): Promise<void> {
  for (const { disputeId, amount } of data.disputes ?? []) {
    await sql`
      update notifications.disputes set amount = amount - ${amount.amount}::numeric
      where account_id = ${accountId}::uuid and dispute_id = ${disputeId}::uuid and bill_number = ${data.billNumber}
        and until is null`.execute(tx);
  }
}

/** What the customer was not granted has its days to be paid in. */
async function endDispute(tx: Tx, accountId: string, data: MessageData<'dispute.resolved'>): Promise<void> {
  const { disputeId, released, payableBy } = data;
  await sql`
    delete from notifications.disputes
    where account_id = ${accountId}::uuid and dispute_id = ${disputeId}::uuid`.execute(tx);
  if (payableBy !== undefined) await dispute(tx, accountId, disputeId, released, payableBy);
}

async function arrange(tx: Tx, accountId: string, data: MessageData<'arrangement.agreed'>): Promise<void> {
  const numbers = data.bills.map(({ billNumber }) => billNumber);
  await sql`
    update notifications.bills set arrangement_id = ${data.arrangementId}::uuid
    where account_id = ${accountId}::uuid and bill_number = any(${numbers}::text[])`.execute(tx);
}

function debitsOf(
  message: Message & { type: 'autopay.debit-announced' | 'autopay.debit-rescheduled' | 'autopay.debit-dropped' },
): DebitRow[] {
  const on = message.type === 'autopay.debit-dropped' ? null : message.data.payOn;
  return message.data.bills.map(({ billNumber }) => {
    return { account_id: message.key, bill_number: billNumber, debit_on: on };
  });
}
