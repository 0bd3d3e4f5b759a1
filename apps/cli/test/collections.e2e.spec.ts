import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Asking, type Json } from './asking.js';
import { CommandLine } from './command-line.js';

const ACCOUNTS = 60;
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
/** Bills were due on 4 to 8 January: on these days come fees, the first steps, and final notices. */
const DAYS = ['2026-01-24', '2026-01-25', '2026-01-26', '2026-01-27', '2026-01-28'];
const DISTURBED = '2026-01-26';
const ON_DAY = new URL('on-day.mjs', import.meta.url).href;
const DEFAULT_POLICY = new URL('../../../libs/ledger/collections/default.yaml', import.meta.url);

/** Accounts with a bill; some have paid it, in part or late. The keys are the same every time, and so are the accounts. */
async function debtors(paybill: Asking): Promise<string[]> {
  const ids: string[] = [];
  const one = async (index: number) => {
    const { accountId } = await paybill.done('POST', '/accounts', { currency: 'USD' }, `debtor-${index}`);
    const id = String(accountId);
    ids[index] = id;
    await paybill.done('POST', `/accounts/${id}/bills`, {
      ...{ billNumber: '2025-12', issuedOn: '2025-12-15', dueOn: `2026-01-0${4 + (index % 5)}` },
      lines: [{ service: 'internet', description: 'Fibre', unitPrice: `${20 + index}.00` }],
    });
    if (index % 4 !== 0) return;
    const amount = { amount: index % 8 === 0 ? `${20 + index}.00` : '5.00', currency: 'USD' };
    const payment = { amount, channel: 'online', method: { kind: 'card' }, effectiveAt: '2026-01-12T12:00:00Z' };
    await paybill.done('POST', `/accounts/${id}/payments`, payment);
  };
  await Promise.all(Array.from({ length: ACCOUNTS }, (_, index) => one(index)));
  return ids;
}

/** How every account stands, without what tells one Paybill from another. */
async function standing(paybill: Asking, ids: readonly string[]): Promise<unknown[]> {
  const { eventStore } = await paybill.get('/ready');
  const { position } = eventStore as { position: string };
  for (let status = 0; status !== 200;)
    ({ status } = await paybill.send('GET', `/accounts/${ids[0]!}?after=${position}`));
  const all: unknown[] = [];
  for (const id of ids) {
    const { payBillNumber: _, ...rest } = await paybill.get(`/accounts/${id}/collections?asOf=2026-01-28`);
    const { items } = await paybill.get(`/accounts/${id}/bills?asOf=2026-01-28`);
    all.push([rest, items]);
  }
  return all;
}

describe('paybill collections', () => {
  let undisturbed: CommandLine;
  let killed: CommandLine;
  let ids: string[];
  const expected = { reports: new Map<string, unknown>(), standing: [] as unknown[] };

  let environment: Record<string, string>;
  /** Whoever reads the day meanwhile reads the one before or this one. */
  const dayIs = async (day: string) => {
    const file = environment['PAYBILL_TEST_DAY']!;
    await writeFile(`${file}.new`, day);
    await rename(`${file}.new`, file);
  };

  beforeAll(async () => {
    [undisturbed, killed] = [await CommandLine.open(), await CommandLine.open()];
    environment = { NODE_OPTIONS: `--import ${ON_DAY}`, PAYBILL_TEST_DAY: join(undisturbed.directory, 'day') };
    await dayIs(DAYS[0]!);
    ids = await debtors(new Asking(await undisturbed.standalone(environment)));
  }, 120_000);
  afterAll(async () => {
    await killed.close();
    // With the file that says what day it is.
    await undisturbed.close();
  });

  it('tries a run and writes nothing, runs each day with a report, and refuses a day a second time', async () => {
    const json = (args: string[]) => undisturbed.paybill(['collections', ...args, '--json']);
    const tried = await json(['run', '--date', DAYS[0]!, '--dry-run']);
    for (const date of DAYS) {
      await dayIs(date);
      const run = await json(['run', '--date', date]);
      expect(run).toMatchObject({ code: 0 });
      const finished = JSON.parse(run.out) as Json;
      expect(finished).toMatchObject({ date, state: 'finished', policy: 'us-2020-01', report: { failed: 0 } });
      expected.reports.set(date, finished['report']);
    }
    expect((JSON.parse(tried.out) as Json)['report']).toEqual(expected.reports.get(DAYS[0]!));
    const { out } = await undisturbed.paybill(['collections', 'status', '--date', DAYS[4]!]);
    expect(out).toMatch(/Collections of 2026-01-28: finished\n[^]*step +\d+ final-notice/);
    const second = await undisturbed.paybill(['collections', 'run', '--date', DAYS[4]!]);
    expect(second).toMatchObject({ code: 1, out: '' });
    expect(second.err).toContain('COLLECTIONS_RUN_FINISHED');
    const passed = await undisturbed.paybill(['collections', 'run', '--date', '2026-01-23']);
    expect(passed).toMatchObject({ code: 1, out: '' });
    expect(passed.err).toContain('COLLECTIONS_RUN_PASSED');
    expected.standing = await standing(new Asking(await undisturbed.restart(environment)), ids);
  }, 300_000);

  it('simulates the policy that was in force to just what happened, and another to something else, and writes nothing', async () => {
    const period = ['--from', DAYS[0]!, '--to', DAYS[4]!, '--json'];
    const file = join(undisturbed.directory, 'policy.yaml');
    const simulate = async (text: string) => {
      await writeFile(file, text);
      const { code, out, err } = await undisturbed.paybill(['policy', 'simulate', file, ...period]);
      // How far it is, where that takes seconds, and nothing else.
      expect({ code, err: err.replace(/^simulating: .*\n/gm, '') }).toEqual({ code: 0, err: '' });
      return JSON.parse(out) as { happened: Json; simulated: Json; accounts: number };
    };
    const text = await readFile(DEFAULT_POLICY, 'utf8');
    const same = await simulate(text);
    expect(same.accounts).toBe(ACCOUNTS);
    expect(same.simulated).toEqual(same.happened);
    const milder = await simulate(
      text.replace("percent: '1.25'", "percent: '0.5'").replace('daysPastDue: 20', 'daysPastDue: 30'),
    );
    expect(milder.happened).toEqual(same.happened);
    const count = ({ lateFees }: Json) => (lateFees as { count: number }).count;
    expect(count(milder.simulated)).toBe(count(same.happened));
    expect(milder.simulated['lateFees']).not.toEqual(same.happened['lateFees']);
    expect(milder.simulated['steps']).toEqual([expect.objectContaining({ step: 'past-due' })]);
    const told = await undisturbed.paybill(['policy', 'simulate', file, ...period.slice(0, 4)]);
    expect(told.out).toMatch(/Policy us-2020-01 over 60 accounts, 2026-01-24 to 2026-01-28\n\n +happened +simulated\n/);
    expect(await standing(new Asking(await undisturbed.restart(environment)), ids)).toEqual(expected.standing);
  }, 120_000);

  it(`does everything once, and as without a disturbance, however often it is killed (TEST_SEED=${SEED})`, async () => {
    await dayIs(DAYS[0]!);
    let paybill = new Asking(await killed.standalone(environment));
    expect(await debtors(paybill)).toEqual(ids);
    for (const date of DAYS) {
      await dayIs(date);
      // At once, early and late.
      for (const moment of date === DISTURBED ? [0, 1 + (SEED % 20), 25 + (SEED % 20)] : []) {
        let run = await paybill.done('POST', '/collections-runs', { date });
        while (run['state'] === 'running' && Number((run['progress'] as Json)['done']) < moment) {
          run = await paybill.get(`/collections-runs/${date}`);
        }
        await killed.kill();
        paybill = new Asking(await killed.standalone(environment));
      }
      const run = await killed.paybill(['collections', 'run', '--date', date, '--json']);
      // The last kill may have come after the run's end.
      const refused = run.code === 1 && run.err.includes('COLLECTIONS_RUN_FINISHED');
      expect(refused ? 0 : run.code).toBe(0);
      expect(await paybill.get(`/collections-runs/${date}`)).toMatchObject({
        state: 'finished',
        report: expected.reports.get(date),
      });
    }
    expect(await standing(new Asking(await killed.restart(environment)), ids)).toEqual(expected.standing);
  }, 600_000);

  it('says of a wrong policy file what is wrong with it, and where', async () => {
    const file = join(undisturbed.directory, 'wrong.yaml');
    await writeFile(file, 'versions:\n  - version: mine\n    validFrom: 2026-01-01\n    currency: dollars\n');
    const { code, err } = await undisturbed.paybill(['policy', 'check', file]);
    expect(code).toBe(1);
    expect(err).toContain('wrong.yaml:4: versions.0.currency must be an active ISO 4217 code');
  });
});
