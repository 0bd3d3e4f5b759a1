import { readRecordedHeader } from '../wire/recorded-event.js';
import { type EventLog } from './event-log.js';
import { type StreamHead } from './stream-head.js';
import { isMetadataStream, isSoftDeleted, streamOfMetadata } from './stream-metadata.js';

/** A stream as readers see it: its metadata may hide its first events, or all of it. */
export type StreamView =
  /** `position` is that of the tombstone. */
  | { kind: 'tombstoned'; position: number }
  | { kind: 'none' }
  /** `first` is the first revision that is visible; it is beyond the last one when none is. */
  | { kind: 'stream'; head: StreamHead; first: number };

/** What a reader may see of a stream at this moment. */
export function viewOf(log: EventLog, stream: string): StreamView {
  const head = log.head(stream);
  const owner = isMetadataStream(stream) ? log.head(streamOfMetadata(stream)) : head;
  const dead = [head, owner].find(({ tombstoned }) => tombstoned);
  if (dead) return { kind: 'tombstoned', position: dead.id };
  if (head.last < 0 || isSoftDeleted(head.metadata)) return { kind: 'none' };
  return { kind: 'stream', head, first: firstVisible(log, head) };
}

function firstVisible(log: EventLog, head: StreamHead): number {
  const { truncateBefore = 0, maxCount = Infinity, maxAge } = head.metadata ?? {};
  const first = Math.max(truncateBefore, head.last - maxCount + 1, 0);
  return maxAge === undefined ? first : firstSince(log, head, first, Date.now() - maxAge * 1000);
}

/** Time never runs backwards in a stream, so the first event young enough is found by halving. */
function firstSince(log: EventLog, head: StreamHead, from: number, since: number): number {
  let low = from;
  let high = head.last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const event = log.event(head, middle);
    if (event && readRecordedHeader(event.record).created >= since) high = middle;
    else low = middle + 1;
  }
  return low;
}
