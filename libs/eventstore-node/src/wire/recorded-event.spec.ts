import fc from 'fast-check';
import { MessageBatch } from './message-batch.js';
import { ProtobufReader } from './protobuf-reader.js';
import { ProtobufWriter } from './protobuf-writer.js';
import {
  encodeRecordedEvent,
  readRecordedHeader,
  recordedData,
  recordedId,
  TOMBSTONE_REVISION,
  withStructuredId,
  type ProposedEvent,
} from './recorded-event.js';
import { parseUuid, readUuid, writeUuid } from './uuid.js';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const event: fc.Arbitrary<ProposedEvent> = fc.record({
  id: fc.uuid(),
  type: text,
  isJson: fc.boolean(),
  data: bytes,
  metadata: bytes,
});
const placement = fc.record({
  stream: text,
  revision: fc.oneof(fc.nat(), fc.constant(TOMBSTONE_REVISION)),
  position: fc.maxSafeNat(),
  created: fc.nat({ max: 4e12 }),
});

describe('a recorded event', () => {
  it('keeps its id, stream, revision, type, time and data', () => {
    fc.assert(
      fc.property(event, placement, (proposed, place) => {
        const record = encodeRecordedEvent(proposed, place);
        expect(recordedId(record)).toBe(proposed.id);
        expect(recordedData(record)).toEqual(proposed.data);
        const { stream, revision, created } = place;
        expect(readRecordedHeader(record)).toEqual({ stream, revision, created, type: proposed.type });
      }),
    );
  });

  it('is the same event with its id as two numbers', () => {
    fc.assert(
      fc.property(event, placement, (proposed, place) => {
        const record = encodeRecordedEvent(proposed, place);
        const structured = new ProtobufReader(withStructuredId(record));
        structured.next();
        expect(readUuid(structured.message())).toBe(proposed.id);
      }),
    );
  });
});

describe('a uuid', () => {
  it('reads the same in both of its forms', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.boolean(), (uuid, structured) => {
        expect(readUuid(new ProtobufReader(writeUuid(uuid, structured).finish()))).toBe(uuid);
      }),
    );
  });

  it('is made canonical, and refused when it is none', () => {
    const uuid = '0b4d9c32-7f6a-4c43-9c15-0c37a1a0f0e1';
    for (const form of [uuid, uuid.toUpperCase(), `{${uuid}}`, uuid.replaceAll('-', '')])
      expect(parseUuid(form)).toBe(uuid);
    for (const none of ['', 'one', uuid.slice(1), `${uuid}0`, uuid.replace('0', 'g')])
      expect(parseUuid(none)).toBeUndefined();
  });
});

describe('a batch of messages', () => {
  /** What grpc-js does with the result of a serializer. */
  const frameAsGrpcJs = (batch: MessageBatch): Buffer => {
    const output = Buffer.alloc(batch.byteLength + 5);
    output.writeUInt32BE(batch.byteLength, 1);
    batch.copy(output);
    return output;
  };
  const unframe = (frames: Buffer): Buffer[] => {
    const messages: Buffer[] = [];
    for (let at = 0; at < frames.length;) {
      expect(frames[at]).toBe(0);
      const length = frames.readUInt32BE(at + 1);
      messages.push(frames.subarray(at + 5, at + 5 + length));
      at += 5 + length;
    }
    return messages;
  };

  it('comes out of grpc-js as the messages that went in', () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1 }), (messages) => {
        const batch = new MessageBatch();
        for (const message of messages) batch.add(message);
        expect(unframe(frameAsGrpcJs(batch))).toEqual(messages);
      }),
    );
  });

  it('carries events as the protocol wants them', () => {
    fc.assert(
      fc.property(
        fc.option(bytes, { nil: undefined }),
        fc.option(bytes, { nil: undefined }),
        fc.maxSafeNat(),
        (recorded, link, position) => {
          const [message] = unframe(frameAsGrpcJs(new MessageBatch().addEvent({ event: recorded, link, position })));
          const inner = new ProtobufWriter();
          if (recorded) inner.bytes(1, recorded);
          if (link) inner.bytes(2, link);
          expect(message).toEqual(new ProtobufWriter().message(1, inner.varint(3, position)).finish());
        },
      ),
    );
  });
});
