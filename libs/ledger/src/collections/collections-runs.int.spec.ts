import { v5 as uuidv5 } from 'uuid';
import { CommandHandling, EventStore, ProjectionRunner, ReadBarrier, type Submitted } from '#libs/event-sourcing';
import { commandMetadata } from '#testing/event-sourcing';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { type TestDatabase, testEngines, until } from '#testing/platform';
import { OpenAccount } from '../accounts/open-account.js';
import { account } from '../billing/account.js';
import { IssueBill } from '../billing/issue-bill.js';
import { candidatePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { readModels } from '../read-models.js';
import { CollectionPolicy } from './collection-policy.js';
import { CollectionsRuns } from './collections-runs.job.js';

const id = (name: string) => uuidv5(name, '5b0c7d2e-91f4-5a68-b3e0-2c84a6f9d017');
const caller = { actor: 'operator:1', correlationId: 'test' };
const policy = CollectionPolicy.parse({
  versions: [
    {
      ...{ version: 'test/1', validFrom: '2020-01-01', currency: 'USD' },
      lateFee: { graceDays: 5, charge: { kind: 'fixed', amount: '4.00' } },
      dunning: { steps: [{ step: 'last', kind: 'final-notice', daysPastDue: 10 }] },
    },
  ],
});

/** A store that some accounts cannot be written to, or not until something has come. */
class BrokenStore extends EventStore {
  readonly broken = new Set<string>();
  waiting: Promise<void> = Promise.resolve();

  override async append(...[stream, ...rest]: Parameters<EventStore['append']>): ReturnType<EventStore['append']> {
    if (this.broken.has(stream)) throw new Error('the disk is full');
    if (stream.startsWith('account-')) await this.waiting;
    return super.append(stream, ...rest);
  }
}

describe.each(await testEngines())('Collections runs on $name', (engine) => {
  let node: TestNode;
  let store: BrokenStore;
  let test: TestDatabase;
  let handling: CommandHandling;
  let runs: CollectionsRuns;
  let now = new Date('2026-01-05T12:00:00.000Z');
  const stopping = new AbortController();
  let projecting: Promise<void>;

  beforeAll(async () => {
    node = await startTestNode();
    store = new BrokenStore(node.connectionString);
    test = await engine.create();
    projecting = new ProjectionRunner(store, test.db, readModels).run(stopping.signal);
    handling = new CommandHandling(store, { clock: () => now });
    runs = new CollectionsRuns(store, test.db, new ReadBarrier(test.db, 30_000), policy, () => now);
  }, 60_000);
  afterAll(async () => {
    await runs.onModuleDestroy();
    stopping.abort();
    await projecting;
    await store.close();
    await node.close();
    await test.drop();
  });

  const send = (stream: string, definition: unknown, data: object) =>
    handling.handle(stream, { definition, data, metadata: commandMetadata() } as unknown as Submitted<never, never>);

  /** An account with a bill of 40.00 due on Sunday, 1 February. */
  async function billed(name: string): Promise<string> {
    await send(id(name), OpenAccount, { payBillNumber: candidatePayBillNumber(id(name), 0), currency: 'USD' });
    const lines = [{ lineId: 'L1', service: 'internet', description: 'Fibre', unitPrice: '40.00' }];
    const bill = { billNumber: 'B-1', issuedOn: '2026-01-05', dueOn: '2026-02-01', lines };
    await send(id(name), IssueBill, IssueBill.schema.parse(bill));
    return id(name);
  }

  /** Runs the collections of a day on a day. */
  async function ended(date: string, today = date) {
    now = new Date(`${today}T12:00:00.000Z`);
    await runs.start(date, { dryRun: false, caller });
    await until(async () => (await runs.standing(date, false)).state !== 'running');
    return runs.standing(date, false);
  }

  const billOf = async (accountId: string) => (await handling.current(accountId, account)).state.bills.get('B-1');

  it('that were interrupted are gone on with on their day, and after it what is left is left to the next (52 Pa. Code §56.91)', async () => {
    const [one, two] = [await billed('one'), await billed('two')];
    store.broken.add(`account-${two}`);
    expect(await ended('2026-02-09')).toMatchObject({ state: 'interrupted', error: 'the disk is full' });
    store.broken.clear();
    // On the day after, which is the same day elsewhere.
    expect(await ended('2026-02-09', '2026-02-10')).toMatchObject({
      state: 'finished',
      report: { accounts: 2, actedOn: 2, lateFees: { count: 2 }, left: 0 },
    });
    store.broken.add(`account-${two}`);
    expect(await ended('2026-02-11')).toMatchObject({ state: 'interrupted' });
    store.broken.clear();
    expect(await ended('2026-02-11', '2026-02-14')).toMatchObject({
      state: 'finished',
      report: { accounts: 2, actedOn: 1, steps: [{ step: 'last', count: 1 }], left: 1, failed: 0 },
    });
    expect(await ended('2026-02-14')).toMatchObject({
      report: { accounts: 2, actedOn: 1, steps: [{ step: 'last', count: 1 }], left: 0 },
    });
    expect((await billOf(one))!.dunned).toMatchObject([{ step: 'last', on: '2026-02-11' }]);
    expect((await billOf(two))!.dunned).toMatchObject([{ step: 'last', on: '2026-02-14' }]);
  });

  // The embedded database has one process, which knows its own runs.
  if (engine.name === 'postgres') {
    it('stand alike for every process: under way for as long as one carries them out, and then interrupted or finished', async () => {
      const three = await billed('three');
      const elsewhere = new CollectionsRuns(store, test.db, new ReadBarrier(test.db, 30_000), policy, () => now);
      const date = '2026-02-20';
      now = new Date(`${date}T12:00:00.000Z`);
      const hold = () => {
        let go = (): void => undefined;
        store.waiting = new Promise((resolve) => (go = resolve));
        return go;
      };
      const stands = async (state: string) => {
        for (const one of [runs, elsewhere]) expect(await one.standing(date, false)).toMatchObject({ date, state });
      };
      let go = hold();
      await runs.start(date, { dryRun: false, caller });
      await stands('running');
      // Asked for again it is answered as it stands, and nobody else begins with it.
      expect(await elsewhere.start(date, { dryRun: false, caller })).toMatchObject({
        state: 'running',
        progress: null,
      });
      store.broken.add(`account-${three}`);
      go();
      await until(async () => (await runs.standing(date, false)).state !== 'running');
      await stands('interrupted');
      store.broken.clear();
      go = hold();
      await elsewhere.start(date, { dryRun: false, caller });
      await stands('running');
      go();
      await until(async () => (await elsewhere.standing(date, false)).state !== 'running');
      await stands('finished');
      const [here, there] = await Promise.all([runs.standing(date, false), elsewhere.standing(date, false)]);
      expect(here.report).toEqual(there.report);
      await expect(runs.start(date, { dryRun: false, caller })).rejects.toMatchObject({
        code: 'COLLECTIONS_RUN_FINISHED',
      });
      await elsewhere.onModuleDestroy();
    });
  }
});
