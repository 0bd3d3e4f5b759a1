import { jest } from '@jest/globals';
import { nachaReturnFile } from '#testing/bank-files';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bankFilesCommand } from './bank-files.command.js';

const RETURNS = [
  ...nachaReturnFile([
    { amount: 1_234n, code: 'R01', originalTrace: '121042880000001', identification: '1' },
    { amount: 5_000n, code: 'R02', originalTrace: '121042880000002', identification: '2' },
  ]),
];

const ORDERS = {
  originator: {
    destination: '121042882',
    destinationName: 'Bank',
    origin: '1234567890',
    originName: 'Acme Cable',
    companyName: 'Acme Cable',
    companyId: '1234567890',
    odfi: '121042882',
  },
  timeZone: 'America/New_York',
  cutOff: '17:00',
  firstTrace: 1,
  batches: [
    {
      secCode: 'WEB',
      description: 'CABLE BILL',
      orders: [
        {
          kind: 'debit',
          account: { routingNumber: '231380104', accountNumber: '12345678', type: 'checking', holder: 'A Payer' },
          identification: '1001',
          amount: '59.90',
        },
      ],
    },
  ],
};

describe('paybill bank-files', () => {
  let folder: string;
  let said: string;

  /** The exit code of a command, with what it printed in `said`. */
  async function run(...words: string[]): Promise<number> {
    said = '';
    process.exitCode = 0;
    await bankFilesCommand().parseAsync(words, { from: 'user' });
    const code = Number(process.exitCode);
    process.exitCode = 0;
    return code;
  }

  async function file(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bank-files-'));
    jest.spyOn(console, 'log').mockImplementation((line: unknown) => void (said += String(line)));
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  it('tells format, counts and sums of a file whose controls hold', async () => {
    const returns = await file('returns.ach', RETURNS.join('\n'));
    expect(await run('check', returns, '--json')).toBe(0);
    expect(JSON.parse(said)).toMatchObject({
      accepted: true,
      format: 'NACHA',
      createdOn: '2026-11-24',
      items: 2,
      totals: [{ kind: 'return', count: 2, sums: [{ amount: '62.34', currency: 'USD' }] }],
    });
    expect(await run('check', returns)).toBe(0);
    expect(said).toContain('accepted: all controls hold');
    expect(said).toMatch(/returns +2 +62\.34 USD/);
  });

  it('names record and reason of a file that is refused, and exits with 1', async () => {
    const lines = RETURNS.toSpliced(2, 1, RETURNS[2]!.replace('0000001234', '0000001235'));
    const broken = await file('broken.ach', lines.join('\n'));
    expect(await run('check', broken)).toBe(1);
    const reason = 'the debit total (columns 21–32) is 6234, and the records make 6235';
    expect(said).toBe(`refused as a whole: record 7: ${reason}`);
    expect(await run('check', broken, '--json')).toBe(1);
    expect(JSON.parse(said)).toEqual({ accepted: false, record: 7, reason });
  });

  it('asks for a file that is there', async () => {
    await expect(run('check', join(folder, 'none'))).rejects.toThrow(/^there is no file /);
    await expect(run('check', folder)).rejects.toThrow(/is no file$/);
  });

  it('writes a NACHA file that it takes itself, and does not write over another', async () => {
    const orders = await file('orders.json', JSON.stringify(ORDERS));
    const out = join(folder, 'out.ach');
    expect(await run('write', orders, '--out', out)).toBe(0);
    expect(await run('check', out, '--json')).toBe(0);
    expect(JSON.parse(said)).toMatchObject({ totals: [{ kind: 'debit', count: 1, sums: [{ amount: '59.90' }] }] });
    await expect(run('write', orders, '--out', out)).rejects.toThrow(/is there already/);
  });

  it('refuses orders that no file can hold, by field and without the account number, and writes nothing', async () => {
    const account = { ...ORDERS.batches[0]!.orders[0]!.account, routingNumber: '231380105' };
    const wrong = { ...ORDERS.batches[0]!, orders: [{ ...ORDERS.batches[0]!.orders[0]!, account }] };
    const orders = await file('orders.json', JSON.stringify({ ...ORDERS, batches: [wrong] }));
    const out = join(folder, 'out.ach');
    await expect(run('write', orders, '--out', out)).rejects.toThrow(
      'routingNumber is no routing number whose check digit holds',
    );
    await expect(readFile(out)).rejects.toThrow('ENOENT');
    const shape = await file('shape.json', JSON.stringify({ ...ORDERS, batches: [] }));
    await expect(run('write', shape, '--out', out)).rejects.toThrow('shape.json: /batches: ');
  });
});
