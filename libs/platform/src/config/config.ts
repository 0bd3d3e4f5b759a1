import { z } from 'zod';

/** The environment does not say what a process needs, or says it wrongly. The message names each variable, never its value. */
export class WrongConfiguration extends Error {
  override readonly name = 'WrongConfiguration';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A whole number within bounds, as environment variables hold it. */
function whole(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

/** What the HTTP side of a process is set by; every variable has a default that suits one machine. */
export const HttpSettings = z.object({
  /** Loopback unless told otherwise: nothing is reachable from outside by accident. */
  PAYBILL_HOST: z.string().min(1, 'must be a host name or address').default('127.0.0.1'),
  PAYBILL_PORT: whole(0, 65_535).default(3000),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
  /** Largest request body in bytes. */
  PAYBILL_BODY_LIMIT: whole(1_024, 16 * 1024 * 1024).default(1024 * 1024),
  /**
   * Requests one client address may make within the window; 0 sets no limit. The default is above what one process can
   * serve, so that a benchmark or an import from one address runs freely, and is there to be lowered at an open door.
   */
  PAYBILL_RATE_LIMIT: whole(0, 1_000_000_000).default(10_000),
  PAYBILL_RATE_LIMIT_WINDOW_SECONDS: whole(1, 86_400).default(1),
  /** So long what follows the log may be behind it before health calls the process degraded. */
  PAYBILL_LAG_LIMIT_SECONDS: whole(1, 86_400).default(60),
  /** Addresses or networks of reverse proxies whose X-Forwarded-For is believed, comma separated. */
  PAYBILL_TRUST_PROXY: z
    .string()
    .regex(/^[\da-fA-F.:/, ]+$/, 'must be addresses or networks such as 10.0.0.0/8, separated by commas')
    .optional(),
});
export type HttpSettings = z.output<typeof HttpSettings>;

/** What customers know the biller by: on bills, in mails, and beside the address mails are from. */
export const BillerSettings = z.object({ PAYBILL_BILLER_NAME: z.string().min(1).max(80).default('Paybill') });

/** Where the processes that run apart find the event store and the read-model database. */
export const ConnectionSettings = z.object({
  EVENTSTORE_URL: z
    .string('must be set: a URL such as kurrentdb://127.0.0.1:2113?tls=false')
    .regex(/^(esdb|kurrentdb|kdb)(\+discover)?:\/\/\S+$/, 'must be a URL such as kurrentdb://127.0.0.1:2113?tls=false'),
  DATABASE_URL: z
    .string('must be set: a URL such as postgres://paybill@127.0.0.1:5432/paybill')
    .regex(/^postgres(ql)?:\/\/\S+$/, 'must be a URL such as postgres://paybill@127.0.0.1:5432/paybill'),
});

/**
 * Reads settings from the environment. An empty variable counts as one that is not set.
 * @throws WrongConfiguration naming every variable that is wrong; values, which may be secrets, are never repeated.
 */
export function readConfig<Settings extends z.ZodObject>(
  settings: Settings,
  environment: Environment = process.env,
): z.output<Settings> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = settings.safeParse(given);
  if (result.success) return result.data;
  const wrong = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new WrongConfiguration(`wrong configuration: ${wrong.join('; ')}`);
}
