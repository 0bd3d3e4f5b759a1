import { createPrivateKey, createPublicKey, hash as digest, type KeyObject, sign, verify } from 'node:crypto';

/*
 * Signed notes as https://c2sp.org/signed-note has them: a text that ends with a line feed, an empty line, and a line for each
 * signature, `— <key name> <base64 of key id and signature>`. Keys are Ed25519.
 */

/** A note or a key is not written as it has to be; the message says what is wrong with it. */
export class MalformedNote extends Error {
  override readonly name = 'MalformedNote';
}

/** What checks signatures, as `<name>+<key id>+<base64>`: it may be given to anybody. */
export interface VerifierKey {
  readonly name: string;
  /** Eight figures in hex, from name and key. */
  readonly id: string;
  readonly key: KeyObject;
  readonly text: string;
}

/** What makes signatures, as `PRIVATE+KEY+<name>+<key id>+<base64>`: a secret. */
export interface SignerKey {
  readonly key: KeyObject;
  readonly verifier: VerifierKey;
}

interface Signature {
  readonly name: string;
  readonly id: string;
  readonly signature: Buffer;
}

/** A note taken apart. Nothing is said yet about whether its signatures hold. */
interface Note {
  /** What is signed, its last line feed included. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

/** Who has signed a note, as far as the given keys can tell. */
export type Signed =
  | { readonly by: VerifierKey }
  /** None of the signatures is of a key that was given. */
  | { readonly refused: 'unknown-key' }
  /** A key that was given is named, and the signature is not one of it. */
  | { readonly refused: 'bad-signature' };

const ED25519 = 0x01;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const ID_BYTES = 4;
/** What stands in front of a raw key in its DER form (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const NAME = /^[^\s+]+$/u;
const VERIFIER = /^([^\s+]+)\+([\da-f]{8})\+([A-Za-z0-9+/]+=*)$/u;
const SIGNER = /^PRIVATE\+KEY\+([^\s+]+)\+([\da-f]{8})\+([A-Za-z0-9+/]+=*)$/u;
const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/u;
// eslint-disable-next-line no-control-regex -- the format forbids all of them but the line feed
const CONTROL = /[\x00-\x09\x0b-\x1f]/;

/** @throws MalformedNote */
export function verifierKey(text: string): VerifierKey {
  const [, name, id, encoded] = VERIFIER.exec(text) ?? malformed('a verifier key is <name>+<key id>+<base64>');
  const raw = keyBytes(encoded!);
  if (idOf(name!, raw) !== id) malformed('the id of the verifier key does not follow from its name and key');
  return { name: name!, id, key: publicKey(raw), text };
}

/** @throws MalformedNote without repeating what it was given */
export function signerKey(text: string): SignerKey {
  const [, name, id, encoded] = SIGNER.exec(text) ?? malformed('a signing key is PRIVATE+KEY+<name>+<key id>+<base64>');
  const signer = signerFrom(name!, keyBytes(encoded!));
  if (signer.verifier.id !== id) malformed('the id of the signing key does not follow from its name and key');
  return signer;
}

/** The text of a signing key made from 32 random bytes. @param name without blanks and `+`, best one's host and path */
export function newSignerKey(name: string, seed: Buffer): string {
  if (!NAME.test(name)) malformed('the name of a key has no blanks and no +');
  const { verifier } = signerFrom(name, seed);
  return `PRIVATE+KEY+${name}+${verifier.id}+${Buffer.concat([Buffer.of(ED25519), seed]).toString('base64')}`;
}

/** A note over a text. @throws MalformedNote when the text can be none */
export function signNote(text: string, { key, verifier }: SignerKey): string {
  checkText(text);
  const signature = sign(null, Buffer.from(text), key);
  const encoded = Buffer.concat([Buffer.from(verifier.id, 'hex'), signature]).toString('base64');
  return `${text}\n— ${verifier.name} ${encoded}\n`;
}

/** @throws MalformedNote */
export function readNote(note: string): Note {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) malformed('a note is a text, an empty line, and signatures');
  const text = note.slice(0, end + 1);
  checkText(text);
  const signatures = note
    .slice(end + 2, -1)
    .split('\n')
    .map((line) => {
      const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? malformed('a signature of the note is no signature line');
      const bytes = fromBase64(encoded!);
      if (bytes.length <= ID_BYTES) malformed('a signature of the note is too short');
      return { name: name!, id: bytes.toString('hex', 0, ID_BYTES), signature: bytes.subarray(ID_BYTES) };
    });
  return { text, signatures };
}

/** Whether one of the keys has signed a note. */
export function signedBy({ text, signatures }: Note, keys: readonly VerifierKey[]): Signed {
  let by: VerifierKey | undefined;
  for (const { name, id, signature } of signatures) {
    const key = keys.find((one) => one.name === name && one.id === id);
    if (!key) continue;
    const holds = signature.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), key.key, signature);
    if (!holds) return { refused: 'bad-signature' };
    by ??= key;
  }
  return by ? { by } : { refused: 'unknown-key' };
}

function signerFrom(name: string, seed: Buffer): SignerKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  const id = idOf(name, raw);
  const text = `${name}+${id}+${Buffer.concat([Buffer.of(ED25519), raw]).toString('base64')}`;
  return { key, verifier: { name, id, key: publicKey(raw), text } };
}

function publicKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
}

/** The first bytes of a hash over name, line feed, algorithm and key. */
function idOf(name: string, raw: Buffer): string {
  return digest('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), raw]), 'hex').slice(0, 8);
}

/** The raw key in the base64 of a key's text: after a byte for the algorithm. */
function keyBytes(encoded: string): Buffer {
  const bytes = fromBase64(encoded);
  if (bytes[0] !== ED25519 || bytes.length !== 1 + KEY_BYTES) malformed('the key is no Ed25519 key');
  return bytes.subarray(1);
}

/** Base64 with one way to write each value, so that a note has one form. */
export function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) malformed('what should be base64 is not');
  return bytes;
}

function checkText(text: string): void {
  if (!text.endsWith('\n') || CONTROL.test(text)) malformed('the text of a note is lines without control characters');
}

function malformed(message: string): never {
  throw new MalformedNote(message);
}
