import { type LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';

/** Injection token of the process's structured log. */
export const LOGGER = Symbol('LOGGER');

/** Names of members whose values never reach a log, wherever they turn up one or two levels deep. */
const SECRET = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'connectionString',
  'DATABASE_URL',
  'EVENTSTORE_URL',
  'body',
];

/**
 * A structured log, one JSON object a line. Callers log identifiers and counts only: no bodies, no personal data, no
 * card numbers. Redaction of the usual names is the net below that rule, not the rule.
 * @param destination standard output unless a test wants to read along.
 */
export function createLogger(options: { level?: string; name?: string; destination?: DestinationStream } = {}): Logger {
  const { level = 'info', name = 'paybill', destination } = options;
  const settings = {
    level,
    name,
    redact: {
      paths: SECRET.flatMap((member) => [`["${member}"]`, `*["${member}"]`, `*.*["${member}"]`]),
      censor: '[removed]',
    },
  };
  return destination ? pino(settings, destination) : pino(settings);
}

/** Lets Nest's own messages go to the structured log. */
export function nestLogger(log: Logger): LoggerService {
  const context = (rest: readonly unknown[]) => {
    const last = rest.at(-1);
    return typeof last === 'string' ? { context: last } : {};
  };
  return {
    // What Nest says about modules and routes while starting is for whoever debugs Nest.
    log: (message: unknown, ...rest: unknown[]) => log.debug(context(rest), String(message)),
    error: (message: unknown, ...rest: unknown[]) => log.error(context(rest), String(message)),
    warn: (message: unknown, ...rest: unknown[]) => log.warn(context(rest), String(message)),
    debug: (message: unknown, ...rest: unknown[]) => log.debug(context(rest), String(message)),
    verbose: (message: unknown, ...rest: unknown[]) => log.trace(context(rest), String(message)),
  };
}
