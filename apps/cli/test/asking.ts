import { randomUUID } from 'node:crypto';

export type Json = Record<string, unknown>;

/** Requests to a Paybill that is expected to do what it is asked. */
export class Asking {
  constructor(private readonly url: string) {}

  async get(path: string): Promise<Json> {
    return (await this.send('GET', path)).body;
  }

  async send(
    method: string,
    path: string,
    body?: Json,
    key: string = randomUUID(),
  ): Promise<{ status: number; body: Json }> {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Json };
  }

  async done(method: string, path: string, body: Json, key?: string): Promise<Json> {
    const answer = await this.send(method, path, body, key);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}
