import fc from 'fast-check';
import { byHand, scatteredAccountLog, someMoments } from '#testing/ledger';
import { accountOpened, billIssued, creditIssued, paymentApplied, share, USD } from '../billing/account-examples.js';
import { type AccountEvent } from '../billing/account-events.js';
import { minorUnitDigits } from '../money/currency.js';
import { explain } from './explanation.js';
import { type Event } from './trace.js';

const [p1, p2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const effectiveAt = '2026-01-20T12:00:00.000Z';

/** Events as they stand in a stream, recorded an hour after each other. */
function stream(...events: AccountEvent[]): Event[] {
  return events.map((event, index) => {
    const recordedAt = `2026-02-01T${String(index).padStart(2, '0')}:00:00.000Z`;
    const metadata = { actor: 'clerk-7', commandId: `command ${index}`, recordedAt } as Event['metadata'];
    return {
      ...event,
      id: `event ${index}`,
      entityId: 'a',
      revision: BigInt(index),
      position: BigInt(index),
      metadata,
    };
  });
}

const told = (entries: readonly { what: string; amount: bigint; counterpart: unknown; event: Event }[]) =>
  entries.map(({ what, amount, event }) => `${what} ${amount} by ${event.type} ${event.revision}`);

describe('The explanation of a balance', () => {
  const unapplied: AccountEvent = {
    type: 'PaymentUnapplied',
    data: { paymentId: p1, amount: USD('4.00'), released: [share('B-1/L2 4.00')], reason: 'wrong-bill', effectiveAt },
  };
  const reversed: AccountEvent = {
    type: 'ChargeReversed',
    data: {
      reversalId: p2,
      billNumber: 'B-1',
      lineId: 'L2',
      service: 'internet',
      amount: USD('1.00'),
      net: '1.00',
      taxes: [],
      released: [],
      reason: 'outage',
      effectiveAt,
    },
  };
  const history = stream(
    accountOpened(),
    billIssued('B-1', '2026-02-01', ['10.00', '5.00']),
    paymentApplied(p1, '16.00', ['B-1/L1 10.00', 'B-1/L2 4.00'], '2.00'),
    unapplied,
    reversed,
    creditIssued(p2, '3.00'),
  );

  it('traces what is left of a charge to the bill, each allocation, its release and the reversal', () => {
    const { balance, lines } = explain(history, {});
    expect(balance).toBe(400n - 600n - 300n);
    expect(
      lines.map(({ of, left, entries }) => ({ line: `${of.billNumber}/${of.lineId}`, left, why: told(entries) })),
    ).toEqual([
      {
        line: 'B-1/L2',
        left: 400n,
        why: [
          'charged 500 by BillIssued 1',
          'allocated -400 by PaymentApplied 2',
          'released 400 by PaymentUnapplied 3',
          'reversed -100 by ChargeReversed 4',
        ],
      },
    ]);
    expect(lines[0]!.entries[1]!.counterpart).toEqual({ sourceId: p1, sourceKind: 'payment' });
  });

  it('says of money that is left where the rest of it went', () => {
    const { sources } = explain(history, {});
    expect(sources.map(({ of, left, entries }) => ({ kind: of.sourceKind, left, why: told(entries) }))).toEqual([
      {
        kind: 'payment',
        left: 600n,
        why: [
          'received 1600 by PaymentApplied 2',
          'allocated -1000 by PaymentApplied 2',
          'allocated -400 by PaymentApplied 2',
          'released 400 by PaymentUnapplied 3',
        ],
      },
      { kind: 'credit', left: 300n, why: ['received 300 by CreditIssued 5'] },
    ]);
    expect(sources[0]!.entries[1]!.counterpart).toMatchObject({ billNumber: 'B-1', lineId: 'L1', dueOn: '2026-02-01' });
  });

  it('accounts for a return of what had been refunded before, as a claim', () => {
    const refund: AccountEvent = {
      type: 'PaymentRefunded',
      data: { paymentId: p1, refundId: p2, amount: USD('2.00'), reason: 'overpaid', effectiveAt },
    };
    const returned: AccountEvent = {
      type: 'PaymentReturned',
      data: {
        paymentId: p1,
        amount: USD('16.00'),
        released: [share('B-1/L1 10.00'), share('B-1/L2 4.00')],
        unappliedRemoved: '0.00',
        alreadyRefunded: '2.00',
        reason: 'stopped',
        effectiveAt,
      },
    };
    const { balance, lines, sources } = explain(stream(...history.slice(0, 3), refund, returned), {});
    expect({ balance, left: lines.map(({ left }) => left), sources }).toEqual({
      balance: 1500n,
      left: [1000n, 500n],
      sources: [],
    });
  });

  it('says what of a line is in dispute, after reversals took some of it along (CS2)', () => {
    const disputed: AccountEvent = {
      type: 'DisputeOpened',
      data: {
        ...{ disputeId: p2, subject: { kind: 'bill', billNumber: 'B-1' }, amount: USD('7.00'), reason: 'outage' },
        ...{ shares: ['B-1/L1 3.00', 'B-1/L2 4.00'].map(share), disputePolicy: 'us-billing-error/1', effectiveAt },
      },
    };
    const settling: AccountEvent = {
      ...reversed,
      data: { ...reversed.data, disputes: [{ disputeId: p2, amount: '1.00' }] },
    };
    const bill = billIssued('B-1', '2026-02-01', ['10.00', '4.00']);
    const { lines } = explain(stream(accountOpened(), bill, disputed, settling), {});
    expect(lines.map(({ of, left, disputed: inDispute }) => [of.lineId, left, inDispute])).toEqual([
      ['L1', 1000n, 300n],
      ['L2', 300n, 300n],
    ]);
  });

  it('as of a moment before the bill counts, shows what was laid on it in advance', () => {
    const late = billIssued('B-1', '2026-03-01', ['10.00']);
    const ahead = { ...late, data: { ...late.data, effectiveAt: '2026-02-15T00:00:00.000Z' } };
    const { balance, lines } = explain(stream(accountOpened(), ahead, paymentApplied(p1, '6.00', ['B-1/L1 6.00'])), {
      effectiveAt: '2026-01-31',
    });
    expect([balance, lines.map(({ of, left }) => `${of.billNumber} ${left}`)]).toEqual([-600n, ['B-1 -600']]);
  });

  it('comes to the balance folded by hand, whatever happened, and each part to the sum of its entries', () => {
    fc.assert(
      fc.property(scatteredAccountLog, someMoments, (log, when) => {
        for (const id of new Set(log.map(({ entityId }) => entityId))) {
          const events = log.filter(({ entityId }) => entityId === id);
          const { currency, digits, balance, lines, sources } = explain(events, when);
          const hand = byHand(events, when, '2026-02-03', minorUnitDigits(currency)!);
          expect(digits).toBe(minorUnitDigits(currency));
          expect(balance).toBe(hand.balance);
          const sum = (lefts: readonly { left: bigint }[]) => lefts.reduce((total, { left }) => total + left, 0n);
          expect([sum(lines), sum(sources)]).toEqual([hand.receivable, hand.unapplied]);
          for (const { left, entries } of [...lines, ...sources]) {
            expect(entries.reduce((total, { amount }) => total + amount, 0n)).toBe(left);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is refused for a stream that does not begin with the opening', () => {
    expect(() => explain(history.slice(1), {})).toThrow('begins with its opening');
  });
});
