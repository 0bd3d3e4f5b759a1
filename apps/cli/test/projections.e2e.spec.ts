import { until } from '#testing/platform';
import { CommandLine } from './command-line.js';

describe('paybill projections', () => {
  let line: CommandLine;
  let url: string;
  beforeAll(async () => {
    line = await CommandLine.open();
    url = await line.standalone();
    for (const reference of ['C-1', 'C-2', 'C-3']) await openAccount(reference);
  }, 120_000);
  afterAll(() => line.close());

  async function openAccount(customerReference: string): Promise<void> {
    const answer = await fetch(new URL('/accounts', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': customerReference },
      body: JSON.stringify({ currency: 'USD', customerReference }),
    });
    const { accountId, position } = (await answer.json()) as { accountId: string; position: string };
    await until(async () => (await fetch(new URL(`/accounts/${accountId}?after=${position}`, url))).status === 200);
  }

  const projections = (...args: string[]) => line.paybill(['projections', ...args, '--data', line.data]);

  it('says how each stands', async () => {
    const { code, out } = await projections('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^projection +version +state +position +bytes behind +seconds behind +events +events\/s$/m);
    expect(out).toMatch(/^ledger +1 +active +\d+ +0 +0 +3 +0$/m);
    const json = await projections('status', '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      projections: expect.arrayContaining([
        expect.objectContaining({ name: 'ledger', behindSince: null, eventsPerSecond: 0, job: null }),
      ]) as unknown,
    });
  }, 60_000);

  it('builds one anew, goes back to the one before, and drops what is not needed', async () => {
    const rebuilt = await projections('rebuild', 'ledger');
    expect(rebuilt.out).toMatch(/^account_balances +3 +3 +0$/m);
    expect(rebuilt.out).toMatch(/ledger: version 2 is in service\n$/);
    expect(rebuilt.code).toBe(0);
    await openAccount('C-4');
    const back = await projections('rollback', 'ledger', '--json');
    expect(JSON.parse(back.out)).toMatchObject({ job: { kind: 'rollback', phase: 'done', version: 1 } });
    await openAccount('C-5');
    expect((await projections('prune')).out).toBe('ledger version 2 is dropped\n');
    expect((await projections('prune')).out).toBe('there is no version to drop\n');
  }, 120_000);

  it.each([
    [['rebuild', 'nobody'], 'error: there is no such projection; there are ledger'],
    [['rebuild', 'ledger', '--writers', '9'], 'must be a whole number from 1 to 8'],
    [
      ['rollback', 'fraud_cases'],
      'error: there is no version that was in service before; rebuild one (NO_VERSION_BEFORE)',
    ],
    [['cancel', 'ledger'], 'error: nothing is being done with this projection (NO_JOB)'],
  ])(
    'refuses %j in one sentence',
    async (args, sentence) => {
      const { code, out, err } = await projections(...args);
      expect([code === 0, out]).toEqual([false, '']);
      expect(err).toContain(sentence);
      expect(err.trim().split('\n')).toHaveLength(1);
    },
    60_000,
  );
});
