import { randomUUID } from 'node:crypto';
import { CommandLine } from './command-line.js';

describe('paybill till, beside a running Paybill', () => {
  let line: CommandLine;
  let url: string;

  beforeAll(async () => {
    line = await CommandLine.open();
    url = await line.standalone();
  }, 120_000);
  afterAll(() => line.close(), 60_000);

  const till = async (actor: string, ...words: string[]) =>
    line.paybill(['till', ...words, '--actor', actor, '--url', url, '--json']);
  const answered = async (actor: string, ...words: string[]) => {
    const { code, out, err } = await till(actor, ...words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out) as Record<string, unknown>;
  };

  it('goes from opening to the deposit, with a supervisor where the drawer is far off (PA1)', async () => {
    const opened = await fetch(new URL('/accounts', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify({ currency: 'USD' }),
    });
    const { payBillNumber } = (await opened.json()) as { payBillNumber: string };
    const batch = String((await answered('agent-7', 'open', 'harrisburg-01', 'till-2'))['batchId']);
    const paid = await answered('agent-7', 'pay', batch, payBillNumber, '57.23');
    expect(paid).toMatchObject({ status: 'taken', confirmationNumber: expect.stringMatching(/^\w{12}$/) as string });
    const check = await answered('agent-7', 'pay', batch, payBillNumber, '80.00', '--means', 'check');
    expect(
      await answered('agent-7', 'void', batch, String(check['paymentId']), '--reason', 'wrong-amount'),
    ).toMatchObject({ status: 'voided' });
    expect(await answered('agent-7', 'close', batch, 'cash=7.23', 'check=0')).toMatchObject({
      state: 'awaiting-approval',
      totals: [{ difference: { amount: '-50.00' } }, { difference: { amount: '0.00' } }],
    });
    const refused = await till('agent-7', 'approve', batch, '--reason', 'drawer-left-open');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('TILL_APPROVER_INVOLVED') as string });
    await answered('supervisor-1', 'approve', batch, '--reason', 'drawer-left-open');
    await answered('agent-7', 'deposit', batch, '--reference', 'SLIP-4711');
    expect(await answered('agent-7', 'show', batch)).toMatchObject({
      ...{ state: 'deposited', approvedBy: 'supervisor-1', depositReference: 'SLIP-4711' },
    });
    expect(await till('agent-7', 'close', batch, 'cash=a-lot')).toMatchObject({ code: 2 });
  }, 120_000);
});
