import { type DestinationStream, type Logger, pino } from 'pino';

/** Names of members whose values never reach a log. One level: a wildcard would be searched for in every line. */
const SECRET = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'body',
  'DATABASE_URL',
  'EVENTSTORE_URL',
  'PAYBILL_SMTP_URL',
  'PAYBILL_SMS_TOKEN',
  'KAFKA_PASSWORD',
  'PAYBILL_MASTER_KEY',
];

/**
 * A structured log, one JSON object a line. Callers log identifiers and counts only: no bodies, no personal data, no
 * card numbers. Redaction of the usual names is the net below that rule, not the rule.
 * @param options.destination standard output unless a test wants to read along. Output is written behind the work and
 * not in its way; what is still waiting is written when the process ends, save by kill -9.
 */
export function createLogger(options: { level?: string; name?: string; destination?: DestinationStream } = {}): Logger {
  const { level = 'info', name = 'paybill', destination = behindTheWork() } = options;
  return pino({ level, base: { name, pid: process.pid }, redact: { paths: SECRET, censor: '[removed]' } }, destination);
}

/** Standard output, written some lines at a time and at least four times a second: a write for each line is costly. */
function behindTheWork(): DestinationStream {
  return pino.destination({ sync: false, minLength: 4096, periodicFlush: 250 });
}
