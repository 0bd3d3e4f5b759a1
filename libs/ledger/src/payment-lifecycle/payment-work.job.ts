import { sql } from 'kysely';
import { LOG_MARKS_DDL, type LogMark, markEvent } from '#libs/event-sourcing';
import { type Database, makeTables } from '#libs/platform';

/*
 * What the payment process keeps in PostgreSQL: which payments have to be looked at, and when. It holds no truth: what has
 * to be done about a payment follows from its stream. Lost, it is built again by reading the log from its start.
 */

const DDL: readonly string[] = [
  ...LOG_MARKS_DDL,
  `create schema if not exists payment_process`,
  `create table if not exists payment_process.progress (
    single boolean primary key default true check (single), position bigint not null default 0)`,
  `insert into payment_process.progress (position) values (0) on conflict do nothing`,
  // Looked at when something happened since it was last seen, or when its time comes again.
  `create table if not exists payment_process.work (
    payment_id uuid primary key, happened bigint not null default 1, seen bigint not null default 0,
    hints int not null default 0, again_at timestamptz, attempts int not null default 0, trouble text)`,
  `create index if not exists work_that_happened on payment_process.work (payment_id) where happened > seen or hints > 0`,
  `create index if not exists work_by_time on payment_process.work (again_at) where again_at is not null`,
];

const READER = 'payment-process';

/** A payment to look at. */
export interface Due {
  readonly paymentId: string;
  readonly happened: string;
  readonly hints: number;
  /** Its time has come, or a webhook says so: the gateway is asked, and what failed is tried again. */
  readonly timely: boolean;
  readonly attempts: number;
  /** The time that was set for it, when there is one. */
  readonly againAt: Date | undefined;
}

/** When a payment is looked at again whether or not anything happens to it. */
export interface Again {
  readonly at: Date;
  /** How often the gateway was asked in vain. */
  readonly attempts: number;
  readonly trouble?: string | undefined;
}

export class PaymentWork {
  constructor(private readonly db: Database) {}

  install(): Promise<void> {
    return makeTables(this.db, DDL);
  }

  /** Its name among those who have read the log. */
  get reader(): string {
    return READER;
  }

  async position(): Promise<bigint> {
    const { rows } = await sql<{ position: string }>`select position from payment_process.progress`.execute(
      this.db.sql,
    );
    return BigInt(rows[0]?.position ?? 0);
  }

  /** Notes payments to which something happened, and how far the log was read, in one transaction. */
  async note(paymentIds: readonly string[], position: bigint, mark: LogMark | undefined): Promise<void> {
    await this.db.sql.transaction().execute(async (tx) => {
      await sql`
        insert into payment_process.work as w (payment_id) select distinct * from unnest(${paymentIds}::uuid[])
        on conflict (payment_id) do update set happened = w.happened + 1`.execute(tx);
      await sql`
        update payment_process.progress set position = ${String(position)}
        where position < ${String(position)}`.execute(tx);
      if (mark) await markEvent(tx, READER, mark);
    });
  }

  /** A webhook came: the gateway knows something new of these payments. Returns when that cannot be lost any more. */
  async askSoon(paymentIds: readonly string[]): Promise<void> {
    await sql`
      insert into payment_process.work as w (payment_id, hints) select distinct id, 1 from unnest(${paymentIds}::uuid[]) as t (id)
      on conflict (payment_id) do update set hints = w.hints + 1`.execute(this.db.sql);
  }

  /** Payments to look at, except those that are being looked at. */
  async due(now: Date, busy: readonly string[], limit: number): Promise<Due[]> {
    const { rows } = await sql<{
      payment_id: string;
      happened: string;
      hints: number;
      attempts: number;
      again_at: Date | null;
    }>`
      select payment_id, happened, hints, attempts, again_at from payment_process.work
      where (happened > seen or hints > 0 or again_at <= ${now.toISOString()}::timestamptz)
        and not payment_id = any(${busy}::uuid[])
      order by payment_id limit ${limit}`.execute(this.db.sql);
    return rows.map(({ payment_id: paymentId, happened, hints, attempts, again_at: againAt }) => ({
      ...{ paymentId, happened, hints, attempts, againAt: againAt ?? undefined },
      timely: hints > 0 || (againAt !== null && againAt <= now),
    }));
  }

  /** A payment was looked at. What happened to it meanwhile has it looked at once more. */
  async looked({ paymentId, happened, hints }: Due, again: Again | undefined): Promise<void> {
    if (!again) {
      const { numAffectedRows } = await sql`
        delete from payment_process.work
        where payment_id = ${paymentId}::uuid and happened = ${happened} and hints = ${hints}`.execute(this.db.sql);
      if (numAffectedRows === 1n) return;
    }
    await sql`
      update payment_process.work
      set seen = ${happened}, hints = hints - ${hints}, attempts = ${again?.attempts ?? 0},
        trouble = ${again?.trouble ?? null}, again_at = ${again?.at.toISOString() ?? null}::timestamptz
      where payment_id = ${paymentId}::uuid`.execute(this.db.sql);
  }
}
