import { sql } from 'kysely';
import { type Database } from '#libs/platform';
import { requireSameLog } from '../ahead-of-log.js';
import { type EventStore, type SubscriptionMessage } from '../event-store.js';
import { agrees, compareVersions, type TableComparison } from './comparison.js';
import { type Job, noteJob } from './jobs.js';
import { type AnyProjection } from './projection.js';
import {
  activate,
  addIndexes,
  begin,
  close,
  joinWriters,
  positionOf,
  reopen,
  schemaOf,
  shownVersion,
  type Version,
  versionsOf,
} from './versions.js';
import { VersionWriter } from './version-writer.js';

/** What a change of version needs of the runner that carries it out. */
export interface Around {
  readonly waiting: (reason: string) => void;
  /** Whether this process alone may write a version. */
  readonly hold: (version: Version) => Promise<boolean>;
  /** Does something while the versions in service are not written; the embedded database has no other way to stand still. */
  readonly whileNothingIsWritten: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** Another process is carrying the job out. */
export class HeldElsewhere extends Error {
  override readonly name = 'HeldElsewhere';
}

/**
 * Puts another version of a projection in service, while the one in service is read and written: builds it from the log
 * up to where that one is, compares both at one position, and switches. Every step is noted in the database, so that
 * after a kill at any moment it goes on where it was.
 */
export class VersionChange {
  constructor(
    private readonly store: EventStore,
    private readonly db: Database,
    private readonly projection: AnyProjection,
    private readonly job: Job,
    private readonly around: Around,
  ) {}

  /** @throws JobEnded | ProjectionStopped | Superseded | HeldElsewhere | AheadOfLog */
  async run(signal: AbortSignal): Promise<void> {
    if (this.job.asItStood) return this.#goBackAsItStood();
    const version = await this.#version();
    if (!(await this.around.hold(version))) throw new HeldElsewhere(`another process builds ${version.name}`);
    let writer = await this.#take(version);
    await requireSameLog(this.db, this.store, schemaOf(version), writer.position);
    if (this.job.phase !== 'switching') {
      await this.#note({ phase: 'building' });
      await this.#catchUp(writer, signal);
      if (signal.aborted) return;
      writer = await this.#finish(version);
      if (this.job.kind === 'rebuild' && !(await this.#compare(version, writer, signal))) return;
    }
    if (!signal.aborted) await this.#switch(version, writer, signal);
  }

  /** The version to put in service: begun now, or where the job, or one like it, was left. */
  async #version(): Promise<Version> {
    const { projection, job } = this;
    const versions = await versionsOf(this.db, projection.name);
    const chosen = versions.find(({ version }) => version === job.version);
    return this.db.sql.transaction().execute(async (tx) => {
      if (chosen) await reopen(tx, chosen);
      const writers = this.db.engine === 'pglite' ? 1 : job.writers;
      const version = chosen ?? (await begin(tx, projection, { state: 'building', writers }));
      await noteJob(tx, job, { version: version.version });
      return { ...version, state: 'building' };
    });
  }

  /**
   * Applies the log until this version is about where the one in service is. While much is written that one may always be a
   * little ahead: what does not get less any more is applied while it stands still.
   */
  async #catchUp(writer: VersionWriter, signal: AbortSignal): Promise<void> {
    for (let before: bigint | undefined; ;) {
      const shown = await shownVersion(this.db, this.projection.name);
      const until = await positionOf(this.db.sql, shown);
      const left = until - writer.position;
      if (left <= 0n || signal.aborted || (before !== undefined && left * 2n > before))
        return this.#level(writer, signal);
      await this.#applyUpTo(writer, until, signal);
      before = left;
    }
  }

  /** After a kill the writers may stand apart, the last of them where it is to be. */
  async #level(writer: VersionWriter, signal: AbortSignal): Promise<void> {
    if (!writer.isEven) await this.#applyUpTo(writer, writer.furthest, signal);
  }

  async #applyUpTo(writer: VersionWriter, until: bigint, signal: AbortSignal): Promise<void> {
    if (writer.position >= until) return;
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const { category } = this.projection;
    const from = { after: writer.position, categories: [category], signal: either };
    try {
      for await (const messages of this.store.subscribe(from)) {
        const { wanted, isEnd } = upTo(messages, until);
        await writer.apply(wanted, signal);
        await this.#note({});
        if (isEnd || signal.aborted) break;
      }
    } finally {
      ended.abort();
    }
    if (!signal.aborted) await writer.moveTo(until, signal);
  }

  /** What readers need of a version besides its rows; from here on a single writer follows the log. */
  async #finish(version: Version): Promise<VersionWriter> {
    await this.#note({ note: 'indexes' });
    await this.db.sql.transaction().execute(async (tx) => {
      await joinWriters(tx, version);
      await addIndexes(tx, this.projection, version);
      // Its statistics are those of empty tables.
      for (const { name } of this.projection.tables) {
        await sql`analyze ${sql.id(schemaOf(version), name)}`.execute(tx);
      }
    });
    return this.#take(version);
  }

  /** @returns whether the version may take the other's place */
  async #compare(version: Version, writer: VersionWriter, signal: AbortSignal): Promise<boolean> {
    await this.#note({ phase: 'comparing' });
    const comparison = await (this.db.engine === 'pglite'
      ? this.around.whileNothingIsWritten(() => this.#compareEmbedded(version, writer, signal))
      : this.#compareSnapshot(version, writer, signal));
    if (signal.aborted) return false;
    const accepted = comparison.every(agrees) || this.job.acceptDifferences;
    await this.#note({ comparison, ...(!accepted && { phase: 'differs' }) });
    return accepted;
  }

  async #compareEmbedded(version: Version, writer: VersionWriter, signal: AbortSignal): Promise<TableComparison[]> {
    const shown = await shownVersion(this.db, version.name);
    await this.#stepTo(writer, await positionOf(this.db.sql, shown), signal);
    const nothingToNote = () => Promise.resolve();
    return this.db.sql
      .transaction()
      .execute((tx) => compareVersions(this.projection, { tx, version: shown }, { tx, version }, nothingToNote));
  }

  /** The version in service goes on being written; a snapshot of it stands still at the position that is in it. */
  async #compareSnapshot(version: Version, writer: VersionWriter, signal: AbortSignal): Promise<TableComparison[]> {
    const shown = await shownVersion(this.db, version.name);
    return this.db.sql
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (before) => {
        await this.#stepTo(writer, await positionOf(before, shown), signal);
        const onTable = (table: string) => this.#note({ note: table });
        return this.db.sql
          .transaction()
          .execute((after) =>
            compareVersions(this.projection, { tx: before, version: shown }, { tx: after, version }, onTable),
          );
      });
  }

  /** Brings this version to exactly the position of the other. */
  async #stepTo(writer: VersionWriter, position: bigint, signal: AbortSignal): Promise<void> {
    await this.#applyUpTo(writer, position, signal);
    if (!signal.aborted && writer.position !== position) {
      throw new Error(`version in service is at ${position}, behind the one that was built, at ${writer.position}`);
    }
  }

  /**
   * From the moment nobody writes the version in service any more it stands at one position; there the new one takes its
   * place, so that no reader is ever shown an earlier state than before.
   */
  async #switch(version: Version, writer: VersionWriter, signal: AbortSignal): Promise<void> {
    const shown = await shownVersion(this.db, version.name);
    const end = await this.db.sql.transaction().execute(async (tx) => {
      await noteJob(tx, this.job, { phase: 'switching' });
      return close(tx, shown);
    });
    await this.#applyUpTo(writer, end, signal);
    if (signal.aborted) return;
    await this.#show(version);
  }

  async #show(version: Version): Promise<void> {
    await this.db.sql.transaction().execute(async (tx) => {
      await activate(tx, this.projection, version);
      await noteJob(tx, this.job, { phase: 'done' });
    });
  }

  async #goBackAsItStood(): Promise<void> {
    const versions = await versionsOf(this.db, this.projection.name);
    const version = versions.find(({ version: number }) => number === this.job.version);
    if (!version) throw new Error(`version ${this.job.version} of ${this.projection.name} is gone`);
    const shown = await shownVersion(this.db, version.name);
    await this.db.sql.transaction().execute(async (tx) => {
      await noteJob(tx, this.job, { phase: 'switching' });
      await close(tx, shown);
    });
    await this.#show(version);
  }

  #take(version: Version): Promise<VersionWriter> {
    return VersionWriter.take(this.db, this.projection, version, this.around.waiting);
  }

  #note(change: Parameters<typeof noteJob>[2]): Promise<void> {
    return noteJob(this.db.sql, this.job, change);
  }
}

/** The part of a delivery up to a position, and whether there is nothing more to come up to it. */
function upTo(
  messages: readonly SubscriptionMessage[],
  until: bigint,
): { wanted: readonly SubscriptionMessage[]; isEnd: boolean } {
  const wanted: SubscriptionMessage[] = [];
  for (const message of messages) {
    if (message.kind === 'caught-up') return { wanted, isEnd: true };
    const position = message.kind === 'event' ? message.event.position : message.position;
    if (position > until) return { wanted, isEnd: true };
    wanted.push(message);
    if (position === until) return { wanted, isEnd: true };
  }
  return { wanted, isEnd: false };
}
