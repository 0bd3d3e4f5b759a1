import { Inject, Injectable } from '@nestjs/common';
import { EventStore, type RawEvent, storedLink } from '#libs/event-sourcing';
import { Problem } from '#libs/platform';
import { AuditQueries } from '../audit.queries.js';
import { type Checkpoint, readCheckpoint } from '../checkpoints/checkpoint.js';
import { lastCheckpoint } from '../checkpoints/checkpoint-signer.job.js';
import { readNote } from '../checkpoints/note.js';
import { leafHash } from '../tree/merkle.js';
import { consistencyPath, inclusionPath, isConsistent, rootOfInclusion } from '../tree/proofs.js';
import { TreeQueries } from '../tree/tree.queries.js';
import { type ConsistencyProof, type EventsProof, type ProvedEvent } from './proof-file.js';

/** Most events of a stream in one answer. */
const MOST_EVENTS = 500;

/** A checkpoint, and the note that says it. */
type Noted = Checkpoint & { readonly note: string };

/** Makes proofs for whoever asks. Each is checked before it is given: one that does not hold would be worse than none. */
@Injectable()
export class ProofsQueries {
  constructor(
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(TreeQueries) private readonly tree: TreeQueries,
    @Inject(AuditQueries) private readonly audit: AuditQueries,
  ) {}

  /** An event is in the log. @param size of the checkpoint to prove it by; the last unless given @throws Problem | TreeBehind */
  async event(eventId: string, size?: number): Promise<EventsProof> {
    const place = (await this.tree.leavesOf([eventId])).get(eventId);
    if (!place)
      throw new Problem(404, 'EVENT_UNKNOWN', 'no event with this id is in the tree; check the id, or wait a moment');
    const checkpoint = await this.#checkpoint(size);
    if (place.leaf >= checkpoint.size) throw notSigned();
    const event = await this.store.bytes.at(place.position);
    if (event?.id !== eventId) throw new Error(`the log does not hold event ${eventId} at position ${place.position}`);
    return { ...(await this.#proof([event], checkpoint)), notSigned: 0, next: null };
  }

  /**
   * A stream's events from a revision on are in the log, and without a gap: each is linked to the one before.
   * @throws Problem | TreeBehind
   */
  async stream(name: string, from: bigint, size?: number): Promise<EventsProof> {
    const events: RawEvent[] = [];
    for await (const batch of this.store.bytes.stream(name, { from, limit: MOST_EVENTS + 1 })) events.push(...batch);
    if (events.length === 0 && from === 0n) {
      throw new Problem(404, 'ACCOUNT_UNKNOWN', 'no account with this id; open it first, or check the id');
    }
    const first = events[0]?.revision ?? from;
    if (first !== from) throw new Error(`${name} is not shown from revision ${from} on: run paybill audit verify`);
    const checkpoint = await this.#checkpoint(size);
    const leaves = await this.tree.leavesOf(events.map(({ id }) => id));
    const signed = events.filter(({ id }) => (leaves.get(id)?.leaf ?? Infinity) < checkpoint.size);
    if (signed.length === 0 && from === 0n) throw notSigned();
    const next = signed.length > MOST_EVENTS ? String(from + BigInt(MOST_EVENTS)) : null;
    const proof = await this.#proof(signed.slice(0, MOST_EVENTS), checkpoint);
    const last = (await this.store.readLast(name))?.revision ?? -1n;
    const notSignedYet = next === null ? Number(last + 1n - from) - signed.length : 0;
    return { ...proof, notSigned: notSignedYet, next };
  }

  /** The log over which one checkpoint was signed begins with all of that of another. @throws Problem | TreeBehind */
  async consistency(from: number, to: number): Promise<ConsistencyProof> {
    if (from > to)
      throw new Problem(400, 'REQUEST_MALFORMED', 'the earlier checkpoint is the smaller one: from is above to');
    const [before, after] = [await this.#checkpoint(from), await this.#checkpoint(to)];
    const path = await this.tree.hashesOf(consistencyPath(from, to));
    if (!isConsistent(before, after, path)) throw contradiction(to);
    return {
      format: 'paybill-proof/1',
      kind: 'consistency',
      before: before.note,
      after: after.note,
      path: path.map((hash) => hash.toString('base64')),
    };
  }

  async #proof(events: readonly RawEvent[], checkpoint: Noted) {
    const leaves = await this.tree.leavesOf(events.map(({ id }) => id));
    const paths = events.map(({ id }) => inclusionPath(leaves.get(id)!.leaf, checkpoint.size));
    const hashes = await this.tree.hashesOf(paths.flat());
    let taken = 0;
    const proved = events.map((event, index): ProvedEvent => {
      const path = hashes.slice(taken, (taken += paths[index]!.length));
      const { leaf } = leaves.get(event.id)!;
      const hash = leafHash(Buffer.from(storedLink(event)?.computed ?? '', 'hex'));
      if (!rootOfInclusion(leaf, checkpoint.size, hash, path)?.equals(checkpoint.root))
        throw contradiction(checkpoint.size);
      return provedEvent(event, leaf, path);
    });
    return { format: 'paybill-proof/1' as const, kind: 'events' as const, checkpoint: checkpoint.note, events: proved };
  }

  async #checkpoint(size: number | undefined): Promise<Noted> {
    if (size === undefined) {
      const last = await lastCheckpoint(this.store);
      if (last) return last;
      throw notSigned();
    }
    const found = await this.audit.checkpointAt(size);
    if (found) return { ...readCheckpoint(readNote(found.note).text), note: found.note };
    throw new Problem(404, 'CHECKPOINT_UNKNOWN', `no checkpoint was signed over ${size} events; list the checkpoints`);
  }
}

function provedEvent(event: RawEvent, leaf: number, path: readonly Buffer[]): ProvedEvent {
  const { stream, revision, type, id, data, metadata } = event;
  return {
    ...{ stream, revision: String(revision), type, id },
    ...{ data: data.toString(), metadata: metadata.toString() },
    ...{ leaf, path: path.map((hash) => hash.toString('base64')) },
  };
}

function notSigned(): Problem {
  const detail = 'no checkpoint covers this yet; ask for one by POST /audit/checkpoints, or wait for the next';
  return new Problem(409, 'NOT_SIGNED_YET', detail);
}

function contradiction(size: number): Error {
  return new Error(`tree or log do not agree with the checkpoint over ${size} events: run paybill audit verify`);
}
