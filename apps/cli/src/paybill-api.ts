import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type ApiOptions, NoTarget, runningApi, withoutCredentials } from './target.js';

/** Paybill would not do what was asked. The message is its own sentence, with the code to look up. */
export class RefusedByPaybill extends Error {
  override readonly name = 'RefusedByPaybill';

  constructor(
    detail: string,
    readonly code: string,
  ) {
    super(`${detail} (${code})`);
  }
}

interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: object;
  /** The same key for the same command again: carried out once. */
  readonly idempotencyKey?: string;
  /** Until the whole answer is there; undefined for no limit. */
  readonly timeoutMs?: number | undefined;
}

const Problem = z.object({ code: z.string(), detail: z.string() });
const ANSWER_TIMEOUT_MS = 30_000;
/** The most Paybill gives in one page. */
const PAGE = 100;

/** A running Paybill, spoken to over HTTP in somebody's name. */
export class PaybillApi {
  constructor(
    private readonly url: string,
    private readonly actor = 'cli',
  ) {}

  /** The Paybill that the options of a command name. @throws NoTarget */
  static async of(options: ApiOptions & { readonly actor?: string }): Promise<PaybillApi> {
    return new PaybillApi(await runningApi(options), options.actor);
  }

  /** @returns the answer as its schema has it. @throws RefusedByPaybill | NoTarget */
  async ask<Schema extends z.ZodType>(schema: Schema, path: string, request: Request = {}): Promise<z.output<Schema>> {
    const answer = await this.#send(path, request);
    const body = schema.safeParse(await this.#reached(answer.json()));
    if (body.success) return body.data;
    throw new NoTarget(`${this.#shown} answers what is no answer of this Paybill: ${z.prettifyError(body.error)}`);
  }

  /** For requests that are answered by nothing but having been done. */
  async tell(path: string, request: Request): Promise<void> {
    await this.#send(path, request);
  }

  /** The items of a list, from its first page to its last, unless it has more than so many. */
  async all<Item extends z.ZodType>(item: Item, path: string, limit = Infinity): Promise<z.output<Item>[]> {
    const schema = z.object({ items: z.array(item), next: z.string().nullable() });
    const items: z.output<Item>[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: z.output<typeof schema> = await this.ask(
        schema,
        `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}${from}`,
      );
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null && items.length < limit);
    return items.slice(0, limit);
  }

  /** A long answer, to be read as it comes, however long that takes. */
  async stream(path: string): Promise<{ headers: Headers; body: ReadableStream<Uint8Array> }> {
    const { headers, body } = await this.#send(path, { timeoutMs: undefined });
    if (body === null) throw new NoTarget(`${this.url} answers nothing and is no Paybill`);
    return { headers, body };
  }

  async #send(path: string, request: Request): Promise<Response> {
    const { method = 'GET', body, idempotencyKey = randomUUID() } = request;
    const { timeoutMs } = { timeoutMs: ANSWER_TIMEOUT_MS, ...request };
    const asked = fetch(this.url.replace(/\/*$/, path), {
      method,
      headers: {
        'x-actor': this.actor,
        ...(method !== 'GET' && { 'idempotency-key': idempotencyKey }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(timeoutMs !== undefined && { signal: AbortSignal.timeout(timeoutMs) }),
    });
    const answer = await this.#reached(asked);
    if (answer.ok) return answer;
    const problem = Problem.safeParse(await answer.json().catch(() => undefined));
    if (!problem.success) throw new NoTarget(`${this.#shown} answers ${answer.status} and is no Paybill`);
    throw new RefusedByPaybill(problem.data.detail, problem.data.code);
  }

  async #reached<T>(answering: Promise<T>): Promise<T> {
    try {
      return await answering;
    } catch (error) {
      if (error instanceof SyntaxError) throw new NoTarget(`${this.#shown} answers no JSON and is no Paybill`);
      const { cause } = error as Error;
      const reason = cause instanceof Error && cause.message !== '' ? cause.message : (error as Error).message;
      throw new NoTarget(`no Paybill answers at ${this.#shown}: ${reason}`);
    }
  }

  get #shown(): string {
    return withoutCredentials(this.url);
  }
}
