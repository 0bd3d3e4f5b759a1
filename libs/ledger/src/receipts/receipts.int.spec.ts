import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v5 as uuidv5 } from 'uuid';
import { CommandHandling, EventStore, ProjectionRunner, ReadBarrier, type Submitted } from '#libs/event-sourcing';
import { commandMetadata, dyingStore } from '#testing/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { accountingPrograms } from '#testing/ledger';
import { embeddedDatabase, type TestDatabase } from '#testing/platform';
import { CloseAccount } from '../accounts/close-account.js';
import { OpenAccount } from '../accounts/open-account.js';
import { claimPayBillNumber } from '../accounts/opening.job.js';
import { BankImport } from '../bank-items/bank-import.job.js';
import { type BankItem, type MoneyItem } from '../bank-items/match-item.js';
import { confirmationNumber } from '../billing/confirmation-number.js';
import { consolidatedPayment } from '../consolidated-payments/consolidated-payment.js';
import { ConsolidatedPaymentWorker } from '../consolidated-payments/consolidated-payments.job.js';
import { payByNumber, payeeOf } from '../consolidated-payments/payee.job.js';
import { JournalExport } from '../journal/export/journal-export.queries.js';
import { PlainText } from '../journal/export/plain-text.js';
import { JournalQueries } from '../journal/journal.queries.js';
import { ConsolidateAccount } from '../pay-bill-numbers/consolidate-accounts.js';
import { readModels } from '../read-models.js';
import { AssignReceipt, receipt, SettleReceiptClaim } from './receipt.js';
import { RECEIPTS, receiptReadModels } from './receipts.projection.js';
import { Receipts } from './receipts.job.js';

describe('Money that no account has had, and that goes out twice (PA8, AQ3)', () => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let handling: CommandHandling;
  let receipts: Receipts;
  let test: TestDatabase;
  let journal: JournalQueries;
  let projecting: Promise<unknown>;
  const programs = accountingPrograms();
  const stopping = new AbortController();
  let files = 0;

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    handling = new CommandHandling(store);
    receipts = new Receipts(store, handling, 'clerk');
    test = await embeddedDatabase();
    journal = new JournalQueries(test.db);
    projecting = new ProjectionRunner(store, test.db, [...readModels, ...receiptReadModels]).run(stopping.signal);
  }, 60_000);
  afterAll(async () => {
    stopping.abort();
    await projecting;
    await store.close();
    await node.close();
    await test.drop();
  });

  const send = <State, Event extends { type: string; data: object }>(
    id: string,
    definition: Submitted<State, Event>['definition'],
    data: object,
  ) => handling.handle(id, { definition, data, metadata: commandMetadata() });

  async function open() {
    const accountId = randomUUID();
    const number = await claimPayBillNumber(handling, accountId, commandMetadata());
    await send(accountId, OpenAccount, OpenAccount.schema.parse({ payBillNumber: number, currency: 'USD' }));
    return { accountId, number };
  }

  const worked = (id: string) => new ConsolidatedPaymentWorker(handling).look({ id, attempts: 0 });

  /** A payment over two accounts that were both closed before they took it. */
  async function leftOver(amount: string) {
    const [first, second] = [await open(), await open()];
    await send(first.number, ConsolidateAccount, { accountId: second.accountId, reason: 'one-household' });
    const paymentId = randomUUID();
    const payee = (await payeeOf(handling, first.number, paymentId))!;
    const data = { amount: { amount, currency: 'USD' }, channel: 'online', method: { kind: 'bank-account' } } as const;
    await payByNumber(handling, payee, first.number, data, commandMetadata(paymentId));
    for (const { accountId } of [first, second]) await send(accountId, CloseAccount, { reason: 'moved-away' });
    await worked(paymentId);
    const { state } = await handling.current(paymentId, consolidatedPayment);
    return { paymentId, receiptId: state.status === 'new' ? '' : state.left[0]!.receiptId };
  }

  /** A file of a bank with one item, whose payments no account has. */
  async function imported(kind: MoneyItem['kind'], minor: bigint, reference: string) {
    files += 1;
    const digest = files.toString(16).padStart(64, 'a');
    const file = { digest, format: 'NACHA', sender: 'BANK', receiver: 'ACME', createdOn: '2026-11-24' };
    const money = { kind, item: 1, record: 3, amount: { minor, currency: 'USD' }, settledOn: '2026-11-23' };
    const item = { ...money, references: [reference], ...(kind === 'return' && { returnCode: 'R01' }) };
    const importing = new BankImport(store, handling, {
      actor: 'test',
      findPayments: () => Promise.resolve(new Map()),
    });
    const outcome = await importing.run({ ...file, identification: `F${files}`, items: 1 }, each([item]));
    const recorded = (await receipts.all()).filter((one) => one.recorded?.source?.digest === digest);
    return { outcome, receiptId: recorded[0]?.receiptId ?? '' };
  }

  const statusOf = async (id: string) => (await handling.current(id, receipt)).state.status;

  /** What the books have of a receipt. */
  async function entriesOf(receiptId: string) {
    await new ReadBarrier(test.db, 20_000).waitFor(RECEIPTS, await store.lastOf(receipt.category));
    const { items } = await journal.entries({}, 100, undefined);
    return items.filter(({ reference }) => reference === receiptId);
  }

  const USD = (amount: string) => ({ amount, currency: 'USD' });
  const claimed = (amount: string) => [
    { account: 'Chargeback Receivable', amount: USD(amount) },
    { account: 'Cash Clearing', amount: USD(`-${amount}`) },
  ];

  it('a payment that was left over whole is found by its return, and comes back from the work list', async () => {
    const { paymentId, receiptId } = await leftOver('12.00');
    const { outcome } = await imported('return', 1200n, confirmationNumber(paymentId));
    expect(outcome).toMatchObject({ returns: 1, receipts: 0 });
    await worked(paymentId);
    expect(await statusOf(receiptId)).toBe('returned');
    expect(await entriesOf(receiptId)).toEqual([]);
    // Its return is of the whole of it, and once.
    expect((await imported('return', 1199n, confirmationNumber(paymentId))).outcome).toMatchObject({ receipts: 1 });
    const again = await imported('return', 1200n, confirmationNumber(paymentId));
    expect((await handling.current(again.receiptId, receipt)).state.recorded?.because).toBe('PAYMENT_ALREADY_RETURNED');
  });

  it('that was sent back by hand and is then returned is a claim on the payer, on the work list until it is paid', async () => {
    const { paymentId, receiptId } = await leftOver('20.00');
    await receipts.sendBack(receiptId, 'payer-moved-away');
    const { receiptId: unmatched } = await imported('return', 2000n, 'nothing');
    await receipts.assignToPayment(unmatched, (await receipts.paymentsLeft()).get(confirmationNumber(paymentId))!);
    // Killed before and after each append, it is there once.
    for (let kills = 0; ; kills++) {
      const dead = dyingStore(store, kills % 2 === 0 ? 'before' : 'after');
      const looked = new ConsolidatedPaymentWorker(new CommandHandling(dead)).look({ id: paymentId, attempts: 0 });
      if (await looked.then(() => true).catch((error: Error) => error.message !== 'killed')) break;
    }
    expect(await statusOf(receiptId)).toBe('returned-twice');
    expect(await entriesOf(receiptId)).toMatchObject([
      { accountId: null, kind: 'receipt-returned-twice', reason: 'returned-by-bank', postings: claimed('20.00') },
    ]);
    const { receiptId: paying } = await imported('credit', 2000n, 'sorry');
    await receipts.assignToReceipt(paying, receiptId);
    expect([await statusOf(paying), await statusOf(receiptId)]).toEqual(['applied', 'claim-settled']);
    // Paid on the day that the bank had the money, whenever somebody says so.
    const { effectiveAt } = (await handling.current(paying, receipt)).state.recorded!;
    expect(effectiveAt).toMatch(/^2026-11-2[34]/);
    expect(await entriesOf(receiptId)).toMatchObject([
      {},
      { kind: 'receipt-claim-settled', reason: 'paid', effectiveAt },
    ]);
  }, 60_000);

  /** Money that no account has had, which was sent back and then returned by the bank. */
  async function outTwice(minor: bigint): Promise<string> {
    const { receiptId } = await imported('credit', minor, 'nothing');
    await receipts.sendBack(receiptId, 'not-our-customer');
    await receipts.assignToReceipt((await imported('return', minor, 'nothing')).receiptId, receiptId);
    return receiptId;
  }

  it('is a claim again when the bank takes the money that had paid it, be it left of a payment or from a file', async () => {
    const claim = await outTwice(4000n);
    const { paymentId, receiptId: left } = await leftOver('40.00');
    await receipts.assignToReceipt(left, claim);
    expect([await statusOf(left), await statusOf(claim)]).toEqual(['applied', 'claim-settled']);
    await imported('return', 4000n, confirmationNumber(paymentId));
    await worked(paymentId);
    expect(await statusOf(left)).toBe('returned-twice');
    expect(await entriesOf(left)).toMatchObject([{ kind: 'receipt-returned-twice', postings: claimed('40.00') }]);
    // What pays that is from a file, and is returned as well.
    const { receiptId: paying } = await imported('credit', 4000n, 'sorry');
    await receipts.assignToReceipt(paying, left);
    await receipts.assignToReceipt((await imported('return', 4000n, 'nothing')).receiptId, paying);
    expect([await statusOf(left), await statusOf(paying)]).toEqual(['claim-settled', 'returned-twice']);
    expect(await entriesOf(paying)).toMatchObject([{ postings: claimed('40.00') }]);
    await receipts.settleClaim(paying, 'recovered', 'paid-in-cash');
  });

  it('is a claim also where the bank’s file came before the clerk said that it had been sent back', async () => {
    const { receiptId } = await imported('credit', 900n, 'nothing');
    await receipts.assignToReceipt((await imported('return', 900n, 'nothing')).receiptId, receiptId);
    expect(await entriesOf(receiptId)).toEqual([]);
    expect(await receipts.sendBack(receiptId, 'not-our-customer')).toBe('returned-twice');
    expect(await entriesOf(receiptId)).toMatchObject([{ reason: 'not-our-customer', postings: claimed('9.00') }]);
    await receipts.settleClaim(receiptId, 'recovered', 'cheque-stopped');
  });

  it('is paid once where an earlier build was interrupted after it had settled the claim', async () => {
    const claim = await outTwice(600n);
    const { receiptId: paying } = await imported('credit', 600n, 'sorry');
    await send(paying, AssignReceipt, { receiptId: claim });
    const metadata = commandMetadata(uuidv5('applied', paying));
    await handling.handle(claim, {
      definition: SettleReceiptClaim,
      data: { as: 'recovered', reason: 'paid' },
      metadata,
    });
    await receipts.assignToReceipt(paying, claim);
    expect([await statusOf(paying), await statusOf(claim)]).toEqual(['applied', 'claim-settled']);
    expect(await entriesOf(claim)).toHaveLength(2);
  });

  it('of which the bank’s file named nobody is matched with its return by hand, before it was sent back and after', async () => {
    const [kept, sent] = [await imported('credit', 700n, 'nothing'), await imported('credit', 800n, 'nothing')];
    await receipts.sendBack(sent.receiptId, 'not-our-customer');
    const [ofKept, ofSent] = [await imported('return', 700n, 'nothing'), await imported('return', 800n, 'nothing')];
    await expect(receipts.assignToReceipt(ofSent.receiptId, kept.receiptId)).rejects.toMatchObject({
      code: 'AMOUNT_DIFFERS',
    });
    await receipts.assignToReceipt(ofKept.receiptId, kept.receiptId);
    await receipts.assignToReceipt(ofSent.receiptId, sent.receiptId);
    // The same again, as after an interruption, changes nothing; another return of the same money is somebody else’s.
    await receipts.assignToReceipt(ofSent.receiptId, sent.receiptId);
    const other = await imported('return', 700n, 'nothing');
    await expect(receipts.assignToReceipt(other.receiptId, kept.receiptId)).rejects.toMatchObject({
      code: 'RECEIPT_TAKEN_BACK',
    });
    const ids = [kept, sent, ofKept, ofSent, other].map(({ receiptId }) => receiptId);
    expect(await Promise.all(ids.map(statusOf))).toEqual([
      ...['returned', 'returned-twice', 'applied', 'applied', 'unidentified'],
    ]);
    expect(await entriesOf(kept.receiptId)).toEqual([]);
    expect(await entriesOf(sent.receiptId)).toMatchObject([{ postings: claimed('8.00') }]);
    await receipts.settleClaim(sent.receiptId, 'written-off', 'payer-not-found');
    expect(await entriesOf(sent.receiptId)).toMatchObject([{}, { reason: 'payer-not-found' }]);
  });

  it('of a payment that was left over is not taken back without the payment', async () => {
    const { receiptId } = await leftOver('30.00');
    const unmatched = await imported('return', 3000n, 'nothing');
    await expect(receipts.assignToReceipt(unmatched.receiptId, receiptId)).rejects.toMatchObject({
      code: 'RECEIPT_IS_PART',
    });
    expect(await statusOf(unmatched.receiptId)).toBe('unidentified');
  });

  it('is in the trial balance, and in an export that other programs accept', async () => {
    const { paymentId, receiptId } = await leftOver('5.00');
    await receipts.sendBack(receiptId, 'payer-moved-away');
    await imported('return', 500n, confirmationNumber(paymentId));
    await worked(paymentId);
    await entriesOf(receiptId);
    const [books] = await journal.trialBalance();
    expect(books?.difference).toEqual(USD('0.00'));
    const balances = new Map(books?.accounts.map(({ account, balance }) => [account, balance.amount]));
    // 20.00 were paid, 8.00 written off: what is still claimed is the last 5.00.
    expect(balances).toEqual(
      new Map([
        ['Bad Debt Expense', '8.00'],
        ['Cash Clearing', '-13.00'],
        ['Chargeback Receivable', '5.00'],
      ]),
    );
    const exporting = new JournalExport(test.db, journal);
    const extent = await exporting.extent({ position: String(await store.lastPosition()) });
    let text = '';
    for await (const piece of exporting.text(extent, new PlainText(undefined))) text += piece;
    expect(text).toContain('Assets:Chargeback Receivable:unidentified');
    const directory = await mkdtemp(join(tmpdir(), 'paybill-receipts-'));
    const file = join(directory, 'books.journal');
    await writeFile(file, text);
    for (const program of programs) await program.check(file);
    await rm(directory, { recursive: true });
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- an import reads its items as they come
async function* each(items: readonly BankItem[]): AsyncGenerator<BankItem> {
  yield* items;
}
