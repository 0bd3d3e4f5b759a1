import { readFile } from 'node:fs/promises';
import { CommandLine } from './command-line.js';

describe('paybill demo', () => {
  let line: CommandLine;

  beforeEach(async () => {
    line = await CommandLine.open();
  });
  afterEach(() => line.close());

  it('ends with everything agreed to the cent and a confirmation that a person can open', async () => {
    const demo = () =>
      line.paybill(['demo', '--exit', '--accounts', '3', '--months', '2', '--data', line.data], {
        PAYBILL_PORT: '0',
        LOG_LEVEL: 'error',
      });
    const { code, out } = await demo();
    expect(out).toContain('Everything agrees to the cent.');
    const number = /confirmation number (\w+)\.$/m.exec(out)![1]!;
    const file = /^The confirmation to jane@example\.com is there: (\S+\.eml)$/m.exec(out)![1]!;
    const mail = await readFile(file, 'utf8');
    expect(mail).toMatch(/^To: .*jane@example\.com/m);
    expect(mail).toContain(number);
    expect(code).toBe(0);
  }, 180_000);
});
