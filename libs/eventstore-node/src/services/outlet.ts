import { type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';
import { type MessageBatch } from '../wire/message-batch.js';

type StreamingCall = ServerWritableStream<unknown, MessageBatch> | ServerDuplexStream<unknown, MessageBatch>;

/**
 * The sending side of a streaming call. At most one batch waits for the network, so a slow client holds up its own reader
 * and nothing else, and memory stays bounded.
 */
export class Outlet {
  closed = false;
  #written: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  readonly #onClose: (() => void)[] = [];

  constructor(private readonly call: StreamingCall) {
    const close = (): void => {
      if (this.closed) return;
      this.closed = true;
      this.#release();
      for (const listener of this.#onClose) listener();
    };
    call.on('cancelled', close);
    call.on('close', close);
  }

  /** Hears when the client went away or the call ended. */
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.#onClose.push(listener);
  }

  /** Sends when the batch before has left; false when nobody is there to receive. */
  async send(batch: MessageBatch): Promise<boolean> {
    await this.#written;
    if (this.closed) return false;
    if (batch.size === 0) return true;
    // A cancelled call never calls back, hence the second way to settle.
    this.#written = new Promise((resolve) => {
      this.#release = resolve;
      this.call.write(batch, () => resolve());
    });
    return true;
  }

  /** Ends the call when everything sent has left. */
  async end(): Promise<void> {
    await this.#written;
    if (!this.closed) this.call.end();
  }
}
