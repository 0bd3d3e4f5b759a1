import { hash as digest } from 'node:crypto';

/** Bytes that stand for a stream's name: half of a SHA-256, of which no two alike can be made. */
const KEY = 16;
const REVISION_AT = KEY;
const REVISION = 6;
const HASH_AT = KEY + REVISION;
const HASH = 32;
const ENTRY = KEY + REVISION + HASH;
const NONE = 0xff_ff_ff_ff;
/** Entries are kept in pieces, so that growing never copies them. */
const PIECE = 16_384;
/** Names remembered. */
const RECENT = 20_000;

/**
 * The last revision and hash of every stream there is, in about 65 bytes each: a million streams must fit beside everything
 * else. Entries stand in the order in which streams were first seen; a table finds them by their key.
 */
export class StreamTails {
  #entries: Buffer[] = [];
  #count = 0;
  #table = new Uint32Array(1 << 14).fill(NONE);
  /** Entries by name, of streams seen of late: hashing a name takes longer than the rest. */
  readonly #recent = new Map<string, number>();

  /** @param entries as {@link entries} gave them */
  constructor(entries: Buffer = Buffer.alloc(0)) {
    for (let at = 0; at < entries.length; at += ENTRY) entries.copy(this.#add(), 0, at, at + ENTRY);
    this.#index(this.#count);
  }

  /** How many streams there are. */
  get count(): number {
    return this.#count;
  }

  /** The entry of a stream; one without an event when the stream is new. */
  of(stream: string): StreamTail {
    const known = this.#recent.get(stream);
    if (known !== undefined) return new StreamTail(this.#at(known), false);
    const before = this.#count;
    const entry = this.#entryOf(digest('sha256', stream, 'buffer'));
    if (this.#recent.size >= RECENT) this.#recent.clear();
    this.#recent.set(stream, entry);
    return new StreamTail(this.#at(entry), entry === before);
  }

  #entryOf(key: Buffer): number {
    const slot = this.#slotOf(key);
    const found = this.#table[slot]!;
    if (found !== NONE) return found;
    const entry = this.#count;
    key.copy(this.#add(), 0, 0, KEY);
    this.#table[slot] = entry;
    if (this.#count * 2 > this.#table.length) this.#index(this.#count);
    return entry;
  }

  /** All entries, one after the other, to be kept. */
  entries(): Buffer[] {
    return this.#entries.map((piece, index) => piece.subarray(0, Math.min(PIECE, this.#count - index * PIECE) * ENTRY));
  }

  #add(): Buffer {
    if (this.#count % PIECE === 0) this.#entries.push(Buffer.alloc(PIECE * ENTRY));
    return this.#at(this.#count++);
  }

  #at(entry: number): Buffer {
    const start = (entry % PIECE) * ENTRY;
    return this.#entries[Math.floor(entry / PIECE)]!.subarray(start, start + ENTRY);
  }

  /** Where in the table a key is, or would be. */
  #slotOf(key: Buffer): number {
    const mask = this.#table.length - 1;
    let slot = (key.readUInt32LE(0) & mask) >>> 0;
    for (; ; slot = (slot + 1) & mask) {
      const entry = this.#table[slot]!;
      if (entry === NONE || this.#at(entry).compare(key, 0, KEY, 0, KEY) === 0) return slot;
    }
  }

  /** Makes the table anew, so that it is half empty at least. */
  #index(streams: number): void {
    let size = this.#table.length;
    while (size < streams * 4) size *= 2;
    this.#table = new Uint32Array(size).fill(NONE);
    for (let entry = 0; entry < this.#count; entry++) this.#table[this.#slotOf(this.#at(entry))] = entry;
  }
}

/** The end of one stream, to be read and moved on. */
class StreamTail {
  constructor(
    private readonly entry: Buffer,
    private readonly isNew: boolean,
  ) {}

  /** Revision of the last event; -1 before the first. */
  get revision(): number {
    return this.isNew ? -1 : this.entry.readUIntBE(REVISION_AT, REVISION);
  }

  /** Hash of the last event, in hex; 64 zeros before the first. */
  get hash(): string {
    return this.entry.toString('hex', HASH_AT, HASH_AT + HASH);
  }

  set(revision: number, hash: string): void {
    this.entry.writeUIntBE(revision, REVISION_AT, REVISION);
    this.entry.write(hash, HASH_AT, 'hex');
  }
}
