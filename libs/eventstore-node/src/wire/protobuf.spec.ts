import fc from 'fast-check';
import { MalformedMessage, ProtobufReader, type Uint64 } from './protobuf-reader.js';
import { ProtobufWriter, putVarint, varintSize } from './protobuf-writer.js';

const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const readOne = <T>(message: ProtobufWriter, read: (reader: ProtobufReader) => T): T => {
  const reader = new ProtobufReader(message.finish());
  expect(reader.next()).toBe(true);
  const value = read(reader);
  expect(reader.next()).toBe(false);
  return value;
};

describe('protobuf fields come back as they were written', () => {
  it('unsigned numbers of 64 bits', () => {
    fc.assert(
      fc.property(uint64, fc.integer({ min: 1, max: 536_870_911 }), (value, field) => {
        const message = new ProtobufWriter().varint(field, value);
        expect(BigInt(readOne(message, (r) => r.uint64()))).toBe(value);
        expect(message.finish().length).toBe(varintSize(field * 8) + varintSize(value));
      }),
    );
  });

  it('signed numbers, plain and zigzag', () => {
    fc.assert(
      fc.property(int64, (value) => {
        expect(BigInt(readOne(new ProtobufWriter().varint(1, value), (r) => r.int64()))).toBe(value);
        expect(BigInt(readOne(new ProtobufWriter().sint64(1, value), (r) => r.sint64()))).toBe(value);
      }),
    );
  });

  it('numbers are numbers while they are exact', () => {
    const exact = [0, 1, 127, 128, 2 ** 32, Number.MAX_SAFE_INTEGER];
    for (const value of exact) expect(readOne(new ProtobufWriter().varint(1, value), (r) => r.uint64())).toBe(value);
    const large = BigInt(Number.MAX_SAFE_INTEGER) + 2n;
    expect(readOne(new ProtobufWriter().varint(1, large), (r) => r.uint64())).toBe(large);
  });

  it('texts, bytes, flags and messages', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array({ maxLength: 500 }),
        fc.boolean(),
        (text, bytes, flag) => {
          const inner = new ProtobufWriter().string(1, text).bytes(2, bytes).bool(3, flag);
          const reader = readOne(new ProtobufWriter().message(7, inner), (r) => r.message());
          const seen: unknown[] = [];
          reader.each({
            1: (r) => seen.push(r.string()),
            2: (r) => seen.push(new Uint8Array(r.bytes())),
            3: (r) => seen.push(r.bool()),
          });
          expect(seen).toEqual([text, bytes, flag]);
        },
      ),
    );
  });

  it('varints at any place of a buffer', () => {
    fc.assert(
      fc.property(uint64, fc.nat(20), (value, at) => {
        const target = Buffer.alloc(40);
        const small: Uint64 = value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
        expect(putVarint(target, at, small) - at).toBe(varintSize(small));
      }),
    );
  });
});

describe('bytes that are no message', () => {
  it('are refused, or skipped, and never crash the reader', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const walk = (reader: ProtobufReader): void =>
          reader.each({ 1: (r) => walk(r.message()), 2: (r) => r.uint64() });
        try {
          walk(new ProtobufReader(Buffer.from(bytes)));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
