import { HASH_LENGTH } from '../tree/merkle.js';
import { fromBase64, MalformedNote } from './note.js';

/** The state of the log at one size, as https://c2sp.org/tlog-checkpoint writes it. */
export interface Checkpoint {
  /** Which log: the same line in all of its checkpoints. */
  readonly origin: string;
  /** Events in the tree. */
  readonly size: number;
  readonly root: Buffer;
}

/** The text of a checkpoint, to be signed as a note. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** Reads the text of a checkpoint; lines after the third extend it and say nothing to us. @throws MalformedNote */
export function readCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...more] = text.split('\n').slice(0, -1);
  if (!origin || size === undefined || root === undefined || more.includes('')) {
    throw new MalformedNote('a checkpoint has three lines: origin, size and root');
  }
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw new MalformedNote('the size of a checkpoint is a whole number');
  }
  const hash = fromBase64(root);
  if (hash.length !== HASH_LENGTH) throw new MalformedNote('the root of a checkpoint has 32 bytes');
  return { origin, size: Number(size), root: hash };
}
