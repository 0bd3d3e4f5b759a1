import { sql } from 'kysely';
import { type Message } from '#libs/contracts';
import { type ColumnTypes, fromRows, insertRows, type Tx } from '#libs/platform';
import { addDays, localDay } from '../recipients/local-time.js';
import { isRecordedLongAgo } from '../telling/history.js';

/** How far the reminders of a bill have come; it only grows. */
export const REMINDED = { never: 0, dueSoon: 1, overdue: 2 } as const;

interface BillRow {
  account_id: string;
  bill_number: string;
  due_on: string;
  currency: string;
  open: string;
  reminded: number;
}

const BILL: ColumnTypes<BillRow> = {
  account_id: 'uuid',
  bill_number: 'text',
  due_on: 'date',
  currency: 'text',
  open: 'numeric',
  reminded: 'smallint',
};

/** By which it is told what customers have been reminded of before. */
interface Horizon {
  readonly now: Date;
  readonly historyDays: number;
  readonly dueSoonDays: number;
}

/** A change of what is open on a bill: a decimal, negative when it was paid. */
interface Change {
  account_id: string;
  bill_number: string;
  change: string;
}

const CHANGE: ColumnTypes<Change> = { account_id: 'uuid', bill_number: 'text', change: 'numeric' };

/** A change of an account's credit: a decimal, negative when it was used or has left. */
interface CreditChange {
  account_id: string;
  change: string;
}

const CREDIT_CHANGE: ColumnTypes<CreditChange> = { account_id: 'uuid', change: 'numeric' };

/** Keeps what is open on each bill, and the credit of each account. The arithmetic is PostgreSQL's, exact in numeric. */
export async function keepBills(tx: Tx, messages: readonly Message[], horizon: Horizon): Promise<void> {
  const issued = messages.flatMap((message) => (message.type === 'bill.issued' ? [billOf(message, horizon)] : []));
  await insertRows(tx, 'notifications.bills', BILL, issued, sql`on conflict do nothing`);
  await keepCredits(tx, messages);
  const changes = messages.flatMap((message) => changesOf(message));
  if (changes.length === 0) return;
  await sql`
    update notifications.bills as b set open = b.open + c.change
    from (select account_id, bill_number, sum(change) as change from ${fromRows<Change>(CHANGE, changes)} group by 1, 2) as c
    where b.account_id = c.account_id and b.bill_number = c.bill_number`.execute(tx);
}

async function keepCredits(tx: Tx, messages: readonly Message[]): Promise<void> {
  const changes = messages.flatMap((message) =>
    creditChangesOf(message).map((change) => ({ account_id: message.key, change })),
  );
  if (changes.length === 0) return;
  await sql`
    insert into notifications.credits as c (account_id, credit)
    select account_id, sum(change) from ${fromRows<CreditChange>(CREDIT_CHANGE, changes)} group by 1
    on conflict (account_id) do update set credit = c.credit + excluded.credit`.execute(tx);
}

function billOf(message: Message & { type: 'bill.issued' }, horizon: Horizon): BillRow {
  const { billNumber, dueOn, total } = message.data;
  return {
    account_id: message.key,
    bill_number: billNumber,
    due_on: dueOn,
    currency: total.currency,
    open: total.amount,
    reminded: remindedBefore(message, horizon),
  };
}

/** How far the reminders of a bill have come before this database heard of it. */
function remindedBefore(
  message: Message & { type: 'bill.issued' },
  { now, historyDays, dueSoonDays }: Horizon,
): number {
  const { dueOn } = message.data;
  // Long overdue when it was recorded: nobody is reminded of history.
  if (dueOn < addDays(message.time.slice(0, 10), -historyDays)) return REMINDED.overdue;
  if (!isRecordedLongAgo(message, historyDays, now)) return REMINDED.never;
  // Seen again, after a loss: what its day had come for was told then.
  const today = localDay(now.getTime(), 'UTC');
  if (dueOn < today) return REMINDED.overdue;
  return dueOn <= addDays(today, dueSoonDays) ? REMINDED.dueSoon : REMINDED.never;
}

function changesOf(message: Message): Change[] {
  const change = (sign: '' | '-') => (on: { billNumber: string; amount: { amount: string } }) => ({
    account_id: message.key,
    bill_number: on.billNumber,
    change: sign + on.amount.amount,
  });
  switch (message.type) {
    case 'payment.applied':
    case 'payment.reinstated':
    case 'credit.issued':
    case 'credit.applied':
      return message.data.allocations.map(change('-'));
    case 'payment.unapplied':
    case 'payment.returned':
      return message.data.released.map(change(''));
    case 'debt.written-off':
      return message.data.lines.map(change('-'));
    case 'debt.reinstated':
      return message.data.lines.map(change(''));
    case 'late-fee.assessed':
      return [change('')(message.data)];
    case 'charge.reversed':
      return [change('-')(message.data), ...message.data.released.map(change(''))];
    default:
      return [];
  }
}

function creditChangesOf(message: Message): string[] {
  switch (message.type) {
    case 'payment.applied':
    case 'payment.reinstated':
    case 'credit.issued':
      return [message.data.unapplied.amount];
    case 'credit.applied':
    case 'credit.transferred':
    case 'payment.refunded':
      return [`-${message.data.amount.amount}`];
    case 'payment.returned':
      return [`-${message.data.unappliedRemoved.amount}`];
    case 'payment.unapplied':
    case 'charge.reversed':
      return message.data.released.map(({ amount }) => amount.amount);
    default:
      return [];
  }
}
