import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type Logger } from 'pino';
import { isOutdated, isPassing } from '../postgres/passing.js';
import { type LoggedRequest } from './call.js';
import { Problem, PROBLEM_JSON } from './problem.js';

/** How a feature's own errors are answered; undefined for an error that is none of them. */
export type ProblemOf = (error: unknown) => Problem | undefined;

/** What Fastify and Nest refuse themselves, by status: their own messages may repeat input and are dropped. */
const BY_STATUS: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['REQUEST_MALFORMED', 'the request cannot be understood'],
  404: ['ROUTE_UNKNOWN', 'there is nothing at this address; see /docs'],
  408: ['REQUEST_TIMEOUT', 'the request did not arrive in time'],
  413: ['REQUEST_TOO_LARGE', 'the body is larger than this server takes; send less at once'],
  414: ['URL_TOO_LONG', 'the address is longer than any address here'],
  415: ['MEDIA_TYPE_UNSUPPORTED', 'send the body as application/json'],
};

/**
 * The one place where errors become answers (RFC 9457 `application/problem+json`). What is not known here or by the
 * business is a fault of ours: the client gets a 500 without internals, the log gets the error with the request's id.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    private readonly problemsOf: readonly ProblemOf[] = [],
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<LoggedRequest>();
    const problem = this.#problem(error);
    if (problem.status >= 500) this.#report(problem, error, request.id);
    answer(problem, request, http.getResponse<FastifyReply>());
  }

  #problem(error: unknown): Problem {
    if (error instanceof Problem) return error;
    for (const problemOf of [...this.problemsOf, frameworkProblem]) {
      const known = problemOf(error);
      if (known) return known;
    }
    if (isPassing(error)) {
      return new Problem(503, 'DATABASE_UNAVAILABLE', 'the read models cannot be reached; try again', {
        retryAfterSeconds: 1,
      });
    }
    if (isOutdated(error)) {
      const detail = 'the read models are not those of this build: paybill projections status says what is to be done';
      return new Problem(503, 'READ_MODELS_OUTDATED', detail, { retryAfterSeconds: 60 });
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

function frameworkProblem(error: unknown): Problem | undefined {
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown })?.statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return new Problem(status, ...(BY_STATUS[status] ?? (['REQUEST_REFUSED', 'the request was refused'] as const)));
}

/** Sends a problem as the answer of a request. */
function answer(problem: Problem, request: LoggedRequest, reply: FastifyReply): void {
  request.problemCode = problem.code;
  if (reply.sent) return;
  if (problem.more.retryAfterSeconds !== undefined) reply.header('retry-after', problem.more.retryAfterSeconds);
  void reply
    .code(problem.status)
    .type(PROBLEM_JSON)
    .send(JSON.stringify(problem.toBody(request.id)));
}

/** For a URL that no router can read: it never comes as far as a filter. */
export function answerMalformedUrl(_error: unknown, request: LoggedRequest, reply: FastifyReply): void {
  answer(new Problem(400, 'URL_MALFORMED', 'the address is not a valid URL, or longer than any here'), request, reply);
}
