import { type RawBuilder, sql } from 'kysely';
import { LOG_MARKS_DDL, type LogMark, markEvent } from '#libs/event-sourcing';
import { type Database, makeTables } from '#libs/platform';

/*
 * What a process keeps in PostgreSQL: which streams have to be looked at, and when. It holds no truth: what has to be done
 * follows from the streams. Lost, it is built again by reading the log from its start.
 */

/** Whose work it is, in lower-case words joined by underscores. */
export interface WorkOf {
  /** The schema its tables are in: `payment_process`. */
  readonly schema: string;
  /** The column that says what is to be looked at: `payment_id`. */
  readonly id: string;
}

const ddlOf = ({ schema, id }: WorkOf): readonly string[] => [
  ...LOG_MARKS_DDL,
  `create schema if not exists ${schema}`,
  `create table if not exists ${schema}.progress (
    single boolean primary key default true check (single), position bigint not null default 0)`,
  `insert into ${schema}.progress (position) values (0) on conflict do nothing`,
  // Looked at when something happened since it was last seen, or when its time comes again.
  `create table if not exists ${schema}.work (
    ${id} uuid primary key, happened bigint not null default 1, seen bigint not null default 0,
    hints int not null default 0, again_at timestamptz, attempts int not null default 0, trouble text)`,
  `create index if not exists work_that_happened on ${schema}.work (${id}) where happened > seen or hints > 0`,
  `create index if not exists work_by_time on ${schema}.work (again_at) where again_at is not null`,
];

/** A stream to look at. */
export interface Due {
  /** The id in its name. */
  readonly id: string;
  readonly happened: string;
  readonly hints: number;
  /** Its time has come, or somebody outside says so: the gateway is asked, and what failed is tried again. */
  readonly timely: boolean;
  readonly attempts: number;
  /** The time that was set for it, when there is one. */
  readonly againAt: Date | undefined;
}

/** When a stream is looked at again whether or not anything happens in it. */
export interface Again {
  readonly at: Date;
  /** How often it was tried in vain. */
  readonly attempts: number;
  readonly trouble?: string | undefined;
}

const FIRST_MS = 2_000;
const LONGEST_MS = 3_600_000;

/** Two seconds, then twice as long each time it was tried in vain, and an hour at most. */
export function backOff(now: Date, attempts: number, trouble?: string): Again {
  const waitMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 20));
  return { at: new Date(now.getTime() + waitMs), attempts: attempts + 1, trouble };
}

export class StreamWork {
  readonly #work: RawBuilder<unknown>;
  readonly #progress: RawBuilder<unknown>;
  readonly #id: RawBuilder<unknown>;

  constructor(
    private readonly db: Database,
    private readonly of: WorkOf,
  ) {
    this.#work = sql.table(`${of.schema}.work`);
    this.#progress = sql.table(`${of.schema}.progress`);
    this.#id = sql.ref(of.id);
  }

  install(): Promise<void> {
    return makeTables(this.db, ddlOf(this.of));
  }

  /** Its name among those who have read the log. */
  get reader(): string {
    return this.of.schema.replaceAll('_', '-');
  }

  async position(): Promise<bigint> {
    const { rows } = await sql<{ position: string }>`
      select position from ${this.#progress}`.execute(this.db.sql);
    return BigInt(rows[0]?.position ?? 0);
  }

  /** Notes streams in which something happened, and how far the log was read, in one transaction. */
  async note(ids: readonly string[], position: bigint, mark: LogMark | undefined): Promise<void> {
    await this.db.sql.transaction().execute(async (tx) => {
      await sql`
        insert into ${this.#work} as w (${this.#id}) select distinct * from unnest(${ids}::uuid[])
        on conflict (${this.#id}) do update set happened = w.happened + 1`.execute(tx);
      await sql`
        update ${this.#progress} set position = ${String(position)}
        where position < ${String(position)}`.execute(tx);
      if (mark) await markEvent(tx, this.reader, mark);
    });
  }

  /** Somebody outside knows something new of these. Returns when that cannot be lost any more. */
  async askSoon(ids: readonly string[]): Promise<void> {
    await sql`
      insert into ${this.#work} as w (${this.#id}, hints) select distinct id, 1 from unnest(${ids}::uuid[]) as t (id)
      on conflict (${this.#id}) do update set hints = w.hints + 1`.execute(this.db.sql);
  }

  /** Streams to look at, except those that are being looked at. */
  async due(now: Date, busy: readonly string[], limit: number): Promise<Due[]> {
    const { rows } = await sql<{
      id: string;
      happened: string;
      hints: number;
      attempts: number;
      again_at: Date | null;
    }>`
      select ${this.#id} as id, happened, hints, attempts, again_at from ${this.#work}
      where (happened > seen or hints > 0 or again_at <= ${now.toISOString()}::timestamptz)
        and not ${this.#id} = any(${busy}::uuid[])
      order by ${this.#id} limit ${limit}`.execute(this.db.sql);
    return rows.map(({ id, happened, hints, attempts, again_at: againAt }) => ({
      ...{ id, happened, hints, attempts, againAt: againAt ?? undefined },
      timely: hints > 0 || (againAt !== null && againAt <= now),
    }));
  }

  /** A stream was looked at. What happened in it meanwhile has it looked at once more. */
  async looked({ id, happened, hints }: Due, again: Again | undefined): Promise<void> {
    if (!again) {
      const { numAffectedRows } = await sql`
        delete from ${this.#work}
        where ${this.#id} = ${id}::uuid and happened = ${happened} and hints = ${hints}`.execute(this.db.sql);
      if (numAffectedRows === 1n) return;
    }
    await sql`
      update ${this.#work}
      set seen = ${happened}, hints = hints - ${hints}, attempts = ${again?.attempts ?? 0},
        trouble = ${again?.trouble ?? null}, again_at = ${again?.at.toISOString() ?? null}::timestamptz
      where ${this.#id} = ${id}::uuid`.execute(this.db.sql);
  }
}
