import { BoundedMap } from './bounded-map.js';
import { type EventLog } from './event-log.js';
import { readRecordedHeader, recordedId } from '../wire/recorded-event.js';

/** How many of the last events are recognised when a write that expects any revision is repeated (at least). */
const REMEMBERED = 50_000;
const PAGE = 500;

interface Place {
  stream: string;
  revision: number;
}

/** Remembers where the last events went; filled again from the log at start. */
export class RecentEvents {
  readonly #places = new BoundedMap<string, Place>(REMEMBERED);

  constructor(log: EventLog) {
    const places: [string, Place][] = [];
    let page = log.backward(undefined, PAGE);
    while (page.length > 0 && places.length < REMEMBERED) {
      for (const { record } of page) {
        const { stream, revision } = readRecordedHeader(record);
        places.push([recordedId(record), { stream, revision: Number(revision) }]);
      }
      page = log.backward(page.at(-1)!.position, PAGE);
    }
    for (const [id, place] of places.reverse()) this.#places.set(id, place);
  }

  revisionIn(stream: string, id: string): number | undefined {
    const place = this.#places.get(id);
    return place?.stream === stream ? place.revision : undefined;
  }

  remember(id: string, stream: string, revision: number): void {
    this.#places.set(id, { stream, revision });
  }
}
