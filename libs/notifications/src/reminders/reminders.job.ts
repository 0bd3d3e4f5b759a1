import { sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, fromRows, isPassing, type Tx } from '#libs/platform';
import { addDays, localDay } from '../recipients/local-time.js';
import { type Recipient, RECIPIENT, unknownRecipient } from '../recipients/recipients.js';
import { type Notification, type NotificationType } from '../telling/notification.js';
import { idFromBill } from '../telling/notification-of.js';
import { tell } from '../telling/tell.js';
import { REMINDED } from './bills.js';

interface RemindersOptions {
  readonly dueSoonDays: number;
  /** For customers who have not said where they are. */
  readonly timeZone: string;
  readonly channels: readonly string[];
  readonly clock?: () => Date;
  readonly everyMs?: number;
  /** Told that something was planned to be delivered. */
  readonly onPlanned?: () => void;
  readonly onTrouble?: (error: Error) => void;
}

interface DueBill {
  readonly accountId: string;
  readonly billNumber: string;
  readonly dueOn: string;
  readonly currency: string;
  readonly open: string;
  readonly overdue: boolean;
  readonly recipient: Recipient | null;
}

/** Today and the last day that counts as soon, in one time zone; the zone is null for customers who have not said. */
interface ZoneDay {
  zone: string | null;
  today: string;
  soon: string;
}

const BATCH = 1_000;
/** After the day of a debit until it counts as paid, or it is known that it was not. */
const DEBIT_DAYS = 7;

/** Brings bills to mind when their day comes near and when it has passed, each once. Any number of processes may run it. */
export class Reminders {
  constructor(
    private readonly db: Database,
    private readonly options: RemindersOptions,
  ) {}

  /** Looks again and again until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { everyMs = 60_000, onTrouble } = this.options;
    while (!signal.aborted) {
      try {
        await this.remind(signal);
      } catch (error) {
        if (!isPassing(error)) throw error;
        onTrouble?.(error as Error);
      }
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Reminds of all bills whose day has come by now. @returns of how many */
  async remind(signal?: AbortSignal): Promise<number> {
    const now = this.options.clock?.() ?? new Date();
    let reminded = 0;
    for (let batch = BATCH; batch === BATCH && !signal?.aborted; reminded += batch) {
      batch = await this.db.sql.transaction().execute((tx) => this.#remindSome(tx, now));
    }
    if (reminded > 0) this.options.onPlanned?.();
    return reminded;
  }

  async #remindSome(tx: Tx, now: Date): Promise<number> {
    const due = await dueBills(tx, await this.#days(tx, now));
    const tellings = due.map((bill) => ({
      notification: reminderOf(bill, now),
      recipient: bill.recipient ?? unknownRecipient(bill.accountId),
    }));
    await tell(tx, tellings, this.options.channels);
    await markReminded(tx, due);
    return due.length;
  }

  /** The days of all time zones there are: few, and by the same tables as everything else that asks what day it is. */
  async #days(tx: Tx, now: Date): Promise<ZoneDay[]> {
    const { rows } = await sql<{ zone: string }>`
      select distinct time_zone as zone from notifications.recipients where time_zone is not null`.execute(tx);
    return [null, ...rows.map(({ zone }) => zone)].map((zone) => {
      const today = localDay(now.getTime(), zone ?? this.options.timeZone);
      return { zone, today, soon: addDays(today, this.options.dueSoonDays) };
    });
  }
}

/**
 * Bills whose reminder is due and not given, but for what is put off and for what the account holds credit for, which covers what
 * was due first; locked: another process takes others.
 */
async function dueBills(tx: Tx, days: readonly ZoneDay[]): Promise<DueBill[]> {
  const latest = days.map(({ soon }) => soon).reduce((a, b) => (a > b ? a : b));
  const { rows } = await sql<DueBill>`
    select b.account_id as "accountId", b.bill_number as "billNumber", b.due_on::text as "dueOn", b.currency,
      (b.open - p.disputed - k.covered)::text as open, b.due_on < d.today as overdue,
      case when r.account_id is not null then ${RECIPIENT} end as recipient
    from notifications.bills as b
    left join notifications.recipients as r on r.account_id = b.account_id
    join (select * from ${fromRows<ZoneDay>({ zone: 'text', today: 'date', soon: 'date' }, days)}) as d
      on d.zone is not distinct from r.time_zone
    cross join lateral (select ${disputed('b')} as disputed) as p
    left join notifications.credits as c on c.account_id = b.account_id and c.credit > 0
    cross join lateral (
      select case when c.credit is null then 0 else greatest(least(b.open - p.disputed, c.credit - (
        select coalesce(sum(greatest(o.open - ${disputed('o')}, 0)), 0) from notifications.bills as o
        where o.account_id = b.account_id and o.open > 0 and (o.due_on, o.bill_number) < (b.due_on, b.bill_number)
          and o.arrangement_id is null and (o.debit_on is null or o.debit_on not between d.today - ${DEBIT_DAYS}::int and d.today - 1)
      )), 0) end as covered
    ) as k
    where b.open > 0 and b.open > p.disputed + k.covered and b.arrangement_id is null and b.reminded < 2
      and (b.debit_on is null or b.debit_on < d.today - ${DEBIT_DAYS}::int) and b.due_on <= ${latest}::date
      and (b.due_on < d.today or (b.due_on <= d.soon and b.reminded < 1))
    order by b.due_on, b.account_id, b.bill_number limit ${BATCH} for update of b skip locked`.execute(tx);
  return rows;
}

/** What of a bill is in dispute, or was until lately. */
function disputed(bill: 'b' | 'o') {
  return sql`(
    select coalesce(sum(amount), 0) from notifications.disputes as p
    where p.account_id = ${sql.ref(bill)}.account_id and p.bill_number = ${sql.ref(bill)}.bill_number
      and (p.until is null or p.until >= d.today))`;
}

async function markReminded(tx: Tx, due: readonly DueBill[]): Promise<void> {
  if (due.length === 0) return;
  const rows = due.map(({ accountId, billNumber, overdue }) => ({
    account_id: accountId,
    bill_number: billNumber,
    reminded: overdue ? REMINDED.overdue : REMINDED.dueSoon,
  }));
  const types = { account_id: 'uuid', bill_number: 'text', reminded: 'smallint' } as const;
  await sql`
    update notifications.bills as b set reminded = r.reminded from ${fromRows<(typeof rows)[number]>(types, rows)}
    where b.account_id = r.account_id and b.bill_number = r.bill_number`.execute(tx);
}

function reminderOf({ accountId, billNumber, dueOn, currency, open, overdue }: DueBill, now: Date): Notification {
  const type: NotificationType = overdue ? 'bill-overdue' : 'bill-due-soon';
  const content = { billNumber, dueOn, amount: { amount: open, currency } };
  return {
    id: idFromBill(accountId, billNumber, type),
    type,
    accountId,
    occurredAt: now.toISOString(),
    content,
    withheld: null,
  };
}
