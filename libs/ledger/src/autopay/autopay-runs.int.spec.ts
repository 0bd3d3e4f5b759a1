import { v5 as uuidv5 } from 'uuid';
import { CommandHandling, EventStore, ProjectionRunner, ReadBarrier, type Submitted } from '#libs/event-sourcing';
import { commandMetadata } from '#testing/event-sourcing';
import { startTestNode, type TestNode } from '#testing/eventstore-node';
import { embeddedDatabase, type TestDatabase, until } from '#testing/platform';
import { OpenAccount } from '../accounts/open-account.js';
import { account } from '../billing/account.js';
import { IssueBill } from '../billing/issue-bill.js';
import { candidatePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { payment } from '../payment-lifecycle/payment.js';
import { type PaymentGateway } from '../payment-lifecycle/payment-gateway.js';
import { readModels } from '../read-models.js';
import { AUTOPAY_POLICIES, type AutopayPolicy } from './autopay-policy.js';
import { AutopayQueries } from './autopay.queries.js';
import { enrolling } from './autopay-examples.js';
import { AutopayRuns } from './autopay-runs.job.js';
import { CancelAutopay } from './cancel-autopay.js';
import { EnrollAutopay } from './enroll-autopay.js';

const id = (name: string) => uuidv5(name, '8e4d1b96-30fa-5c72-a1d5-7b9f2e06c348');
const caller = { actor: 'operator:1', correlationId: 'test' };
const POLICY = { version: 'payments/1', applyOn: 'settled' } as const;

describe('Autopay runs', () => {
  let node: TestNode;
  let store: EventStore;
  let test: TestDatabase;
  let handling: CommandHandling;
  let runs: AutopayRuns;
  let now = new Date('2026-01-05T12:00:00.000Z');
  const stopping = new AbortController();
  let projecting: Promise<void>;

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    test = await embeddedDatabase();
    projecting = new ProjectionRunner(store, test.db, readModels).run(stopping.signal);
    handling = new CommandHandling(store, { clock: () => now });
    const gateways = [{ name: 'simulator' } as PaymentGateway];
    runs = new AutopayRuns(store, test.db, new ReadBarrier(test.db, 30_000), { gateways, policy: POLICY }, () => now);
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

  /** An account with autopay and a bill of 60.00 due on Friday, 6 February. */
  async function enrolled(name: string, more: Parameters<typeof enrolling>[0] = {}): Promise<string> {
    await send(id(name), OpenAccount, { payBillNumber: candidatePayBillNumber(id(name), 0), currency: 'USD' });
    await send(id(name), EnrollAutopay, EnrollAutopay.schema.parse(enrolling(more)));
    await bill(name, 'B-1', '2026-01-05', '2026-02-06');
    return id(name);
  }

  async function bill(name: string, billNumber: string, issuedOn: string, dueOn: string): Promise<void> {
    const lines = [{ lineId: 'L1', service: 'internet', description: 'Fibre', unitPrice: '60.00' }];
    await send(id(name), IssueBill, IssueBill.schema.parse({ billNumber, issuedOn, dueOn, lines }));
  }

  async function ended(date: string, dryRun = false, today = new Date(`${date}T12:00:00.000Z`)) {
    now = today;
    await runs.start(date, { dryRun, caller });
    await until(async () => (await runs.standing(date, dryRun)).state !== 'running');
    return runs.standing(date, dryRun);
  }

  it('announce and debit every account with autopay once, report it, and are one for each day (PA6)', async () => {
    const [one, two] = [await enrolled('one'), await enrolled('two')];
    expect(await ended('2026-01-06')).toMatchObject({
      state: 'finished',
      progress: { accounts: 2, done: 2 },
      report: { accounts: 2, announced: 2, presented: 0, totals: [] },
    });
    const before = await store.lastPosition();
    const tried = await ended('2026-02-06', true);
    expect(await store.lastPosition()).toBe(before);
    const done = await ended('2026-02-06');
    expect(done).toMatchObject({
      state: 'finished',
      report: { accounts: 2, presented: 2, totals: [{ amount: '120.00', currency: 'USD' }], failed: 0 },
    });
    expect(tried.report).toEqual(done.report);
    for (const accountId of [one, two]) {
      const { state } = await handling.current(accountId, account);
      const { presented } = state.autopay.debits[0]!;
      expect((await handling.current(presented!.paymentId, payment)).state).toMatchObject({
        status: 'pending',
        asked: {
          ...{ accountId, channel: 'autopay', method: { kind: 'bank-account', token: 'ba_1' } },
          ...{ amount: { amount: '60.00', currency: 'USD' }, allocation: [{ billNumber: 'B-1', amount: '60.00' }] },
        },
      });
    }
    await expect(runs.start('2026-02-06', { dryRun: false, caller })).rejects.toMatchObject({
      code: 'AUTOPAY_RUN_FINISHED',
    });
    await expect(runs.start('2026-02-08', { dryRun: false, caller })).rejects.toMatchObject({
      code: 'AUTOPAY_RUN_NOT_DUE',
    });
    // Nor of yesterday, which in another time zone is today, once the one after it was.
    const [yesterday, later] = ['2026-02-05', new Date('2026-02-06T12:00:00.000Z')];
    await expect(ended(yesterday, false, later)).rejects.toMatchObject({ code: 'AUTOPAY_RUN_PASSED', field: 'date' });
    await expect(runs.standing('2026-02-05', false)).rejects.toMatchObject({ code: 'AUTOPAY_RUN_UNKNOWN' });
  });

  it('of tomorrow, begun early, lock out that of yesterday, and not that of today', async () => {
    const today = new Date('2026-02-07T12:00:00.000Z');
    expect(await ended('2026-02-08', false, today)).toMatchObject({ state: 'finished' });
    expect(await ended('2026-02-07', false, today)).toMatchObject({ state: 'finished', report: { failed: 0 } });
    const next = new Date('2026-02-10T12:00:00.000Z');
    expect(await ended('2026-02-11', false, next)).toMatchObject({ state: 'finished' });
    await expect(ended('2026-02-09', false, next)).rejects.toMatchObject({ code: 'AUTOPAY_RUN_PASSED', field: 'date' });
  });

  it('end where the process ends, and say so; the next process finds what is left', async () => {
    now = new Date('2026-02-09T12:00:00.000Z');
    const gateways = [{ name: 'simulator' } as PaymentGateway];
    const ending = new AutopayRuns(
      store,
      test.db,
      new ReadBarrier(test.db, 30_000),
      { gateways, policy: POLICY },
      () => now,
    );
    await ending.start('2026-02-09', { dryRun: false, caller });
    await ending.onModuleDestroy();
    expect(await ending.standing('2026-02-09', false)).toMatchObject({ state: 'interrupted' });
    expect(await runs.standing('2026-02-09', false)).toMatchObject({ state: 'interrupted', report: null });
    // It is gone on with on whatever day, where one of a day that has passed is not begun.
    const late = new Date('2026-02-13T12:00:00.000Z');
    await expect(ended('2026-02-10', false, late)).rejects.toMatchObject({ code: 'AUTOPAY_RUN_PASSED', field: 'date' });
    expect(await ended('2026-02-09', false, late)).toMatchObject({
      state: 'finished',
      report: { accounts: 2, failed: 0 },
    });
  });

  it('list who has autopay, by status and by when their cards expire', async () => {
    const card = { kind: 'card' as const, token: 'tok_1', lastFour: '4242', expires: '2026-04' };
    const three = await enrolled('three', { method: card });
    await send(
      three,
      EnrollAutopay,
      EnrollAutopay.schema.parse(enrolling({ method: { ...card, expires: '2027-01' } })),
    );
    await send(id('two'), CancelAutopay, { reason: 'customer-asked' });
    const four = await enrolled('four', { method: card });
    await new ReadBarrier(test.db, 30_000).waitFor('ledger', await store.lastOf(account.category));
    const queries = new AutopayQueries(test.db);
    const list = async (filter: Parameters<typeof queries.enrollments>[0]) =>
      (await queries.enrollments(filter, 10, undefined)).items;
    expect((await list({})).map(({ accountId }) => accountId)).toEqual([four, three, id('two'), id('one')]);
    expect((await list({ status: 'cancelled' })).map(({ accountId }) => accountId)).toEqual([id('two')]);
    expect(await list({ expiresUntil: '2026-12' })).toMatchObject([
      { accountId: four, method: { kind: 'card', lastFour: '4242', expires: '2026-04' }, status: 'active' },
    ]);
    const first = await queries.enrollments({}, 3, undefined);
    expect((await queries.enrollments({}, 3, first.next!)).items.map(({ accountId }) => accountId)).toEqual([
      id('one'),
    ]);
  });

  it('go by the policy they were begun with to their end, and the next by the one that holds then', async () => {
    const [us] = AUTOPAY_POLICIES;
    const changed: AutopayPolicy = { ...us!, version: 'us-autopay/test', validFrom: '2026-02-16', noticeDays: 20 };
    const gateways = [{ name: 'simulator' } as PaymentGateway];
    const by = (...policies: AutopayPolicy[]) =>
      new AutopayRuns(
        store,
        test.db,
        new ReadBarrier(test.db, 30_000),
        { gateways, policy: POLICY },
        () => now,
        policies,
      );
    now = new Date('2026-02-16T12:00:00.000Z');
    const accountId = await enrolled('policies');
    await bill('policies', 'B-2', '2026-02-16', '2026-03-05');
    const begun = by(us!);
    await begun.start('2026-02-16', { dryRun: false, caller });
    await begun.onModuleDestroy();
    await expect(by(changed).start('2026-02-16', { dryRun: false, caller })).rejects.toMatchObject({
      code: 'AUTOPAY_POLICY_UNKNOWN',
    });
    const released = by(us!, changed);
    const done = async (date: string) => {
      now = new Date(`${date}T12:00:00.000Z`);
      await released.start(date, { dryRun: false, caller });
      await until(async () => (await released.standing(date, false)).state !== 'running');
    };
    await done('2026-02-16');
    await bill('policies', 'B-3', '2026-02-17', '2026-03-06');
    await done('2026-02-17');
    const announced = [];
    for await (const { type, data } of store.readStream(`account-${accountId}`)) {
      if (type === 'AutopayDebitAnnounced') announced.push(data);
    }
    expect(announced).toMatchObject([
      { payOn: '2026-03-05', policy: 'us-autopay/1' },
      { payOn: '2026-03-09', policy: 'us-autopay/test' },
    ]);
  });
});
