import { ANY, judge, NO_STREAM, STREAM_EXISTS, type ExpectedRevision } from './consistency.js';
import { type StreamHead } from './stream-head.js';
import { DELETED } from './stream-metadata.js';

const recorded = ['a', 'b', 'c', 'd'];
const written = (last: number, more: Partial<StreamHead> = {}): StreamHead => ({
  id: 1,
  last,
  tombstoned: false,
  ...more,
});
const nobody = written(-1, { id: 0 });
const deleted = written(3, { metadata: DELETED });
const tombstoned = written(3, { tombstoned: true });

/** A stream with the events a, b, c and d, of which the last two are remembered as recent. */
function verdict(head: StreamHead, expected: ExpectedRevision, ids: string[], metadataExists = false): string {
  const result = judge(head, expected, ids, {
    hasMetadata: () => metadataExists,
    recentRevision: (id) => (['c', 'd'].includes(id) && head.last >= 0 ? recorded.indexOf(id) : undefined),
    idAt: (revision) => (head.last >= 0 ? recorded[revision] : undefined),
  });
  return result.kind === 'written' ? `written up to ${result.lastRevision}` : result.kind;
}

describe('whether events may be appended', () => {
  it.each<[string, StreamHead, ExpectedRevision, string[], string]>([
    ['to a new stream that should not exist', nobody, NO_STREAM, ['x'], 'append'],
    ['to a new stream, whatever it is', nobody, ANY, ['x'], 'append'],
    ['to a new stream that should exist', nobody, STREAM_EXISTS, ['x'], 'conflict'],
    ['to a new stream at a revision', nobody, 0, ['x'], 'conflict'],
    ['at the last revision', written(3), 3, ['x'], 'append'],
    ['behind the last revision', written(3), 4, ['x'], 'conflict'],
    ['far behind the last revision', written(3), 1n << 62n, ['x'], 'conflict'],
    ['before the last revision', written(3), 2, ['x'], 'conflict'],
    ['to a stream that should not exist and does', written(3), NO_STREAM, ['x'], 'conflict'],
    ['again, all of them', written(3), NO_STREAM, ['a', 'b', 'c', 'd'], 'written up to 3'],
    ['again, from the middle', written(3), 0, ['b', 'c'], 'written up to 2'],
    ['again, at another revision', written(3), 1, ['b'], 'conflict'],
    ['again, with a new one behind', written(3), 2, ['d', 'x'], 'conflict'],
    ['again, in another order', written(3), 0, ['c', 'b'], 'conflict'],
    ['again, to any revision', written(3), ANY, ['c', 'd'], 'written up to 3'],
    ['again, to a stream that exists', written(3), STREAM_EXISTS, ['c'], 'written up to 2'],
    ['again, to any revision, but not recent', written(3), ANY, ['a'], 'append'],
    ['again, to any revision, with a new one behind', written(3), ANY, ['d', 'x'], 'conflict'],
    ['none, at the last revision', written(3), 3, [], 'append'],
    ['none, before the last revision', written(3), 1, [], 'conflict'],
    ['to a deleted stream that should not exist', deleted, NO_STREAM, ['x'], 'append'],
    ['to a deleted stream at its last revision', deleted, 3, ['x'], 'append'],
    ['to a deleted stream that should exist', deleted, STREAM_EXISTS, ['x'], 'conflict'],
    ['to a tombstoned stream', tombstoned, ANY, ['x'], 'conflict'],
    ['none, to a tombstoned stream that should not exist', tombstoned, NO_STREAM, [], 'append'],
    ['none, to a tombstoned stream at its last revision', tombstoned, 3, [], 'conflict'],
  ])('%s', (_name, head, expected, ids, result) => {
    expect(verdict(head, expected, ids)).toBe(result);
  });

  it('to a stream that exists only through its metadata', () => {
    expect(verdict(nobody, STREAM_EXISTS, ['x'], true)).toBe('append');
  });
});
