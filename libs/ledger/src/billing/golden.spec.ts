import { goldenEvents } from '#testing/event-sourcing';
import { postingsOf } from '../journal/postings.js';
import { account } from './account.js';
import { accountEvents, type AccountEvent } from './account-events.js';

/** Together, in this order, they are the story of one account. */
const STORY = [
  'AccountOpened',
  'BillIssued',
  'PaymentApplied',
  'PaymentUnapplied',
  'CreditApplied',
  'CreditIssued',
  'ChargeReversed',
  'PaymentReturned',
  'AccountClosed',
] as const;

describe('Events stored by earlier builds', () => {
  const read = goldenEvents(accountEvents, import.meta.url);

  it('post balanced entries', () => {
    for (const type of Object.keys(accountEvents.definitions) as AccountEvent['type'][]) {
      const cents = postingsOf(read(type)).map(({ amount }) => BigInt(amount.replace('.', '')));
      expect(cents.reduce((sum, next) => sum + next, 0n)).toBe(0n);
    }
  });

  it('fold to the refund, the hold and the contact they have always come to', () => {
    const story = [
      'AccountOpened',
      'BillIssued',
      'PaymentApplied',
      'PaymentFailed',
      'PaymentsHeld',
      'PaymentRefunded',
    ] as const;
    const held = ([...story, 'ContactChanged', 'NotificationPreferencesChanged'] as const)
      .map(read)
      .reduce((next, event) => account.evolve(next, event), account.initialState);
    expect(held).toMatchObject({
      open: 0n,
      credit: 0n,
      holds: ['7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b06'],
      contact: { name: 'v1.bmFtZQ', email: 'v1.ZW1haWw' },
      preferences: { locale: 'en-US', quietHours: { from: '22:00', to: '07:00' } },
    });
    expect(held.sources.get('7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b01')).toMatchObject({ unapplied: 0n, refunded: 243n });
    expect(account.evolve(held, read('PaymentsReleased')).holds).toEqual([]);
  });

  it('fold to the autopay they have always come to', () => {
    const story = [
      ...(['AccountOpened', 'BillIssued', 'AutopayEnrolled', 'AutopayCardExpiring', 'AutopayDebitAnnounced'] as const),
      ...(['AutopayDebitPresented', 'AutopayDebitRescheduled', 'AutopayDebitDropped', 'AutopaySuspended'] as const),
    ].map(read);
    const { autopay } = story.reduce((next, event) => account.evolve(next, event), account.initialState);
    expect(autopay.enrollment).toMatchObject({ status: 'suspended', code: 'R08', warned: 45, since: '2026-01-15' });
    expect(autopay.debits).toMatchObject([
      { debitId: '1', status: 'dropped', presentments: 1, amount: 3697n, reason: 'presentments-used-up' },
    ]);
    const after = (type: 'AutopayResumed' | 'AutopayCancelled' | 'AutopayStopped') =>
      [...story, read(type)].reduce((next, event) => account.evolve(next, event), account.initialState).autopay
        .enrollment?.status;
    expect([after('AutopayResumed'), after('AutopayCancelled'), after('AutopayStopped')]).toEqual([
      ...['active', 'cancelled', 'stopped'],
    ]);
  });

  it('fold to the fee, the step, the suspension and the write-off they have always come to', () => {
    const billed = (['AccountOpened', 'BillIssued', 'LateFeeAssessed', 'DunningStepTaken', 'ServiceSuspended'] as const)
      .map(read)
      .reduce((next, event) => account.evolve(next, event), account.initialState);
    expect(billed).toMatchObject({ open: 4816n, suspended: { on: '2026-02-22', policy: 'us-2020-01' } });
    expect(billed.bills.get('2026-01-C-77')).toMatchObject({
      dunned: [{ step: 'final-notice', kind: 'final-notice', on: '2026-02-10', round: 0 }],
      lines: [{}, {}, { lineId: 'late-fee', total: 59n, isLateFee: true }],
    });
    const writtenOff = account.evolve(billed, read('DebtWrittenOff'));
    expect(writtenOff).toMatchObject({ open: 3722n, writtenOff: 1094n });
    const after = [read('DebtReinstated'), read('ServiceRestored')].reduce(
      (next, event) => account.evolve(next, event),
      writtenOff,
    );
    expect(after).toMatchObject({ open: 3816n, writtenOff: 1000n, suspended: undefined });
  });

  it('fold to the account they have always come to', () => {
    const state = STORY.map(read).reduce((next, event) => account.evolve(next, event), account.initialState);
    expect(state).toMatchObject({ status: 'closed', currency: 'USD', open: 1094n, credit: 1397n });
    expect(state.openBills).toEqual([{ billNumber: '2026-01-C-77', dueOn: '2026-01-21', sequence: 0 }]);
    expect(state.bills.get('2026-01-C-77')?.lines).toMatchObject([
      { lineId: 'L1', total: 4663n, reversed: 1060n, paid: 2603n, netLeft: 3399n },
      { lineId: 'L2', total: 94n, reversed: 0n, paid: 0n },
    ]);
  });
});
