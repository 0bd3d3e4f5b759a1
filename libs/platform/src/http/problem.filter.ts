import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type Logger } from 'pino';
import { isPassing } from '../postgres/passing.js';
import { Problem, PROBLEM_JSON } from './problem.js';

/** Injection token of the function that tells how the business's own errors are answered. */
export const PROBLEM_OF = Symbol('PROBLEM_OF');
export type ProblemOf = (error: unknown) => Problem | undefined;

/** What Fastify refuses before any of our code runs, by its error codes. */
const BY_FASTIFY_CODE: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    413,
    'REQUEST_TOO_LARGE',
    'the body is larger than this server takes; send less at once',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'MEDIA_TYPE_UNSUPPORTED', 'send the body as application/json'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'JSON_MALFORMED', 'the body is empty; send a JSON object'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'JSON_MALFORMED', 'the body is not valid JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'BODY_INCOMPLETE', 'the body does not have the length the header says'],
  FST_ERR_BAD_URL: [400, 'URL_MALFORMED', 'the address is not a valid URL'],
};

const BY_STATUS: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['REQUEST_MALFORMED', 'the request cannot be understood'],
  404: ['ROUTE_UNKNOWN', 'there is nothing at this address; see /docs'],
  408: ['REQUEST_TIMEOUT', 'the request did not arrive in time'],
  413: BY_FASTIFY_CODE.FST_ERR_CTP_BODY_TOO_LARGE!.slice(1) as [string, string],
  414: ['URL_TOO_LONG', 'the address is longer than any address here'],
  415: BY_FASTIFY_CODE.FST_ERR_CTP_INVALID_MEDIA_TYPE!.slice(1) as [string, string],
  429: ['RATE_LIMITED', 'too many requests from this address; wait as long as Retry-After says'],
};

/**
 * The one place where errors become answers (RFC 9457 `application/problem+json`). What is not known here or by the
 * business is a fault of ours: the client gets a 500 without internals, the log gets the error with the request's id.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    private readonly problemOf: ProblemOf = () => undefined,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest & { problemCode?: string }>();
    const reply = http.getResponse<FastifyReply>();
    const problem = this.#problem(error);
    if (problem.status >= 500) this.#report(problem, error, request.id);
    request.problemCode = problem.code;
    if (reply.sent) return;
    if (problem.more.retryAfterSeconds !== undefined) reply.header('retry-after', problem.more.retryAfterSeconds);
    void reply
      .code(problem.status)
      .type(PROBLEM_JSON)
      .send(JSON.stringify(problem.toBody(request.id)));
  }

  #problem(error: unknown): Problem {
    if (error instanceof Problem) return error;
    const known = this.problemOf(error) ?? frameworkProblem(error);
    if (known) return known;
    if (isPassing(error)) {
      return new Problem(503, 'DATABASE_UNAVAILABLE', 'the read models cannot be reached; try again', {
        retryAfterSeconds: 1,
      });
    }
    return new Problem(500, 'INTERNAL_ERROR', 'something went wrong here; tell us the instance of this problem');
  }

  /** Only what a developer needs: other members of an error (of a database driver, say) may hold rows and values. */
  #report(problem: Problem, error: unknown, requestId: string): void {
    const { name, message, stack } = error instanceof Error ? error : new Error(typeof error);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
    const entry = { requestId, code: problem.code, error: { name, message, cause, stack } };
    if (problem.status === 500) this.log.error(entry, 'request failed');
    else this.log.warn({ ...entry, error: { name, message, cause } }, 'request could not be served');
  }
}

/** Problems of Fastify, its plugins and Nest, by their code or status; their messages may repeat input and are dropped. */
function frameworkProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, statusCode } = error as Error & { code?: unknown; statusCode?: unknown };
  const byCode = typeof code === 'string' ? BY_FASTIFY_CODE[code] : undefined;
  if (byCode) return new Problem(...byCode);
  // A SyntaxError with a status is Fastify's JSON parser: malformed, or with a member that would poison a prototype.
  if (error instanceof SyntaxError && statusCode === 400) {
    return new Problem(...BY_FASTIFY_CODE.FST_ERR_CTP_INVALID_JSON_BODY!);
  }
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  const [known, detail] = BY_STATUS[status] ?? ['REQUEST_REFUSED', 'the request was refused'];
  return new Problem(status, known, detail);
}
