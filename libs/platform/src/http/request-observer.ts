import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Logger } from 'pino';
import { type Metrics } from '../metrics/metrics.js';
import { type LoggedRequest } from './call.js';

/** Routes that machines ask every few seconds: they are counted, and logged only for whoever debugs. */
const QUIET = new Set(['/health', '/ready', '/metrics']);

/**
 * One log line and one observation for every request, when its answer has been sent. The route is logged as its pattern:
 * addresses hold account ids and pay bill numbers, which logs do not repeat. No logger per request: this runs for every
 * payment, and a child logger would cost more than the line itself.
 */
export function observeRequests(fastify: FastifyInstance, log: Logger, metrics: Metrics): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request: LoggedRequest, { statusCode: status, elapsedTime }, done) => {
    const { method, id: requestId, problemCode: code, actor } = request;
    const route = routeOf(request);
    metrics.request(method, route, status, elapsedTime / 1000);
    const entry = { requestId, method, route, status, durationMs: Math.round(elapsedTime * 10) / 10, actor, code };
    if (QUIET.has(route)) log.debug(entry, 'request');
    else log.info(entry, 'request');
    done();
  });
}

/** The pattern, `/accounts/:accountId/bills`; a request for nothing has none, and what it asked for is no label. */
function routeOf(request: FastifyRequest): string {
  return request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown');
}
