import fc from 'fast-check';
import { accountsOf, shards } from './account-shards.js';
import { journalCommand } from './journal.command.js';

describe('paybill journal export', () => {
  async function refusal(...words: string[]): Promise<string> {
    const [command] = journalCommand().commands;
    command!.exitOverride().configureOutput({ writeErr: () => undefined });
    return command!.parseAsync(words, { from: 'user' }).then(
      () => 'nothing',
      (error: Error) => error.message,
    );
  }

  it.each([
    [['--out', 'x', '--format', 'pdf'], "option '--format <format>' argument 'pdf' is invalid"],
    [['--out', 'x', '--from', '2026-02-30'], "option '--from <day>' argument '2026-02-30' is invalid"],
    [['--out', 'x', '--from', '2026-02-01', '--to', '2026-01-31'], '--to must not be before --from'],
    [['--out', 'x', '--recorded-at', 'yesterday'], "option '--recorded-at <moment>' argument 'yesterday' is invalid"],
    [['--out', 'x', '--recorded-at', '2026-13-01T00:00:00Z'], "option '--recorded-at <moment>' argument"],
    [['--out', 'x', '--position', '-1'], "option '--position <position>' argument '-1' is invalid"],
    [['--out', 'x', '--shard', '5/4'], "option '--shard <n/m>' argument '5/4' is invalid"],
    [['--out', 'x', '--shard', '0/4'], "option '--shard <n/m>' argument '0/4' is invalid"],
    [['--out', 'x', '--shards', '0'], "option '--shards <m>' argument '0' is invalid"],
    [['--out', 'x', '--shards', '2', '--shard', '1/2'], "option '--shard <n/m>' cannot be used with"],
    [['--out', '-', '--shards', '2'], '--out must name a directory'],
    [['--out', ''], "option '--out <path>' argument '' is invalid"],
    [[], "required option '--out <path>' not specified"],
  ])('refuses %j and says which option is to blame', async (words, message) => {
    expect(await refusal(...words)).toContain(message);
  });
});

describe('The shards of the accounts', () => {
  it('are all of them, each once, and of the same size but for one id', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (count) => {
        const ranges = shards(String(count)).map(accountsOf);
        const numbers = ranges.map(
          ({ accountFrom, accountTo }) => [numberOf(accountFrom), numberOf(accountTo)] as const,
        );
        expect(ranges[0]!.accountFrom).toBe('00000000-0000-0000-0000-000000000000');
        expect(ranges.at(-1)!.accountTo).toBe('ffffffff-ffff-ffff-ffff-ffffffffffff');
        for (const [index, [from, to]] of numbers.entries()) {
          if (index > 0) expect(from).toBe(numbers[index - 1]![1] + 1n);
          const size = to - from + 1n;
          expect(size - (1n << 128n) / BigInt(count)).toBeLessThanOrEqual(1n);
        }
      }),
    );
  });
});

function numberOf(id: string): bigint {
  return BigInt(`0x${id.replaceAll('-', '')}`);
}
