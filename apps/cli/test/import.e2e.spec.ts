import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { emptyPglite, until } from '#testing/platform';

const CLI = fileURLToPath(new URL('../../../dist/apps/cli/src/main.js', import.meta.url));
const STANDALONE = fileURLToPath(new URL('../../../dist/apps/standalone/src/main.js', import.meta.url));
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 1e9));

const HEADER = 'customerID,tenure,PhoneService,InternetService,PaymentMethod,MonthlyCharges,TotalCharges';
const METHODS = ['Mailed check', 'Electronic check', 'Bank transfer (automatic)', 'Credit card (automatic)'];

/** Made-up customers in the format of the telco data set. */
function customers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const tenure = index % 37;
    const total = tenure === 0 ? ' ' : (tenure * 50.05).toFixed(2);
    return `T${String(index).padStart(4, '0')},${tenure},Yes,DSL,${METHODS[index % 4]},50.05,${total}`;
  });
}

const bills = (count: number) => Array.from({ length: count }, (_, index) => index % 37).reduce((sum, n) => sum + n, 0);

/** mulberry32, so that the moments of the kills can be had again. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('paybill import telco', () => {
  let directory: string;
  let data: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'paybill-import-'));
    data = join(directory, 'data');
    await emptyPglite(join(data, 'read-models'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  });

  function start(...args: string[]) {
    const child = spawn(process.execPath, args, {
      cwd: directory,
      env: { ...process.env, PAYBILL_PORT: '0', LOG_LEVEL: 'error', PAYBILL_DATA: data },
    });
    children.push(child);
    const output = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
    return { child, output };
  }

  async function paybill(...args: string[]) {
    const { child, output } = start(CLI, ...args);
    await once(child, 'close');
    return { code: child.exitCode, ...output };
  }

  const running = () => existsSync(join(data, 'standalone.json'));

  it('writes a bill and a payment a month, reconciles to the cent, and finds all there the second time', async () => {
    const file = join(directory, 'customers.csv');
    writeFileSync(file, [HEADER, ...customers(80)].join('\n'));
    const first = await paybill('import', 'telco', file, '--data', data);
    expect(first.err).not.toContain('Error');
    expect(first.out).toMatch(new RegExp(`^bills: number +${bills(80)} +${bills(80)}  ok$`, 'm'));
    expect(first.out).toContain('Everything agrees to the cent.');
    expect(first.code).toBe(0);
    const second = await paybill('import', 'telco', file, '--data', data);
    expect(second.out).toContain('0 events written, 80 accounts were there already');
    expect(second.out).toContain('Everything agrees to the cent.');
    // A customer whose figures have changed since is named, and nothing of the account is touched.
    const changed = customers(80);
    changed[5] = changed[5]!.replace('250.25', '260.25');
    writeFileSync(file, [HEADER, ...changed].join('\n'));
    const third = await paybill('import', 'telco', file, '--data', data);
    expect(third.err).toContain('line 7: customerID: was imported before with other contents');
    expect(third.out).toContain('0 events written, 79 accounts were there already');
    expect(third.code).toBe(1);
  }, 180_000);

  it('names a broken line, loses none of the others, and ends non-zero', async () => {
    const file = join(directory, 'customers.csv');
    const lines = customers(20);
    lines[3] = 'T0003,3,Yes,DSL,Mailed check,50.05';
    lines[5] = 'T0005,5,Yes,DSL,Mailed check,fifty,250.25';
    lines[7] = '"T0007,7,Yes,DSL,Mailed check,50.05,350.35';
    lines[9] = lines[8]!;
    writeFileSync(file, [HEADER, ...lines].join('\r\n'));
    const { code, out } = await paybill('import', 'telco', file, '--data', data);
    expect(code).toBe(1);
    expect(out).toMatch(/^accounts +16 +16 {2}ok$/m);
    expect(readFileSync(join(directory, 'customers.csv.refused.txt'), 'utf8')).toBe(
      [
        'line 5: has 6 columns where the header has 7',
        'line 7: MonthlyCharges: must be an amount in dollars with at most two decimals',
        'line 9: line: is not well-formed CSV',
        'line 11: customerID: is that of line 10 again',
        '',
      ].join('\n'),
    );
  }, 120_000);

  it('says what is wrong with a file that is not the data set, and changes nothing', async () => {
    const file = join(directory, 'other.csv');
    writeFileSync(file, 'a,b\n1,2\n');
    for (const [path, reason] of [
      [file, 'line 1: the header lacks the columns customerID'],
      [join(directory, 'none.csv'), 'there is no file'],
    ] as const) {
      const { code, err } = await paybill('import', 'telco', path, '--data', data);
      expect(err).toContain(`error: `);
      expect(err).toContain(reason);
      expect(code).toBe(1);
    }
  }, 120_000);

  it(`may be killed at any moment, as may the server: run again, nothing is missing or there twice (TEST_SEED=${SEED})`, async () => {
    const file = join(directory, 'customers.csv');
    writeFileSync(file, [HEADER, ...customers(300)].join('\n'));
    const next = random(SEED);
    for (let round = 0; round < 3; round++) {
      rmSync(join(data, 'standalone.json'), { force: true });
      const server = start(STANDALONE);
      await until(() => running() || server.child.exitCode !== null);
      const importing = start(CLI, 'import', 'telco', file, '--data', data);
      const imported = once(importing.child, 'close');
      await delay(600 + next() * 1_500);
      // Who dies first differs from round to round.
      const [first, second] = next() < 0.5 ? [server.child, importing.child] : [importing.child, server.child];
      first.kill('SIGKILL');
      second.kill('SIGKILL');
      await imported;
      if (server.child.signalCode === null) await once(server.child, 'exit');
    }
    const { code, out, err } = await paybill('import', 'telco', file, '--data', data);
    expect(err).not.toContain('Error');
    expect(out).toMatch(/^accounts +300 +300 {2}ok$/m);
    expect(out).toMatch(new RegExp(`^bills: number +${bills(300)} +${bills(300)}  ok$`, 'm'));
    expect(out).toContain('Everything agrees to the cent.');
    expect(code).toBe(0);
  }, 240_000);

  it('lets no second process have the same data directory', async () => {
    const server = start(STANDALONE);
    await until(() => running() || server.child.exitCode !== null);
    const { child, output } = start(STANDALONE);
    await once(child, 'close');
    expect(child.exitCode).toBe(1);
    expect(output.err).toMatch(/is in use by process \d+; stop it or choose another directory/);
  }, 60_000);
});
