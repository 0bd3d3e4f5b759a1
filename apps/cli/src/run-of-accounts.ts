import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { PaybillApi } from './paybill-api.js';
import { type Progress, progress } from './progress.js';
import { properties, table } from './table.js';
import { type ApiOptions } from './target.js';

/** What the reports of all runs over accounts say. */
export const FAILURES = {
  failed: z.int(),
  failures: z.array(z.object({ accountId: z.string(), code: z.string(), reason: z.string() })),
};

/**
 * The answer of the API about a run over accounts.
 * @param of what it is named by
 * @param terms what it goes by from its beginning to its end
 */
export function runAnswer<Of extends z.ZodRawShape, Terms extends z.ZodRawShape, Report extends z.ZodType>(
  of: Of,
  terms: Terms,
  report: Report,
) {
  return z.object({
    ...of,
    state: z.enum(['running', 'interrupted', 'finished']),
    dryRun: z.boolean(),
    ...terms,
    progress: z.object({ accounts: z.int(), done: z.int() }).nullable(),
    report: report.nullable(),
    error: z.string().nullable(),
  });
}

/** As far as all runs are alike. */
interface Standing {
  readonly state: 'running' | 'interrupted' | 'finished';
  readonly dryRun: boolean;
  readonly progress: { readonly accounts: number; readonly done: number } | null;
  readonly report: { readonly failed: number; readonly failures: z.output<typeof FAILURES.failures> } | null;
  readonly error: string | null;
}

interface KindOfRun<Run extends Standing> {
  readonly schema: z.ZodType<Run>;
  /** Where the API has runs of the kind. */
  readonly path: string;
  nameOf(run: Run): string;
  /** What the progress bar says: of a run, and of one that is tried. */
  readonly doing: readonly [string, string];
  /** `Autopay run of 2026-02-20`. */
  title(run: Run): string;
  /** What is not done when a run is tried: `writing`. */
  readonly without: string;
  /** What the run goes by. */
  terms?(run: Run): [string, string][];
  figures(report: NonNullable<Run['report']>, run: Run): [string, string][];
  /** Further accounts that somebody has to look at, under their heading. */
  toLookAt?(report: NonNullable<Run['report']>): { readonly heading: string; readonly accounts: readonly string[] };
}

/** Options of a command about a run. */
export interface RunOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

const ASK_EVERY_MS = 250;

/** A kind of run over accounts on the command line: what `run` and `status` do. */
export function runsOfAccounts<Run extends Standing>(kind: KindOfRun<Run>) {
  const told = (run: Run, options: RunOptions) => {
    answer(options, run, () => reported(kind, run));
    if ((run.report?.failed ?? 0) > 0 || run.state === 'interrupted') process.exitCode = ExitCode.no;
  };
  return {
    /** Begins a run, or goes on with one that ended early, shows how far it is until it is under way no more, and reports. */
    async run(of: object, { dryRun = false, ...options }: RunOptions): Promise<void> {
      const api = await PaybillApi.of(options);
      let standing = await api.ask(kind.schema, kind.path, { method: 'POST', body: { ...of, dryRun } });
      let shown: Progress | undefined;
      while (standing.state === 'running') {
        const { accounts, done } = standing.progress ?? { accounts: 0, done: 0 };
        if (accounts > 0) shown ??= progress(kind.doing[dryRun ? 1 : 0], accounts, 'accounts');
        shown?.update(done, done);
        await delay(ASK_EVERY_MS);
        standing = await api.ask(kind.schema, `${kind.path}/${kind.nameOf(standing)}${dryRun ? '?dryRun=true' : ''}`);
      }
      shown?.update(standing.progress?.done ?? 0, standing.progress?.done ?? 0);
      shown?.stop();
      told(standing, options);
    },

    /** Reports how a run stands, or what it came to. */
    async status(name: string, options: RunOptions): Promise<void> {
      const api = await PaybillApi.of(options);
      told(await api.ask(kind.schema, `${kind.path}/${name}`), options);
    },
  };
}

function reported<Run extends Standing>(kind: KindOfRun<Run>, run: Run): string {
  const { dryRun, state, report, error } = run;
  const lines: [string, string][] = kind.terms?.(run) ?? [];
  if (error !== null) lines.push(['error', error]);
  if (report) lines.push(...kind.figures(report, run), ['failed', report.failed.toLocaleString('en')]);
  const failures = (report?.failures ?? []).map(({ accountId, code, reason }) => [accountId, code, reason]);
  const { heading, accounts } = (report && kind.toLookAt?.(report)) ?? { heading: '', accounts: [] };
  return [
    `${kind.title(run)}${dryRun ? `, tried without ${kind.without} anything` : ''}: ${state}\n${properties(lines)}`,
    ...(failures.length > 0 ? [table([['failed', 'code', 'reason'], ...failures])] : []),
    ...(accounts.length > 0 ? [table([[heading], ...accounts.map((account) => [account])])] : []),
    ...(state === 'interrupted' ? ['Run it again: it goes on where it was.'] : []),
  ].join('\n\n');
}
