import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLI, CommandLine } from './command-line.js';
import { until } from '#testing/platform';

const HEADER = 'customerID,tenure,PhoneService,InternetService,PaymentMethod,MonthlyCharges,TotalCharges';
const CUSTOMERS = 300;
const MONTHS = 36;
/** A bill and a payment a month. */
const ENTRIES = CUSTOMERS * MONTHS * 2;

const run = promisify(execFile);

describe('paybill journal export', () => {
  let cli: CommandLine;

  beforeAll(async () => {
    cli = await CommandLine.open();
    await cli.standalone();
    const customers = Array.from(
      { length: CUSTOMERS },
      (_, index) => `T${index},${MONTHS},Yes,DSL,Mailed check,50,1800`,
    );
    await writeFile(at('customers.csv'), [HEADER, ...customers].join('\n'));
    const { out } = await cli.paybill(['import', 'telco', 'customers.csv']);
    expect(out).toContain('Everything agrees to the cent.');
  }, 300_000);
  afterAll(() => cli.close());

  const at = (name: string) => join(cli.directory, name);
  const read = (name: string) => readFile(at(name), 'utf8');
  const exporting = (...options: string[]) => cli.paybill(['journal', 'export', ...options]);
  const partial = async () => (await readdir(cli.directory)).filter((name) => name.endsWith('.partial'));

  it('writes the whole journal, and says how much and up to where', async () => {
    const { code, out } = await exporting('--out', 'books.journal');
    expect(out).toMatch(new RegExp(`^${ENTRIES} entries up to position \\d+ are in books.journal\n$`));
    expect(code).toBe(0);
    const text = await read('books.journal');
    expect(text.match(/^ {4}; event: /gm)).toHaveLength(ENTRIES);
    expect(text).toMatch(new RegExp(`\n; The end: all ${ENTRIES} entries stand above.\n$`));
    expect(await partial()).toEqual([]);
  }, 60_000);

  it('gives the same bytes for the same position, whatever has come into the books since', async () => {
    const { out } = await exporting('--format', 'csv', '--out', 'first.csv');
    const position = /position (\d+)/.exec(out)![1]!;
    await writeFile(at('more.csv'), [HEADER, 'Late,2,Yes,DSL,Mailed check,50,100'].join('\n'));
    await cli.paybill(['import', 'telco', 'more.csv']);
    await exporting('--format', 'csv', '--position', position, '--out', 'second.csv');
    await exporting('--format', 'csv', '--out', 'third.csv');
    expect((await read('second.csv')) === (await read('first.csv'))).toBe(true);
    expect((await read('third.csv')).length).toBeGreaterThan((await read('first.csv')).length);
  }, 60_000);

  it('leaves nothing under the file’s name when it is killed, and is simply run again', async () => {
    const { out } = await exporting('--out', 'reference.journal');
    const position = /position (\d+)/.exec(out)![1]!;
    const options = ['journal', 'export', '--position', position, '--out', 'killed.journal'];
    // The export may win the race against its killer; then there is a next one.
    for (let inTheMiddle = false; !inTheMiddle;) {
      const child = cli.start([...options, '--force']);
      const ended = once(child, 'exit');
      const begun = async () => {
        const [name] = await partial();
        return name !== undefined && (await stat(at(name)).catch(() => ({ size: 0 }))).size > 0;
      };
      await until(async () => child.exitCode !== null || (await begun()));
      child.kill('SIGKILL');
      await ended;
      inTheMiddle = child.signalCode === 'SIGKILL' && (await partial()).length > 0 && !existsSync(at('killed.journal'));
    }
    expect((await cli.paybill(options)).code).toBe(0);
    expect((await read('killed.journal')) === (await read('reference.journal'))).toBe(true);
  }, 120_000);

  it('writes shares of the accounts into files of a directory, which together are the whole', async () => {
    const { code, out } = await exporting('--format', 'jsonl', '--shards', '3', '--out', 'shards');
    expect(code).toBe(0);
    expect(out).toContain(' are in 3 files in shards\n');
    const names = ['accounts-1-of-3.jsonl', 'accounts-2-of-3.jsonl', 'accounts-3-of-3.jsonl'];
    expect((await readdir(at('shards'))).sort()).toEqual(names);
    const parts = await Promise.all(names.map((name) => read(`shards/${name}`)));
    for (const part of parts) expect(part.length).toBeGreaterThan(0);
    const position = /position (\d+)/.exec(out)![1]!;
    await exporting('--format', 'jsonl', '--position', position, '--out', 'all.jsonl');
    expect(parts.join('') === (await read('all.jsonl'))).toBe(true);
    await exporting('--format', 'jsonl', '--position', position, '--shard', '2/3', '--out', 'two.jsonl');
    expect((await read('two.jsonl')) === parts[1]).toBe(true);
  }, 60_000);

  it('ends without a word when the reader of its output has enough', async () => {
    const script = `"$0" "$1" journal export --format csv --out - | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run('bash', ['-c', script, process.execPath, CLI], {
      env: { ...process.env, PAYBILL_DATA: cli.data },
    });
    expect(stdout).toMatch(/^date,line,account_id,.*\n0\n$/s);
    expect(stderr).not.toMatch(/error/i);
  }, 60_000);

  it('says that a disk is full and leaves nothing behind', async () => {
    // A limit on the size of files is as near to a full disk as an ordinary user comes.
    const script = 'ulimit -f 64; exec "$0" "$1" journal export --out large.journal';
    const failed = await run('bash', ['-c', script, process.execPath, CLI], {
      cwd: cli.directory,
      env: { ...process.env, PAYBILL_DATA: cli.data },
    }).catch((error: Error & { code: number; stderr: string }) => error);
    expect(failed).toMatchObject({ code: 3 });
    expect(failed.stderr).toContain('error: large.journal cannot be written: the file would become too large\n');
    expect((await readdir(cli.directory)).filter((name) => name.startsWith('large'))).toEqual([]);
  }, 60_000);

  it('keeps nothing of an answer that is cut off', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'journal-position': '700', 'journal-entries': '2' });
      response.write('{"half":"an entry"', () => response.socket?.destroy());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, err } = await cli.paybill(['journal', 'export', '--out', 'half.jsonl'], { PAYBILL_URL: url });
    server.close();
    expect({ code, err: err.split('\n').filter((line) => line.startsWith('error')) }).toEqual({
      code: 3,
      err: ['error: Paybill cut the export off before its end; its log says why'],
    });
    expect((await readdir(cli.directory)).filter((name) => name.startsWith('half'))).toEqual([]);
  }, 60_000);

  it.each([
    [['--out', 'customers.csv'], 2, '--out: customers.csv is there already'],
    [['--out', '.', '--force'], 2, '--out: . is no file'],
    [['--out', '.', '--shards', '2'], 2, '--out: . is there and no empty directory'],
    [['--out', 'nowhere/x'], 3, 'nowhere/x cannot be written: there is no such directory'],
    [
      ['--out', 'x', '--position', '999999999999999999'],
      1,
      'the read model has not reached the position asked for yet',
    ],
  ])(
    'refuses %j with exit code %i, says what is wrong with it, and writes nothing',
    async (options, expected, message) => {
      const before = await readdir(cli.directory);
      const { code, err } = await exporting(...options);
      expect(err).toContain(`error: ${message}`);
      expect(code).toBe(expected);
      expect(await readdir(cli.directory)).toEqual(before);
    },
    30_000,
  );
});
