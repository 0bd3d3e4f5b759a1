import { Asking, type Json } from './asking.js';
import { CommandLine } from './command-line.js';

const ACCOUNTS = 100;
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
const RUN = '2026-02-15-cycle-15';
const PLANS = ['fibre-300', 'fibre-1000', 'mobile-10', 'cable-family'] as const;
const AREAS = ['US-PA', 'US-PA-PHL', 'US-NY-NYC', 'US-OR'] as const;

/**
 * Accounts that subscribe to this and that, some with usage, a change of plan, a one-time charge, nothing to bill or a closed
 * account. The keys are the same every time, and so are the accounts.
 */
async function subscribers(paybill: Asking): Promise<string[]> {
  const ids: string[] = [];
  const leave = async (index: number, id: string) => {
    const stop = { on: '2026-02-10', reason: 'moved-away' };
    for (const subscriptionId of index % 5 === 0 ? ['home', 'phone'] : ['home']) {
      await paybill.done('POST', `/accounts/${id}/subscriptions/${subscriptionId}/stop`, stop);
    }
    await paybill.done('POST', `/accounts/${id}/closure`, { reason: 'moved-away', unbilled: 'forgone' });
  };
  const one = async (index: number) => {
    const { accountId: id } = await paybill.done('POST', '/accounts', { currency: 'USD' }, `account-${index}`);
    ids[index] = String(id);
    const home = `/accounts/${String(id)}/subscriptions`;
    const plan = PLANS[index % PLANS.length]!;
    await paybill.done('POST', home, {
      ...{ subscriptionId: 'home', plan, taxArea: AREAS[index % AREAS.length], cycleDay: 15 },
      startsOn: index % 10 === 0 ? '2026-02-20' : `2026-01-${String((index % 28) + 1).padStart(2, '0')}`,
      discounts: index % 3 === 0 ? ['welcome'] : [],
    });
    // Charged in advance; some have it and nothing else that is to be billed yet.
    if (index % 5 === 0) {
      const phone = { subscriptionId: 'phone', plan: 'phone-home', taxArea: 'US-PA', startsOn: '2026-01-05' };
      await paybill.done('POST', home, phone);
    }
    if (index % 10 === 0) return;
    if (plan === 'mobile-10') {
      const usage = { meter: 'data', quantity: '17.5', usedOn: '2026-02-01' };
      await paybill.done('PUT', `${home}/home/usage/u-1`, usage);
    }
    if (index % 7 === 0) await paybill.done('POST', `${home}/home/charges`, { charge: 'technician', on: '2026-02-03' });
    if (index % 11 === 0) await leave(index, String(id));
  };
  for (let from = 0; from < ACCOUNTS; from += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, index) => one(from + index)));
  }
  // Some have a bill of the month before, and of them some changed their plan within it, as becomes known only now.
  let { state } = await paybill.done('POST', '/billing-runs', { date: '2026-01-15' });
  while (state === 'running') ({ state } = await paybill.get('/billing-runs/2026-01-15-cycle-15'));
  for (let index = 5; index < ACCOUNTS; index += 15) {
    if (index % 11 === 0) continue;
    const phone = `/accounts/${ids[index]!}/subscriptions/phone`;
    await paybill.done('POST', `${phone}/stop`, { on: '2026-02-03', reason: 'moved-away' });
  }
  for (let index = 2; index < ACCOUNTS; index += 28) {
    const home = `/accounts/${ids[index]!}/subscriptions/home`;
    if (index % 10 === 0 || index % 11 === 0) continue;
    await paybill.done('POST', `${home}/plan-changes`, { plan: 'cable-family', on: '2026-01-10' });
  }
  return ids;
}

/** The bills of every account as readers see them, without what tells one Paybill from another. */
async function billsOf(paybill: Asking, ids: readonly string[]): Promise<unknown[]> {
  const { eventStore } = await paybill.get('/ready');
  const { position } = eventStore as { position: string };
  for (let status = 0; status !== 200;)
    ({ status } = await paybill.send('GET', `/accounts/${ids[0]!}?after=${position}`));
  const all: unknown[] = [];
  for (const id of ids) {
    const { items } = await paybill.get(`/accounts/${id}/bills?state=all&asOf=2026-02-16`);
    all.push([id, items]);
  }
  return all;
}

describe('paybill billing', () => {
  let undisturbed: CommandLine;
  let killed: CommandLine;
  let expected: { bills: unknown[]; report: unknown };
  let ids: string[];

  beforeAll(async () => {
    [undisturbed, killed] = [await CommandLine.open(), await CommandLine.open()];
    const paybill = new Asking(await undisturbed.standalone());
    ids = await subscribers(paybill);
  }, 300_000);
  afterAll(async () => {
    await undisturbed.close();
    await killed.close();
  });

  it('tries a run and writes nothing, runs it with a report, and refuses it a second time', async () => {
    const tried = await undisturbed.paybill(['billing', 'run', '--date', '2026-02-15', '--dry-run', '--json']);
    expect(tried).toMatchObject({ code: 0 });
    const run = await undisturbed.paybill(['billing', 'run', '--date', '2026-02-15', '--json']);
    expect(run).toMatchObject({ code: 0 });
    const finished = JSON.parse(run.out) as { state: string; report: { accounts: number; billed: number } & Json };
    expect(finished).toMatchObject({ runId: RUN, state: 'finished', catalogue: 'us-2020-01' });
    expect((JSON.parse(tried.out) as Json)['report']).toEqual(finished.report);
    expect(finished.report.billed).toBeGreaterThan(70);
    expect(finished.report['toCorrect']).not.toEqual([]);
    expect(finished.report['givenBack']).not.toEqual([]);
    expect((finished.report['skipped'] as Json[]).map(({ code }) => code)).toContain('ONLY_GIVEN_BACK');

    const second = await undisturbed.paybill(['billing', 'run', '--date', '2026-02-15']);
    expect(second).toMatchObject({ code: 1, out: '' });
    expect(second.err).toContain('BILLING_RUN_FINISHED');
    const { out } = await undisturbed.paybill(['billing', 'status', '--date', '2026-02-15']);
    expect(out).toContain(`Billing run ${RUN}: finished`);
    const listed = await undisturbed.paybill(['billing', 'runs']);
    expect(listed.out).toMatch(new RegExp(`^run +begun +finished.*\n.*${RUN} .*\n.*2026-01-15-cycle-15 `));

    const paybill = new Asking(await undisturbed.restart());
    expected = { bills: await billsOf(paybill, ids), report: finished.report };
  }, 300_000);

  it(`bills everybody once, and as without a disturbance, however often it is killed (TEST_SEED=${SEED})`, async () => {
    let paybill = new Asking(await killed.standalone());
    expect(await subscribers(paybill)).toEqual(ids);
    // At once, early and late.
    const moments = [0, 1 + (SEED % 40), 50 + (SEED % 40)];
    for (const moment of moments) {
      let standing = await paybill.done('POST', '/billing-runs', { date: '2026-02-15' });
      while (standing['state'] === 'running' && Number((standing['progress'] as Json)['done']) < moment) {
        standing = await paybill.get(`/billing-runs/${RUN}`);
      }
      await killed.kill();
      paybill = new Asking(await killed.standalone());
    }
    const resumed = await killed.paybill(['billing', 'run', '--date', '2026-02-15', '--json']);
    // The last kill may have come after the run's end.
    const refused = resumed.code === 1 && resumed.err.includes('BILLING_RUN_FINISHED');
    expect(refused ? 0 : resumed.code).toBe(0);
    const standing = await paybill.get(`/billing-runs/${RUN}`);
    expect(standing).toMatchObject({ state: 'finished', report: expected.report });
    paybill = new Asking(await killed.restart());
    const bills = await billsOf(paybill, ids);
    expect(bills).toEqual(expected.bills);
    expect((bills as [string, unknown[]][]).filter(([, items]) => items.length > 2)).toEqual([]);
  }, 600_000);

  it('previews an account’s bill and corrects the latest one by what was recorded late', async () => {
    const paybill = new Asking(await undisturbed.restart());
    // Number 1 is on fibre-1000 since 2 January, in Philadelphia.
    const account = ids[1]!;
    const change = { plan: 'fibre-300', on: '2026-02-01' };
    const home = `/accounts/${account}/subscriptions/home`;
    await paybill.done('POST', `${home}/plan-changes`, change);
    const corrected = await undisturbed.paybill([
      ...['billing', 'correct', account, '2026-02-15', '--reason', 'plan-recorded-late', '--json'],
    ]);
    expect(corrected).toMatchObject({ code: 0 });
    const answer = JSON.parse(corrected.out) as Json;
    expect(answer).toMatchObject({ corrects: '2026-02-15', billNumber: '2026-02-15-C1' });
    const again = await undisturbed.paybill(['billing', 'correct', account, '2026-02-15', '--reason', 'again']);
    expect(again.err).toContain('BILL_NOT_LATEST');
    const { out } = await undisturbed.paybill(['billing', 'preview', account, '--on', '2026-03-15']);
    expect(out).toContain('Bill 2026-03-15 for 2026-02-15 to 2026-03-14');
    expect(out).toContain('Fibre 300, 2026-02-15 to 2026-03-14');
  }, 120_000);
});
