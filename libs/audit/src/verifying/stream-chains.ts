import { type RawEvent, storedLink } from '#libs/event-sourcing';
import { type Finding, type Findings } from './findings.js';
import { StreamTails } from './stream-tails.js';

/** Gaps that are remembered, in case what is missing comes later. */
const MOST_GAPS = 10_000;

/**
 * Holds every event against the one before it in its stream: previous hash, own hash, id and revision. Whatever is wrong is
 * said once: what comes after it is held against the hash it carries, not against the one it should have.
 */
export class StreamChains {
  /** What is missing so far, by stream and revision. */
  readonly #gaps = new Map<string, Finding>();

  constructor(
    private readonly findings: Findings,
    readonly tails = new StreamTails(),
  ) {}

  /**
   * Checks an event, in the order of the log.
   * @returns the hash it carries, in hex: its leaf. Undefined when it has none, because nobody may have written it there.
   */
  check(event: RawEvent): string | undefined {
    const link = storedLink(event);
    if (!link) {
      this.#found('inserted', event, 'carries no hash: it was not written by Paybill, or was stripped of its hash');
      return undefined;
    }
    const tail = this.tails.of(event.stream);
    const revision = Number(event.revision);
    const { revision: last, hash: lastHash } = tail;
    if (revision <= last) {
      if (!this.#comesLate(event)) {
        const message = `comes after revision ${last} and is none of this stream: there is another with its revision`;
        this.#found('inserted', event, message);
        return undefined;
      }
    } else {
      if (revision > last + 1) this.#missing(event, last + 1);
      else if (link.previousHash !== lastHash) {
        const before = last < 0 ? 'names an event before it, and is the first' : `does not continue revision ${last}`;
        this.#found('broken-link', event, `${before}: it was inserted, or the event before it was replaced`);
      }
      tail.set(revision, link.hash);
    }
    if (link.hash !== link.computed) {
      this.#found('changed', event, 'is not what was written: type, data or metadata do not come to its hash');
    } else if (!link.idFollows) this.#found('wrong-id', event, 'has another id than its content gives');
    return link.hash;
  }

  #missing(event: RawEvent, from: number): void {
    const { stream, position } = event;
    const to = Number(event.revision) - 1;
    for (let revision = from; revision <= to; revision++) {
      if (this.#gaps.size >= MOST_GAPS) return;
      const place = `before position ${position}, where revision ${event.revision} stands`;
      const message = `revision ${revision} of ${stream} is missing ${place}: it was removed`;
      const finding = this.findings.add({ kind: 'removed', message, stream, revision, position });
      this.#gaps.set(`${stream} ${revision}`, finding);
    }
  }

  /** Whether an event that was missing comes now, after later ones. */
  #comesLate(event: RawEvent): boolean {
    const gap = `${event.stream} ${event.revision}`;
    const missed = this.#gaps.get(gap);
    if (!missed) return false;
    this.#gaps.delete(gap);
    this.findings.withdraw(missed);
    this.#found('reordered', event, 'stands after later revisions of its stream: events were put in another order');
    return true;
  }

  #found(kind: Finding['kind'], event: RawEvent, what: string): void {
    const { id: eventId, stream, position, type } = event;
    const revision = Number(event.revision);
    const message = `${type} ${eventId} (${stream} revision ${revision}, position ${position}) ${what}`;
    this.findings.add({ kind, message, stream, revision, position, eventId });
  }
}
