import { type z } from 'zod';
import { given } from '#testing/event-sourcing';
import { OpenDispute } from '../disputes/open-dispute.js';
import { account } from './account.js';
import { accountClosed, accountOpened, billIssued, creditIssued, dataOf, USD } from './account-examples.js';
import { collectibleOf } from './collectible.js';
import { IssueBill } from './issue-bill.js';

const internet = { service: 'internet', description: 'Internet 100', unitPrice: '49.99' };
const bill = { billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: '2026-01-21', lines: [internet] };

/** The bill that an open account without credit gets. */
function issued(change: Partial<z.input<typeof IssueBill.schema>> = {}) {
  const events = given(account, [accountOpened()])
    .when(IssueBill, { ...bill, ...change })
    .events();
  return dataOf(events[0], 'BillIssued');
}

describe('IssueBill', () => {
  it('bills a charge as it stands, effective when it is issued', () => {
    given(account, [accountOpened()])
      .when(IssueBill, bill)
      .then([
        {
          type: 'BillIssued',
          data: {
            billNumber: 'B-1',
            issuedOn: '2026-01-01',
            dueOn: '2026-01-21',
            lines: [
              {
                lineId: 'L1',
                service: 'internet',
                kind: 'recurring',
                description: 'Internet 100',
                quantity: '1',
                unitPrice: '49.99',
                discounts: [],
                net: '49.99',
                taxes: [],
                total: '49.99',
                priority: 100,
              },
            ],
            total: USD('49.99'),
            rounding: { policy: 'line', residue: '0' },
            effectiveAt: '2026-01-01T00:00:00.000Z',
          },
        },
      ]);
  });

  it('rounds each line and each tax of it half up when the policy is by line (EN 16931 BR-CO-10, SSUTA §324)', () => {
    const { lines, total, rounding } = issued({
      lines: [
        { ...internet, quantity: '3', unitPrice: '0.335', taxes: [{ jurisdiction: 'US-PA', rate: '0.0625' }] },
        { ...internet, quantity: '3', unitPrice: '0.335', taxes: [{ jurisdiction: 'US-PA', rate: '0.0625' }] },
      ],
    });
    expect(lines.map(({ net, taxes, total: whole }) => [net, taxes[0]?.amount, whole])).toEqual([
      ['1.01', '0.06', '1.07'],
      ['1.01', '0.06', '1.07'],
    ]);
    expect(total).toEqual(USD('2.14'));
    // Exactly: 2 × 1.005 × 1.0625 = 2.135625.
    expect(rounding).toEqual({ policy: 'line', residue: '0.004375' });
  });

  it('rounds once for the bill when the policy is by bill, and the lines still sum to it (SSUTA §324)', () => {
    const line = { ...internet, unitPrice: '0.335', taxes: [{ jurisdiction: 'US-PA', rate: '0.0625' }] };
    const { lines, total, rounding } = issued({ lines: [line, line, line], rounding: 'bill' });
    // Σ net 1.005 → 1.01 and Σ tax 0.0628125 → 0.06, laid on the lines by largest remainder.
    expect(lines.map(({ net, taxes }) => [net, taxes[0]?.amount])).toEqual([
      ['0.34', '0.02'],
      ['0.34', '0.02'],
      ['0.33', '0.02'],
    ]);
    expect(total).toEqual(USD('1.07'));
    expect(rounding).toEqual({ policy: 'bill', residue: '0.0021875' });
  });

  it('takes discounts off in their order, each from what the ones before it left (AQ1)', () => {
    const { lines } = issued({
      lines: [
        {
          ...internet,
          unitPrice: '100',
          discounts: [
            { kind: 'fixed', description: 'Welcome', amount: '10' },
            { kind: 'percent', description: 'Loyalty', percent: '33.3' },
          ],
          taxes: [{ jurisdiction: 'US-PA', rate: '0.1' }],
        },
      ],
    });
    expect(lines[0]).toMatchObject({
      net: '60.03',
      total: '66.03',
      discounts: [
        { kind: 'fixed', value: '10', amount: '10' },
        { kind: 'percent', value: '33.3', amount: '29.97' },
      ],
    });
  });

  it('refuses a discount of more than is left of the charge', () => {
    const discounts = [
      { kind: 'percent', description: 'Free month', percent: '100' },
      { kind: 'fixed', description: 'Welcome', amount: '0.01' },
    ] as const;
    given(account, [accountOpened()])
      .when(IssueBill, { ...bill, lines: [{ ...internet, discounts: [...discounts] }] })
      .thenRejected('DISCOUNT_EXCEEDS_CHARGE', 'lines/0/discounts/1/amount');
    given(account, [accountOpened()])
      .when(IssueBill, {
        ...bill,
        lines: [{ ...internet, discounts: [{ kind: 'percent', description: 'Slip', percent: '100.5' }] }],
      })
      .thenRejected('DISCOUNT_EXCEEDS_CHARGE', 'lines/0/discounts/0/percent');
    given(account, [accountOpened()])
      .when(IssueBill, {
        ...bill,
        lines: [{ ...internet, discounts: [{ kind: 'fixed', description: 'Slip', amount: '-1' }] }],
      })
      .thenRejected('AMOUNT_NOT_POSITIVE', 'lines/0/discounts/0/amount');
  });

  it('allows a bill of zero, which owes nothing', () => {
    const state = given(account, [accountOpened()])
      .when(IssueBill, { ...bill, lines: [{ ...internet, unitPrice: '0' }] })
      .state();
    expect(state.openBills).toEqual([]);
    expect(state.bills.get('B-1')?.open).toBe(0n);
  });

  it('uses the account’s credit on the new bill at once, first in first out and by line priority', () => {
    const past = [accountOpened(), creditIssued('c1', '5.00'), creditIssued('c2', '20.00', '2026-02-02T00:00:00.000Z')];
    const events = given(account, past)
      .when(IssueBill, {
        ...bill,
        lines: [
          { ...internet, unitPrice: '10' },
          { ...internet, unitPrice: '7', priority: 1 },
        ],
      })
      .events();
    expect(dataOf(events[1], 'CreditApplied')).toEqual({
      amount: USD('17.00'),
      allocations: [
        { billNumber: 'B-1', lineId: 'L2', amount: '5.00', sourceId: 'c1', sourceKind: 'credit' },
        { billNumber: 'B-1', lineId: 'L2', amount: '2.00', sourceId: 'c2', sourceKind: 'credit' },
        { billNumber: 'B-1', lineId: 'L1', amount: '10.00', sourceId: 'c2', sourceKind: 'credit' },
      ],
      allocationPolicy: 'instructed-then-oldest-due-first/2',
      // Not before the later credit was there.
      effectiveAt: '2026-02-02T00:00:00.000Z',
    });
  });

  it('leaves credit that covers what was due before it: nobody is dunned for a bill that there was money for', () => {
    const past = [accountOpened(), billIssued('B-0', '2026-01-10', ['10.00', '5.00']), creditIssued('c1', '22.00')];
    const issuing = given(account, past).when(IssueBill, bill);
    expect(dataOf(issuing.events()[1], 'CreditApplied')).toMatchObject({
      amount: USD('7.00'),
      allocations: [{ billNumber: 'B-1', amount: '7.00' }],
    });
    expect(collectibleOf(issuing.state(), 'B-0', '2026-01-11')).toMatchObject({ covered: 1_500n, collectible: 0n });
    const noMore = given(account, past.with(2, creditIssued('c1', '15.00'))).when(IssueBill, bill);
    expect(noMore.events().map(({ type }) => type)).toEqual(['BillIssued']);
    // What is due later waits, as it would for a payment.
    const later = given(account, past.with(1, billIssued('B-9', '2026-02-10', ['15.00']))).when(IssueBill, bill);
    expect(dataOf(later.events()[1], 'CreditApplied').amount).toEqual(USD('22.00'));
  });

  it('takes credit that an older bill has no claim to, because it is in dispute', () => {
    const subject = { kind: 'bill' as const, billNumber: 'B-0' };
    const past = [accountOpened(), billIssued('B-0', '2026-01-10', ['15.00']), creditIssued('c1', '15.00')];
    const disputed = given(account, past).when(OpenDispute, { subject, reason: 'not-received' }).events();
    const events = given(account, [...past, ...disputed])
      .when(IssueBill, bill)
      .events();
    expect(dataOf(events[1], 'CreditApplied').amount).toEqual(USD('15.00'));
  });

  it('keeps the credit when the new bill comes to zero', () => {
    const events = given(account, [accountOpened(), creditIssued('c1', '5.00')])
      .when(IssueBill, { ...bill, lines: [{ ...internet, unitPrice: '0' }] })
      .events();
    expect(events).toHaveLength(1);
  });

  it('refuses a bill for an account that is unknown or closed', () => {
    given(account).when(IssueBill, bill).thenRejected('ACCOUNT_UNKNOWN');

    given(account, [accountOpened(), accountClosed]).when(IssueBill, bill).thenRejected('ACCOUNT_CLOSED');
  });

  it('refuses a bill number the account has used, a due day before the issue, and two lines with one id', () => {
    const past = [accountOpened(), billIssued('B-1', '2026-01-21', ['10.00'])];
    given(account, past).when(IssueBill, bill).thenRejected('BILL_NUMBER_USED', 'billNumber');
    given(account, past)
      .when(IssueBill, { ...bill, billNumber: 'B-2', dueOn: '2025-12-31' })
      .thenRejected('DUE_BEFORE_ISSUED', 'dueOn');
    given(account, past)
      .when(IssueBill, { ...bill, billNumber: 'B-2', lines: [{ ...internet, lineId: 'L2' }, internet] })
      .thenRejected('LINE_ID_DUPLICATE', 'lines/1/lineId');
  });

  it('refuses another currency than the account’s and a total beyond fifteen digits', () => {
    given(account, [accountOpened()])
      .when(IssueBill, { ...bill, currency: 'EUR' })
      .thenRejected('CURRENCY_MISMATCH', 'currency');
    given(account, [accountOpened()])
      .when(IssueBill, { ...bill, lines: [{ ...internet, quantity: '10', unitPrice: '999999999999999' }] })
      .thenRejected('AMOUNT_TOO_LARGE', 'lines');
  });

  it('says which field of the body is not as it should be', () => {
    const paths = (body: unknown) =>
      IssueBill.schema.safeParse(body).error?.issues.map((issue) => issue.path.join('/')) ?? [];
    const line = (change: object) => ({ ...bill, lines: [{ ...internet, ...change }] });
    expect(paths({ ...bill, issuedOn: '2026-02-30' })).toEqual(['issuedOn']);
    expect(paths({ ...bill, dueOn: '0001-01-01' })).toEqual(['dueOn']);
    expect(paths({ ...bill, effectiveAt: 'yesterday' })).toContain('effectiveAt');
    expect(paths({ ...bill, period: { from: '2026-02-01', to: '2026-01-31' } })).toEqual(['period/to']);
    expect(paths({ ...bill, lines: [] })).toEqual(['lines']);
    expect(paths({ ...bill, surprise: 1 })).toEqual(['']);
    expect(paths(line({ unitPrice: '-1' }))).toEqual(['lines/0/unitPrice']);
    expect(paths(line({ unitPrice: 49.99 }))).toEqual(['lines/0/unitPrice']);
    expect(paths(line({ quantity: '1e3' }))).toEqual(['lines/0/quantity']);
    expect(paths(line({ service: 'a\u0000b' }))).toEqual(['lines/0/service']);
    expect(paths(line({ service: '  ' }))).toContain('lines/0/service');
    expect(paths(line({ description: 'a\nb' }))).toEqual(['lines/0/description']);
    for (const rate of ['7.25', '1', '05', '-0.1']) {
      expect(paths(line({ taxes: [{ jurisdiction: 'US-PA', rate }] }))).toContain('lines/0/taxes/0/rate');
    }
  });

  it('keeps instants in UTC whatever offset they are sent with', () => {
    expect(issued({ effectiveAt: '2026-01-01T02:00:00+02:00' }).effectiveAt).toBe('2026-01-01T00:00:00.000Z');
    expect(issued({ effectiveAt: '2026-01-01T00:00:00Z' }).effectiveAt).toBe('2026-01-01T00:00:00.000Z');
  });
});
