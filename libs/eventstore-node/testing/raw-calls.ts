import { Client, credentials, type Metadata, type ServiceError } from '@grpc/grpc-js';

const same = <T>(value: T): T => value;

/** Calls methods of a node with bytes of one's own, also such as no client would send. */
export class RawCalls {
  readonly #client: Client;

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** The answer, or the status code of the refusal. */
  unary(path: string, request: Buffer, metadata?: Metadata): Promise<Buffer | number> {
    return new Promise((resolve) => {
      const done = (error: ServiceError | null, response?: Buffer): void =>
        resolve(error ? error.code : (response ?? Buffer.alloc(0)));
      if (metadata) this.#client.makeUnaryRequest(path, same<Buffer>, same<Buffer>, request, metadata, done);
      else this.#client.makeUnaryRequest(path, same<Buffer>, same<Buffer>, request, done);
    });
  }

  /** The messages up to the end of the call or up to `limit`, then the status code unless it ended well. */
  serverStream(path: string, request: Buffer, limit = Infinity): Promise<(Buffer | number)[]> {
    return new Promise((resolve) => {
      const received: (Buffer | number)[] = [];
      const call = this.#client.makeServerStreamRequest(path, same<Buffer>, same<Buffer>, request);
      call.on('data', (message: Buffer) => {
        received.push(message);
        if (received.length < limit) return;
        call.cancel();
        resolve(received);
      });
      call.on('error', (error: ServiceError) => resolve([...received, error.code]));
      call.on('end', () => resolve(received));
    });
  }

  /** Sends the messages and gives the answer, or the status code of the refusal. */
  clientStream(path: string, messages: Buffer[]): Promise<Buffer | number> {
    return new Promise((resolve) => {
      const call = this.#client.makeClientStreamRequest(path, same<Buffer>, same<Buffer>, (error, response) =>
        resolve(error ? error.code : (response ?? Buffer.alloc(0))),
      );
      call.on('error', () => undefined);
      for (const message of messages) call.write(message);
      call.end();
    });
  }

  /** Sends the messages, ends its side, and gives all answers, then the status code unless it ended well. */
  bothWays(path: string, messages: Buffer[]): Promise<(Buffer | number)[]> {
    return new Promise((resolve) => {
      const received: (Buffer | number)[] = [];
      const call = this.#client.makeBidiStreamRequest(path, same<Buffer>, same<Buffer>);
      call.on('data', (message: Buffer) => received.push(message));
      call.on('error', (error: ServiceError) => resolve([...received, error.code]));
      call.on('end', () => resolve(received));
      for (const message of messages) call.write(message);
      call.end();
    });
  }

  close(): void {
    this.#client.close();
  }
}
