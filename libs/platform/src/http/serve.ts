import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger } from 'pino';
import { type HttpSettings } from '../config/config.js';
import { askedToStop } from '../process/run-process.js';

/** Longer than this a request in flight is not waited for: whoever stops us will not wait either. */
const GRACE_MS = 10_000;

/**
 * Listens until the process is asked to stop (SIGTERM, SIGINT), then takes no new requests and waits
 * for those in flight. The connections below are still open when this returns: close them next.
 */
export async function serveUntilAsked(
  app: NestFastifyApplication,
  settings: Pick<HttpSettings, 'PAYBILL_HOST' | 'PAYBILL_PORT'>,
  log: Logger,
): Promise<void> {
  const asked = askedToStop();
  await app.listen(settings.PAYBILL_PORT, settings.PAYBILL_HOST);
  log.info({ url: await app.getUrl() }, 'ready');
  log.info({ signal: await asked }, 'stopping: no new requests, waiting for those in flight');
  const late = setTimeout(() => {
    log.warn('requests in flight did not end in time; their connections are cut');
    app.getHttpServer().closeAllConnections();
  }, GRACE_MS);
  await app.close();
  clearTimeout(late);
}
