import { type ProtobufReader } from './protobuf-reader.js';
import { ProtobufWriter } from './protobuf-writer.js';

const HEX = /^[0-9a-f]{32}$/;

/** A uuid in its canonical lower-case form, or undefined when the text is none. Braces and missing hyphens are accepted. */
export function parseUuid(text: string): string | undefined {
  const hex = text.replace(/[-{}()]/g, '').toLowerCase();
  if (!HEX.test(hex)) return undefined;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const wordToHex = (word: bigint): string => BigInt.asUintN(64, word).toString(16).padStart(16, '0');

/** Reads `event_store.client.UUID`, which is either text or two signed 64-bit words; undefined when it is no uuid. */
export function readUuid(reader: ProtobufReader): string | undefined {
  let text = '';
  reader.each({
    1: (r) => {
      let most = 0n;
      let least = 0n;
      r.message().each({ 1: (w) => (most = BigInt(w.int64())), 2: (w) => (least = BigInt(w.int64())) });
      text = wordToHex(most) + wordToHex(least);
    },
    2: (r) => (text = r.string()),
  });
  return parseUuid(text);
}

/** Writes `event_store.client.UUID` in the form the caller asked for. */
export function writeUuid(uuid: string, structured: boolean): ProtobufWriter {
  if (!structured) return new ProtobufWriter().string(2, uuid);
  const hex = uuid.replaceAll('-', '');
  const words = new ProtobufWriter().varint(1, BigInt(`0x${hex.slice(0, 16)}`)).varint(2, BigInt(`0x${hex.slice(16)}`));
  return new ProtobufWriter().message(1, words);
}
