import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { skipped } from '#testing/platform';

/** A program that keeps books in plain text, and did not come from us. */
export interface AccountingProgram {
  readonly name: 'hledger' | 'ledger';
  /** Reads a journal in its strictest mode. Rejects with what it has against it. */
  check(file: string): Promise<void>;
  /** What each account comes to in each currency, as `12.30 USD`; accounts of zero are left out. */
  balances(file: string): Promise<Map<string, string[]>>;
  /** The codes of its entries, and what they are tagged as `reason` with. */
  texts(file: string): Promise<{ codes: string[]; reasons: string[] }>;
}

const run = promisify(execFile);
/** Locale and settings of whoever runs the tests are no part of them. */
const OPTIONS = { env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' }, maxBuffer: 1 << 28 };

const hledger: AccountingProgram = {
  name: 'hledger',
  async check(file) {
    await run('hledger', ['check', '--strict', 'payees', '-f', file], OPTIONS);
  },
  async balances(file) {
    const query = ['balance', '--flat', '--no-total', '--layout=bare', '--output-format=csv', '-f', file];
    const { stdout } = await run('hledger', query, OPTIONS);
    const cells = linesOf(stdout).slice(1).map(cellsOf);
    return grouped(cells.map(([account, currency, amount]) => [account!, `${amount} ${currency}`]));
  },
  async texts(file) {
    const codes = await run('hledger', ['codes', '-f', file], OPTIONS);
    const reasons = await run('hledger', ['tags', '--values', 'reason', '-f', file], OPTIONS);
    return { codes: linesOf(codes.stdout), reasons: linesOf(reasons.stdout) };
  },
};

const STRICT = ['--args-only', '--pedantic', '--strict', '--check-payees'];

const ledger: AccountingProgram = {
  name: 'ledger',
  async check(file) {
    await run('ledger', [...STRICT, '-f', file, 'balance', '--depth=1'], OPTIONS);
  },
  async balances(file) {
    const format = '%(account)\t%(display_total)\n';
    const query = ['balance', '--flat', '--no-total', '--balance-format', format];
    const { stdout } = await run('ledger', [...STRICT, '-f', file, ...query], OPTIONS);
    // A further currency of the same account stands on a line of its own.
    let account = '';
    return grouped(
      linesOf(stdout).map((line) => {
        const tab = line.indexOf('\t');
        if (tab !== -1) account = line.slice(0, tab);
        return [account, line.slice(tab + 1).trim()];
      }),
    );
  },
  async texts(file) {
    const register = async (expression: string) => {
      const query = ['register', '--format', `%(${expression})\n`];
      return linesOf((await run('ledger', [...STRICT, '-f', file, ...query], OPTIONS)).stdout);
    };
    return { codes: await register('code'), reasons: await register('tag("reason")') };
  },
};

/** The programs that are on the machine, for `describe.each(accountingPrograms())`; those that are not are reported. */
export function accountingPrograms(): AccountingProgram[] {
  return [hledger, ledger].filter(({ name }) => {
    const there = spawnSync(name, ['--version']).status === 0;
    if (!there) skipped(name, `it is not installed (Debian: apt-get install ${name})`);
    return there;
  });
}

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}

/** The cells of a line all of whose cells are quoted. */
function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('","')
    .map((cell) => cell.replaceAll('""', '"'));
}

function grouped(found: readonly (readonly [account: string, amount: string])[]): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const [account, amount] of found) all.set(account, [...(all.get(account) ?? []), amount].sort());
  return all;
}
