import { type ServerDuplexStream } from '@grpc/grpc-js';
import { MessageBatch } from '../wire/message-batch.js';
import { Outlet } from './outlet.js';

/** Answers of a two-way call: those that become ready together leave together. */
export class ResponseQueue {
  readonly #outlet: Outlet;
  #batch = new MessageBatch();
  #flushing = false;
  #ended = false;

  constructor(call: ServerDuplexStream<unknown, MessageBatch>) {
    this.#outlet = new Outlet(call);
  }

  push(response: Buffer): void {
    this.#batch.add(response);
    this.#schedule();
  }

  /** Ends the call after the answers pushed so far. */
  end(): void {
    this.#ended = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // The answers of one commit come in a row of microtasks; this runs after all of them.
    process.nextTick(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    while (this.#batch.size > 0) {
      const batch = this.#batch;
      this.#batch = new MessageBatch();
      if (!(await this.#outlet.send(batch))) break;
    }
    this.#flushing = false;
    if (this.#ended) await this.#outlet.end();
  }
}
