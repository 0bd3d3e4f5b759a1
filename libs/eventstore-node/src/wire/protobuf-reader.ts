/** A 64-bit integer: a number while it is exact, else a bigint. Comparisons and `===` work as long as small values stay numbers. */
export type Uint64 = number | bigint;

const TWO_32 = 0x1_0000_0000;
const TWO_63 = 1n << 63n;
const TWO_64 = 1n << 64n;

/** A number when it loses nothing by it. */
export const exact = (value: bigint): Uint64 =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value;

/** The bytes are not the protobuf message they claim to be. */
export class MalformedMessage extends Error {}

/**
 * Walks the fields of one protobuf message without copying. google-protobuf costs more than the rest of an append
 * together, so every message of the protocol is read and written by hand.
 */
export class ProtobufReader {
  field = 0;
  #wireType = 0;

  constructor(
    private readonly buffer: Buffer,
    private position = 0,
    private readonly end = buffer.length,
  ) {}

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.#low();
    this.field = tag >>> 3;
    this.#wireType = tag & 7;
    if (this.field === 0) throw new MalformedMessage('field number 0');
    return true;
  }

  uint32(): number {
    return Number(BigInt.asUintN(32, BigInt(this.uint64())));
  }

  bool(): boolean {
    return this.uint64() !== 0;
  }

  uint64(): Uint64 {
    this.#expect(0);
    const start = this.position;
    let value = 0;
    for (let factor = 1; factor < 2 ** 49; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    this.position = start;
    return exact(this.#big());
  }

  /** A two's complement int64. */
  int64(): Uint64 {
    const value = BigInt(this.uint64());
    return exact(value >= TWO_63 ? value - TWO_64 : value);
  }

  /** A zigzag encoded sint64. */
  sint64(): Uint64 {
    const value = BigInt(this.uint64());
    return exact((value >> 1n) ^ -(value & 1n));
  }

  double(): number {
    this.#expect(1);
    const start = this.#advance(8);
    return this.buffer.readDoubleLE(start);
  }

  bytes(): Buffer {
    this.#expect(2);
    const length = this.#low();
    const start = this.#advance(length);
    return this.buffer.subarray(start, start + length);
  }

  string(): string {
    this.#expect(2);
    const length = this.#low();
    const start = this.#advance(length);
    return this.buffer.toString('utf8', start, start + length);
  }

  message(): ProtobufReader {
    this.#expect(2);
    const length = this.#low();
    const start = this.#advance(length);
    return new ProtobufReader(this.buffer, start, start + length);
  }

  skip(): void {
    if (this.#wireType === 0) this.#big();
    else if (this.#wireType === 1) this.#advance(8);
    else if (this.#wireType === 2) this.#advance(this.#low());
    else if (this.#wireType === 5) this.#advance(4);
    else throw new MalformedMessage(`wire type ${this.#wireType}`);
  }

  /** Calls the handler of each known field, skips the others. */
  each(handlers: Record<number, (reader: this) => void>): void {
    while (this.next()) {
      const handler = handlers[this.field];
      if (handler) handler(this);
      else this.skip();
    }
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) throw new MalformedMessage(`field ${this.field} has wire type ${this.#wireType}`);
  }

  #byte(): number {
    return this.buffer[this.#advance(1)]!;
  }

  #advance(length: number): number {
    const start = this.position;
    if (start + length > this.end) throw new MalformedMessage('message ends too early');
    this.position = start + length;
    return start;
  }

  /** Tags and lengths: at most 32 bits. */
  #low(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value < TWO_32 ? value : this.#tooLong();
    }
    return this.#tooLong();
  }

  #big(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return this.#tooLong();
  }

  #tooLong(): never {
    throw new MalformedMessage('varint is too long');
  }
}
