import { type LoggerService } from '@nestjs/common';
import { type Logger } from 'pino';

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
