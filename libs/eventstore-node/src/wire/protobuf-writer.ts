import { exact, type Uint64 } from './protobuf-reader.js';

/** How many bytes a varint takes. */
export function varintSize(value: Uint64): number {
  if (typeof value === 'bigint') return value < 0n ? 10 : Math.ceil(value.toString(2).length / 7);
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Writes a varint at the position and returns the position after it. */
export function putVarint(target: Buffer, position: number, value: Uint64): number {
  if (typeof value === 'bigint' || value < 0) return putBig(target, position, BigInt.asUintN(64, BigInt(value)));
  let rest = value;
  while (rest >= 128) {
    target[position++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[position++] = rest;
  return position;
}

function putBig(target: Buffer, position: number, value: bigint): number {
  let rest = value;
  while (rest >= 128n) {
    target[position++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  target[position++] = Number(rest);
  return position;
}

/** Builds one small protobuf message, field by field, into a buffer that grows. */
export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(128);
  #length = 0;

  varint(field: number, value: Uint64): this {
    this.#reserve(20);
    this.#length = putVarint(this.#buffer, this.#length, field * 8);
    this.#length = putVarint(this.#buffer, this.#length, value);
    return this;
  }

  bool(field: number, value: boolean): this {
    return this.varint(field, value ? 1 : 0);
  }

  sint64(field: number, value: Uint64): this {
    const big = BigInt(value);
    return this.varint(field, exact(BigInt.asUintN(64, (big << 1n) ^ (big >> 63n))));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#reserve(20 + value.length);
    this.#length = putVarint(this.#buffer, this.#length, field * 8 + 2);
    this.#length = putVarint(this.#buffer, this.#length, value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish());
  }

  /** A message without fields: only its presence says something. */
  empty(field: number): this {
    return this.bytes(field, Buffer.alloc(0));
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + extra));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
