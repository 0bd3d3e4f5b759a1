import { createServer } from 'node:http';

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A real HTTP server on this machine that keeps what is posted to it. */
export interface HttpReceiver {
  readonly url: string;
  readonly received: Received[];
  /** How the next request is answered. */
  answer: (request: Received) => { status: number; headers?: Record<string, string> };
  close(): Promise<void>;
}

export async function startHttpReceiver(): Promise<HttpReceiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const received = { headers, body: Buffer.concat(chunks).toString() };
      receiver.received.push(received);
      const { status, headers: answered = {} } = receiver.answer(received);
      response.writeHead(status, answered).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const receiver: HttpReceiver = {
    url: `http://127.0.0.1:${port}/hook`,
    received: [],
    answer: () => ({ status: 200 }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
