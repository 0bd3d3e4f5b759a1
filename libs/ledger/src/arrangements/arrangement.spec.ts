import { given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { accountOpened, billIssued, dataOf, paymentApplied, share, USD } from '../billing/account-examples.js';
import { collectibleOf } from '../billing/collectible.js';
import { OpenDispute } from '../disputes/open-dispute.js';
import { ResolveDispute } from '../disputes/resolve-dispute.js';
import { AgreeArrangement } from './agree-arrangement.js';
import { AssessArrangement } from './assess-arrangement.js';
import { CancelArrangement } from './cancel-arrangement.js';

const arrangementId = '11111111-1111-4111-8111-111111111111';
const disputeId = '22222222-2222-4222-8222-222222222222';
const objecting = { subject: { kind: 'bill' as const, billNumber: 'B-1' }, reason: 'outage' };
const owing = [accountOpened(), billIssued('B-1', '2026-01-10', ['60.00']), billIssued('B-2', '2026-02-10', ['40.00'])];
const halves = [
  { dueOn: '2026-02-01', amount: '50.00' },
  { dueOn: '2026-03-01', amount: '50.00' },
];
const whole = (dueOn: string) => ({ instalments: [{ dueOn, amount: '100.00' }] });
const agreed: AccountEvent[] = [
  ...owing,
  ...given(account, owing).when(AgreeArrangement, { instalments: halves }, { commandId: arrangementId }).events(),
];
const paid = (number: number, amount: string, ...places: string[]) =>
  paymentApplied(`00000000-0000-4000-8000-00000000000${number}`, amount, places);
const first = paid(1, '50.00', 'B-1/L1 50.00');
const rest = paid(2, '50.00', 'B-1/L1 10.00', 'B-2/L1 40.00');
const on = (day: string) => ({ at: `${day}T12:00:00.000Z` });
const assess = (past: AccountEvent[], day: string) => given(account, past).when(AssessArrangement, {}, on(day));
const told = (past: AccountEvent[], day: string) =>
  assess(past, day)
    .events()
    .map(({ type, data }) => ('number' in data ? `${type} ${data.number}` : type));
const disputed: AccountEvent = {
  type: 'DisputeOpened',
  data: {
    ...{ disputeId: arrangementId, subject: { kind: 'bill', billNumber: 'B-1' }, amount: USD('20.00') },
    ...{ shares: [share('B-1/L1 20.00')], reason: 'outage', disputePolicy: 'us-billing-error/1' },
    effectiveAt: '2026-01-10T00:00:00.000Z',
  },
};

describe('AgreeArrangement', () => {
  it('covers what is open on bills, and takes it out of what may be collected (CS3)', () => {
    const done = given(account, owing).when(AgreeArrangement, { instalments: halves }, { commandId: arrangementId });
    done.then([
      {
        type: 'ArrangementAgreed',
        data: {
          ...{ arrangementId, amount: USD('100.00'), instalments: halves, graceDays: 5 },
          bills: [
            { billNumber: 'B-1', amount: '60.00' },
            { billNumber: 'B-2', amount: '40.00' },
          ],
          ...{ arrangementPolicy: 'us-arrangements/1', effectiveAt: '2026-01-15T12:00:00.000Z' },
        },
      },
    ]);
    expect(collectibleOf(done.state(), 'B-1', '2026-02-01')).toMatchObject({ arranged: 6_000n, collectible: 0n });
  });

  it('is a promise to pay where it has one instalment, on the bills that are named', () => {
    const promise = { bills: ['B-2'], instalments: [{ dueOn: '2026-02-20', amount: '40.00' }] };
    const { arrangement } = given(account, owing).when(AgreeArrangement, promise).state();
    expect(arrangement?.bills).toEqual([{ billNumber: 'B-2', amount: 4_000n }]);
  });

  it('has instalments that come to what is open to the cent, ahead, in order, and within a year (66 Pa.C.S. §1405)', () => {
    const refused = (instalments: { dueOn: string; amount: string }[], code: string, field: string) =>
      given(account, owing).when(AgreeArrangement, { instalments }).thenRejected(code, field);
    refused([{ dueOn: '2026-02-01', amount: '99.99' }], 'INSTALMENTS_DIFFER', 'instalments');
    refused([{ dueOn: '2026-01-14', amount: '100.00' }], 'INSTALMENT_DAY_WRONG', 'instalments/0/dueOn');
    refused([{ dueOn: '2027-01-17', amount: '100.00' }], 'INSTALMENT_DAY_WRONG', 'instalments/0/dueOn');
    refused([halves[0]!, halves[0]!], 'INSTALMENT_DAY_WRONG', 'instalments/1/dueOn');
    refused([{ dueOn: '2026-02-01', amount: '0.00' }], 'AMOUNT_NOT_POSITIVE', 'instalments/0/amount');
    const thirteen = Array.from({ length: 13 }, (_, day) => ({ dueOn: `2026-02-${10 + day}`, amount: '1.00' }));
    refused(thirteen, 'INSTALMENTS_TOO_MANY', 'instalments');
  });

  it('leaves bills with something in dispute out, and refuses them by name', () => {
    const past = [...owing, disputed];
    const { arrangement } = given(account, past)
      .when(AgreeArrangement, { instalments: [{ dueOn: '2026-02-20', amount: '40.00' }] })
      .state();
    expect(arrangement?.bills).toEqual([{ billNumber: 'B-2', amount: 4_000n }]);
    given(account, past)
      .when(AgreeArrangement, { bills: ['B-1'], instalments: halves })
      .thenRejected('BILL_NOT_ARRANGEABLE', 'bills');
    given(account, [accountOpened()])
      .when(AgreeArrangement, { instalments: halves })
      .thenRejected('NOTHING_TO_ARRANGE');
  });

  it('covers a bill of which a dispute was lost, also in the days to pay after it', () => {
    const opened = given(account, owing).when(OpenDispute, objecting, { commandId: disputeId }).events();
    const lost = given(account, [...owing, ...opened])
      .when(ResolveDispute, { disputeId, outcome: 'company', reason: 'no-outage' }, on('2026-01-16'))
      .events();
    const past = [...owing, ...opened, ...lost];
    const { arrangement } = given(account, past)
      .when(AgreeArrangement, { instalments: halves }, on('2026-01-17'))
      .state();
    expect(arrangement?.bills.map(({ billNumber }) => billNumber)).toEqual(['B-1', 'B-2']);
  });

  it('is one at a time, and none after two that were broken in a year', () => {
    given(account, agreed).when(AgreeArrangement, { instalments: halves }).thenRejected('ARRANGEMENT_EXISTS');
    const broken = [...agreed, ...assess(agreed, '2026-02-07').events()];
    const again = given(account, broken).when(AgreeArrangement, whole('2026-03-01'), on('2026-02-08'));
    const twice = [...broken, ...again.events()];
    const brokenTwice = given(account, [...twice, ...assess(twice, '2026-03-07').events()]);
    brokenTwice.when(AgreeArrangement, whole('2026-12-01'), on('2026-11-30')).thenRejected('ARRANGEMENTS_BROKEN');
    expect(brokenTwice.when(AgreeArrangement, whole('2027-03-01'), on('2027-02-07')).events()).toHaveLength(1);
  });
});

describe('AssessArrangement', () => {
  it('tells what is kept once, early or late, and that all is paid (CS3)', () => {
    expect(told(agreed, '2026-02-06')).toEqual([]);
    const one = [...agreed, first];
    expect(told(one, '2026-01-20')).toEqual(['InstalmentKept 1']);
    const kept = [...one, ...assess(one, '2026-02-06').events()];
    expect(told(kept, '2026-02-07')).toEqual([]);
    expect(told([...kept, rest], '2026-02-07')).toEqual(['InstalmentKept 2', 'ArrangementCompleted']);
    const all = ['InstalmentKept 1', 'InstalmentKept 2', 'ArrangementCompleted'];
    expect(told([...agreed, first, rest], '2026-01-20')).toEqual(all);
  });

  it('tells that it is broken after the day and its grace, and how much was missing; the bills are due as ever', () => {
    const some = [...agreed, paid(1, '30.00', 'B-1/L1 30.00')];
    expect(told(some, '2026-02-06')).toEqual([]);
    const done = assess(some, '2026-02-07');
    expect(dataOf(done.events()[0], 'ArrangementBroken')).toMatchObject({
      ...{ arrangementId, number: 1, dueOn: '2026-02-01', missing: USD('20.00') },
    });
    expect(collectibleOf(done.state(), 'B-1', '2026-02-07').collectible).toBe(3_000n);
    expect(told([...some, ...done.events()], '2026-02-08')).toEqual([]);
  });

  it('tells that it is broken when the payment that kept an instalment comes back', () => {
    const kept = [...agreed, first, ...assess([...agreed, first], '2026-02-02').events()];
    const returned: AccountEvent = {
      type: 'PaymentReturned',
      data: {
        ...{ paymentId: first.data.paymentId, amount: USD('50.00'), reason: 'insufficient-funds' },
        ...{ released: [share('B-1/L1 50.00')], unappliedRemoved: '0.00', effectiveAt: '2026-02-04T00:00:00.000Z' },
      },
    };
    expect(told([...kept, returned], '2026-02-06')).toEqual([]);
    expect(told([...kept, returned], '2026-02-07')).toEqual(['ArrangementBroken 1']);
  });

  it('asks for nothing that has come into dispute meanwhile', () => {
    const some = [...agreed, paid(1, '30.00', 'B-1/L1 30.00'), disputed];
    expect(told(some, '2026-02-07')).toEqual([]);
  });

  it('is not completed by a dispute, nor by the days to pay after it: nothing of it is paid (12 CFR 1026.13)', () => {
    const all = given(account, agreed).when(OpenDispute, objecting, { commandId: disputeId }).events();
    const lost = given(account, [...agreed, ...all])
      .when(ResolveDispute, { disputeId, outcome: 'company', reason: 'no-outage' }, on('2026-02-01'))
      .events();
    const half = paid(1, '40.00', 'B-2/L1 40.00');
    expect(told([...agreed, ...all, half], '2026-03-07')).toEqual([]);
    expect(told([...agreed, ...all, ...lost, half], '2026-02-11')).toEqual([]);
    expect(told([...agreed, ...all, ...lost, half], '2026-02-12')).toEqual(['ArrangementBroken 1']);
    const settled = [...agreed, ...all, ...lost, half, paid(2, '60.00', 'B-1/L1 60.00')];
    expect(told(settled, '2026-02-11')).toEqual(['InstalmentKept 1', 'InstalmentKept 2', 'ArrangementCompleted']);
  });

  it('looks at no day ahead, and at nothing where none stands', () => {
    given(account, agreed).when(AssessArrangement, { on: '2026-01-17' }).thenRejected('EFFECTIVE_IN_FUTURE', 'on');
    given(account, owing).when(AssessArrangement, {}).thenNothing();
  });
});

describe('CancelArrangement', () => {
  it('ends the one that stands, and no other', () => {
    const cancelled = given(account, agreed).when(CancelArrangement, { arrangementId, reason: 'agreed-anew' });
    expect(collectibleOf(cancelled.state(), 'B-1', '2026-01-16')).toMatchObject({ arranged: 0n, collectible: 6_000n });
    given(account, [...agreed, ...cancelled.events()])
      .when(CancelArrangement, { arrangementId, reason: 'agreed-anew' })
      .thenRejected('ARRANGEMENT_UNKNOWN', 'arrangementId');
  });
});
