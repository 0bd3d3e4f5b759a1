import { type Entry, firstAfter } from './activity.js';

/** Something that is kept count of while a window slides. */
interface Tally {
  add(entry: Entry): void;
  remove(entry: Entry): void;
  /** Whether the window holds what the rule looks for. */
  full(): boolean;
}

/** A stretch of entries, `first` and `last` included. */
interface Window {
  readonly first: number;
  readonly last: number;
}

/**
 * The first window of this length that includes the entry `own` and holds what the rule looks for. A window ends at an
 * entry and reaches back less than its length: (end − length, end]. Nearly always `own` is the latest and there is one
 * window to look at; for one that came late, the windows that end after it are looked at as well, so that what is found
 * does not depend on the order in which things arrive.
 */
export function windowAround(entries: readonly Entry[], own: number, length: number, tally: Tally): Window | undefined {
  const at = entries[own]!.at;
  let first = firstAfter(entries, at - length);
  for (let index = first; index <= own; index++) tally.add(entries[index]!);
  for (let last = own; ;) {
    if (tally.full()) return { first, last };
    const next = entries[++last];
    if (!next || next.at >= at + length) return undefined;
    tally.add(next);
    while (entries[first]!.at <= next.at - length) tally.remove(entries[first++]!);
  }
}
