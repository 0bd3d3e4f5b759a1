import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  appendFacts,
  type CommandMetadata,
  endOf,
  type EventStore,
  EventStoreUnavailable,
  type StoredEvent,
  WrongRevision,
} from '#libs/event-sourcing';
import { isPassing } from '#libs/platform';
import { type AuditEvent, auditEvents, CHECKPOINTS } from '../audit-events.js';
import { TreeBehind, type TreeQueries } from '../tree/tree.queries.js';
import { type Checkpoint, checkpointText, readCheckpoint } from './checkpoint.js';
import { readNote, signedBy, type SignerKey, signNote, type VerifierKey } from './note.js';

/** What the tree holds is not what was signed before. Nothing is signed until somebody has found out which is right. */
export class CheckpointContradicts extends Error {
  override readonly name = 'CheckpointContradicts';
}

/** Who asked for a checkpoint. */
type SignedBy = Pick<CommandMetadata, 'actor' | 'onBehalfOf' | 'correlationId' | 'traceparent'>;

/** A signed checkpoint as the log holds it. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
  readonly verifierKey: string;
  readonly signedAt: string;
  /** Place of the checkpoint's own event in the log. */
  readonly position: bigint;
}

const RETRY_MS = 5_000;
/** For what does not go away by itself. */
const LONG_RETRY_MS = 60_000;
const FOLLOW_PATIENCE_MS = 10_000;
const ASK_AGAIN_MS = 20;
const MAX_TRIES = 32;

/**
 * Signs the state of the log. Each checkpoint is an event of one stream, appended at exactly the revision of the one it was
 * checked against: two that contradict each other cannot both be there, however many processes sign and whenever they die.
 * A signature that was not appended has been shown to nobody.
 */
export class CheckpointSigner {
  constructor(
    private readonly store: EventStore,
    private readonly tree: TreeQueries,
    private readonly key: SignerKey,
    /** Whose checkpoints are believed and gone on from. */
    private readonly believed: readonly VerifierKey[],
    private readonly clock: () => Date = () => new Date(),
  ) {}

  /**
   * Signs what the tree holds; when nothing was recorded since the last checkpoint but itself, that one is the answer.
   * @throws CheckpointContradicts | TreeBehind | EventStoreUnavailable
   */
  async sign(by: SignedBy): Promise<SignedCheckpoint> {
    for (let tries = 1; ; tries++) {
      const last = await this.store.readLast(CHECKPOINTS);
      const before = last && signedCheckpoint(last);
      const state = await this.#state(before);
      if (before && state.size === before.size + 1) return before;
      try {
        return await this.#record(last, state, by);
      } catch (error) {
        // Another process has signed meanwhile: what is to be signed has to be checked against that one.
        if (!(error instanceof WrongRevision) || tries === MAX_TRIES) throw error;
      }
    }
  }

  /**
   * Signs all up to an event of the log.
   * @param position of an event that is in the tree sooner or later
   * @throws TreeBehind when that is not soon enough
   */
  async signNow(by: SignedBy, position: bigint): Promise<SignedCheckpoint> {
    const deadline = performance.now() + FOLLOW_PATIENCE_MS;
    for (;;) {
      try {
        const { position: reached } = await this.tree.standing();
        if (reached >= position) return await this.sign(by);
      } catch (error) {
        if (!(error instanceof TreeBehind)) throw error;
      }
      if (performance.now() > deadline) throw new TreeBehind('the tree over the log is behind; ask again later');
      await delay(ASK_AGAIN_MS);
    }
  }

  /**
   * Signs every so many seconds until `signal` aborts, as long as there is something new. What cannot be done is told, and
   * tried again: somebody may mend it.
   */
  async run(seconds: number, signal: AbortSignal, told: (error: Error) => void): Promise<void> {
    while (!signal.aborted && seconds > 0) {
      let wait: number;
      try {
        wait = await this.#signWhenDue(seconds * 1000);
      } catch (error) {
        if (!(error instanceof TreeBehind)) told(error as Error);
        const passing = error instanceof TreeBehind || error instanceof EventStoreUnavailable || isPassing(error);
        wait = passing ? RETRY_MS : LONG_RETRY_MS;
      }
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns how long it is until the next is due, in milliseconds */
  async #signWhenDue(every: number): Promise<number> {
    const last = await this.store.readLast(CHECKPOINTS);
    const now = this.clock().getTime();
    const due = last ? Date.parse(last.metadata.recordedAt) + every : now;
    if (due > now) return Math.min(due - now, every);
    if (!last && (await this.tree.standing()).size === 0) return RETRY_MS;
    const correlationId = randomUUID();
    await this.sign({ actor: 'checkpoint-schedule', correlationId });
    return every;
  }

  /** What is to be signed, after holding it against what was signed last. */
  async #state(before: SignedCheckpoint | undefined): Promise<Checkpoint> {
    const { size, position, error, last } = await this.tree.standing();
    if (error) throw new CheckpointContradicts(`nothing is signed while the tree stands still: ${error}`);
    await this.#requireLogOfTree(last);
    if (!before) return { origin: this.key.verifier.name, size, root: await this.tree.rootAt(size) };
    this.#requireBelieved(before);
    // So that each checkpoint's own event is part of the next, and the one that nothing else has followed is known by it.
    if (position < before.position) throw new TreeBehind('the tree over the log is behind; ask again later');
    if (before.size >= size) {
      const signed = `the checkpoint signed at ${before.signedAt} is over ${before.size} events`;
      throw new CheckpointContradicts(`${signed}, and with it the log holds ${size}: verify the log`);
    }
    const then = await this.tree.rootAt(before.size);
    if (!then.equals(before.root)) {
      throw new CheckpointContradicts(
        `the tree of size ${before.size} has another root than was signed at ${before.signedAt}: verify the log`,
      );
    }
    return { origin: before.origin, size, root: await this.tree.rootAt(size) };
  }

  /** A database from after the log was cut has a tree of events that are not there any more. @throws CheckpointContradicts */
  async #requireLogOfTree(last: Awaited<ReturnType<TreeQueries['standing']>>['last']): Promise<void> {
    if (!last || (await this.store.bytes.at(last.position))?.id === last.eventId) return;
    const what = `event ${last.eventId} at position ${last.position}, the last in the tree, is not in the log`;
    throw new CheckpointContradicts(`${what}: restore log and database from the same backup`);
  }

  /** Whoever may write to the store may put a checkpoint there: what a stranger signed is not gone on from. */
  #requireBelieved({ note, signedAt, verifierKey }: SignedCheckpoint): void {
    if ('by' in signedBy(readNote(note), this.believed)) return;
    const who = `the checkpoint of ${signedAt} is not signed by any key that is believed here`;
    throw new CheckpointContradicts(
      `${who}: when ${verifierKey} is one of yours, add it to the keys; else verify the log`,
    );
  }

  async #record(last: StoredEvent | undefined, state: Checkpoint, by: SignedBy): Promise<SignedCheckpoint> {
    const now = this.clock();
    const note = signNote(checkpointText(state), this.key);
    const data = {
      size: state.size,
      rootHash: state.root.toString('base64'),
      note,
      verifierKey: this.key.verifier.text,
      effectiveAt: now.toISOString(),
    };
    const event: AuditEvent = { type: 'CheckpointSigned', data };
    const metadata = { ...by, commandId: randomUUID(), causationId: by.correlationId };
    const appended = await appendFacts(this.store, CHECKPOINTS, auditEvents, endOf(last), [{ event, metadata }], now);
    const { position } = appended;
    return { ...state, note, verifierKey: data.verifierKey, signedAt: appended.end.recordedAt, position };
  }
}

/** The last checkpoint that was signed, straight from the log. @throws EventStoreUnavailable */
export async function lastCheckpoint(store: EventStore): Promise<SignedCheckpoint | undefined> {
  const last = await store.readLast(CHECKPOINTS);
  return last && signedCheckpoint(last);
}

function signedCheckpoint({ type, data, metadata, position }: StoredEvent): SignedCheckpoint {
  const event = auditEvents.read(type, metadata.schemaVersion, data);
  if (event.type !== 'CheckpointSigned') throw new Error(`${CHECKPOINTS} holds a ${type}`);
  const { note, verifierKey } = event.data;
  return { ...readCheckpoint(readNote(note).text), note, verifierKey, signedAt: metadata.recordedAt, position };
}
