import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

/** Most messages held for a reader that is busy with the batch before; so many are a batch. */
const READ_AHEAD = 4096;
const LINGER_MS = 2;

/** A call whose answers come one by one. */
export interface Call<Answer> {
  on(event: 'data', take: (answer: Answer) => void): unknown;
  on(event: 'error', fail: (error: Error) => void): unknown;
  once(event: 'end', end: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  cancel(): void;
}

/** The answers to a call, gathered while the reader is busy; when that is for long, the server waits. */
export class Answers<Answer> {
  #received: Answer[] = [];
  #failed: Error | undefined;
  #ended = false;
  #isLeft = false;
  #wake: () => void = () => undefined;

  /**
   * @param isPassed of an answer that says no more than how far the log was read: it waits a while for one that says more, since
   * each who follows the log would write down how far it has come
   */
  constructor(
    private readonly call: Call<Answer>,
    private readonly isPassed: (answer: Answer) => boolean = () => false,
    private readonly passedPatienceMs = 50,
  ) {
    call.on('data', (answer: Answer) => {
      if (this.#isLeft) return;
      this.#received.push(answer);
      if (this.#received.length >= READ_AHEAD) call.pause();
      this.#wake();
    });
    call.once('end', () => {
      this.#ended = true;
      this.#wake();
    });
    call.on('error', (error) => {
      this.#failed = error;
      this.#wake();
    });
  }

  /**
   * What has come since, at least one answer; undefined at the end.
   * @param patience for how many milliseconds to wait for more, as long as more comes.
   */
  async next(patience: number): Promise<readonly Answer[] | undefined> {
    while (this.#received.length === 0) {
      if (this.#failed) throw this.#failed;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    await this.#moreThanPassed();
    // Whatever comes in one turn of the loop is one batch.
    await nextTurn();
    const until = performance.now() + patience;
    while (this.#received.length < READ_AHEAD && performance.now() < until) {
      const before = this.#received.length;
      await delay(LINGER_MS);
      if (this.#received.length === before) break;
    }
    const batch = this.#received;
    this.#received = [];
    this.call.resume();
    return batch;
  }

  /** Waits for an answer that says more than how far the log was read, or a while, or the end. */
  async #moreThanPassed(): Promise<void> {
    let seen = 0;
    const areAllPassed = () => {
      while (seen < this.#received.length && this.isPassed(this.#received[seen]!)) seen++;
      return seen === this.#received.length && seen < READ_AHEAD && !this.#ended && !this.#failed;
    };
    if (!areAllPassed()) return;
    const waiting = new AbortController();
    const patience = delay(this.passedPatienceMs, true, waiting).catch(() => true);
    let isOver = false;
    while (!isOver && areAllPassed()) {
      isOver = await Promise.race([patience, new Promise<false>((resolve) => (this.#wake = () => resolve(false)))]);
    }
    waiting.abort();
  }

  /** For a call without end. */
  cancel(): void {
    if (!this.#ended) this.call.cancel();
  }

  /** Nothing more is wanted of a call that ends of itself: it does so unheard. */
  leave(): void {
    this.#isLeft = true;
    this.#received = [];
    this.call.resume();
  }
}
