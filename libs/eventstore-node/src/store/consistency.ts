import { isSoftDeleted } from './stream-metadata.js';
import { type StreamHead } from './stream-head.js';
import { type Uint64 } from '../wire/protobuf-reader.js';

/** What a writer expects of a stream: a revision, or one of the constants below. */
export type ExpectedRevision = Uint64;
export const NO_STREAM = -1;
export const ANY = -2;
export const STREAM_EXISTS = -4;

/** May these events be appended? `written` means: they already are, and this is where the last of them stands. */
export type Verdict = { kind: 'append' } | { kind: 'written'; lastRevision: number } | { kind: 'conflict' };

/** Looks up what is recorded, where the head alone does not decide. */
export interface Recorded {
  /** Revision in this stream of an event written not long ago. */
  recentRevision(id: string): number | undefined;
  /** Id of the event at this revision. */
  idAt(revision: number): string | undefined;
  /** Whether somebody set the stream's metadata: it then exists, even without events. */
  hasMetadata(): boolean;
}

const APPEND: Verdict = { kind: 'append' };
const CONFLICT: Verdict = { kind: 'conflict' };

/**
 * Decides over one stream of a write. A repeated write (same ids at the same place) is recognised and answered as the
 * first one was; when only some of its events are there, it is a conflict.
 */
export function judge(
  head: StreamHead,
  expected: ExpectedRevision,
  ids: readonly string[],
  recorded: Recorded,
): Verdict {
  if (head.tombstoned) return ids.length === 0 && (expected === ANY || expected === NO_STREAM) ? APPEND : CONFLICT;
  if (expected === STREAM_EXISTS && (isSoftDeleted(head.metadata) || (head.last < 0 && !recorded.hasMetadata())))
    return CONFLICT;
  if (expected === ANY || expected === STREAM_EXISTS) return judgeAnywhere(ids, recorded);
  if (expected === head.last) return APPEND;
  return expected < head.last ? judgeEarlier(head, Number(expected), ids, recorded) : CONFLICT;
}

function judgeAnywhere(ids: readonly string[], recorded: Recorded): Verdict {
  let lastRevision = -1;
  for (const [index, id] of ids.entries()) {
    const revision = recorded.recentRevision(id);
    if (revision === undefined) return index === 0 ? APPEND : CONFLICT;
    lastRevision = revision;
  }
  return ids.length === 0 ? APPEND : { kind: 'written', lastRevision };
}

function judgeEarlier(head: StreamHead, expected: number, ids: readonly string[], recorded: Recorded): Verdict {
  const reborn = expected === NO_STREAM && isSoftDeleted(head.metadata);
  if (ids.length === 0) return reborn ? APPEND : CONFLICT;
  for (const [index, id] of ids.entries()) {
    const revision = expected + 1 + index;
    if (recorded.recentRevision(id) === revision || recorded.idAt(revision) === id) continue;
    return index === 0 && reborn ? APPEND : CONFLICT;
  }
  return { kind: 'written', lastRevision: expected + ids.length };
}
