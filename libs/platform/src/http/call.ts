import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type Call, type Caller, type Signed } from './caller.js';
import { Problem } from './problem.js';

/** A request with its body as it was sent: signatures are over bytes, not over what they mean. */
export interface WithRawBody extends FastifyRequest {
  rawBody?: string;
}

/** Parameter decorator: the body as it was sent, and the headers; for requests that are signed. */
export const SignedBy = createParamDecorator((_: unknown, context: ExecutionContext): Signed => {
  const { rawBody = '', headers } = context.switchToHttp().getRequest<WithRawBody>();
  return { body: rawBody, headers };
});

/** A request as the request log wants to see it at the end. */
export interface LoggedRequest extends FastifyRequest {
  problemCode?: string;
  actor?: string;
}

const IDEMPOTENCY_KEY = 'idempotency-key';
const REPLAYED = 'idempotent-replayed';
const KEY = /^[\x20-\x7e]{1,255}$/;
// No "@" and no blanks: what is stored for ever is an identifier, not an address or a name.
const OPAQUE = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;
// A bare number of a card's length is refused too; no identifier of ours looks like that.
const CARD_LIKE = /^[\d-]{13,23}$/;
const TRACEPARENT = /^[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** Parameter decorator: the {@link Call} of a command request. @throws Problem when a header is missing or malformed. */
export const CallOf = createParamDecorator((_: unknown, context: ExecutionContext): Call => {
  const http = context.switchToHttp();
  return readCall(http.getRequest<LoggedRequest>(), http.getResponse<FastifyReply>());
});

/** Parameter decorator: who calls, for a request that needs no more of its {@link Call}. @throws Problem when malformed */
export const ActorOf = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  return actorOf(context.switchToHttp().getRequest<LoggedRequest>());
});

/** Parameter decorator: the {@link Caller} of a request that needs no key. @throws Problem when a header is malformed */
export const CallerOf = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return callerOf(context.switchToHttp().getRequest<LoggedRequest>());
});

function actorOf(request: LoggedRequest): string {
  return (request.actor = opaque(request.headers, 'x-actor') ?? 'anonymous');
}

function readCall(request: LoggedRequest, reply: Pick<FastifyReply, 'header'>): Call {
  const caller = callerOf(request);
  return {
    idempotencyKey: idempotencyKey(request.headers[IDEMPOTENCY_KEY]),
    ...caller,
    markReplayed: () => void reply.header(REPLAYED, 'true'),
  };
}

/** Who calls, of whatever request. @throws Problem when a header is malformed */
export function callerOf(request: LoggedRequest): Caller {
  const { headers } = request;
  const actor = actorOf(request);
  const onBehalfOf = opaque(headers, 'x-on-behalf-of');
  const role = opaque(headers, 'x-role');
  const traceparent = headers['traceparent'];
  return {
    actor,
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    ...(role !== undefined && { role }),
    correlationId: opaque(headers, 'x-correlation-id') ?? request.id,
    // A trace context that is not well-formed has to be ignored, says the standard; it is no reason to refuse money.
    ...(typeof traceparent === 'string' && TRACEPARENT.test(traceparent) && { traceparent }),
  };
}

function idempotencyKey(header: string | string[] | undefined): string {
  if (header === undefined || header === '') {
    throw new Problem(
      400,
      'IDEMPOTENCY_KEY_MISSING',
      'send an Idempotency-Key header: one key for each command, and the same key again when you retry it',
    );
  }
  if (typeof header === 'string' && KEY.test(header)) return header;
  throw new Problem(
    400,
    'IDEMPOTENCY_KEY_INVALID',
    'the Idempotency-Key header must have 1 to 255 printable ASCII characters; a UUID is best',
  );
}

/** Whether a text can be stored for ever: an identifier, no name, no address, and nothing like a card's number. */
export function isOpaque(text: string): boolean {
  return OPAQUE.test(text) && !CARD_LIKE.test(text);
}

function opaque(headers: FastifyRequest['headers'], name: string): string | undefined {
  const header = headers[name];
  if (header === undefined || header === '') return undefined;
  if (typeof header === 'string' && isOpaque(header)) return header;
  throw new Problem(
    400,
    'HEADER_INVALID',
    `the ${name} header must be an opaque identifier: 1 to 128 letters, figures and . _ : / -, no name and no address`,
    { errors: [{ field: name, message: 'must be an opaque identifier' }] },
  );
}
