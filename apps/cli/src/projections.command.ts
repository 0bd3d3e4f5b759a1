import { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { whole } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { progress } from './progress.js';
import { inColour } from './style.js';
import { table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface ProjectionsOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
}

const Texts = z.record(z.string(), z.string().nullable());
const Comparison = z.object({
  table: z.string(),
  rows: z.object({ before: z.string(), after: z.string() }),
  checksums: z.object({ before: z.string(), after: z.string() }),
  columns: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }),
  differing: z.int(),
  examples: z.array(z.object({ key: Texts, before: Texts.nullable(), after: Texts.nullable() })),
  notCompared: z.string().optional(),
});
const Version = z.object({
  version: z.int(),
  state: z.string(),
  retiredAt: z.string().nullable(),
  sameCode: z.boolean(),
  createdAt: z.string(),
  writers: z.int(),
  position: z.string(),
  lagBytes: z.string(),
  events: z.string(),
  updatedAt: z.string(),
  error: z.string().nullable(),
  errorPosition: z.string().nullable(),
});
const Projection = z.object({
  name: z.string(),
  versions: z.array(Version),
  behindSince: z.string().nullable(),
  job: z
    .object({
      kind: z.enum(['rebuild', 'rollback']),
      phase: z.string(),
      version: z.int().nullable(),
      writers: z.int(),
      acceptDifferences: z.boolean(),
      asItStood: z.boolean(),
      requestedBy: z.string(),
      requestedAt: z.string(),
      finishedAt: z.string().nullable(),
      note: z.string().nullable(),
      error: z.string().nullable(),
      comparison: z.array(Comparison).nullable(),
    })
    .nullable(),
});
type Projection = z.output<typeof Projection>;
const Projections = z.object({ projections: z.array(Projection) });
const Pruned = z.object({ dropped: z.array(z.object({ name: z.string(), version: z.int() })) });

const ASK_EVERY_MS = 250;
/** How long the rate of a projection is looked at. */
const RATE_OVER_MS = 1_000;

/** `paybill projections …`: how the read models stand, and building them anew while they are read and written. */
export function projectionsCommand(): Command {
  const projections = new Command('projections').description('the read models: how they stand, built anew, put back');
  onApi(projections.command('status'))
    .description('print how far each has applied the log, how fast, and why one stands still')
    .addHelpText('after', '\nThe exit code is 1 when one stands still.\n\nExample:\n  paybill projections status')
    .action(status);
  onApi(projections.command('rebuild'))
    .description('build a version anew beside the one in service, compare both, and switch')
    .argument('<name>', 'such as ledger')
    .option('--writers <number>', 'how many write side by side; with PostgreSQL only', whole(1, 8), 1)
    .option('--accept-differences', 'switch although rows differ')
    .addHelpText(
      'after',
      `
Reads and writes go on. Rows are compared at the same position; when some differ they are shown, nothing is switched and
the exit code is 1. Run again with --accept-differences, the version that was built is gone on with. Ctrl-C ends the
watching and not the work; a process that is killed goes on with it where it was.

Examples:
  paybill projections rebuild ledger
  paybill projections rebuild ledger --writers 2 --accept-differences`,
    )
    .action(rebuild);
  onApi(projections.command('rollback'))
    .description('put the version before in service again, brought up to date')
    .argument('<name>', 'such as ledger')
    .option('--as-it-stood', 'without bringing it up to date, which only the build that wrote it can')
    .addHelpText('after', '\nExample:\n  paybill projections rollback ledger')
    .action(rollback);
  onApi(projections.command('cancel'))
    .description('give up a rebuild or roll-back that is not done')
    .argument('<name>', 'such as ledger')
    .addHelpText('after', '\nExample:\n  paybill projections cancel ledger')
    .action(cancel);
  onApi(projections.command('adopt'))
    .description('go on with the version in service although the code has changed: it makes the same rows')
    .argument('<name>', 'such as ledger')
    .addHelpText('after', '\nExample:\n  paybill projections adopt ledger')
    .action(adopt);
  onApi(projections.command('prune'))
    .description('drop all versions that are neither in service nor being built')
    .addHelpText('after', '\nAfter that there is none to roll back to.\n\nExample:\n  paybill projections prune')
    .action(prune);
  return projections;
}

async function status(options: ProjectionsOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const { projections: before } = await api.ask(Projections, '/projections');
  await delay(RATE_OVER_MS);
  const { projections } = await api.ask(Projections, '/projections');
  const rates = new Map(projections.map((one) => [one.name, rateOf(one, before)]));
  const answered = { projections: projections.map((one) => ({ ...one, eventsPerSecond: rates.get(one.name) ?? 0 })) };
  answer(options, answered, () => standing(projections, rates));
  if (projections.some((one) => shown(one)?.error)) process.exitCode = ExitCode.no;
}

function rateOf(projection: Projection, before: readonly Projection[]): number {
  const earlier = before.find(({ name }) => name === projection.name);
  const [now, then] = [shown(projection), earlier && shown(earlier)];
  if (now?.version !== then?.version) return 0;
  const applied = Number(now?.events ?? 0) - Number(then?.events ?? 0);
  return Math.round((applied * 1000) / RATE_OVER_MS);
}

function standing(projections: readonly Projection[], rates: ReadonlyMap<string, number>): string {
  const rows = projections.flatMap((projection) =>
    projection.versions.map((version, index) => [
      ...[index === 0 ? projection.name : '', String(version.version), stateOf(version), version.position],
      ...[Number(version.lagBytes).toLocaleString('en'), isShown(version) ? secondsBehind(projection) : ''],
      ...[Number(version.events).toLocaleString('en'), isShown(version) ? String(rates.get(projection.name) ?? 0) : ''],
    ]),
  );
  const headings = [
    'projection',
    'version',
    'state',
    'position',
    'bytes behind',
    'seconds behind',
    'events',
    'events/s',
  ];
  const notes = projections.flatMap(({ name, versions, job }) => [
    ...versions.flatMap(({ version, error }) =>
      error === null ? [] : [inColour('red', `${name} version ${version} stands still: ${error}`)],
    ),
    ...(job?.finishedAt === null ? [`${name}: ${job.kind} to version ${job.version ?? '…'}, ${job.phase}`] : []),
  ]);
  return [table([headings, ...rows], [1, 3, 4, 5, 6, 7]), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

function stateOf({ state, sameCode, error }: Projection['versions'][number]): string {
  if (error !== null) return 'stopped';
  return state === 'active' && !sameCode ? 'active, other code' : state;
}

function secondsBehind({ behindSince }: Projection): string {
  return behindSince === null ? '0' : String(Math.max(0, Math.round((Date.now() - Date.parse(behindSince)) / 1000)));
}

function shown({ versions }: Projection): Projection['versions'][number] | undefined {
  return versions.find(isShown);
}

function isShown({ state }: Projection['versions'][number]): boolean {
  return state === 'active' || state === 'closing';
}

async function rebuild(
  name: string,
  {
    writers,
    acceptDifferences = false,
    ...options
  }: ProjectionsOptions & { writers: number; acceptDifferences?: boolean },
): Promise<void> {
  const api = await PaybillApi.of(options);
  await post(api, name, 'rebuild', { writers, acceptDifferences });
  tell(options, await watched(api, name, 'rebuilding'));
}

async function rollback(
  name: string,
  { asItStood = false, ...options }: ProjectionsOptions & { asItStood?: boolean },
): Promise<void> {
  const api = await PaybillApi.of(options);
  await post(api, name, 'rollback', { asItStood });
  tell(options, await watched(api, name, 'rolling back'));
}

async function cancel(name: string, options: ProjectionsOptions): Promise<void> {
  const projection = await post(await PaybillApi.of(options), name, 'cancel');
  answer(options, projection, () => `${name}: given up; what was built of it goes with paybill projections prune`);
}

async function adopt(name: string, options: ProjectionsOptions): Promise<void> {
  const projection = await post(await PaybillApi.of(options), name, 'adopt');
  answer(
    options,
    projection,
    () => `${name}: version ${shown(projection)?.version} goes on with the code of this build`,
  );
}

async function prune(options: ProjectionsOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const pruned = await api.ask(Pruned, '/projections/prune', { method: 'POST' });
  answer(options, pruned, () =>
    pruned.dropped.length === 0
      ? 'there is no version to drop'
      : pruned.dropped.map(({ name, version }) => `${name} version ${version} is dropped`).join('\n'),
  );
}

function post(api: PaybillApi, name: string, what: string, body?: object): Promise<Projection> {
  const path = `/projections/${encodeURIComponent(name)}/${what}`;
  return api.ask(Projection, path, { method: 'POST', ...(body && { body }) });
}

/** Shows how far the job is until it has ended. */
async function watched(api: PaybillApi, name: string, title: string): Promise<Projection> {
  let bar: ReturnType<typeof progress> | undefined;
  let said = '';
  try {
    for (;;) {
      const projection = await api.ask(Projection, `/projections/${encodeURIComponent(name)}`);
      const { job, versions } = projection;
      if (!job || job.finishedAt !== null) return projection;
      const target = Number(shown(projection)?.position ?? 0);
      const built = versions.find(({ version }) => version === job.version);
      if (built && job.phase === 'building') {
        bar ??= progress(`${title} ${name}`, target);
        bar.update(Math.min(Number(built.position), target), Number(built.events));
      }
      const saying =
        job.phase === 'building' && job.note === null ? '' : `${name}: ${job.phase} ${job.note ?? ''}`.trim();
      if (saying !== said && saying !== '') process.stderr.write(`${saying}\n`);
      said = saying;
      await delay(ASK_EVERY_MS);
    }
  } finally {
    bar?.stop();
  }
}

function tell(options: ProjectionsOptions, projection: Projection): void {
  const { name, job } = projection;
  answer(options, projection, () => outcome(name, job!));
  if (job!.phase !== 'done') process.exitCode = ExitCode.no;
}

function outcome(name: string, job: NonNullable<Projection['job']>): string {
  const compared = (job.comparison ?? []).map(comparedTable);
  const tables =
    compared.length === 0
      ? []
      : [table([['table', 'rows before', 'rows after', 'differ', ''], ...compared], [1, 2, 3]), ''];
  const rows = (job.comparison ?? []).flatMap(({ table: of, examples }) => examples.map((row) => differing(of, row)));
  return [...tables, ...(rows.length > 0 ? [...rows, ''] : []), verdict(name, job)].join('\n');
}

function comparedTable({
  table: name,
  rows,
  differing: count,
  columns,
  notCompared,
}: z.output<typeof Comparison>): string[] {
  const changed = [...columns.added.map((column) => `+${column}`), ...columns.removed.map((column) => `-${column}`)];
  const remark = notCompared ?? (changed.length > 0 ? `columns ${changed.join(', ')} not compared` : '');
  return [name, rows.before, rows.after, notCompared === undefined ? String(count) : '?', remark];
}

function differing(of: string, { key, before, after }: z.output<typeof Comparison>['examples'][number]): string {
  const shownAs = (row: z.output<typeof Texts> | null) =>
    row === null
      ? 'no such row'
      : Object.entries(row)
          .map(([column, value]) => `${column} ${value}`)
          .join(', ');
  return `${of} ${Object.values(key).join(' ')}: ${shownAs(before)} → ${shownAs(after)}`;
}

function verdict(name: string, { phase, version, error }: NonNullable<Projection['job']>): string {
  switch (phase) {
    case 'done':
      return inColour('green', `${name}: version ${version} is in service`);
    case 'differs':
      return inColour(
        'red',
        `${name}: rows differ, so the version in service stays; look at them, then run it again with --accept-differences`,
      );
    case 'failed':
      return inColour('red', `${name}: ${error}`);
    default:
      return `${name}: ${phase}`;
  }
}
