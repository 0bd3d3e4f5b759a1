import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/*
 * The cryptography of personal data: AES-256-GCM throughout (NIST SP 800-38D). A sealed text is
 * `v1.<base64url of nonce, ciphertext and tag>`; the version is there so that a later way can stand beside this one.
 */

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^v1\.([A-Za-z0-9_-]+)$/;

/** A sealed text that is none, was changed, or was sealed for another subject, field or key. Never says what is in it. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** What is derived from a subject's data key: one key for each purpose. */
export interface DataKey {
  readonly encrypting: Buffer;
  readonly nonces: Buffer;
  readonly fingerprints: Buffer;
}

export function dataKeyOf(secret: Buffer): DataKey {
  const derived = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', secret, '', `paybill personal data: ${purpose}`, KEY_BYTES));
  return {
    encrypting: derived('encrypting'),
    nonces: derived('nonces'),
    fingerprints: derived('fingerprints'),
  };
}

/** The secret of a new data key, wrapped by the master key for storage. */
export function newWrappedSecret(masterKey: Buffer, subject: string): string {
  return encrypt(masterKey, randomBytes(NONCE_BYTES), keyContext(subject), randomBytes(KEY_BYTES));
}

/** The secret again. @throws SealBroken when it was wrapped by another master key. */
export function unwrap(masterKey: Buffer, subject: string, wrapped: string): Buffer {
  return decrypt(masterKey, keyContext(subject), wrapped);
}

/**
 * Seals a text. The nonce is made from the text itself, so that the same text of the same field gives the same sealed text:
 * a retried command is recognised, and a change that changes nothing is seen. What that gives away is that two texts of one
 * field of one subject are equal, and no more. Two texts never share a nonce but by chance of 2⁻⁹⁶.
 */
export function sealText(key: DataKey, subject: string, field: string, plaintext: string): string {
  const nonce = createHmac('sha256', key.nonces)
    .update(JSON.stringify([field, plaintext]))
    .digest()
    .subarray(0, NONCE_BYTES);
  return encrypt(key.encrypting, nonce, fieldContext(subject, field), Buffer.from(plaintext));
}

/** A keyed hash of a text (HMAC-SHA-256), for one purpose: without the key nobody can tell what it is of by trying. */
export function fingerprintText(key: DataKey, purpose: string, text: string): Buffer {
  return createHmac('sha256', key.fingerprints)
    .update(JSON.stringify([purpose, text]))
    .digest();
}

/** @throws SealBroken */
export function openText(key: DataKey, subject: string, field: string, sealed: string): string {
  return decrypt(key.encrypting, fieldContext(subject, field), sealed).toString();
}

/** What a ciphertext is bound to: moved to another subject or field, it does not open. */
function fieldContext(subject: string, field: string): Buffer {
  return Buffer.from(JSON.stringify(['text', subject, field]));
}

function keyContext(subject: string): Buffer {
  return Buffer.from(JSON.stringify(['key', subject]));
}

function encrypt(key: Buffer, nonce: Buffer, context: Buffer, plain: Buffer): string {
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(context);
  const bytes = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return `v1.${bytes.toString('base64url')}`;
}

function decrypt(key: Buffer, context: Buffer, sealed: string): Buffer {
  const bytes = Buffer.from(SEALED.exec(sealed)?.[1] ?? '', 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SealBroken('this is no sealed text of a version known here');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(context);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new SealBroken(
      'a sealed text does not open: it was changed, or sealed for another place or under another key',
    );
  }
}
