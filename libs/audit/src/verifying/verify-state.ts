import { hash as digest } from 'node:crypto';
import { CompactTree } from '../tree/merkle.js';
import { type LastGood } from './signed-states.js';
import { StreamTails } from './stream-tails.js';

/** A file does not hold where a verification ended. */
export class MalformedState extends Error {
  override readonly name = 'MalformedState';
}

/** All that has to be known of a log that was read and found sound, to go on after it. */
export interface VerifyState {
  readonly position: bigint;
  readonly tree: CompactTree;
  readonly tails: StreamTails;
  readonly lastGood: LastGood | undefined;
  /** The last event that was read. */
  readonly last: { readonly eventId: string; readonly position: bigint } | undefined;
}

const FORMAT = 'paybill-verify-state/1';

interface Header {
  readonly format: string;
  readonly position: string;
  readonly size: number;
  readonly subtrees: readonly string[];
  readonly lastGood?: LastGood;
  readonly last?: { readonly eventId: string; readonly position: string };
  /** SHA-256 of all that follows the header. */
  readonly tails: string;
}

/** A state as it is kept: a line of JSON, and the ends of all streams. */
export function writeState({ position, tree, tails, lastGood, last }: VerifyState): Buffer {
  const body = Buffer.concat(tails.entries());
  const header: Header = {
    format: FORMAT,
    position: String(position),
    size: tree.size,
    subtrees: tree.subtrees.map((hash) => hash.toString('base64')),
    lastGood,
    last: last && { ...last, position: String(last.position) },
    tails: digest('sha256', body, 'hex'),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]);
}

/** @throws MalformedState */
export function readState(bytes: Buffer): VerifyState {
  const end = bytes.indexOf('\n');
  const header = headerOf(bytes.toString('utf8', 0, Math.max(end, 0)));
  const body = bytes.subarray(end + 1);
  if (digest('sha256', body, 'hex') !== header.tails) throw new MalformedState('it is not as it was written');
  const { last, lastGood } = header;
  return {
    position: BigInt(header.position),
    tree: new CompactTree(
      header.size,
      header.subtrees.map((hash) => Buffer.from(hash, 'base64')),
    ),
    tails: new StreamTails(body),
    lastGood,
    last: last && { ...last, position: BigInt(last.position) },
  };
}

function headerOf(line: string): Header {
  try {
    const header = JSON.parse(line) as Header;
    if (header.format === FORMAT) return header;
  } catch {
    // Said below.
  }
  throw new MalformedState('it was not written by paybill audit verify');
}
