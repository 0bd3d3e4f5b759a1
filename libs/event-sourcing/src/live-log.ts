import { EventEmitter } from 'node:events';
import { Answers, type Call } from './event-store-answers.js';
import { EventStoreUnavailable } from './event-store-errors.js';
import { type RawRead } from './event-store-wire.js';

/** Answers kept for those who come to it; whoever has not come so far reads on alone. */
const KEPT = 1_024;
const TELL_EVERY_MS = 250;

type Subscribe = (after: bigint, categories: readonly string[]) => Promise<Call<RawRead>>;

/**
 * What is written now, read from the store once for all in this process who follow it: each reader with a subscription of its
 * own has the store send, and this process take apart, every event as many times as there are readers. Whoever has
 * caught up joins; whoever cannot keep up is let go, and reads on alone until it has caught up again. Nobody waits for another.
 */
export class LiveLog {
  readonly #categories = new Set<string>();
  readonly #readers = new Set<LiveReader<unknown>>();
  /** The subscription there is; others that have not ended yet are none of ours any more. */
  #reading: object | undefined;
  #call: Call<RawRead> | undefined;
  /** What has come after `#since`, up to `#at`. */
  #kept: RawRead[] = [];
  #since = 0n;
  #at = 0n;

  constructor(private readonly subscribe: Subscribe) {}

  /**
   * For whoever has read the streams `<category>-…` up to a position: all that comes after it, or undefined when that is too
   * long ago.
   * @param isPassed of an answer that says no more than how far the log was read
   */
  join<Answer>(
    after: bigint,
    categories: readonly string[],
    decode: (answer: RawRead) => Answer,
    isPassed: (answer: Answer) => boolean,
  ): Answers<Answer> | undefined {
    const isNew = categories.some((category) => !this.#categories.has(category));
    if (!this.#reading) this.#read(after, categories);
    else if (after < this.#since) return undefined;
    else if (isNew) this.#read(after < this.#at ? after : this.#at, categories);
    const reader: LiveReader<Answer> = new LiveReader(after, categories, decode, () => this.#leave(reader));
    this.#readers.add(reader);
    // Somebody listens before anything is said: what is said to nobody is lost.
    const answers = new Answers(reader, isPassed);
    for (const answer of this.#kept) reader.take(answer);
    return answers;
  }

  #read(after: bigint, categories: readonly string[]): void {
    for (const category of categories) this.#categories.add(category);
    const reading = {};
    const isOver = () => this.#reading !== reading;
    const fail = (error: Error) => {
      if (!isOver()) this.#end(error);
    };
    this.#stopReading();
    [this.#reading, this.#kept, this.#since, this.#at] = [reading, [], after, after];
    this.subscribe(after, [...this.#categories])
      .then((call) => {
        call.on('data', (answer) => {
          if (!isOver()) this.#take(answer);
        });
        call.on('error', fail);
        call.once('end', () => fail(new EventStoreUnavailable('the event store ended the subscription')));
        if (isOver()) call.cancel();
        else this.#call = call;
      })
      .catch(fail);
  }

  #take(answer: RawRead): void {
    const position = placeOf(answer);
    if (position === undefined) return;
    this.#at = position;
    this.#kept.push(answer);
    if (this.#kept.length > 2 * KEPT) {
      const dropped = this.#kept.splice(0, KEPT);
      this.#since = placeOf(dropped.at(-1)!)!;
    }
    for (const reader of this.#readers) reader.take(answer);
  }

  #leave(reader: LiveReader<unknown>): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#end();
  }

  #end(error?: Error): void {
    const readers = [...this.#readers];
    this.#stopReading();
    this.#kept = [];
    this.#categories.clear();
    this.#readers.clear();
    if (error) for (const reader of readers) reader.fail(error);
  }

  #stopReading(): void {
    this.#reading = undefined;
    this.#call?.cancel();
    this.#call = undefined;
  }
}

/** One reader's share of the live log, like a call of its own whose answers come to whoever listens. */
class LiveReader<Answer> extends EventEmitter implements Call<Answer> {
  readonly #prefixes: readonly string[];
  #at: bigint;
  /** The log was read further than this reader was told. */
  #isBehind = false;
  #telling: NodeJS.Timeout | undefined;

  constructor(
    after: bigint,
    categories: readonly string[],
    private readonly decode: (answer: RawRead) => Answer,
    private readonly leave: () => void,
  ) {
    super();
    this.#at = after;
    this.#prefixes = categories.map((category) => `${category}-`);
  }

  take(answer: RawRead): void {
    const position = placeOf(answer)!;
    if (position <= this.#at) return;
    this.#at = position;
    const { event } = answer;
    if (event && this.#prefixes.some((prefix) => event.stream.startsWith(prefix))) {
      this.#isBehind = false;
      this.emit('data', this.decode(answer));
    } else {
      // Each who is told writes down how far it has come, which nobody waits for: now and then is enough.
      this.#isBehind = true;
      this.#telling ??= setTimeout(() => this.#tell(), TELL_EVERY_MS);
    }
  }

  #tell(): void {
    this.#telling = undefined;
    if (this.#isBehind) this.emit('data', this.decode({ passed: this.#at }));
    this.#isBehind = false;
  }

  fail(error: Error): void {
    this.#endTelling();
    this.emit('error', error);
  }

  /** Whoever cannot take more for the time being is let go: the end tells it to go on alone. */
  pause(): void {
    this.cancel();
  }

  /** Nothing is held back. */
  resume(): void {
    return;
  }

  cancel(): void {
    this.#endTelling();
    this.leave();
    this.emit('end');
  }

  #endTelling(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
  }
}

function placeOf({ event, passed }: RawRead): bigint | undefined {
  return event?.position ?? passed;
}
