import { Command } from 'commander';
import { ExitCode } from './failure.js';
import { dataOption } from './options.js';
import { startStandalone } from './target.js';

export function startCommand(): Command {
  return new Command('start')
    .description('start everything in one go on the embedded event store and database')
    .addOption(dataOption())
    .addHelpText('after', '\nExample:\n  paybill start --data ./data')
    .action(async ({ data }: { data: string }) => {
      const standalone = await startStandalone(data, { LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info' });
      // A terminal sends Ctrl-C to both processes, a service manager SIGTERM to this one only.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void standalone.stop());
      if ((await standalone.ended) !== 0) process.exitCode = ExitCode.fault;
    });
}
