import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { type Commands } from '#http/event-sourcing';
import { CommandHandling, EventStore, ProjectionRunner } from '#libs/event-sourcing';
import { type Call, Metrics } from '#libs/platform';
import { commandMetadata } from '#testing/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { embeddedDatabase, type TestDatabase, until } from '#testing/platform';
import { OpenAccount } from '../accounts/open-account.js';
import { claimPayBillNumber } from '../accounts/opening.job.js';
import { account } from '../billing/account.js';
import { HoldPayments } from '../billing/hold-payments.js';
import { IssueBill } from '../billing/issue-bill.js';
import { CommandDoor } from '../command-door.js';
import { ConsolidatedPaymentWorker } from '../consolidated-payments/consolidated-payments.job.js';
import { ConsolidateAccount } from '../pay-bill-numbers/consolidate-accounts.js';
import { CloseTillBatch } from './close-till-batch.js';
import { requireOpened, tillBatch } from './till-batch.js';
import { TillProcess } from './till-process.job.js';
import { Tills } from './tills.job.js';
import { tillReadModels } from './tills.projection.js';

/** A process ends as by kill -9: before the n-th append is sent, or after it was stored and before anybody knows. */
class Killed extends Error {}

class MortalStore extends EventStore {
  appends = 0;
  killAt: { readonly when: 'before' | 'after'; readonly nth: number } | undefined;

  override async append(...args: Parameters<EventStore['append']>) {
    this.appends += 1;
    const isIt = this.appends === this.killAt?.nth;
    if (isIt && this.killAt?.when === 'before') throw new Killed();
    const appended = await super.append(...args);
    if (isIt) throw new Killed();
    return appended;
  }
}

const USD = (amount: string) => ({ amount, currency: 'USD' });
const cash = { kind: 'cash' as const };

describe('A till between its batch and the accounts', () => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: MortalStore;
  let turn = 0;

  beforeAll(async () => {
    node = await startTestNode();
    store = new MortalStore(node.connectionString);
  }, 60_000);
  afterAll(async () => {
    await store.close();
    await node.close();
  });
  beforeEach(() => {
    turn += 1;
    store.killAt = undefined;
  });

  /** A process with a cache of its own. */
  function started() {
    const handling = new CommandHandling(store);
    const send: Commands['send'] = (definition, id, data, metadata) =>
      handling.handle(id, { definition, data, metadata });
    return { handling, tills: new Tills(new CommandDoor({ send } as Commands, new Metrics()), handling, store) };
  }

  const by = (idempotencyKey: string, actor = 'agent-7'): Call => {
    return { actor, correlationId: randomUUID(), idempotencyKey, markReplayed: () => undefined };
  };

  async function customer(handling: CommandHandling) {
    const accountId = randomUUID();
    const payBillNumber = await claimPayBillNumber(handling, accountId, commandMetadata());
    const opening = OpenAccount.schema.parse({ payBillNumber, currency: 'USD' });
    await handling.handle(accountId, { definition: OpenAccount, data: opening, metadata: commandMetadata() });
    const lines = [{ lineId: 'L1', service: 'internet', description: 'Fibre 500', unitPrice: '57.23' }];
    const bill = IssueBill.schema.parse({ billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: '2026-01-31', lines });
    await handling.handle(accountId, { definition: IssueBill, data: bill, metadata: commandMetadata() });
    return { accountId, payBillNumber };
  }

  async function opened(tills: Tills) {
    const { id } = await tills.open({ location: 'harrisburg-01', till: `till-${turn}`, number: 1 }, by('open'));
    return id;
  }

  /** Types of all events of a stream. */
  async function told(stream: string): Promise<string[]> {
    const types = [];
    for await (const { type } of store.readStream(stream)) types.push(type);
    return types;
  }

  /** Does something until no kill comes in between; each time in a new process, with the same key. */
  async function insisting<Answer>(step: (tills: Tills) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await step(started().tills);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
  }

  it('takes one payment for all accounts under a number, and gives all of it back (ID3)', async () => {
    const { handling, tills } = started();
    const [one, two] = [await customer(handling), await customer(handling)];
    const joining = { accountId: two.accountId, reason: 'one-household' };
    const metadata = commandMetadata();
    await handling.handle(one.payBillNumber, { definition: ConsolidateAccount, data: joining, metadata });
    const batchId = await opened(tills);
    const { payBillNumber } = one;
    const paying = { payBillNumber, amount: USD('100.00'), method: cash };
    const { payment } = await tills.take(batchId, paying, by('first'));
    expect(payment).toMatchObject({ status: 'taken', accountId: one.accountId });
    const worker = new ConsolidatedPaymentWorker(handling);
    const open = () =>
      Promise.all([one, two].map(async ({ accountId }) => (await handling.current(accountId, account)).state.open));
    const early = await tills.void(batchId, payment.paymentId, 'wrong-amount', by('second'));
    expect(early.payment).toMatchObject({ status: 'taken', refused: 'PAYMENT_NOT_APPLIED' });
    await worker.look({ id: payment.paymentId, attempts: 0 });
    expect(await open()).toEqual([0n, 1446n]);
    const gone = await tills.void(batchId, payment.paymentId, 'wrong-amount', by('third'));
    expect(gone.payment.status).toBe('voided');
    await worker.look({ id: payment.paymentId, attempts: 0 });
    expect(await open()).toEqual([5723n, 5723n]);
    const again = await tills.take(batchId, paying, by('first'));
    expect(again).toMatchObject({ repeated: true, payment: { status: 'voided' } });
  }, 60_000);

  const KILLS = [1, 2, 3, 4, 5, 6, 7].flatMap((nth) => [
    { when: 'before', nth } as const,
    { when: 'after', nth } as const,
  ]);

  it.each(KILLS)(
    'loses and doubles nothing when killed $when append $nth of taking, voiding and closing',
    async (kill) => {
      const { handling } = started();
      const { accountId, payBillNumber } = await customer(handling);
      const batchId = await opened(started().tills);
      store.appends = 0;
      store.killAt = kill;
      const pay = (key: string, amount: string) =>
        insisting((tills) => tills.take(batchId, { payBillNumber, amount: USD(amount), method: cash }, by(key)));
      const kept = await pay('first', '57.23');
      const given = await pay('second', '10.00');
      const gone = await insisting((tills) =>
        tills.void(batchId, given.payment.paymentId, 'wrong-amount', by('third')),
      );
      const counts = [{ means: 'cash' as const, amount: USD('57.23') }];
      await insisting((tills) => tills.count(CloseTillBatch, batchId, { counts }, by('fourth')));

      expect([kept.payment.status, gone.payment.status]).toEqual(['taken', 'voided']);
      expect(await told(`tillBatch-${batchId}`)).toEqual([
        ...['TillBatchOpened', 'TillPaymentBegun', 'TillPaymentTaken', 'TillPaymentBegun', 'TillPaymentTaken'],
        ...['TillVoidBegun', 'TillPaymentVoided', 'TillBatchClosed'],
      ]);
      expect(await told(`account-${accountId}`)).toEqual([
        ...['AccountOpened', 'BillIssued', 'PaymentApplied', 'PaymentApplied', 'PaymentReturned'],
      ]);
      const { state } = await started().handling.current(accountId, account);
      expect([state.open, state.credit]).toEqual([0n, 0n]);
      const batch = requireOpened((await started().handling.current(batchId, tillBatch)).state);
      expect(batch).toMatchObject({ status: 'closed', unfinished: [], counted: { totals: [{ difference: '0.00' }] } });
    },
  );

  it('ends what nobody came back for, by the process that looks for it (kill -9 between batch and account)', async () => {
    const test: TestDatabase = await embeddedDatabase();
    const stopping = new AbortController();
    const projecting = new ProjectionRunner(store, test.db, tillReadModels).run(stopping.signal);
    const { handling, tills } = started();
    const { accountId, payBillNumber } = await customer(handling);
    const batchId = await opened(tills);
    store.appends = 0;
    store.killAt = { when: 'after', nth: 1 };
    const taking = tills.take(batchId, { payBillNumber, amount: USD('57.23'), method: cash }, by('only'));
    await expect(taking).rejects.toThrow(Killed);
    expect(await told(`account-${accountId}`)).toEqual(['AccountOpened', 'BillIssued']);

    const log = pino({ level: 'silent' });
    const options = { db: test.db, handling: started().handling, log, lookEveryMs: 5, leftForMs: 0 };
    const finishing = new TillProcess(options).run(stopping.signal);
    await until(async () => (await told(`tillBatch-${batchId}`)).includes('TillPaymentTaken'));
    expect(await told(`account-${accountId}`)).toEqual(['AccountOpened', 'BillIssued', 'PaymentApplied']);
    stopping.abort();
    await Promise.all([projecting, finishing]);
    await test.drop();
  }, 60_000);

  it('notes that the account refused, and answers the same to a retry', async () => {
    const { handling, tills } = started();
    const { accountId, payBillNumber } = await customer(handling);
    const batchId = await opened(tills);
    store.appends = 0;
    store.killAt = { when: 'after', nth: 1 };
    const paying = { payBillNumber, amount: USD('57.23'), method: cash };
    await expect(tills.take(batchId, paying, by('only'))).rejects.toThrow(Killed);
    // The account is held between the intent and the money.
    const data = HoldPayments.schema.parse({ holdId: randomUUID(), reason: 'card-testing' });
    await started().handling.handle(accountId, { definition: HoldPayments, data, metadata: commandMetadata() });
    for (const _ of ['retry', 'another']) {
      const step = await started().tills.take(batchId, paying, by('only'));
      expect(step.payment).toMatchObject({ status: 'refused', refused: 'PAYMENTS_HELD' });
    }
    const batch = requireOpened((await started().handling.current(batchId, tillBatch)).state);
    expect([batch.expected, batch.unfinished]).toEqual([[], []]);
  });
});
