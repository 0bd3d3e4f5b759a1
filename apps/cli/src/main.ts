#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ExitCode, reportFailure } from './failure.js';
import { paybillProgram } from './program.js';

/** An empty variable is one that is not set, as everywhere in Paybill. */
for (const name of ['PAYBILL_URL', 'EVENTSTORE_URL', 'KAFKA_BROKERS', 'PAYBILL_DATA']) {
  if (process.env[name] === '') delete process.env[name];
}

const options = process.argv.slice(2, process.argv.includes('--') ? process.argv.indexOf('--') : undefined);
const json = options.includes('--json');

// Whoever reads the answer may have read enough (`paybill … | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode);
});
// Node would end with 1, and that is the answer no.
process.on('uncaughtException', (error) => process.exit(reportFailure(error, json)));

try {
  await (await paybillProgram(options)).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  else process.exitCode = reportFailure(error, json);
}
