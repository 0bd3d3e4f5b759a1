import { MalformedNote, type SignerKey, signerKey, type VerifierKey, verifierKey } from './note.js';

/** Injection token of the process's {@link AuditKeys}. */
export const AUDIT_KEYS = Symbol('AUDIT_KEYS');

/** Who signs checkpoints here, if anybody does, and whose signatures are believed. */
export interface AuditKeys {
  readonly signer?: SignerKey;
  /** The signer's own first, then those of keys that signed before. */
  readonly verifiers: readonly VerifierKey[];
}

/**
 * Reads keys, separated by blanks or line feeds: the signing key, at most one, and the verifier keys of those it has taken
 * the place of. @throws MalformedNote
 */
export function auditKeys(text: string): AuditKeys {
  const all = text.split(/\s+/).filter((key) => key !== '');
  const signers = all.filter((key) => key.startsWith('PRIVATE+')).map(signerKey);
  if (signers.length > 1) throw new MalformedNote('there is more than one signing key');
  const retired = all.filter((key) => !key.startsWith('PRIVATE+')).map(verifierKey);
  const [signer] = signers;
  return signer ? { signer, verifiers: [signer.verifier, ...retired] } : { verifiers: retired };
}

/** What is kept when a new signing key takes the place of what was there: the key, and by whom was signed before. */
export function rotated(newSigner: string, before: string): string {
  const { verifiers } = auditKeys(before);
  return [newSigner, ...verifiers.map(({ text }) => text)].join('\n');
}
