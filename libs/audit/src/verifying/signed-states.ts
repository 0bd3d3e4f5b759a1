import { CompactTree } from '../tree/merkle.js';
import { type Checkpoint, readCheckpoint } from '../checkpoints/checkpoint.js';
import { MalformedNote, readNote, signedBy, type VerifierKey } from '../checkpoints/note.js';
import { type Findings } from './findings.js';

/** A checkpoint somebody holds the log against. */
export interface CheckpointSource {
  /** For messages: a file's name, or where in the log it stands. */
  readonly name: string;
  /** It was kept outside, so that whoever could rewrite the log could not rewrite it too. */
  readonly keptOutside: boolean;
  readonly note: string;
}

/** A checkpoint whose signature holds. */
interface Trusted extends Checkpoint {
  readonly source: CheckpointSource;
}

/** The last checkpoint that the log agreed with. */
export interface LastGood {
  readonly size: number;
  readonly name: string;
}

/**
 * The tree over what is read, held against every checkpoint whose signature holds at the moment it has the checkpoint's size.
 * Only this shows what the chains cannot: a stream written anew as a whole, events cut off an end, streams put in another order.
 */
export class SignedStates {
  readonly tree: CompactTree;
  readonly #expected: Trusted[] = [];
  #next = 0;
  #matched = 0;
  #lastGood: LastGood | undefined;
  /** Where the events after the last good checkpoint begin. */
  #since: bigint | undefined;
  /** Copies kept outside that the log does not agree with: what they are depends on what the log itself says later. */
  readonly #denied: { checkpoint: Trusted; message: string; position: bigint }[] = [];
  #rewritten = false;
  /** Copies kept outside that are of a smaller tree than was begun with: nothing can be said of them. */
  readonly passedOver: string[] = [];

  constructor(
    private readonly findings: Findings,
    begun?: { tree: CompactTree; lastGood?: LastGood | undefined },
  ) {
    this.tree = begun?.tree ?? new CompactTree();
    this.#lastGood = begun?.lastGood;
  }

  get matched(): number {
    return this.#matched;
  }

  get lastGood(): LastGood | undefined {
    return this.#lastGood;
  }

  /** A copy kept outside does not agree; {@link end} says what that means. */
  get isContradicted(): boolean {
    return this.#denied.length > 0;
  }

  /** Says which checkpoints there are, before anything is read. Those that were passed before are taken for granted. */
  expect(sources: readonly CheckpointSource[], keys: readonly VerifierKey[]): void {
    const trusted = sources.flatMap((source) => this.#trusted(source, keys) ?? []);
    const origin = trusted.find(({ source }) => !source.keptOutside)?.origin;
    for (const checkpoint of trusted) {
      if (origin === undefined || checkpoint.origin === origin) this.#expected.push(checkpoint);
      else this.#bad(checkpoint.source, `is of the log ${checkpoint.origin}, and this one is ${origin}`);
    }
    this.#expected.sort((one, other) => one.size - other.size);
    for (; (this.#expected[this.#next]?.size ?? Infinity) < this.tree.size; this.#next += 1) {
      const { source } = this.#expected[this.#next]!;
      if (source.keptOutside) this.passedOver.push(source.name);
    }
    this.#compare(0n);
  }

  /** Adds the leaf of the event at a position. */
  append(leaf: Buffer, position: bigint): void {
    this.#since ??= position;
    this.tree.append(leaf);
    if (this.#expected[this.#next]?.size === this.tree.size) this.#compare(position);
  }

  /** Says what the end of the log means for what was signed. */
  end(): void {
    const { size } = this.tree;
    for (const { source, size: signed } of this.#expected.slice(this.#next)) {
      const message = `the log holds ${size} events, and ${source.name} was signed over ${signed}: its end was cut off`;
      this.findings.add({ kind: 'truncated', message });
    }
    for (const { checkpoint, message, position } of this.#denied) {
      const kind = checkpoint.size <= (this.#lastGood?.size ?? -1) ? 'forked' : 'rewritten';
      const two = kind === 'forked' ? '; later checkpoints in the log agree with it: two histories were signed' : '';
      this.findings.add({ kind, message: `${message}${two}`, position });
    }
  }

  #compare(position: bigint): void {
    const root = this.tree.root();
    for (; this.#expected[this.#next]?.size === this.tree.size; this.#next += 1) {
      const checkpoint = this.#expected[this.#next]!;
      if (checkpoint.root.equals(root)) this.#agree(checkpoint);
      else this.#deny(checkpoint, position);
    }
  }

  #agree({ size, source }: Trusted): void {
    this.#matched += 1;
    this.#lastGood = { size, name: source.name };
    this.#since = undefined;
    this.#rewritten = false;
  }

  #deny(checkpoint: Trusted, position: bigint): void {
    const from = this.#lastGood?.size ?? 0;
    const events = `events ${from + 1} to ${checkpoint.size} of the log`;
    const where = `positions ${this.#since ?? position} to ${position}`;
    const message = `${events} (${where}) are not those that ${checkpoint.source.name} was signed over: they were rewritten`;
    if (checkpoint.source.keptOutside) this.#denied.push({ checkpoint, message, position });
    else if (!this.#rewritten) {
      this.findings.add({ kind: 'rewritten', message, position });
      // Every later checkpoint in the log disagrees as well, which says no more.
      this.#rewritten = true;
    }
  }

  #trusted(source: CheckpointSource, keys: readonly VerifierKey[]): Trusted | undefined {
    try {
      const note = readNote(source.note);
      const signed = signedBy(note, keys);
      if ('by' in signed) return { ...readCheckpoint(note.text), source };
      const why =
        signed.refused === 'unknown-key'
          ? 'is not signed by any of the keys given'
          : 'has a signature that does not hold';
      this.#bad(source, why);
    } catch (error) {
      if (!(error instanceof MalformedNote)) throw error;
      this.#bad(source, `cannot be read: ${error.message}`);
    }
    return undefined;
  }

  #bad({ name }: CheckpointSource, why: string): void {
    this.findings.add({ kind: 'bad-checkpoint', message: `${name} ${why}` });
  }
}
