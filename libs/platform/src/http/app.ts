import { type DynamicModule, Module, StandardSchemaValidationPipe } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import rateLimit from '@fastify/rate-limit';
import { type FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import { type Logger } from 'pino';
import { type HttpSettings } from '../config/config.js';
import { type WithRawBody } from './call.js';
import { nestLogger } from './nest-logger.js';
import { HealthController } from '../health/health.controller.js';
import { Readiness, type ReadinessProbes } from '../health/readiness.js';
import { MetricsController } from '../metrics/metrics.controller.js';
import { Metrics } from '../metrics/metrics.js';
import { serveDocs } from './openapi.js';
import { malformed, Problem } from './problem.js';
import { answerMalformedUrl, ProblemFilter, type ProblemOf } from './problem.filter.js';
import { observeRequests } from './request-observer.js';

export interface HttpAppOptions {
  /** The modules that say which features are served. */
  readonly features: readonly DynamicModule[];
  /** How it is found out whether the process can do its work. */
  readonly probes: ReadinessProbes;
  /** How the errors of the features are answered; the first that knows an error speaks for it. */
  readonly problems?: readonly ProblemOf[];
  readonly settings: HttpSettings;
  readonly log: Logger;
}

/** What every HTTP process has besides its features: health, metrics, the log and the one place for errors. */
@Module({})
class HttpModule {
  static with({ log, features, probes, problems = [], settings }: HttpAppOptions): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      imports: [...features],
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Metrics, useFactory: () => new Metrics() },
        { provide: Readiness, useValue: new Readiness(probes, settings.PAYBILL_LAG_LIMIT_SECONDS) },
        { provide: APP_FILTER, useValue: new ProblemFilter(log, problems) },
      ],
      exports: [Metrics],
    };
  }
}

/**
 * An HTTP application over the given features, ready to listen or to be injected into. Whoever creates it closes it
 * (`app.close()` takes no new requests and waits for those in flight), and then the connections it was given.
 */
export async function createHttpApp(options: HttpAppOptions): Promise<NestFastifyApplication> {
  const { settings, log } = options;
  const adapter = new FastifyAdapter({
    bodyLimit: settings.PAYBILL_BODY_LIMIT,
    trustProxy: settings.PAYBILL_TRUST_PROXY ?? false,
    genReqId: () => randomUUID(),
    frameworkErrors: answerMalformedUrl,
    // A request that trickles in may not hold a connection for ever.
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: 'idle',
    // Nest's Express-style middleware is not used; its engine would run for every request.
    skipMiddie: true,
  });
  const app = await NestFactory.create<NestFastifyApplication>(HttpModule.with(options), adapter, {
    logger: nestLogger(log),
    // Nest's parsers would also take HTML forms.
    bodyParser: false,
    abortOnError: false,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  takeJsonOnly(fastify);
  observeRequests(fastify, log, app.get(Metrics));
  leaveNoConnectionOpen(fastify);
  await limitRate(app, settings);
  app.useGlobalPipes(new StandardSchemaValidationPipe({ exceptionFactory: malformed }));
  serveDocs(app);
  await app.init();
  await fastify.ready();
  return app;
}

/** Bodies are JSON and nothing else; a member that would poison a prototype makes them malformed. */
function takeJsonOnly(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  const broken = new Problem(400, 'JSON_MALFORMED', 'the body is not valid JSON; send a JSON object');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    (request as WithRawBody).rawBody = body;
    void parse(request, body, (error, value) => done(error ? broken : null, value));
  });
}

async function limitRate(app: NestFastifyApplication, settings: HttpSettings): Promise<void> {
  const { PAYBILL_RATE_LIMIT: max, PAYBILL_RATE_LIMIT_WINDOW_SECONDS: seconds } = settings;
  if (max === 0) return;
  await app.register(rateLimit, {
    max,
    timeWindow: seconds * 1000,
    // Probes are answered whoever else calls from their address.
    allowList: ({ url }: { url: string }) => url === '/health' || url === '/ready' || url === '/metrics',
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    errorResponseBuilder: (_, { ttl }) =>
      new Problem(429, 'RATE_LIMITED', 'too many requests from this address; wait as long as Retry-After says', {
        retryAfterSeconds: Math.max(1, Math.ceil(ttl / 1000)),
      }),
  });
}

/**
 * Lets a close end as soon as the last answer is sent: a connection that was busy when the close began would else be kept
 * alive for a next request that is never taken.
 */
function leaveNoConnectionOpen(fastify: FastifyInstance): void {
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  fastify.addHook('onResponse', (_request, _reply, done) => {
    if (closing) setImmediate(() => fastify.server.closeIdleConnections());
    done();
  });
}
