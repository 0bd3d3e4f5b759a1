import { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { day } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { type Progress, progress } from './progress.js';
import { properties, table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface CollectionsOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
  readonly date: string;
  readonly dryRun?: boolean;
}

const Counted = z.object({
  count: z.int(),
  totals: z.array(z.object({ amount: z.string(), currency: z.string() })),
});
/** What collections came to. */
const Run = z.object({
  date: z.string(),
  state: z.enum(['running', 'interrupted', 'finished']),
  dryRun: z.boolean(),
  policy: z.string(),
  progress: z.object({ accounts: z.int(), done: z.int() }).nullable(),
  report: z
    .object({
      accounts: z.int(),
      actedOn: z.int(),
      lateFees: Counted,
      steps: z.array(z.object({ step: z.string(), count: z.int() })),
      suspended: z.int(),
      restored: z.int(),
      writtenOff: Counted,
      failed: z.int(),
      failures: z.array(z.object({ accountId: z.string(), code: z.string(), reason: z.string() })),
    })
    .nullable(),
  error: z.string().nullable(),
});
type Run = z.output<typeof Run>;

const ASK_EVERY_MS = 250;

/** `paybill collections …`: what is done about bills that are not paid in time. */
export function collectionsCommand(): Command {
  const collections = new Command('collections').description(
    'late fees, dunning, suspension and write-off, day by day',
  );
  onApi(collections.command('run'))
    .description('do what the policy has for a day; a run that ended early is gone on with')
    .requiredOption('--date <day>', 'the day on which days past due are reckoned', day)
    .option('--dry-run', 'say what would be done and write nothing; the day may lie ahead')
    .addHelpText(
      'after',
      `
Run it every day: a day that is left out is not made up for, and steps come the later. A run that was interrupted, by kill -9 or whatever else, is resumed by the same command; nothing is done twice. The exit code is 1 when accounts failed.

Examples:
  paybill collections run --date 2026-02-15 --dry-run
  paybill collections run --date 2026-02-15`,
    )
    .action(run);
  onApi(collections.command('status'))
    .description('print how the run of a day stands, or what it came to')
    .requiredOption('--date <day>', 'the day of the run', day)
    .addHelpText('after', '\nExample:\n  paybill collections status --date 2026-02-15')
    .action(status);
  return collections;
}

async function run({ date, dryRun = false, ...options }: CollectionsOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  let standing = await api.ask(Run, '/collections-runs', { method: 'POST', body: { date, dryRun } });
  let shown: Progress | undefined;
  while (standing.state === 'running') {
    const { accounts, done } = standing.progress ?? { accounts: 0, done: 0 };
    if (accounts > 0) shown ??= progress(dryRun ? 'looking' : 'collecting', accounts, 'accounts');
    shown?.update(done, done);
    await delay(ASK_EVERY_MS);
    standing = await api.ask(Run, `/collections-runs/${date}${dryRun ? '?dryRun=true' : ''}`);
  }
  shown?.stop();
  told(standing, options);
}

async function status({ date, ...options }: CollectionsOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  told(await api.ask(Run, `/collections-runs/${date}`), options);
}

function told(standing: Run, options: { readonly json?: boolean }): void {
  answer(options, standing, () => reported(standing));
  const failed = (standing.report?.failed ?? 0) > 0 || standing.state === 'interrupted';
  if (failed) process.exitCode = ExitCode.no;
}

function reported({ date, dryRun, policy, state, report, error }: Run): string {
  const title = `Collections of ${date}${dryRun ? ', tried without writing anything' : ''}: ${state}`;
  const figures = report && [
    ['accounts', report.accounts.toLocaleString('en')],
    ['acted on', report.actedOn.toLocaleString('en')],
    ['late fees', countedText(report.lateFees)],
    ...report.steps.map(({ step, count }) => ['step', `${count.toLocaleString('en')} ${step}`]),
    ['suspended', report.suspended.toLocaleString('en')],
    ['restored', report.restored.toLocaleString('en')],
    ['written off', countedText(report.writtenOff)],
    ['failed', report.failed.toLocaleString('en')],
  ];
  const lines = [['policy', policy], ...(error === null ? [] : [['error', error]]), ...(figures ?? [])];
  const failures = (report?.failures ?? []).map(({ accountId, code, reason }) => [accountId, code, reason]);
  return [
    `${title}\n${properties(lines as [string, string][])}`,
    ...(failures.length > 0 ? [table([['failed', 'code', 'reason'], ...failures])] : []),
    ...(state === 'interrupted' ? ['Run it again: it goes on where it was.'] : []),
  ].join('\n\n');
}

/** `3, 1.77 USD` */
export function countedText({ count, totals }: z.output<typeof Counted>): string {
  return [count.toLocaleString('en'), ...totals.map(({ amount, currency }) => `${amount} ${currency}`)].join(', ');
}
