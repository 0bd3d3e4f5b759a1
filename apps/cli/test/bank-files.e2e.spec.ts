import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockboxFile, nachaReturnFile } from '#testing/bank-files';
import { CommandLine } from './command-line.js';

describe('paybill bank-files import', () => {
  let line: CommandLine;

  beforeEach(async () => {
    line = await CommandLine.open();
  });
  afterEach(() => line.close());

  it('applies a lockbox and the returns of a day, keeps what names nobody on a list, and refuses a file it has seen', async () => {
    const url = await line.standalone();
    const post = async (path: string, body: object) => {
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': path },
        body: JSON.stringify(body),
      });
      return (await answer.json()) as Record<string, string>;
    };
    const { accountId, payBillNumber } = await post('/accounts', { currency: 'USD' });
    const paid = await post(`/accounts/${accountId}/payments`, {
      amount: { amount: '59.90', currency: 'USD' },
      channel: 'autopay',
      method: { kind: 'bank-account' },
    });
    const file = async (name: string, lines: Iterable<string>) => {
      await writeFile(join(line.directory, name), [...lines].join('\n'));
      return join(line.directory, name);
    };
    const lockbox = await file(
      'lockbox.bai',
      lockboxFile([
        [
          { amount: 5_000n, invoices: [payBillNumber!] },
          { amount: 700n, invoices: ['?'] },
        ],
      ]),
    );
    const trace = { code: 'R01', originalTrace: '121042880000001' };
    const returns = await file(
      'returns.ach',
      nachaReturnFile([{ ...trace, amount: 5_990n, identification: paid['confirmationNumber']! }]),
    );

    const paybill = async (...args: string[]) => {
      const { code, out, err } = await line.paybill([...args, '--data', line.data, '--json']);
      return {
        code,
        answer: JSON.parse(code === 0 ? out : err.slice(err.indexOf('{"error"'))) as Record<string, unknown>,
      };
    };
    expect(await paybill('bank-files', 'import', lockbox)).toMatchObject({
      code: 0,
      answer: { format: 'BAI lockbox', payments: 1, returns: 0, receipts: 1 },
    });
    expect(await paybill('bank-files', 'import', returns)).toMatchObject({
      code: 0,
      answer: { returns: 1, receipts: 0 },
    });
    for (const seen of [lockbox, returns]) {
      expect(await paybill('bank-files', 'import', seen)).toMatchObject({
        code: 1,
        answer: { error: { code: 'BANK_FILE_ALREADY_APPLIED' } },
      });
    }

    const list = await paybill('receipts', 'list');
    const [receipt] = list.answer['items'] as Record<string, string>[];
    expect(receipt).toMatchObject({ amount: { amount: '7.00', currency: 'USD' }, because: 'NUMBER_MISSING' });
    expect(await paybill('receipts', 'assign', receipt!['receiptId']!, '--number', payBillNumber!)).toMatchObject({
      code: 0,
    });
    expect((await paybill('receipts', 'list')).answer).toEqual({ items: [] });

    const payments = await fetch(`${url}/accounts/${accountId}/payments`);
    const { items } = (await payments.json()) as { items: { amount: { amount: string }; state: string }[] };
    expect(items.map(({ amount, state }) => `${amount.amount} ${state}`)).toEqual([
      '7.00 unapplied',
      '50.00 unapplied',
      '59.90 returned',
    ]);
  }, 120_000);
});
