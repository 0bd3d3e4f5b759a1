import { randomUUID } from 'node:crypto';
import { CommandHandling, EventStore, type Submitted } from '#libs/event-sourcing';
import { commandMetadata, dyingStore } from '#testing/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { OpenAccount } from '../accounts/open-account.js';
import { claimPayBillNumber } from '../accounts/opening.job.js';
import { account } from '../billing/account.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { IssueBill } from '../billing/issue-bill.js';
import { IssueCredit } from '../billing/issue-credit.js';
import { holderOf } from '../pay-bill-numbers/holder.job.js';
import { accountTransfer, RequestAccountTransfer } from './account-transfer.js';
import { AccountTransferWorker } from './account-transfers.job.js';

describe('A transfer that is carried out', () => {
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

  async function open(billed?: string) {
    const accountId = randomUUID();
    const number = await claimPayBillNumber(handling, accountId, commandMetadata());
    await send(accountId, OpenAccount, OpenAccount.schema.parse({ payBillNumber: number, currency: 'USD' }));
    if (billed !== undefined) {
      const lines = [{ service: 'internet', description: 'Fibre', unitPrice: billed }];
      const bill = { billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: '2026-01-31', lines };
      await send(accountId, IssueBill, IssueBill.schema.parse(bill));
    }
    return { accountId, number };
  }

  async function ask(fromAccountId: string, successorId: string, newPayBillNumber = false): Promise<string> {
    const transferId = randomUUID();
    const asked = { fromAccountId, successorId, kind: 'merger', newPayBillNumber, reason: 'duplicate-account' };
    await send(transferId, RequestAccountTransfer, RequestAccountTransfer.schema.parse(asked));
    return transferId;
  }

  const stateOf = async (id: string) => (await handling.current(id, account)).state;
  const statusOf = async (id: string) => (await handling.current(id, accountTransfer)).state;
  const look = (id: string, on = store) => new AccountTransferWorker(on, new CommandHandling(on)).look({ id });

  it('killed at any append, is taken up again, and everything has moved once (ID2)', async () => {
    const [one, two] = [await open('40.00'), await open('10.00')];
    await send(two.accountId, IssueCredit, { amount: { amount: '15.00', currency: 'USD' }, reason: 'goodwill' });
    const transferId = await ask(one.accountId, two.accountId, true);
    let kills = 0;
    for (;;) {
      try {
        await look(transferId, dyingStore(store, kills % 2 === 0 ? 'before' : 'after'));
        break;
      } catch (error) {
        if ((error as Error).message !== 'killed') throw error;
        kills += 1;
      }
    }
    // Before and after each of: it leaves, it arrives, the number is claimed, and printed, and the transfer is done.
    expect(kills).toBe(10);
    expect(await statusOf(transferId)).toMatchObject({ status: 'completed' });
    expect(await stateOf(one.accountId)).toMatchObject({ status: 'closed', open: 0n, credit: 0n });
    const successor = await stateOf(two.accountId);
    // 40.00 came over, of which the 5.00 that the bill had left of the credit paid a part.
    expect(successor).toMatchObject({ open: 3500n, credit: 0n });
    expect(successor.ownNumbers).toHaveLength(2);
    for (const number of [one.number, ...successor.ownNumbers]) {
      expect(await holderOf(handling, number)).toBe(two.accountId);
    }
  }, 60_000);

  it('follows a chain of mergers from the oldest number on, and finds a payment where it was made (ID2)', async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    const paymentId = randomUUID();
    const body = { amount: { amount: '1.00', currency: 'USD' }, channel: 'online', method: { kind: 'cash' } };
    await send(one.accountId, ApplyPayment, ApplyPayment.schema.parse({ ...body, paymentId }));
    await look(await ask(one.accountId, two.accountId));
    await look(await ask(two.accountId, three.accountId));
    expect(await holderOf(handling, one.number)).toBe(three.accountId);
    expect(await holderOf(handling, one.number, paymentId)).toBe(one.accountId);
    expect(await stateOf(three.accountId)).toMatchObject({ credit: 100n });
  });

  it('is refused to an account that has itself been merged meanwhile: two that cross make no circle', async () => {
    const [one, two] = [await open(), await open()];
    const [there, back] = [await ask(one.accountId, two.accountId), await ask(two.accountId, one.accountId)];
    await look(there);
    await look(back);
    expect(await statusOf(there)).toMatchObject({ status: 'completed' });
    expect(await statusOf(back)).toMatchObject({ status: 'refused', refused: 'ACCOUNT_CLOSED' });
    expect(await holderOf(handling, one.number)).toBe(two.accountId);
  });
});
