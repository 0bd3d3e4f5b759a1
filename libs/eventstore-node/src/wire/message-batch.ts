import { putVarint, varintSize } from './protobuf-writer.js';

const PREFIX = 5;
const INITIAL_SIZE = 16 * 1024;

/** An event as a read answers it: with a link when it was reached through one. */
export interface ReadEvent {
  /** Absent when the link leads nowhere. */
  event?: Buffer;
  link?: Buffer;
  /** Where the event (or the link) stands in the log. */
  position: number;
}

const tagged = (length: number): number => 1 + varintSize(length) + length;

/**
 * Messages of one call that go out in one write. grpc-js frames one message per write (five bytes: compressed flag and
 * length), and that costs more than everything else in a long read. It calls `copy` on what the serializer returned, into
 * a buffer of `byteLength + 5` bytes: this class says the right length there and brings frames of its own.
 */
export class MessageBatch {
  #buffer = Buffer.allocUnsafe(INITIAL_SIZE);
  #length = 0;

  get size(): number {
    return this.#length;
  }

  get byteLength(): number {
    return this.#length - PREFIX;
  }

  copy(target: Buffer): number {
    return this.#buffer.copy(target, 0, 0, this.#length);
  }

  add(message: Buffer): this {
    const at = this.#frame(message.length);
    message.copy(this.#buffer, at);
    return this;
  }

  /** Adds a `ReadResp` that carries an event. */
  addEvent({ event, link, position }: ReadEvent): this {
    const inner = (event ? tagged(event.length) : 0) + (link ? tagged(link.length) : 0) + 1 + varintSize(position);
    let at = this.#frame(tagged(inner));
    this.#buffer[at++] = 0x0a;
    at = putVarint(this.#buffer, at, inner);
    if (event) at = this.#put(at, 0x0a, event);
    if (link) at = this.#put(at, 0x12, link);
    this.#buffer[at++] = 0x18;
    putVarint(this.#buffer, at, position);
    return this;
  }

  #put(at: number, tag: number, bytes: Buffer): number {
    this.#buffer[at++] = tag;
    at = putVarint(this.#buffer, at, bytes.length);
    bytes.copy(this.#buffer, at);
    return at + bytes.length;
  }

  /** Reserves a frame and returns where its message starts. */
  #frame(length: number): number {
    const needed = this.#length + PREFIX + length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer[this.#length] = 0;
    this.#buffer.writeUInt32BE(length, this.#length + 1);
    const start = this.#length + PREFIX;
    this.#length = needed;
    return start;
  }
}
