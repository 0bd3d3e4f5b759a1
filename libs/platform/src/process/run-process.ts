import { isNativeError } from 'node:util/types';

/** What a person can mend, told in a sentence; anything else is a fault and shows where it happened. */
const EXPECTED = ['WrongConfiguration', 'DirectoryInUse', 'EventStoreUnavailable', 'RulesRefused', 'WrongTemplates'];

/** The body of a process: ends it with 0 when `main` returns, and with 1 and the reason when it fails. */
export async function runProcess(name: string, main: () => Promise<void>): Promise<never> {
  try {
    await main();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${name}: ${reasonOf(error)}\n`);
    process.exit(1);
  }
}

function reasonOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') return `${address}:${port} is in use; stop what listens there or set PAYBILL_PORT`;
  if (error.name === 'EventStoreUnavailable')
    return `the event store does not answer (EVENTSTORE_URL): ${error.message}`;
  return EXPECTED.includes(error.name) ? error.message : (error.stack ?? error.message);
}

/** Settles when the process is asked to end: by a signal, or by the end of a parent that holds a channel to it. */
export async function askedToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    process.once('disconnect', () => resolve('the parent has ended'));
  });
}
