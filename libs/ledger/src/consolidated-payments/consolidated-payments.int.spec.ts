import { randomUUID } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { CommandHandling, EventStore, type Submitted } from '#libs/event-sourcing';
import { commandMetadata, dyingStore } from '#testing/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { CloseAccount } from '../accounts/close-account.js';
import { OpenAccount } from '../accounts/open-account.js';
import { claimPayBillNumber } from '../accounts/opening.job.js';
import { account } from '../billing/account.js';
import { confirmationNumber } from '../billing/confirmation-number.js';
import { HoldPayments } from '../billing/hold-payments.js';
import { IssueBill } from '../billing/issue-bill.js';
import { RecordReturn } from '../billing/record-return.js';
import { ReleaseHold } from '../billing/release-hold.js';
import { ReverseCharge } from '../billing/reverse-charge.js';
import { ConsolidateAccount, SeparateAccount } from '../pay-bill-numbers/consolidate-accounts.js';
import { AssignReceipt, receipt, ReleaseReceipt } from '../receipts/receipt.js';
import { Receipts } from '../receipts/receipts.job.js';
import { consolidatedPayment, ReturnConsolidatedPayment } from './consolidated-payment.js';
import { ConsolidatedPaymentWorker } from './consolidated-payments.job.js';
import { payByNumber, payeeOf } from './payee.job.js';

describe('A payment to a number that several accounts are under (ID3)', () => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let handling: CommandHandling;

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    handling = new CommandHandling(store);
  }, 60_000);
  afterAll(async () => {
    await store.close();
    await node.close();
  });

  const send = <State, Event extends { type: string; data: object }>(
    id: string,
    definition: Submitted<State, Event>['definition'],
    data: object,
  ) => handling.handle(id, { definition, data, metadata: commandMetadata() });

  async function open(amount: string, dueOn: string) {
    const accountId = randomUUID();
    const number = await claimPayBillNumber(handling, accountId, commandMetadata());
    await send(accountId, OpenAccount, OpenAccount.schema.parse({ payBillNumber: number, currency: 'USD' }));
    const lines = [{ service: 'internet', description: 'Fibre', unitPrice: amount }];
    const bill = { billNumber: 'B-1', issuedOn: '2026-01-01', dueOn, lines };
    await send(accountId, IssueBill, IssueBill.schema.parse(bill));
    return { accountId, number };
  }

  /** Three accounts, the second and third under the number of the first. */
  async function together() {
    const accounts = [
      await open('40.00', '2026-02-20'),
      await open('10.00', '2026-02-10'),
      await open('5.00', '2026-02-28'),
    ];
    const [{ number }, ...others] = accounts as [(typeof accounts)[number], ...typeof accounts];
    for (const { accountId } of others) await send(number, ConsolidateAccount, { accountId, reason: 'one-household' });
    return { number, ids: accounts.map(({ accountId }) => accountId) };
  }

  async function pay(number: string, amount: string, paymentId: string = randomUUID()): Promise<string> {
    const payee = (await payeeOf(handling, number, paymentId))!;
    const money = { amount, currency: 'USD' };
    const data = { amount: money, channel: 'online', method: { kind: 'card', token: 'tok_1' } } as const;
    await payByNumber(handling, payee, number, data, commandMetadata(paymentId));
    return paymentId;
  }

  /** Looks with a process that dies at every append, before it and after it, until it is through. @returns how often it died */
  async function lookKilled(id: string): Promise<number> {
    for (let kills = 0; ; kills++) {
      try {
        const dead = dyingStore(store, kills % 2 === 0 ? 'before' : 'after');
        await new ConsolidatedPaymentWorker(new CommandHandling(dead)).look({ id, attempts: 0 });
        return kills;
      } catch (error) {
        if ((error as Error).message !== 'killed') throw error;
      }
    }
  }

  /** The account owes nothing any more, and is closed. */
  async function close(accountId: string): Promise<void> {
    const charge = { billNumber: 'B-1', lineId: 'L1', reason: 'billed-in-error' };
    await send(accountId, ReverseCharge, ReverseCharge.schema.parse(charge));
    await send(accountId, CloseAccount, { reason: 'moved-away' });
  }

  const look = (id: string) => new ConsolidatedPaymentWorker(handling).look({ id, attempts: 0 });
  const stateOf = async (id: string) => (await handling.current(id, account)).state;
  const openOf = (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await stateOf(id)).open));
  const statusOf = async (id: string) => (await handling.current(id, consolidatedPayment)).state;

  /** The events of the accounts that are about parts of a payment. */
  async function partsOf(ids: readonly string[], type: string) {
    const found: { amount: { amount: string }; confirmationNumber?: string }[] = [];
    for (const id of ids) {
      for await (const event of store.readStream(`account-${id}`)) {
        if (event.type === type) found.push(event.data as (typeof found)[number]);
      }
    }
    return found;
  }

  it('killed between any two accounts, is on each once, with one confirmation number, and comes back whole', async () => {
    const { number, ids } = await together();
    const paymentId = await pay(number, '45.00');
    // Before and after each of: it is divided, two accounts get their part, it is done.
    expect(await lookKilled(paymentId)).toBe(8);
    expect(await openOf(ids)).toEqual([500n, 0n, 500n]);
    const parts = await partsOf(ids, 'PaymentApplied');
    expect(parts.map(({ amount }) => amount.amount)).toEqual(['35.00', '10.00']);
    expect(new Set(parts.map((part) => part.confirmationNumber))).toEqual(new Set([confirmationNumber(paymentId)]));
    // Asked for again it is not taken twice, also when the accounts have separated since.
    for (const accountId of ids.slice(1)) await send(number, SeparateAccount, { accountId, reason: 'moved-out' });
    await pay(number, '45.00', paymentId);
    await look(paymentId);
    expect(await openOf(ids)).toEqual([500n, 0n, 500n]);
    await send(paymentId, ReturnConsolidatedPayment, { returnCode: 'R01', reason: 'insufficient-funds' });
    expect(await lookKilled(paymentId)).toBe(6);
    expect(await openOf(ids)).toEqual([4000n, 1000n, 500n]);
    expect(await partsOf(ids, 'PaymentReturned')).toHaveLength(2);
    expect(await statusOf(paymentId)).toMatchObject({ status: 'returned' });
  }, 60_000);

  it('keeps what is more than all of them owe as credit of the first', async () => {
    const { number, ids } = await together();
    await look(await pay(number, '60.00'));
    expect(await openOf(ids)).toEqual([0n, 0n, 0n]);
    expect((await stateOf(ids[0]!)).credit).toBe(500n);
  });

  it('goes to an account alone again that the others have left, and what was paid alone is found alone', async () => {
    const { number, ids } = await together();
    const alone = await open('7.00', '2026-02-01');
    const paymentId = await pay(alone.number, '3.00');
    await send(alone.number, ConsolidateAccount, { accountId: ids[1]!, reason: 'one-household' });
    // The same payment again: it was taken when the number was that of one account.
    await pay(alone.number, '3.00', paymentId);
    expect(await openOf([alone.accountId, ids[1]!])).toEqual([400n, 1000n]);
    expect(await statusOf(paymentId)).toEqual({ status: 'new' });
    for (const accountId of ids.slice(1)) await send(number, SeparateAccount, { accountId, reason: 'moved-out' });
    await pay(number, '1.00');
    expect(await openOf(ids)).toEqual([3900n, 1000n, 500n]);
  });

  it('waits for an account that would not take its part, and the others have theirs meanwhile', async () => {
    const { number, ids } = await together();
    const paymentId = await pay(number, '20.00');
    const holdId = randomUUID();
    await send(ids[1]!, HoldPayments, { holdId, reason: 'suspected-fraud' });
    expect(await look(paymentId)).toMatchObject({ trouble: 'PAYMENTS_HELD', attempts: 1 });
    expect(await openOf(ids)).toEqual([3000n, 1000n, 500n]);
    expect(await statusOf(paymentId)).toMatchObject({ status: 'divided', refused: { accountId: ids[1] } });
    await send(ids[1]!, ReleaseHold, { holdId, reason: 'cleared' });
    expect(await look(paymentId)).toBeUndefined();
    expect(await openOf(ids)).toEqual([3000n, 0n, 500n]);
  });

  it('goes to the others where an account is closed before it has its part, killed at any append, and comes back whole', async () => {
    const { number, ids } = await together();
    const paymentId = await pay(number, '20.00');
    const holdId = randomUUID();
    await send(ids[1]!, HoldPayments, { holdId, reason: 'suspected-fraud' });
    await look(paymentId);
    await close(ids[1]!);
    await send(ids[1]!, ReleaseHold, { holdId, reason: 'cleared' });
    // Before and after each of: its part is moved, the first account gets it besides its own, it is done.
    expect(await lookKilled(paymentId)).toBe(6);
    expect(await openOf(ids)).toEqual([2000n, 0n, 500n]);
    const parts = await partsOf(ids, 'PaymentApplied');
    expect(parts.map(({ amount }) => amount.amount)).toEqual(['10.00', '10.00']);
    expect(new Set(parts.map((part) => part.confirmationNumber))).toEqual(new Set([confirmationNumber(paymentId)]));
    expect(await statusOf(paymentId)).toMatchObject({ status: 'applied', left: [] });
    await send(paymentId, ReturnConsolidatedPayment, { returnCode: 'R01', reason: 'insufficient-funds' });
    expect(await lookKilled(paymentId)).toBe(6);
    expect(await openOf(ids)).toEqual([4000n, 0n, 500n]);
  }, 60_000);

  it('lays nothing of a closed account on what an account that is held is still to be paid', async () => {
    const { number, ids } = await together();
    const paymentId = await pay(number, '53.00');
    const [holdId, otherId] = [randomUUID(), randomUUID()];
    await send(ids[0]!, HoldPayments, { holdId, reason: 'suspected-fraud' });
    await send(ids[1]!, HoldPayments, { holdId: otherId, reason: 'suspected-fraud' });
    await look(paymentId);
    await close(ids[1]!);
    await send(ids[1]!, ReleaseHold, { holdId: otherId, reason: 'cleared' });
    await look(paymentId);
    // The 40.00 of the first are promised: the 10.00 that are moved pay what is left of the third, and 8.00 are nobody’s bill.
    expect(await openOf(ids)).toEqual([4000n, 0n, 0n]);
    await send(ids[0]!, ReleaseHold, { holdId, reason: 'cleared' });
    await look(paymentId);
    expect(await openOf(ids)).toEqual([0n, 0n, 0n]);
    expect((await stateOf(ids[0]!)).credit).toBe(800n);
  });

  it('waits on the work list where all of them are closed, keeps its number wherever it goes, and comes back from there (PA8)', async () => {
    const { number, ids } = await together();
    const paymentId = await pay(number, '20.00');
    for (const accountId of ids) await close(accountId);
    // Before and after each of: nobody gets anything, the receipt is recorded, it is done.
    expect(await lookKilled(paymentId)).toBe(6);
    const payment = await statusOf(paymentId);
    expect(payment).toMatchObject({ status: 'applied', parts: [], left: [{ amount: '20.00' }] });
    const { receiptId } = payment.status === 'new' ? { receiptId: '' } : payment.left[0]!;
    const receipts = new Receipts(store, handling, 'clerk');
    expect((await receipts.all()).filter((one) => one.recorded?.leftOf === paymentId)).toMatchObject([
      { receiptId, status: 'unidentified', recorded: { because: 'ACCOUNT_CLOSED', amount: { amount: '20.00' } } },
    ]);
    const found = await open('25.00', '2026-03-01');
    await receipts.assignTo(receiptId, found.number);
    expect(await openOf([found.accountId])).toEqual([500n]);
    const [part] = await partsOf([found.accountId], 'PaymentApplied');
    expect(part?.confirmationNumber).toBe(confirmationNumber(paymentId));
    await send(paymentId, ReturnConsolidatedPayment, { returnCode: 'R01', reason: 'insufficient-funds' });
    expect(await lookKilled(paymentId)).toBe(4);
    expect(await openOf([found.accountId])).toEqual([2500n]);
  }, 60_000);

  it('comes back from where it was assigned also when an earlier build was interrupted after it had returned it there', async () => {
    const { number, ids } = await together();
    const paymentId = await pay(number, '20.00');
    for (const accountId of ids) await close(accountId);
    await look(paymentId);
    const payment = await statusOf(paymentId);
    const { receiptId } = payment.status === 'new' ? { receiptId: '' } : payment.left[0]!;
    const found = await open('25.00', '2026-03-01');
    const applied = await new Receipts(store, handling, 'clerk').assignTo(receiptId, found.number);
    const taken = { reason: 'insufficient-funds', effectiveAt: '2026-03-05T00:00:00.000Z' };
    await send(paymentId, ReturnConsolidatedPayment, taken);
    await handling.handle(found.accountId, {
      definition: RecordReturn,
      data: RecordReturn.schema.parse({ paymentId: applied.paymentId, partOf: paymentId, ...taken }),
      metadata: commandMetadata(uuidv5(`return ${receiptId}`, paymentId)),
    });
    expect(await look(paymentId)).toBeUndefined();
    expect(await partsOf([found.accountId], 'PaymentReturned')).toHaveLength(1);
    expect(await statusOf(paymentId)).toMatchObject({ status: 'returned' });
  });

  it('comes back from the work list, but not while somebody is just saying whose it is', async () => {
    const { number, ids } = await together();
    const paymentId = await pay(number, '20.00');
    for (const accountId of ids) await close(accountId);
    await look(paymentId);
    const payment = await statusOf(paymentId);
    const { receiptId } = payment.status === 'new' ? { receiptId: '' } : payment.left[0]!;
    const assignment = { accountId: (await open('25.00', '2026-03-01')).accountId };
    await send(receiptId, AssignReceipt, assignment);
    await send(paymentId, ReturnConsolidatedPayment, { reason: 'insufficient-funds' });
    expect(await look(paymentId)).toMatchObject({ trouble: 'RECEIPT_ASSIGNED' });
    await send(receiptId, ReleaseReceipt, { because: 'PAYMENTS_HELD' });
    expect(await lookKilled(paymentId)).toBe(4);
    expect((await handling.current(receiptId, receipt)).state.status).toBe('returned');
    expect(await statusOf(paymentId)).toMatchObject({ status: 'returned' });
  });

  it('keeps its number also where what was left of it goes to several accounts, and comes back from them', async () => {
    const { number, ids } = await together();
    const paymentId = await pay(number, '20.00');
    for (const accountId of ids) await close(accountId);
    await look(paymentId);
    const payment = await statusOf(paymentId);
    const { receiptId } = payment.status === 'new' ? { receiptId: '' } : payment.left[0]!;
    const others = await together();
    const assigned = await new Receipts(store, handling, 'clerk').assignTo(receiptId, others.number);
    await look(assigned.paymentId);
    const whole = { paymentId, amount: { amount: '20.00', currency: 'USD' } };
    expect(await statusOf(assigned.paymentId)).toMatchObject({
      status: 'applied',
      asked: { confirmationNumber: confirmationNumber(paymentId), partOf: whole },
    });
    const parts = await partsOf(others.ids, 'PaymentApplied');
    expect(parts).toMatchObject([{ amount: { amount: '10.00' } }, { amount: { amount: '10.00' } }]);
    for (const part of parts) {
      expect(part).toMatchObject({ confirmationNumber: confirmationNumber(paymentId), partOf: whole });
    }
    await expect(
      send(assigned.paymentId, ReturnConsolidatedPayment, { reason: 'insufficient-funds' }),
    ).rejects.toMatchObject({ code: 'PAYMENT_IS_PART' });
    await send(paymentId, ReturnConsolidatedPayment, { returnCode: 'R01', reason: 'insufficient-funds' });
    await lookKilled(paymentId);
    await lookKilled(assigned.paymentId);
    expect(await openOf(others.ids)).toEqual([4000n, 1000n, 500n]);
    expect(await statusOf(assigned.paymentId)).toMatchObject({ status: 'returned' });
  }, 60_000);

  it('is refused as a whole while one of them is held, and is taken from nobody', async () => {
    const { number, ids } = await together();
    await send(ids[2]!, HoldPayments, { holdId: randomUUID(), reason: 'suspected-fraud' });
    const before = await store.lastPosition();
    await expect(pay(number, '1.00')).rejects.toMatchObject({ code: 'PAYMENTS_HELD' });
    expect(await store.lastPosition()).toBe(before);
  });

  it('has no part returned by itself', async () => {
    const { number, ids } = await together();
    await look(await pay(number, '20.00'));
    const [part] = (await stateOf(ids[1]!)).sources.values();
    const back = { paymentId: part!.id, reason: 'returned-by-bank' };
    await expect(send(ids[1]!, RecordReturn, back)).rejects.toMatchObject({ code: 'PAYMENT_IS_PART' });
  });
});
