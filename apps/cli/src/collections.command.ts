import { Command } from 'commander';
import { z } from 'zod';
import { countedText, Money } from './money.js';
import { day, today } from './options.js';
import { FAILURES, runAnswer, type RunOptions, runsOfAccounts } from './run-of-accounts.js';
import { onApi } from './target.js';

interface DayOptions extends RunOptions {
  readonly date: string;
}

const Counted = z.object({ count: z.int(), totals: z.array(Money) });
const Report = z.object({
  accounts: z.int(),
  actedOn: z.int(),
  lateFees: Counted,
  steps: z.array(z.object({ step: z.string(), count: z.int() })),
  suspended: z.int(),
  restored: z.int(),
  writtenOff: Counted,
  left: z.int().optional(),
  ...FAILURES,
});

const runs = runsOfAccounts({
  schema: runAnswer({ date: z.string() }, { policy: z.string() }, Report),
  path: '/collections-runs',
  nameOf: ({ date }) => date,
  doing: ['collecting', 'looking'],
  title: ({ date }) => `Collections of ${date}`,
  without: 'writing',
  terms: ({ policy }) => [['policy', policy]],
  figures: ({ accounts, actedOn, lateFees, steps, suspended, restored, writtenOff, left }) => [
    ['accounts', accounts.toLocaleString('en')],
    ['acted on', actedOn.toLocaleString('en')],
    ['late fees', countedText(lateFees)],
    ...steps.map(({ step, count }): [string, string] => ['step', `${count.toLocaleString('en')} ${step}`]),
    ['suspended', suspended.toLocaleString('en')],
    ['restored', restored.toLocaleString('en')],
    ['written off', countedText(writtenOff)],
    ...(left ? [['left to the next run', left.toLocaleString('en')] as [string, string]] : []),
  ],
});

/** `paybill collections …`: what is done about bills that are not paid in time. */
export function collectionsCommand(): Command {
  const collections = new Command('collections').description(
    'late fees, dunning, suspension and write-off, day by day',
  );
  onApi(collections.command('run'))
    .description('do what the policy has for a day; a run that ended early is gone on with')
    .option('--date <day>', 'the day on which days past due are reckoned; today, in UTC, when it is left out', day)
    .option('--dry-run', 'say what would be done and write nothing; the day may lie ahead')
    .addHelpText(
      'after',
      `
Run it every day, on the day: one that is left out is not made up for, and steps come the later. A run that was interrupted, by kill -9 or whatever else, is resumed by the same command; nothing is done twice. Once its day is over, what is left is left to the next run. The exit code is 1 when accounts failed.

Examples:
  paybill collections run --dry-run
  paybill collections run`,
    )
    .action(({ date = today(), ...options }: Partial<DayOptions> & RunOptions) => runs.run({ date }, options));
  onApi(collections.command('status'))
    .description('print how the run of a day stands, or what it came to')
    .requiredOption('--date <day>', 'the day of the run', day)
    .addHelpText('after', '\nExample:\n  paybill collections status --date 2026-02-15')
    .action(({ date, ...options }: DayOptions) => runs.status(date, options));
  return collections;
}
