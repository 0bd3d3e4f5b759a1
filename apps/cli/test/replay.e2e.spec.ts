import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandHandling, connectEventStore, type EventStore } from '#libs/event-sourcing';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { giveCredit, writeAccounts } from '#testing/messaging';
import { CommandLine } from './command-line.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

interface Report {
  accounts: number;
  events: number;
  differing: { accountId: string; difference: string; from: { type: string; revision: string } }[];
  notApplied: { build: string; accountId: string; event: { type: string } }[];
  totals: Record<string, string>;
}

interface Table {
  table: string;
  same: boolean;
  examples: { column: string; before: string; after: string }[];
}

/** A credit with another reason than it was given for. */
const RENAMED = "{ ...creditRow(event), reason: 'renamed' })";

describe('paybill replay diff', () => {
  let line: CommandLine;
  let node: TestNode;
  let store: EventStore;
  let handling: CommandHandling;

  beforeEach(async () => {
    line = await CommandLine.open();
    node = await startTestNode();
    store = await connectEventStore(node.connectionString);
    handling = new CommandHandling(store);
  }, 60_000);
  afterEach(async () => {
    await line.close();
    await store.close();
    await node.close();
  });

  const diff = (...args: string[]) =>
    line.paybill(['replay', 'diff', ...args], {
      EVENTSTORE_URL: node.connectionString,
      XDG_CACHE_HOME: join(line.directory, 'cache'),
    });

  /** A copy of this build in which a file reads otherwise. */
  async function variant(name: string, file: string, from: string, to: string): Promise<string> {
    const directory = join(line.directory, name);
    await mkdir(directory);
    for (const part of ['dist', 'package.json']) {
      await cp(join(ROOT, part), join(directory, part), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    const path = join(directory, 'dist/libs', file);
    const text = await readFile(path, 'utf8');
    expect(text).toContain(from);
    await writeFile(path, text.replace(from, to));
    return directory;
  }

  it('names exactly the accounts that a changed rule moves, by how much, and the first event', async () => {
    const accounts = await writeAccounts(handling, { accounts: 5, credits: 1 });
    const [one, other] = accounts;
    await giveCredit(handling, one!);
    await giveCredit(handling, one!);
    await giveCredit(handling, other!);
    const before = await store.lastPosition();
    // Every credit but the first of an account is worth a dollar more.
    const generous = await variant(
      'generous',
      'ledger/src/billing/account.js',
      'unapplied: parseMinor(data.unapplied, state.digits)',
      'unapplied: parseMinor(data.unapplied, state.digits) + (state.sources.size > 0 ? 100n : 0n)',
    );
    const { out, code } = await diff('--from-build', ROOT, '--to-build', generous, '--json');
    expect(code).toBe(1);
    const report = JSON.parse(out) as Report;
    expect(report).toMatchObject({ accounts: 5, notApplied: [] });
    const credited = (accountId: string) => (accountId === one ? '-2.00' : '-1.00');
    expect(report.differing.map(({ accountId }) => accountId).sort()).toEqual([one!, other!].sort());
    for (const { accountId, difference, from } of report.differing) {
      expect([difference, from.type]).toEqual([credited(accountId), 'CreditIssued']);
    }
    expect(report.totals).toEqual({ USD: '-3.00' });
    const shown = await diff('--from-build', generous);
    expect(shown.out).toMatch(/^2 accounts differ in \d+ events of 5 accounts, by 3\.00 USD in all$/m);
    expect(await diff('--from-build', ROOT)).toMatchObject({ code: 0 });
    expect(await store.lastPosition()).toBe(before);
  }, 240_000);

  it('names the events that a build does not know, and compares what comes before them', async () => {
    await writeAccounts(handling, { accounts: 2, credits: 1 });
    const older = await variant('older', 'ledger/src/billing/account-events.js', 'CreditIssued:', 'CreditGranted:');
    const { out, code } = await diff('--from-build', older, '--json');
    const report = JSON.parse(out) as Report;
    expect(code).toBe(1);
    expect(report.differing).toEqual([]);
    expect(report.notApplied.map(({ build, event }) => [build, event.type])).toEqual(
      Array<string[]>(2).fill([older, 'CreditIssued']),
    );
  }, 240_000);

  it('compares all read models row by row', async () => {
    await writeAccounts(handling, { accounts: 3, credits: 2 });
    const same = await diff('--from-build', ROOT, '--with', 'projections', '--json');
    expect(same).toMatchObject({ code: 0 });
    const renamed = await variant(
      'renamed',
      'ledger/src/payments/payments.projection.js',
      'creditRow(event))',
      RENAMED,
    );
    const { out, code } = await diff('--from-build', renamed, '--with', 'projections', '--limit', '2', '--json');
    expect(code).toBe(1);
    const { tables } = JSON.parse(out) as { tables: Table[] };
    expect(tables.filter(({ same }) => !same)).toEqual([
      expect.objectContaining({ table: 'credits', before: 6, after: 6, differing: 6 }),
    ]);
    const { examples } = tables.find(({ table }) => table === 'credits')!;
    expect(examples).toHaveLength(2);
    for (const { column, before, after } of examples) {
      expect([column, before]).toEqual(['reason', 'renamed']);
      expect(after).not.toBe('renamed');
    }
  }, 240_000);

  it('says of a read model that only one build has that they differ', async () => {
    await writeAccounts(handling, { accounts: 1, credits: 1 });
    const [exported, none] = ["export { auditReadModels } from './audit.projection.js';", ''];
    const older = await variant('older', 'audit/src/index.js', exported, none);
    const { out, code } = await diff('--from-build', older, '--with', 'projections', '--json');
    expect(code).toBe(1);
    const { tables } = JSON.parse(out) as { tables: (Table & { note?: string })[] };
    const differing = tables.filter(({ same }) => !same);
    expect(differing.map(({ table }) => table)).toContain('audit_checkpoints');
    for (const { note } of differing) expect(note).toMatch(/^only this build has the read model audit_lists$/);
    expect(tables.map(({ table }) => table)).toContain('fraud_cases');
  }, 240_000);

  it('builds a commit of the repository, keeps it for the next time, and leaves the repository as it was', async () => {
    await writeAccounts(handling, { accounts: 1, credits: 1 });
    const git = (...args: string[]) => execFileSync('git', ['-C', ROOT, ...args]).toString();
    const commit = git('rev-parse', 'HEAD').trim();
    const before = [git('worktree', 'list'), git('status', '--short')];
    const first = await diff('--against', 'HEAD');
    expect(first.err).toContain(`building ${commit.slice(0, 12)}`);
    expect(first).toMatchObject({ code: 0 });
    const second = await diff('--against', 'HEAD');
    expect(second.err).not.toContain('building');
    expect(second).toMatchObject({ code: 0 });
    expect([git('worktree', 'list'), git('status', '--short')]).toEqual(before);
    const none = await diff('--against', 'no-such-branch');
    expect(none.err).toMatch(/^error: --against: no-such-branch is neither the directory of a build nor a commit/);
    expect(none.code).toBe(2);
    expect(await diff()).toMatchObject({ code: 2, err: 'error: name one: --against, or --from-build\n' });
  }, 240_000);
});
