import { type Recorded } from '#libs/event-sourcing';
import fc from 'fast-check';
import { scatteredAccountLog } from '#testing/ledger';
import { accountOpened, billIssued, creditIssued, paymentApplied, USD } from '../billing/account-examples.js';
import { type AccountEvent } from '../billing/account-events.js';
import { minorUnitDigits } from '../money/currency.js';
import { parseMinor } from '../money/minor-units.js';
import { issuedBill } from './billed-account.js';

const [p1, p2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const effectiveAt = '2026-01-20T12:00:00.000Z';

/** Each event by a command of its own, but for credit, which goes onto a bill by the bill's command. */
const stream = (...events: AccountEvent[]) => {
  let commands = 0;
  return events.map((event) => {
    if (event.type !== 'CreditApplied') commands += 1;
    return { ...event, metadata: { commandId: String(commands) } } as Recorded<AccountEvent>;
  });
};

function reversed(billNumber: string, lineId: string, amount: string): AccountEvent {
  const what = { reversalId: p2, billNumber, lineId, service: 'internet', amount: USD(amount), net: amount };
  return { type: 'ChargeReversed', data: { ...what, taxes: [], released: [], reason: 'outage', effectiveAt } };
}

function called(sealed: string): AccountEvent {
  return { type: 'ContactChanged', data: { contact: { name: sealed }, changed: ['name'], effectiveAt } };
}

describe('What a bill says (CO2)', () => {
  const history = stream(
    accountOpened(),
    called('v1.before'),
    billIssued('B-1', '2025-12-31', ['100.00']),
    paymentApplied(p1, '60.00', ['B-1/L1 60.00'], '0.00'),
    creditIssued(p2, '15.00'),
    reversed('B-1', 'L1', '5.00'),
    billIssued('B-2', '2026-02-01', ['10.00', '5.00']),
    called('v1.after'),
    paymentApplied(p2, '99.00', ['B-1/L1 35.00'], '64.00'),
  );

  it('prints the pay bill number that the account had when it was issued (ID2, CO2)', () => {
    const change = { payBillNumber: '58206417393513', former: '12345678901244', because: 'new-number' as const };
    const changed: AccountEvent = { type: 'PayBillNumberChanged', data: { ...change, reason: 'misused', effectiveAt } };
    const later = stream(...history, changed, billIssued('B-3', '2026-03-01', ['1.00']));
    expect(issuedBill(later, 'B-2').document.payBillNumber).toBe('12345678901244');
    expect(issuedBill(later, 'B-3').document.payBillNumber).toBe('58206417393513');
  });

  it('is the balance after the bill before, each thing that changed it since, and what is due now', () => {
    const { document } = issuedBill(history, 'B-2');
    expect(document).toMatchObject({
      payBillNumber: '12345678901244',
      previous: { billNumber: 'B-1', issuedOn: '2026-01-01' },
      previousBalance: '100.00',
      changes: { payment: '-60.00', credit: '-15.00', reversal: '-5.00' },
      charges: '15.00',
      taxTotal: '0.00',
      total: '15.00',
      amountDue: '35.00',
    });
    expect(document.activity.map(({ kind, amount }) => `${kind} ${amount}`)).toEqual([
      'payment -60.00',
      'credit -15.00',
      'reversal -5.00',
    ]);
  });

  it('tells that a payment was returned, and that the bank has given it back', () => {
    const both = { paymentId: p1, amount: USD('60.00'), reason: 'insufficient-funds', effectiveAt };
    const lots = [{ billNumber: 'B-1', lineId: 'L1', amount: '60.00' }];
    const { document } = issuedBill(
      stream(
        accountOpened(),
        billIssued('B-1', '2025-12-31', ['100.00']),
        paymentApplied(p1, '60.00', ['B-1/L1 60.00'], '0.00'),
        { type: 'PaymentReturned', data: { ...both, released: lots, unappliedRemoved: '0.00' } },
        {
          type: 'PaymentReinstated',
          data: { ...both, allocations: lots, unapplied: '0.00', allocationPolicy: 'oldest-due-first' },
        },
        billIssued('B-2', '2026-02-01', ['10.00']),
      ),
      'B-2',
    );
    expect(document).toMatchObject({
      previousBalance: '100.00',
      changes: { payment: '-60.00', 'returned-payment': '60.00', 'reinstated-payment': '-60.00' },
      amountDue: '50.00',
    });
  });

  it('is what it was when it was issued, whatever came later', () => {
    expect(issuedBill(history, 'B-2')).toEqual(issuedBill(history.slice(0, 7), 'B-2'));
    expect(issuedBill(history, 'B-2').sealedName).toBe('v1.before');
  });

  it('names what was due before it was issued, and never more than what is due', () => {
    // 100 − 60 − 5 are open of B-1, which was due the day before; 15 of credit are kept for it.
    expect(issuedBill(history, 'B-2').document.pastDue).toBe('20.00');
    expect(issuedBill(history, 'B-1').document.pastDue).toBe('0.00');
  });

  it('names all that was due before it where the credit went onto it, as it did until there was a claim to it', () => {
    const allocations = [
      { billNumber: 'B-2', lineId: 'L1', amount: '10.00', sourceId: p2, sourceKind: 'credit' as const },
    ];
    const policy = { allocationPolicy: 'instructed-then-oldest-due-first/2', effectiveAt };
    const credit: AccountEvent = { type: 'CreditApplied', data: { amount: USD('10.00'), allocations, ...policy } };
    const { document } = issuedBill(stream(...history.slice(0, 7), credit), 'B-2');
    expect(document).toMatchObject({ amountDue: '35.00', pastDue: '30.00' });
    const byItself = { ...credit, metadata: { commandId: 'another' } } as Recorded<AccountEvent>;
    expect(issuedBill([...history.slice(0, 7), byItself], 'B-2').document.pastDue).toBe('20.00');
  });

  it('asks for nothing to be paid now that is in dispute (12 CFR 1026.13(d)) or under an arrangement', () => {
    const dispute: AccountEvent = {
      type: 'DisputeOpened',
      data: {
        ...{ disputeId: p1, subject: { kind: 'charge', billNumber: 'B-1', lineId: 'L1' }, amount: USD('25.00') },
        ...{ shares: [{ billNumber: 'B-1', lineId: 'L1', amount: '25.00' }], reason: 'outage', disputePolicy: 'x/1' },
        effectiveAt,
      },
    };
    const arrangement: AccountEvent = {
      type: 'ArrangementAgreed',
      data: {
        ...{ arrangementId: p1, amount: USD('100.00'), bills: [{ billNumber: 'B-1', amount: '100.00' }] },
        ...{ instalments: [{ dueOn: '2026-02-01', amount: '100.00' }], graceDays: 5, arrangementPolicy: 'x/1' },
        effectiveAt,
      },
    };
    const after = (...events: AccountEvent[]) => {
      const before = [accountOpened(), billIssued('B-1', '2025-12-31', ['100.00'])];
      const { amountDue, pastDue } = issuedBill(
        stream(...before, ...events, billIssued('B-2', '2026-02-01', ['10.00'])),
        'B-2',
      ).document;
      return { amountDue, pastDue };
    };
    expect(after()).toEqual({ amountDue: '110.00', pastDue: '100.00' });
    expect(after(dispute)).toEqual({ amountDue: '110.00', pastDue: '75.00' });
    expect(after(arrangement)).toEqual({ amountDue: '110.00', pastDue: '0.00' });
  });

  it('counts all that came before the first bill as activity', () => {
    const { document } = issuedBill(
      stream(accountOpened(), paymentApplied(p1, '20.00', [], '20.00'), billIssued('B-1', '2026-02-01', ['15.00'])),
      'B-1',
    );
    expect(document).toMatchObject({ previousBalance: '0.00', changes: { payment: '-20.00' }, amountDue: '-5.00' });
    expect(document.previous).toBeUndefined();
  });

  it('is that it is reversed, once all of it is, and not before', () => {
    const part = stream(
      accountOpened(),
      billIssued('B-1', '2026-02-01', ['10.00', '5.00']),
      reversed('B-1', 'L1', '10.00'),
    );
    expect(issuedBill(part, 'B-1').document.reversedOn).toBeUndefined();
    const all = stream(...part, reversed('B-1', 'L2', '5.00'));
    expect(issuedBill(all, 'B-1').document).toMatchObject({ reversedOn: '2026-01-20', amountDue: '15.00' });
  });

  it('adds taxes of one jurisdiction at one rate, and keeps other rates apart', () => {
    const bill = billIssued('B-1', '2026-02-01', ['10.40', '5.20', '1.10']);
    const tax = (rate: string, amount: string) => [{ jurisdiction: 'Vermont', rate, amount }];
    const lines = bill.data.lines.map((line, index) => ({
      ...line,
      net: ['10.00', '5.00', '1.00'][index]!,
      taxes: [tax('0.04', '0.40'), tax('0.04', '0.20'), tax('0.10', '0.10')][index]!,
    }));
    const { document } = issuedBill(stream(accountOpened(), { ...bill, data: { ...bill.data, lines } }), 'B-1');
    expect(document.taxes).toEqual([
      { jurisdiction: 'Vermont', rate: '0.04', amount: '0.60' },
      { jurisdiction: 'Vermont', rate: '0.10', amount: '0.10' },
    ]);
    expect(document).toMatchObject({ charges: '16.00', taxTotal: '0.70', total: '16.70' });
  });

  it('is refused for a bill that the account does not have', () => {
    expect(() => issuedBill(history, 'B-3')).toThrow('the account has no bill with this number');
  });

  it('adds up for every bill of every history: previous balance, changes, charges and taxes are the amount due', () => {
    fc.assert(
      fc.property(scatteredAccountLog, (log) => {
        for (const event of log) {
          // What came over from another account was printed there.
          if (event.type !== 'BillIssued' || event.data.transferredFrom) continue;
          const events = log.filter(({ entityId }) => entityId === event.entityId);
          const { document } = issuedBill(events, event.data.billNumber);
          const minor = (amount: string) => parseMinor(amount, minorUnitDigits(document.currency)!);
          const activity = document.activity.reduce((sum, { amount }) => sum + minor(amount), 0n);
          const changes = Object.values(document.changes).reduce((sum, amount) => sum + minor(amount), 0n);
          expect(activity).toBe(changes);
          expect(minor(document.previousBalance) + changes + minor(document.charges) + minor(document.taxTotal)).toBe(
            minor(document.amountDue),
          );
          expect(minor(document.charges) + minor(document.taxTotal)).toBe(minor(document.total));
        }
      }),
    );
  });
});
