import { type EventStore, type RawEvent, UnknownEvent } from '#libs/event-sourcing';
import { AUDITED_CATEGORIES, auditEvents, CHECKPOINTS } from '../audit-events.js';
import { MalformedNote, readNote, type VerifierKey } from '../checkpoints/note.js';
import { readCheckpoint } from '../checkpoints/checkpoint.js';
import { leafHash } from '../tree/merkle.js';
import { type Finding, Findings } from './findings.js';
import { HiddenStreams } from './hidden-streams.js';
import { type CheckpointSource, type LastGood, SignedStates } from './signed-states.js';
import { StreamChains } from './stream-chains.js';
import { type VerifyState } from './verify-state.js';

interface Verifying {
  readonly store: EventStore;
  /** Other stream categories than Paybill's, for tests. */
  readonly categories?: readonly string[];
  /** Whose signatures are believed. */
  readonly keys: readonly VerifierKey[];
  /** Checkpoints that were kept outside, by the names of their files. */
  readonly copies?: readonly { readonly name: string; readonly note: string }[];
  /** Where an earlier verification ended. */
  readonly resume?: VerifyState | undefined;
  /** Told now and then how far it has come. @param events read by now */
  readonly onProgress?: (position: bigint, until: bigint, events: number) => void;
  /** Asked after each batch as long as nothing has been found; what it keeps of the state has to be copied. */
  readonly onSound?: (state: VerifyState) => void;
}

/** What verification of the whole log came to. */
export interface VerificationReport {
  /** Events of the tree, those included that an earlier verification had read. */
  readonly events: number;
  /** Events read this time. */
  readonly read: number;
  readonly streams: number;
  /** Checkpoints, in the log and given, whose signature holds and which the log agrees with. */
  readonly checkpoints: number;
  /** The last of them; what came after it is held by the chains alone. */
  readonly lastGood: LastGood | undefined;
  /** Copies given that are of a time before the earlier verification ended, and so were held against nothing. */
  readonly passedOver: readonly string[];
  readonly root: string;
  /** Up to where. */
  readonly position: bigint;
  readonly findings: readonly Finding[];
  /** There may be more than are listed. */
  readonly findingCount: number;
}

/**
 * Reads the log as it is stored, up to where it ends now, and holds every event against the chain of its stream and the tree
 * of all of them against every signed checkpoint. Memory grows with streams and not with events.
 * @throws EventStoreUnavailable
 */
export async function verifyLog(verifying: Verifying): Promise<VerificationReport> {
  const { store, resume } = verifying;
  const pass = new VerificationPass(verifying);
  // Before the end is fixed: a checkpoint that is signed meanwhile covers more than is read.
  await pass.expectCheckpoints();
  const until = await store.lastPosition();
  const recognised = await pass.recognises(until);
  // What the store keeps about our streams is read with them: it can hide them.
  const audited = verifying.categories ?? AUDITED_CATEGORIES;
  const categories = audited.flatMap((category) => [category, `$$${category}`]);
  const { signal } = new AbortController();
  const after = resume?.position ?? 0n;
  if (recognised && after < until) {
    for await (const batch of store.bytes.log({ after, categories, until, signal })) {
      for (const event of batch.events) pass.take(event);
      pass.reached(batch.position < until ? batch.position : until);
      verifying.onProgress?.(batch.position, until, pass.read);
    }
  }
  await pass.lookForLateCheckpoints();
  if (recognised) pass.keep();
  return pass.report(recognised);
}

/** One reading of the log. */
class VerificationPass {
  readonly #findings = new Findings();
  readonly #chains: StreamChains;
  readonly #states: SignedStates;
  readonly #hidden = new HiddenStreams();
  /** Ids of the checkpoints that stand in their stream, and where it went on from when they were read. */
  readonly #known = new Set<string>();
  #nextCheckpoint = 0n;
  /** Checkpoints met in the log that were not in their stream then. */
  #unknown: RawEvent[] = [];
  #position: bigint;
  #last: VerifyState['last'];
  read = 0;

  constructor(private readonly verifying: Verifying) {
    const { resume } = verifying;
    this.#chains = new StreamChains(this.#findings, resume?.tails);
    this.#states = new SignedStates(this.#findings, resume);
    this.#position = resume?.position ?? 0n;
    this.#last = resume?.last;
  }

  /** Reads all checkpoints in the log first: each has to be compared when the tree has its size, which is before it comes. */
  async expectCheckpoints(): Promise<void> {
    const sources: CheckpointSource[] = [];
    for await (const events of this.verifying.store.bytes.stream(CHECKPOINTS)) {
      for (const event of events) {
        this.#known.add(event.id);
        this.#nextCheckpoint = event.revision + 1n;
        const name = `the checkpoint in the log (${event.stream} revision ${event.revision})`;
        const signed = checkpointIn(event);
        if (signed) sources.push({ name, keptOutside: false, note: signed.note });
        else this.#found('bad-checkpoint', event, 'is no checkpoint, or says another size or root than its note');
      }
    }
    const { copies = [], keys } = this.verifying;
    for (const { name, note } of copies) sources.push({ name: `the checkpoint in ${name}`, keptOutside: true, note });
    this.#states.expect(sources, keys);
  }

  /** Those signed while the log was read are in their stream by now. */
  async lookForLateCheckpoints(): Promise<void> {
    if (this.#unknown.length === 0) return;
    for await (const events of this.verifying.store.bytes.stream(CHECKPOINTS, { from: this.#nextCheckpoint })) {
      for (const { id } of events) this.#known.add(id);
    }
    for (const event of this.#unknown) {
      if (!this.#known.has(event.id))
        this.#found('hidden', event, 'stands in the log, and its stream does not show it');
    }
    this.#unknown = [];
  }

  /** The event that an earlier verification ended with has to be there still. */
  async recognises(until: bigint): Promise<boolean> {
    const { resume, store } = this.verifying;
    if (!resume?.last) return true;
    const { eventId, position } = resume.last;
    const found = position <= until ? await store.bytes.at(position) : undefined;
    if (found?.id === eventId) return true;
    const what = `event ${eventId} at position ${position}, the last an earlier verification read, is not there any more`;
    const message = `${what}: the log was cut, or is another one; verify it from the start`;
    this.#findings.add({ kind: 'truncated', message, position, eventId });
    return false;
  }

  take(event: RawEvent): void {
    this.read += 1;
    const { id: eventId, position, stream, type } = event;
    if (stream.startsWith('$$') || type.startsWith('$')) {
      this.#hidden.take(event);
      return;
    }
    if (type === 'CheckpointSigned' && stream === CHECKPOINTS) this.#checkPlace(event);
    const hash = this.#chains.check(event);
    if (hash === undefined) return;
    this.#states.append(leafHash(Buffer.from(hash, 'hex')), position);
    this.#last = { eventId, position };
  }

  reached(position: bigint): void {
    this.#position = position;
    this.keep();
  }

  /**
   * Offers the state, unless something was seen that has to be seen again by whoever goes on from a state: also what is a
   * finding only at the end, when it is known what else the log says.
   */
  keep(): void {
    if (this.#findings.count > 0 || this.#states.isContradicted) return;
    if (this.#unknown.length > 0 || this.#hidden.count > 0) return;
    const { tree, lastGood } = this.#states;
    const position = this.#position;
    this.verifying.onSound?.({ position, tree, lastGood, tails: this.#chains.tails, last: this.#last });
  }

  report(recognised: boolean): VerificationReport {
    for (const { event, what } of this.#hidden.all()) this.#found('hidden', event, what);
    if (recognised) this.#states.end();
    const { tree, matched, lastGood } = this.#states;
    return {
      events: tree.size,
      read: this.read,
      streams: this.#chains.tails.count,
      checkpoints: matched,
      lastGood,
      passedOver: this.#states.passedOver,
      root: tree.root().toString('base64'),
      position: this.#position,
      findings: this.#findings.kept,
      findingCount: this.#findings.count,
    };
  }

  #checkPlace(event: RawEvent): void {
    if (!this.#known.has(event.id)) this.#unknown.push(event);
    const size = checkpointIn(event)?.size ?? 0;
    if (size <= this.#states.tree.size) return;
    this.#found('bad-checkpoint', event, `was signed over ${size} events, more than stand before it`);
  }

  #found(kind: Finding['kind'], event: RawEvent, what: string): void {
    const { id: eventId, stream, revision, position, type } = event;
    const message = `${type} ${eventId} (${stream} revision ${revision}, position ${position}) ${what}`;
    this.#findings.add({ kind, message, stream, revision: Number(revision), position, eventId });
  }
}

const MALFORMED = [MalformedNote, UnknownEvent, SyntaxError, TypeError];

/** What an event says was signed; undefined when it says nothing whole. */
function checkpointIn({ data, metadata, type }: RawEvent): { note: string; size: number } | undefined {
  try {
    const { schemaVersion } = JSON.parse(metadata.toString()) as { schemaVersion: number };
    const event = auditEvents.read(type, schemaVersion, JSON.parse(data.toString()));
    if (event.type !== 'CheckpointSigned') return undefined;
    const { note, size, rootHash } = event.data;
    const checkpoint = readCheckpoint(readNote(note).text);
    return checkpoint.size === size && checkpoint.root.toString('base64') === rootHash ? { note, size } : undefined;
  } catch (error) {
    if (MALFORMED.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}
