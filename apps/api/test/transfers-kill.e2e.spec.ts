import { randomUUID } from 'node:crypto';
import { EventStore, ProjectionRunner } from '#libs/event-sourcing';
import { readModels, receiptReadModels, tillReadModels } from '#libs/ledger';
import { startTestNode } from '#testing/eventstore-node';
import { postgresEngine, type TestDatabase } from '#testing/platform';
import { type Answer, bill, doorOf, payment } from './api-rig.js';
import { freePort, KilledProcess } from './killed-process.js';

const USD = (amount: string) => ({ amount, currency: 'USD' });

/** When the balance has left the one account and not arrived on the other; then when the first account alone has its part. */
const KILL_AT = ['after:1:AccountTransferred', 'after:1:PaymentApplied'];

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

describe.each(await postgresEngine())('The API, killed between two accounts (kill -9, $name)', (engine) => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let database: TestDatabase;
  let process: KilledProcess;
  let api: ReturnType<typeof doorOf>;
  let projecting: Promise<void>;
  const stopping = new AbortController();

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    database = await engine.create();
    const port = await freePort();
    api = doorOf(`http://127.0.0.1:${port}`);
    process = new KilledProcess((starts) => KILL_AT[starts], {
      EVENTSTORE_URL: node.connectionString,
      DATABASE_URL: database.url!,
      PAYBILL_PORT: String(port),
      LOG_LEVEL: 'error',
    });
    projecting = new ProjectionRunner(store, database.db, [...readModels, ...receiptReadModels, ...tillReadModels]).run(
      stopping.signal,
    );
  }, 60_000);
  afterAll(async () => {
    await process.stop();
    stopping.abort();
    await projecting;
    await store.close();
    await node.close();
    await database.drop();
  });

  /** Asks until it is answered as it should be: a process may be starting, and read models be behind. */
  async function answered(path: string, isIt: (answer: Answer) => boolean): Promise<Answer['body']> {
    let body: Answer['body'] = {};
    await process.runUntil(async () => {
      const answer = await api.get(path).catch(() => undefined);
      if (!answer || !isIt(answer)) return false;
      ({ body } = answer);
      return true;
    });
    return body;
  }

  /** What happened in a stream; of an account since it was billed. */
  async function told(stream: string): Promise<Told[]> {
    const events: Told[] = [];
    for await (const { type, data } of store.readStream(stream)) events.push({ type, data: data as Told['data'] });
    return stream.startsWith('account-') ? events.slice(2) : events;
  }
  const typesIn = async (stream: string) => (await told(stream)).map(({ type }) => type);

  it('ends a merger and a payment over several accounts that it had begun, once each, and the books balance (ID2, ID3, AQ3)', async () => {
    await answered('/health', ({ status }) => status > 0);
    const [old, successor, first, second] = await Promise.all([api.open(), api.open(), api.open(), api.open()]);
    for (const [{ id }, owed] of [
      [old, '40.00'],
      [successor, '10.00'],
      [first, '30.00'],
      [second, '20.00'],
    ] as const) {
      await api.post(`/accounts/${id}/bills`, bill('B-1', owed));
    }
    const household = { accountId: second.id, reason: 'one-household' };
    await api.post(`/pay-bill-numbers/${first.payBillNumber}/accounts`, household);

    // Whoever is killed may not come to answer any more.
    const gone = () => undefined;
    const asked = { successorId: successor.id, kind: 'merger', reason: 'duplicate-account' };
    const [askedKey, paidKey] = [randomUUID(), randomUUID()];
    await api.post(`/accounts/${old.id}/transfers`, asked, askedKey).catch(gone);
    await process.runUntil(() => Promise.resolve(process.kills === 1));
    // What has left the one account is on no other: the transfer is all that says where it belongs.
    const left = await told(`account-${old.id}`);
    expect(left.map(({ type }) => type)).toEqual(['CreditIssued', 'AccountTransferred']);
    expect(await typesIn(`account-${successor.id}`)).toEqual([]);
    const transferId = String(left[1]?.data['transferId']);
    expect(await typesIn(`accountTransfer-${transferId}`)).toEqual(['AccountTransferRequested']);

    await answered('/health', ({ status }) => status > 0);
    const payingByNumber = `/pay-bill-numbers/${first.payBillNumber}/payments`;
    await api.post(payingByNumber, payment('50.00'), paidKey).catch(gone);
    await process.runUntil(() => Promise.resolve(process.kills === 2));
    const parts = await told(`account-${first.id}`);
    expect(parts).toMatchObject([{ type: 'PaymentApplied', data: { amount: USD('30.00') } }]);
    expect(await typesIn(`account-${second.id}`)).toEqual(['PayBillNumberChanged']);
    const { paymentId } = parts[0]?.data['partOf'] as { paymentId: string };
    const begun = ['ConsolidatedPaymentReceived', 'ConsolidatedPaymentDivided'];
    expect(await typesIn(`consolidatedPayment-${paymentId}`)).toEqual(begun);

    await answered(`/account-transfers/${transferId}`, ({ body }) => body['status'] === 'completed');
    await answered(`/consolidated-payments/${paymentId}`, ({ body }) => body['status'] === 'applied');
    // Whoever was not answered asks again with the same key, and nothing is done twice.
    const transfer = await api.post(`/accounts/${old.id}/transfers`, asked, askedKey);
    expect(transfer).toMatchObject({ status: 201, body: { transferId, repeated: true } });
    expect(await api.post(payingByNumber, payment('50.00'), paidKey)).toMatchObject({ body: { repeated: true } });
    const accounts = [old, successor, first, second];
    expect(await Promise.all(accounts.map(({ id }) => typesIn(`account-${id}`)))).toEqual([
      ['CreditIssued', 'AccountTransferred'],
      ['BillIssued'],
      ['PaymentApplied'],
      ['PayBillNumberChanged', 'PaymentApplied'],
    ]);
    const after = `after=${(await store.lastOf('account')).toString()}`;
    const isThere = ({ status }: Answer) => status === 200;
    const open = await Promise.all(accounts.map(({ id }) => answered(`/accounts/${id}?${after}`, isThere)));
    expect(open.map((one) => one['open'])).toEqual(['0.00', '50.00', '0.00', '0.00'].map(USD));
    expect(open.map((one) => one['credit'])).toEqual(accounts.map(() => USD('0.00')));
    const books = await answered(`/journal/trial-balance?${after}`, isThere);
    expect(books).toMatchObject({ currencies: [{ currency: 'USD', difference: USD('0.00') }] });
    const [dollars] = books['currencies'] as [{ accounts: { account: string; balance: object }[] }];
    const between = dollars.accounts.find(({ account }) => account === 'Account Transfers');
    expect(between?.balance).toEqual(USD('0.00'));
  }, 120_000);
});
