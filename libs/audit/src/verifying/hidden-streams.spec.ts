import { type RawEvent } from '#libs/event-sourcing';
import { HiddenStreams } from './hidden-streams.js';

describe('What the event store was told to hide', () => {
  let hidden: HiddenStreams;
  let revision: bigint;
  beforeEach(() => {
    hidden = new HiddenStreams();
    revision = 0n;
  });

  function settings(data: string, { stream = '$$till-1', ...other }: Partial<RawEvent> = {}): void {
    const place = { revision, position: 100n + revision++ };
    const bytes = { data: Buffer.from(data), metadata: Buffer.alloc(0) };
    hidden.take({ id: 'x', stream, type: '$metadata', isJson: true, ...place, ...bytes, ...other });
  }
  const found = () => hidden.all().map(({ event, what }) => [event.stream, what]);

  it.each([
    ['{"$tb":5}', '$tb'],
    ['{"$tb":9223372036854775807}', '$tb'],
    ['{"$maxCount":1}', '$maxCount'],
    ['{"$maxAge":60,"$tb":1}', '$tb, $maxAge'],
    ['{"\\u0024maxCount":1}', '$maxCount'],
  ])('is found in %s', (data, names) => {
    settings(data);
    expect(found()).toEqual([['$$till-1', `hides events of its stream from readers (${names})`]]);
  });

  it('is found whatever the type of the event: the store applies it all the same', () => {
    settings('{"$maxCount":1}', { type: 'Anything' });
    expect(found()).toHaveLength(1);
  });

  it.each(['{"$tb":0}', '{}', '{"note":"the setting \\"$tb\\" was undone"}', 'null', '[1]', 'no JSON', ''])(
    'is undone by %s, of which the last is in force',
    (data) => {
      settings('{"$tb":5}');
      settings(data);
      expect(found()).toEqual([]);
      expect(hidden.count).toBe(0);
    },
  );

  it('is not hidden itself by what the store does not take for settings', () => {
    settings('{"$tb":5}', { isJson: false });
    expect(found()).toEqual([]);
    settings('{"$tb":5}');
    settings('{}', { stream: '$$till-2' });
    expect(found()).toHaveLength(1);
  });

  it('stays hidden for ever when the stream was deleted for ever', () => {
    settings('', { stream: 'till-1', type: '$streamDeleted' });
    settings('{}');
    expect(found()).toEqual([['till-1', 'deletes its stream for ever: readers see none of it']]);
  });
});
