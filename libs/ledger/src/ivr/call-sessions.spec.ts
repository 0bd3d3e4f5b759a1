import { CallSessions } from './call-sessions.js';

describe('Calls that are going on', () => {
  it('are so many at most, and none is given up for a new one', () => {
    const calls = new CallSessions<string>(2, 1_000);
    expect(['a', 'b', 'c'].map((id) => calls.begin(id, id, 0))).toEqual([true, true, false]);
    expect(['a', 'b', 'c'].map((id) => calls.find(id, 999))).toEqual(['a', 'b', undefined]);
  });

  it('end when they have taken too long, and make room', () => {
    const calls = new CallSessions<string>(1, 1_000);
    calls.begin('a', 'a', 0);
    expect(calls.find('a', 1_000)).toBeUndefined();
    expect(calls.begin('b', 'b', 1_000)).toBe(true);
    expect(calls.find('b', 1_999)).toBe('b');
  });
});
