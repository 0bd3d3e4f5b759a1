import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * One kept-alive connection, one request at a time. Does as little as can be done: the load generator shares the machine
 * with what it measures, and a general client takes as much of it as the server. Knows answers with a content-length only,
 * which is what Paybill gives.
 */
export class HttpConnection {
  #received: Buffer = Buffer.alloc(0);
  #waiting: { answer: (answer: HttpAnswer) => void; fail: (error: Error) => void } | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly host: string,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#waiting?.fail(error));
    socket.on('close', () => this.#waiting?.fail(new Error('the server closed the connection')));
  }

  static async open(url: string): Promise<HttpConnection> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new HttpConnection(socket, host);
  }

  get(path: string): Promise<HttpAnswer> {
    return this.#send(`GET ${path} HTTP/1.1\r\nhost: ${this.host}\r\n\r\n`);
  }

  /** Sends a command, as another system of the biller does. `body` is ASCII. */
  post(path: string, idempotencyKey: string, body: string): Promise<HttpAnswer> {
    return this.command('POST', path, idempotencyKey, body);
  }

  /** The same for commands that are put. */
  command(method: 'POST' | 'PUT', path: string, idempotencyKey: string, body: string): Promise<HttpAnswer> {
    return this.#send(
      `${method} ${path} HTTP/1.1\r\nhost: ${this.host}\r\ncontent-type: application/json\r\nx-role: service\r\n` +
        `idempotency-key: ${idempotencyKey}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  }

  close(): void {
    this.#waiting = undefined;
    this.socket.destroy();
  }

  #send(request: string): Promise<HttpAnswer> {
    return new Promise((answer, fail) => {
      this.#waiting = { answer, fail };
      this.socket.write(request);
    });
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) return this.#waiting?.fail(new Error(`an answer without a content-length:\n${head}`));
    const end = headEnd + 4 + Number(length);
    if (this.#received.length < end) return;
    const body = this.#received.toString('utf8', headEnd + 4, end);
    this.#received = this.#received.subarray(end);
    // "HTTP/1.1 201 Created"
    this.#waiting?.answer({ status: Number(head.slice(9, 12)), body });
  }
}

/** Connections that are lent to one request at a time; who finds none free waits for the next. */
export class HttpPool {
  readonly #queue: ((connection: HttpConnection) => void)[] = [];

  private constructor(private readonly free: HttpConnection[]) {}

  static async open(url: string, connections: number): Promise<HttpPool> {
    return new HttpPool(await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(url))));
  }

  /** @throws when the answer does not have the status that is expected. */
  async ask(request: (connection: HttpConnection) => Promise<HttpAnswer>, expected = 200): Promise<HttpAnswer> {
    const connection = this.free.pop() ?? (await new Promise<HttpConnection>((resolve) => this.#queue.push(resolve)));
    try {
      const answer = await request(connection);
      if (answer.status === expected) return answer;
      throw new Error(`status ${answer.status} instead of ${expected}: ${answer.body}`);
    } finally {
      const next = this.#queue.shift();
      if (next) next(connection);
      else this.free.push(connection);
    }
  }

  close(): void {
    for (const connection of this.free) connection.close();
  }
}
