import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { checkpointText, readCheckpoint } from './checkpoint.js';
import { MalformedNote, newSignerKey, readNote, signedBy, signerKey, signNote, verifierKey } from './note.js';

/* The example of the format's first implementation, golang.org/x/mod/sumdb/note. */
const SIGNER = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const VERIFIER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNATURE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const other = signerKey(newSignerKey('example.com/other', randomBytes(32)));

describe('A signed note', () => {
  it('is to the byte what other implementations of the format make', () => {
    expect(signerKey(SIGNER).verifier.text).toBe(VERIFIER);
    expect(signNote(TEXT, signerKey(SIGNER))).toBe(`${TEXT}\n${SIGNATURE}`);
    expect(signedBy(readNote(`${TEXT}\n${SIGNATURE}`), [verifierKey(VERIFIER)])).toMatchObject({
      by: { name: 'PeterNeumann' },
    });
  });

  it('is known by whichever of its signatures is of a key that was given', () => {
    const twice = `${signNote(TEXT, other)}${SIGNATURE}`;
    expect(signedBy(readNote(twice), [verifierKey(VERIFIER)])).toMatchObject({ by: { name: 'PeterNeumann' } });
    expect(signedBy(readNote(twice), [other.verifier])).toMatchObject({ by: { name: 'example.com/other' } });
    expect(signedBy(readNote(signNote(TEXT, other)), [verifierKey(VERIFIER)])).toEqual({ refused: 'unknown-key' });
  });

  it('does not hold for any other text', () => {
    fc.assert(
      fc.property(fc.nat(TEXT.length - 2), fc.constantFrom('X', '\n', 'é'), (at, letter) => {
        fc.pre(TEXT[at] !== letter);
        const changed = TEXT.slice(0, at) + letter + TEXT.slice(at + 1);
        const note = readNote(`${changed}\n${SIGNATURE}`);
        expect(signedBy(note, [verifierKey(VERIFIER)])).toEqual({ refused: 'bad-signature' });
      }),
    );
  });

  it.each([
    ['no signature', TEXT],
    ['no text', `\n${SIGNATURE}`],
    ['a signature that is cut off', `${TEXT}\n— PeterNeumann x08g\n`],
    ['a line that is no signature', `${TEXT}\n${SIGNATURE}and more\n`],
    ['no last line feed', `${TEXT}\n${SIGNATURE}`.slice(0, -1)],
    ['a control character', `a\tb\n\n${SIGNATURE}`],
  ])('is refused with %s', (_, note) => {
    expect(() => readNote(note)).toThrow(MalformedNote);
  });

  it.each([
    ['another name', VERIFIER.replace('Peter', 'Petra')],
    ['another id', VERIFIER.replace('c74f20a3', 'c74f20a4')],
    ['another algorithm', `PeterNeumann+c74f20a3+${Buffer.alloc(33, 2).toString('base64')}`],
    ['half of it', VERIFIER.slice(0, 30)],
  ])('cannot be checked by a verifier key with %s', (_, key) => {
    expect(() => verifierKey(key)).toThrow(MalformedNote);
  });

  it('never shows a signing key in an error', () => {
    let message = '';
    try {
      signerKey(SIGNER.replace('c74f', 'c74e'));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch('does not follow');
    expect(message).not.toMatch('AYEK');
  });
});

describe('A checkpoint', () => {
  it('says log, size and root, a line each, and is read back the same', () => {
    const root = Buffer.alloc(32, 7);
    const text = checkpointText({ origin: 'example.com/ledger', size: 470_123, root });
    expect(text).toBe(`example.com/ledger\n470123\n${root.toString('base64')}\n`);
    expect(readCheckpoint(text)).toEqual({ origin: 'example.com/ledger', size: 470_123, root });
    expect(readCheckpoint(`${text}an extension\n`).size).toBe(470_123);
  });

  const ROOT = Buffer.alloc(32).toString('base64');
  it.each([
    ['no origin', `\n3\n${ROOT}\n`],
    ['no root', 'example.com/ledger\n3\n'],
    ['a size with a zero in front', `example.com/ledger\n03\n${ROOT}\n`],
    ['a size below zero', `example.com/ledger\n-3\n${ROOT}\n`],
    ['a size beyond what can be counted', `example.com/ledger\n9999999999999999\n${ROOT}\n`],
    ['a root that is too short', 'example.com/ledger\n3\nAAAA\n'],
    ['a root that is no base64', `example.com/ledger\n3\n${ROOT.replace('=', '')}\n`],
  ])('is refused with %s', (_, text) => {
    expect(() => readCheckpoint(text)).toThrow(MalformedNote);
  });
});
