import { type EventStore, type StoredEvent } from '#libs/event-sourcing';
import { formatMinor, parseMinor } from '#libs/ledger';
import { Command, Option } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventsBetween, withLog } from '../account-log.js';
import { answer } from '../answer.js';
import { ExitCode } from '../failure.js';
import { leaveWord } from '../leave-word.js';
import { actorOption, urlOption, whole, WrongOption } from '../options.js';
import { progress } from '../progress.js';
import { inColour } from '../style.js';
import { table } from '../table.js';
import { type ApiOptions, type EventStoreOptions, onEventStore } from '../target.js';
import { type Build, loadBuild } from './build.js';
import { type AccountDifference, compareAccount, type EventRef, type NotApplied } from './diff-account.js';
import { compareReadModels, type TableComparison } from './diff-read-models.js';
import { buildOf } from './git-build.js';

interface DiffOptions extends ApiOptions, EventStoreOptions {
  readonly actor: string;
  readonly against?: string;
  readonly fromBuild?: string;
  readonly toBuild?: string;
  readonly with: 'decider' | 'projections';
  readonly limit: number;
  readonly cache: boolean;
  readonly json?: boolean;
}

/** What two builds of the decider make of the same accounts. */
interface DeciderReport {
  readonly accounts: number;
  readonly events: number;
  readonly differing: readonly AccountDifference[];
  /** How many differed for a while and agree in the end. */
  readonly passing: number;
  readonly notApplied: readonly NotApplied[];
  /** Sum of the differences, by currency. */
  readonly totals: Readonly<Record<string, string>>;
}

/** Where this program's own build is. */
const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const AT_ONCE = 16;

/** `paybill replay …`: history run once more, by other code. */
export function replayCommand(): Command {
  const replay = new Command('replay').description('history run once more, by other code');
  onEventStore(replay.command('diff'))
    .description('say which balances change between two builds of Paybill, by how much and from which event on')
    .option('--against <ref>', 'what to compare this build with: a commit, branch or tag, or the directory of a build')
    .option('--from-build <dir>', 'directory of the build before')
    .option('--to-build <dir>', 'directory of the build after (default: this build)')
    .addOption(
      new Option('--with <mode>', 'what to run: the accounts’ decider, or all read models (ledger, fraud, audit)')
        .choices(['decider', 'projections'])
        .default('decider'),
    )
    .addOption(urlOption())
    .addOption(actorOption())
    .option('--limit <number>', 'how many differences to print', whole(1, 1_000_000), 20)
    .option('--no-cache', 'do not keep the build of a commit in ~/.cache/paybill/builds')
    .addHelpText(
      'after',
      `
Reads the log, and leaves word of that with the Paybill that runs there, where one does. A build is a directory with dist/ and package.json. A commit is built with the dependencies of this checkout.
The exit code is 1 when anything differs, or a build does not know an event.

Examples:
  paybill replay diff --against main
  paybill replay diff --from-build /opt/paybill-1.4 --to-build /opt/paybill-1.5 --json
  paybill replay diff --against v1.4.0 --with projections`,
    )
    .action(diff);
  return replay;
}

async function diff(options: DiffOptions): Promise<void> {
  const { builds, remove } = await buildsOf(options);
  try {
    await leaveWord('replay', options);
    if (options.with === 'decider') await diffDeciders(builds, options);
    else await diffReadModels(builds, options);
  } finally {
    await remove();
  }
}

async function buildsOf({ against, fromBuild, toBuild, cache }: DiffOptions) {
  if ((against === undefined) === (fromBuild === undefined))
    throw new WrongOption('name one: --against, or --from-build');
  if (against !== undefined && toBuild !== undefined) throw new WrongOption('--to-build goes with --from-build');
  const directory = fromBuild ?? (existsSync(join(against!, 'dist')) ? against : undefined);
  const before = directory === undefined ? await buildOf(ROOT, against!, cache) : { directory, remove: async () => {} };
  const builds = [
    await loadBuild(against ?? fromBuild!, before.directory),
    await loadBuild(toBuild ?? 'this build', toBuild ?? ROOT),
  ] as const;
  return { builds, remove: () => before.remove() };
}

async function diffDeciders(builds: readonly [Build, Build], options: DiffOptions): Promise<void> {
  const report = await withLog(options, ({ store }) => runDeciders(store, builds));
  answer(options, { before: builds[0].name, after: builds[1].name, ...report }, () => told(report, options.limit));
  if (report.differing.length + report.notApplied.length > 0) process.exitCode = ExitCode.no;
}

/**
 * Folds account by account: only what one account has seen is in memory at a time. What is appended meanwhile is left
 * out, so that both builds see the same history.
 */
async function runDeciders(store: EventStore, builds: readonly [Build, Build]): Promise<DeciderReport> {
  const end = await store.lastPosition();
  const { accountIds, events } = await accountsIn(store, end);
  const shown = progress('replaying', events);
  const differing: AccountDifference[] = [];
  const notApplied: NotApplied[] = [];
  let passing = 0;
  let done = 0;
  const worker = async () => {
    for (let accountId = accountIds.pop(); accountId !== undefined; accountId = accountIds.pop()) {
      const history = await historyOf(store, accountId, end);
      const compared = compareAccount(accountId, history, builds);
      if (compared.difference) differing.push(compared.difference);
      if (compared.passing) passing += 1;
      notApplied.push(...compared.notApplied);
      shown.update((done += history.length), done);
    }
  };
  const accounts = accountIds.length;
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } finally {
    shown.stop();
  }
  const inOrder = (one: EventRef, other: EventRef) => Number(BigInt(one.position) - BigInt(other.position));
  differing.sort((one, other) => inOrder(one.from, other.from));
  notApplied.sort((one, other) => inOrder(one.event, other.event));
  return { accounts, events, differing, passing, notApplied, totals: totalsOf(differing) };
}

async function accountsIn(store: EventStore, end: bigint): Promise<{ accountIds: string[]; events: number }> {
  const accountIds: string[] = [];
  let events = 0;
  const shown = progress('finding accounts', Number(end));
  try {
    for await (const { stream, revision, position } of eventsBetween({ store, category: 'account' }, 0n, end)) {
      if (revision === 0n) accountIds.push(stream.slice('account-'.length));
      shown.update(Number(position), ++events);
    }
  } finally {
    shown.stop();
  }
  return { accountIds, events };
}

async function historyOf(store: EventStore, accountId: string, end: bigint): Promise<StoredEvent[]> {
  const history: StoredEvent[] = [];
  for await (const event of store.readStream(`account-${accountId}`)) {
    if (event.position > end) break;
    history.push(event);
  }
  return history;
}

function totalsOf(differing: readonly AccountDifference[]): Record<string, string> {
  const totals = new Map<string, { minor: bigint; digits: number }>();
  for (const { difference, after } of differing) {
    if (difference === undefined) continue;
    const digits = difference.includes('.') ? difference.length - difference.indexOf('.') - 1 : 0;
    const { minor } = totals.get(after.currency) ?? { minor: 0n };
    totals.set(after.currency, { minor: minor + parseMinor(difference, digits), digits });
  }
  return Object.fromEntries([...totals].map(([currency, { minor, digits }]) => [currency, formatMinor(minor, digits)]));
}

function told({ accounts, events, differing, passing, notApplied, totals }: DeciderReport, limit: number): string {
  const compared = `${events.toLocaleString('en')} events of ${accounts.toLocaleString('en')} accounts`;
  const parts: string[] = [];
  if (differing.length > 0) {
    const sums = Object.entries(totals).map(([currency, total]) => `${total} ${currency}`);
    const heading = `${inColour('red', `${differing.length} accounts differ`)} in ${compared}, by ${sums.join(', ')} in all`;
    parts.push(`${heading}\n\n${accountsTable(differing.slice(0, limit))}${others(differing.length, limit)}`);
  }
  if (notApplied.length > 0) {
    const rows = notApplied
      .slice(0, limit)
      .map(({ build, accountId, event, reason }) => [
        ...[build, accountId, event.type, event.revision, event.position, reason],
      ]);
    const headings = ['build', 'account', 'event', 'revision', 'position', 'why not'];
    parts.push(
      `${inColour('red', `${notApplied.length} accounts are compared only up to an event that a build cannot apply`)}\n\n` +
        `${table([headings, ...rows], [3, 4])}${others(notApplied.length, limit)}`,
    );
  }
  if (parts.length === 0) parts.push(`${inColour('green', 'nothing differs')} in ${compared}`);
  if (passing > 0) parts.push(`${passing} accounts differed for a while and agree in the end.`);
  return parts.join('\n\n');
}

function accountsTable(differing: readonly AccountDifference[]): string {
  const rows = differing.map(({ accountId, before, after, difference, bills, from }) => [
    ...[accountId, `${before.balance} ${before.currency}`, `${after.balance} ${after.currency}`, difference ?? '?'],
    before.status === after.status ? String(bills.length) : `${bills.length}, ${before.status} → ${after.status}`,
    ...[from.type, from.revision, from.position, from.effectiveAt?.slice(0, 10) ?? ''],
  ]);
  const headings = ['account', 'before', 'after', 'difference', 'bills', 'from', 'revision', 'position', 'effective'];
  return table([headings, ...rows], [1, 2, 3, 6, 7]);
}

function others(count: number, limit: number): string {
  return count > limit ? `\n… and ${(count - limit).toLocaleString('en')} more; --json prints all` : '';
}

async function diffReadModels(builds: readonly [Build, Build], options: DiffOptions): Promise<void> {
  const tables = await withLog(options, ({ store }) => compareReadModels(store, builds, options.limit));
  const [before, after] = builds;
  answer(options, { before: before.name, after: after.name, tables }, () => tables.map(sentences).join('\n\n'));
  if (tables.some(({ same }) => !same)) process.exitCode = ExitCode.no;
}

function sentences({ table: name, same, before, after, note, examples }: TableComparison): string {
  const counts = `${before.toLocaleString('en')} rows before, ${after.toLocaleString('en')} after`;
  const verdict = same ? inColour('green', 'the same') : inColour('red', 'DIFFERS');
  const rows = examples.map(({ key, column, before: was, after: is }) => [key, column, was, is]);
  const shown = rows.length > 0 ? `\n${table([['key', 'column', 'before', 'after'], ...rows])}` : '';
  return `${name}: ${verdict} (${counts})${note === undefined ? '' : `; ${note}`}${shown}`;
}
