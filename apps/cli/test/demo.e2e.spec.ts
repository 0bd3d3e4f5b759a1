import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { z } from 'zod';
import { until } from '#testing/platform';
import { Asking } from './asking.js';
import { CommandLine } from './command-line.js';

const Items = z.object({ items: z.array(z.record(z.string(), z.unknown())) });

describe('paybill demo', () => {
  let line: CommandLine;

  beforeEach(async () => {
    line = await CommandLine.open();
  });
  afterEach(() => line.close());

  const environment = { PAYBILL_PORT: '0', LOG_LEVEL: 'error' };
  const asked = () => ['demo', '--accounts', '3', '--months', '1', '--data', line.data];

  it('lives a biller whose books hold up to yesterday, and stays up with a confirmation that a person can open', async () => {
    const child = line.start(asked(), environment);
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until(() => child.exitCode !== null || out.includes('/dev/outbox'));
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    expect(out).toContain('The books hold.');
    expect(out).not.toContain('FAULT');
    expect(yesterday.slice(0, 8) + /to \d{4}-\d{2}-(\d{2}): /.exec(out)![1]!).toBe(yesterday);

    const number = /confirmation number (\w+)\.$/m.exec(out)![1]!;
    const file = /^The confirmation to jane@example\.com is there: (\S+\.eml)$/m.exec(out)![1]!;
    const mail = await readFile(file, 'utf8');
    expect(mail).toMatch(/^To: .*jane@example\.com/m);
    expect(mail).toContain(number);

    // Whoever looks around finds the biller's accounts, and nothing that failed or waits.
    const asking = new Asking(/(http:\S+)\/dev\/outbox/.exec(out)![1]!);
    const items = async (path: string) => Items.parse(await asking.get(path)).items;
    expect((await items('/roll-forward/accounts?currency=USD')).length).toBeGreaterThan(0);
    for (const path of ['/parked-messages', '/parked-deliveries', '/fraud/cases'])
      expect(await items(path)).toEqual([]);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);

    const again = await line.paybill([...asked(), '--exit'], environment);
    expect(again.out).toContain('was here already.');
    expect(again.code).toBe(0);
  }, 300_000);
});
