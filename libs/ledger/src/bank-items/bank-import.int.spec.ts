import { randomUUID } from 'node:crypto';
import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { commandMetadata } from '#testing/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { claimPayBillNumber } from '../accounts/opening.job.js';
import { OpenAccount } from '../accounts/open-account.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { confirmationNumber } from '../billing/confirmation-number.js';
import { HoldPayments } from '../billing/hold-payments.js';
import { ReleaseHold } from '../billing/release-hold.js';
import { Receipts } from '../receipts/receipts.job.js';
import { BankImport } from './bank-import.job.js';
import { type BankItem, type MoneyItem } from './match-item.js';
import { type FoundPayment } from './take-back.job.js';

const EFFECTIVE = '2026-11-23T00:00:00.000Z';

describe('Importing a bank’s file', () => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let handling: CommandHandling;
  const taken = new Map<string, FoundPayment>();
  let files = 0;

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    handling = new CommandHandling(store);
  }, 60_000);
  afterAll(async () => {
    await store.close();
    await node.close();
  });

  async function open() {
    const accountId = randomUUID();
    const number = await claimPayBillNumber(handling, accountId, commandMetadata());
    const data = OpenAccount.schema.parse({ payBillNumber: number, currency: 'USD' });
    await handling.handle(accountId, { definition: OpenAccount, data, metadata: commandMetadata() });
    return { accountId, number };
  }

  /** A debit of ours that the account has been given credit for. @returns what a return of it names */
  async function debited(accountId: string, amount: string): Promise<string> {
    const metadata = commandMetadata();
    const money = { amount, currency: 'USD' };
    const data = ApplyPayment.schema.parse({ amount: money, channel: 'autopay', method: { kind: 'bank-account' } });
    await handling.handle(accountId, { definition: ApplyPayment, data, metadata });
    const confirmation = confirmationNumber(metadata.commandId);
    taken.set(confirmation, { accountId, paymentId: metadata.commandId, amount: money });
    return confirmation;
  }

  /** A file nobody has seen. */
  function fileOf(items: readonly BankItem[], createdOn = '2026-11-24') {
    files += 1;
    const digest = files.toString(16).padStart(64, '0');
    const file = { digest, format: 'NACHA', sender: 'BANK', receiver: 'ACME', createdOn, identification: `F${files}` };
    return { file: { ...file, items: items.length }, items };
  }

  const money = (item: number, kind: MoneyItem['kind'], minor: bigint, ...references: string[]): MoneyItem => {
    const amount = { minor, currency: 'USD' };
    return {
      kind,
      item,
      record: item + 2,
      amount,
      settledOn: '2026-11-23',
      references,
      returnCode: kind === 'return' ? 'R01' : undefined,
    };
  };

  async function* handedOut(items: readonly BankItem[], until = Infinity): AsyncGenerator<BankItem> {
    for (const [index, item] of items.entries()) {
      if (index >= until) throw new Error('killed');
      yield await Promise.resolve(item);
    }
  }

  const known = (numbers: readonly string[]) =>
    Promise.resolve(new Map(numbers.flatMap((one) => (taken.has(one) ? [[one, taken.get(one)!]] : []))));

  /** As a process does that begins with nothing in its memory. */
  const importing = (broken = store, findPayments = known) =>
    new BankImport(broken, new CommandHandling(broken), { actor: 'test', findPayments });

  /** Lets each append of some work be the last one once, and then nothing be in its way. */
  async function untilDone<T>(work: (broken: EventStore) => Promise<T>): Promise<T> {
    for (let appends = 0; ; appends += 1) {
      try {
        return await work(dying(store, appends));
      } catch (error) {
        if ((error as Error).message !== 'killed') throw error;
      }
    }
  }

  async function eventsOf(accountId: string): Promise<AccountEvent[]> {
    const events: AccountEvent[] = [];
    for await (const { type, data, metadata } of store.readStream(`${account.category}-${accountId}`)) {
      events.push(account.events.read(type, metadata.schemaVersion, data));
    }
    return events.slice(1);
  }

  const waiting = async (digest: string) =>
    (await new Receipts(store, handling, 'test').all()).filter(({ recorded }) => recorded?.source?.digest === digest);

  it('applies credits by pay bill number and returns by confirmation number, and keeps the rest as receipts (PA8, PA9)', async () => {
    const { accountId, number } = await open();
    const confirmation = await debited(accountId, '12.34');
    const { file, items } = fileOf([
      money(1, 'credit', 5_000n, 'THANK YOU', number),
      money(2, 'return', 1_234n, confirmation),
      money(3, 'return', 1_235n, confirmation),
      money(4, 'credit', 700n, 'no number'),
      money(5, 'credit', 800n, '12345678901244'),
      { ...money(6, 'return', 1_234n, confirmation), needsPerson: 'DISPUTED_RETURN' },
      { kind: 'other' },
    ]);
    const outcome = await importing().run(file, handedOut(items));
    expect(outcome).toMatchObject({ resumed: false, payments: 1, returns: 1, receipts: 4, passedOver: 1 });
    const [debit, credit, returned] = await eventsOf(accountId);
    expect(debit).toMatchObject({ data: { confirmationNumber: confirmation } });
    expect([credit, returned].map((event) => event?.type).sort()).toEqual(['PaymentApplied', 'PaymentReturned']);
    expect([credit, returned]).toContainEqual(
      expect.objectContaining({
        type: 'PaymentReturned',
        data: expect.objectContaining({
          returnCode: 'R01',
          reason: 'returned-by-bank',
          effectiveAt: EFFECTIVE,
        }) as object,
      }),
    );
    const receipts = await waiting(file.digest);
    expect(receipts.map(({ recorded }) => [recorded?.source?.item, recorded?.because]).sort()).toEqual([
      [3, 'AMOUNT_DIFFERS'],
      [4, 'NUMBER_MISSING'],
      [5, 'NUMBER_UNKNOWN'],
      [6, 'DISPUTED_RETURN'],
    ]);
    expect(JSON.stringify(receipts)).not.toContain('no number');
  });

  it('refuses the same file, and another under the same identification, and changes nothing', async () => {
    const { accountId, number } = await open();
    const { file, items } = fileOf([money(1, 'credit', 100n, number)]);
    await importing().run(file, handedOut(items));
    const before = await store.lastPosition();
    await expect(importing().run(file, handedOut(items))).rejects.toMatchObject({ code: 'BANK_FILE_ALREADY_APPLIED' });
    const other = { ...file, digest: 'f'.repeat(64) };
    await expect(importing().run(other, handedOut(items))).rejects.toMatchObject({ code: 'BANK_FILE_IDENTITY_USED' });
    expect(await store.lastPosition()).toBe(before);
    expect(await eventsOf(accountId)).toHaveLength(1);
  });

  it('counts money from the day of the file when the bank settles it later', async () => {
    const { accountId, number } = await open();
    const { file, items } = fileOf([{ ...money(1, 'credit', 100n, number), settledOn: '2026-11-30' }]);
    await importing().run(file, handedOut(items));
    expect(await eventsOf(accountId)).toMatchObject([{ data: { effectiveAt: '2026-11-24T00:00:00.000Z' } }]);
  });

  it('killed at any moment, is run again, and nothing is lost and nothing there twice', async () => {
    const { accountId, number } = await open();
    const confirmations = [await debited(accountId, '1.00'), await debited(accountId, '2.00')];
    const before = (await eventsOf(accountId)).length;
    const { file, items } = fileOf([
      money(1, 'credit', 300n, number),
      money(2, 'return', 100n, confirmations[0]!),
      money(3, 'credit', 400n, 'nothing'),
      money(4, 'return', 200n, confirmations[1]!),
      money(5, 'credit', 500n, number),
      money(6, 'credit', 600n, 'nothing'),
    ]);
    const outcome = await untilDone((broken) => importing(broken).run(file, handedOut(items)));
    expect(outcome).toMatchObject({ resumed: true, payments: 2, returns: 2, receipts: 2 });
    const events = (await eventsOf(accountId)).slice(before);
    expect(events.map(({ type }) => type).sort()).toEqual([
      'PaymentApplied',
      'PaymentApplied',
      'PaymentReturned',
      'PaymentReturned',
    ]);
    expect(await waiting(file.digest)).toHaveLength(2);
  }, 60_000);

  it('asks for payments ahead; when nobody answers, the items before have been applied and none is being written', async () => {
    const { accountId, number } = await open();
    const confirmation = await debited(accountId, '1.00');
    const before = (await eventsOf(accountId)).length;
    const { file, items } = fileOf([
      ...Array.from({ length: 200 }, (_, at) => money(at + 1, 'credit', 100n, number)),
      money(201, 'return', 100n, confirmation),
    ]);
    const away = () => Promise.reject(new Error('no answer'));
    await expect(importing(store, away).run(file, handedOut(items))).rejects.toThrow('no answer');
    expect((await eventsOf(accountId)).length - before).toBe(200);
    expect(await importing().run(file, handedOut(items))).toMatchObject({ resumed: true, payments: 200, returns: 1 });
    expect((await eventsOf(accountId)).length - before).toBe(201);
  });

  it('leaves a receipt a receipt, though the account would take it when the import goes on', async () => {
    const { accountId, number } = await open();
    const holdId = randomUUID();
    const hold = { holdId, reason: 'suspected-fraud' };
    await handling.handle(accountId, { definition: HoldPayments, data: hold, metadata: commandMetadata() });
    const { file, items } = fileOf([
      ...Array.from({ length: 200 }, (_, at) => money(at + 1, 'credit', 100n, number)),
      { kind: 'other' },
    ]);
    await expect(importing().run(file, handedOut(items, 200))).rejects.toThrow('killed');
    await handling.handle(accountId, {
      definition: ReleaseHold,
      data: { holdId, reason: 'cleared' },
      metadata: commandMetadata(),
    });
    expect(await importing().run(file, handedOut(items))).toMatchObject({ resumed: true, payments: 0, receipts: 200 });
    expect((await waiting(file.digest))[0]).toMatchObject({ recorded: { because: 'PAYMENTS_HELD' } });
  });

  it('gives work to the list: a receipt is applied once, whoever is interrupted, or sent back', async () => {
    const { accountId, number } = await open();
    const confirmation = await debited(accountId, '9.00');
    const { file, items } = fileOf([
      money(1, 'credit', 700n, 'nothing'),
      money(2, 'return', 900n, 'nothing'),
      money(3, 'credit', 800n, 'nothing'),
    ]);
    await importing().run(file, handedOut(items));
    const list = await waiting(file.digest);
    const idOf = (item: number) => list.find(({ recorded }) => recorded?.source?.item === item)!.receiptId;
    const before = (await eventsOf(accountId)).length;
    const done = await untilDone((broken) =>
      new Receipts(broken, new CommandHandling(broken), 'clerk').assignTo(idOf(1), number),
    );
    const receipts = new Receipts(store, handling, 'clerk');
    const payment = taken.get(confirmation)!;
    const dearer = { ...payment, amount: { amount: '9.01', currency: 'USD' } };
    await expect(receipts.assignToPayment(idOf(2), dearer)).rejects.toMatchObject({ code: 'AMOUNT_DIFFERS' });
    await receipts.assignToPayment(idOf(2), payment);
    await receipts.sendBack(idOf(3), 'not-our-customer');
    expect((await eventsOf(accountId)).slice(before)).toMatchObject([
      {
        type: 'PaymentApplied',
        data: { paymentId: done.paymentId, amount: { amount: '7.00' }, effectiveAt: EFFECTIVE },
      },
      { type: 'PaymentReturned', data: { returnCode: 'R01' } },
    ]);
    expect((await waiting(file.digest)).map(({ status }) => status).sort()).toEqual(['applied', 'applied', 'returned']);
    expect(await receipts.assignTo(idOf(1), number)).toEqual(done);
    const other = await open();
    await expect(receipts.assignTo(idOf(1), other.number)).rejects.toMatchObject({ code: 'RECEIPT_SETTLED' });
    await expect(receipts.assignTo(idOf(2), number)).rejects.toMatchObject({ code: 'RECEIPT_OF_OTHER_KIND' });
  }, 60_000);

  it('a receipt that the account refuses is unidentified again', async () => {
    const { accountId, number } = await open();
    const { file, items } = fileOf([money(1, 'credit', 100n, 'nothing')]);
    await importing().run(file, handedOut(items));
    const [one] = await waiting(file.digest);
    const hold = { holdId: randomUUID(), reason: 'suspected-fraud' };
    await handling.handle(accountId, { definition: HoldPayments, data: hold, metadata: commandMetadata() });
    const receipts = new Receipts(store, new CommandHandling(store), 'clerk');
    await expect(receipts.assignTo(one!.receiptId, number)).rejects.toMatchObject({ code: 'PAYMENTS_HELD' });
    expect(await waiting(file.digest)).toMatchObject([
      { status: 'unidentified', recorded: { because: 'PAYMENTS_HELD' } },
    ]);
  });
});

/** A store that takes so many appends and one more, of which nobody is told: as when the process is killed there. */
function dying(store: EventStore, appends: number): EventStore {
  let left = appends;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'append') return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      return async (...args: Parameters<EventStore['append']>) => {
        if (left < 0) throw new Error('killed');
        left -= 1;
        const result = await target.append(...args);
        if (left < 0) throw new Error('killed');
        return result;
      };
    },
  });
}
