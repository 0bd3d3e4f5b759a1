import {
  accountClosed,
  accountOpened,
  billIssued,
  creditIssued,
  paymentApplied,
  share,
  USD,
} from '../billing/account-examples.js';
import { type AccountEvent } from '../billing/account-events.js';
import { postingsOf } from './postings.js';

/** The entry in one line: account and amount, debit positive. */
const entry = (event: AccountEvent) => postingsOf(event).map(({ account: name, amount }) => `${name} ${amount}`);
const effectiveAt = '2026-01-15T12:00:00.000Z';
const paymentId = '00000000-0000-4000-8000-000000000001';

describe('The journal entry of an event', () => {
  it('debits receivables with a bill and credits revenue by service and tax by jurisdiction', () => {
    const bill = billIssued('B-1', '2026-02-01', ['10.60', '5.30', '2.00']);
    const [first, second, third] = bill.data.lines;
    const taxed = (amount: string) => [{ jurisdiction: 'US-PA', rate: '0.06', amount }];
    const lines = [
      { ...first, net: '10.00', taxes: taxed('0.60') },
      { ...second, service: 'phone', net: '5.00', taxes: taxed('0.30') },
      { ...third },
    ] as typeof bill.data.lines;
    expect(entry({ ...bill, data: { ...bill.data, lines } })).toEqual([
      'Accounts Receivable 17.90',
      'Revenue:internet -12.00',
      'Tax Payable:US-PA -0.90',
      'Revenue:phone -5.00',
    ]);
  });

  it('debits cash clearing with a payment, and credits receivables and what is unapplied', () => {
    expect(entry(paymentApplied(paymentId, '12.00', ['B-1/L1 6.00', 'B-2/L1 4.00'], '2.00'))).toEqual([
      'Cash Clearing 12.00',
      'Accounts Receivable -10.00',
      'Unapplied Cash -2.00',
    ]);
  });

  it('turns it round when the payment is unapplied or returned', () => {
    const released = [share('B-1/L1 10.00')];
    const unapplied = { paymentId, amount: USD('10.00'), released, reason: 'wrong-bill', effectiveAt };
    expect(entry({ type: 'PaymentUnapplied', data: unapplied })).toEqual([
      'Accounts Receivable 10.00',
      'Unapplied Cash -10.00',
    ]);
    const returned = { ...unapplied, amount: USD('12.00'), unappliedRemoved: '2.00' };
    expect(entry({ type: 'PaymentReturned', data: returned })).toEqual([
      'Unapplied Cash 2.00',
      'Accounts Receivable 10.00',
      'Cash Clearing -12.00',
    ]);
  });

  it('owes a refund to the payer, and claims it back when the bank took the whole payment all the same', () => {
    const refund = { paymentId, refundId: paymentId, amount: USD('2.00'), reason: 'overpaid', effectiveAt };
    expect(entry({ type: 'PaymentRefunded', data: refund })).toEqual(['Unapplied Cash 2.00', 'Refunds Payable -2.00']);
    const released = [share('B-1/L1 10.00')];
    const returned = { paymentId, amount: USD('13.00'), released, reason: 'stopped', effectiveAt };
    const data = { ...returned, unappliedRemoved: '1.00', alreadyRefunded: '2.00' };
    expect(entry({ type: 'PaymentReturned', data })).toEqual([
      'Unapplied Cash 1.00',
      'Accounts Receivable 10.00',
      'Chargeback Receivable 2.00',
      'Cash Clearing -13.00',
    ]);
  });

  it('charges credits given to adjustments, and keeps them apart from customers’ cash', () => {
    expect(entry(creditIssued('c1', '5.00'))).toEqual(['Revenue:Adjustments 5.00', 'Customer Credits -5.00']);
    const applied: AccountEvent = {
      type: 'CreditApplied',
      data: {
        amount: USD('9.00'),
        allocations: [
          { ...share('B-1/L1 5.00'), sourceId: 'c1', sourceKind: 'credit' },
          { ...share('B-1/L1 4.00'), sourceId: paymentId, sourceKind: 'payment' },
        ],
        allocationPolicy: 'instructed-then-oldest-due-first/1',
        effectiveAt,
      },
    };
    expect(entry(applied)).toEqual(['Accounts Receivable -9.00', 'Customer Credits 5.00', 'Unapplied Cash 4.00']);
  });

  it('takes a reversed charge out of revenue and tax; what had been paid on it is the customer’s again', () => {
    const reversal: AccountEvent = {
      type: 'ChargeReversed',
      data: {
        reversalId: '00000000-0000-4000-8000-000000000002',
        billNumber: 'B-1',
        lineId: 'L1',
        service: 'internet',
        amount: USD('10.60'),
        net: '10.00',
        taxes: [{ jurisdiction: 'US-PA', amount: '0.60' }],
        released: [{ ...share('B-1/L1 7.60'), sourceId: paymentId, sourceKind: 'payment' }],
        reason: 'billed-in-error',
        effectiveAt,
      },
    };
    expect(entry(reversal)).toEqual([
      'Revenue:internet 10.00',
      'Tax Payable:US-PA 0.60',
      'Accounts Receivable -3.00',
      'Unapplied Cash -7.60',
    ]);
  });

  it('is empty where no money moves', () => {
    const held: AccountEvent = {
      type: 'PaymentsHeld',
      data: { holdId: paymentId, reason: 'card-testing', effectiveAt },
    };
    const attempt = { attemptId: paymentId, amount: USD('5.00'), declineCode: 'stolen_card', effectiveAt };
    const byCard = { channel: 'online' as const, method: { kind: 'card' as const } };
    const failed: AccountEvent = { type: 'PaymentFailed', data: { ...attempt, ...byCard } };
    expect([accountOpened(), held, failed, accountClosed].flatMap(postingsOf)).toEqual([]);
    expect(postingsOf(billIssued('B-1', '2026-02-01', ['0.00']))).toEqual([]);
  });
});
