import fc from 'fast-check';
import { fold, given } from '#testing/event-sourcing';
import { TransferBalance } from '../account-transfers/transfer-balance.js';
import {
  accountClosed,
  accountOpened,
  billIssued,
  creditIssued,
  dataOf,
  paymentApplied,
  USD,
} from '../billing/account-examples.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { RecordReturn } from '../billing/record-return.js';
import { ReverseBill } from '../billing/reverse-bill.js';
import { daysBetween } from '../billing-run/cycle.js';
import { OpenDispute } from '../disputes/open-dispute.js';
import { addDays } from '../importing/calendar.js';
import { CollectAccount, collectionsOn } from './collect-account.js';
import { CollectionPolicyVersion } from './collection-policy.js';
import { RestoreService, SuspendService } from './suspend-service.js';

const paymentId = '00000000-0000-4000-8000-000000000001';
const at = '2027-01-01T09:00:00.000Z';

const policy = CollectionPolicyVersion.parse({
  ...{ version: 'test/1', validFrom: '2020-01-01', currency: 'USD' },
  lateFee: { graceDays: 5, charge: { kind: 'fixed', amount: '4.00' } },
  dunning: {
    leastPastDue: '10.00',
    steps: [
      { step: 'call', kind: 'notice', daysPastDue: 10 },
      { step: 'last', kind: 'final-notice', daysPastDue: 20 },
      { step: 'cut', kind: 'suspension', daysPastDue: 30, daysAfterStep: 11 },
    ],
  },
});

const billed = [accountOpened(), billIssued('B-1', '2026-02-01', ['40.00'])];
const collect = (past: readonly AccountEvent[], on: string) =>
  given(account, past).when(CollectAccount, { on, policy }, { at });
const told = (events: readonly AccountEvent[]) =>
  events.map((event) =>
    event.type === 'DunningStepTaken'
      ? `${event.data.step} ${event.data.billNumber} ${event.data.amount.amount}`
      : event.type,
  );
/** Runs on each of the days, one after the other. */
function after(past: readonly AccountEvent[], ...days: string[]): AccountEvent[] {
  return days.reduce<AccountEvent[]>((events, on) => [...events, ...collect(events, on).events()], [...past]);
}

describe('Collections of a day', () => {
  it('charge late fees, and take steps as the days past due grow, with the policy that shaped them (PA7, AC5)', () => {
    expect(told(collect(billed, '2026-02-06').events())).toEqual([]);
    expect(told(collect(billed, '2026-02-07').events())).toEqual(['LateFeeAssessed']);
    const noticed = after(billed, '2026-02-07', '2026-02-11', '2026-02-21');
    expect(told(noticed.slice(billed.length))).toEqual(['LateFeeAssessed', 'call B-1 44.00', 'last B-1 44.00']);
    expect(noticed.at(-1)!.data).toMatchObject({ suspendsFrom: '2026-03-04', policy: 'test/1', dueOn: '2026-02-01' });
    const cut = after(noticed, '2026-03-03', '2026-03-04');
    expect(told(cut.slice(noticed.length))).toEqual(['cut B-1 44.00', 'ServiceSuspended']);
    expect(cut.at(-1)!.data).toMatchObject({ reason: 'not-paid', policy: 'test/1', amount: { amount: '44.00' } });
  });

  it('do nothing a second time on a day', () => {
    const done = after(billed, '2026-02-11');
    expect(told(done.slice(billed.length))).toEqual(['LateFeeAssessed', 'call B-1 44.00']);
    collect(done, '2026-02-11').thenNothing();
  });

  it('take one step a day when a run comes late, and give the days after a final notice all the same (52 Pa. Code §56.91)', () => {
    const late = after(billed, '2026-08-01', '2026-08-02', '2026-08-03', '2026-08-12', '2026-08-13');
    expect(told(late.slice(billed.length))).toEqual([
      ...['LateFeeAssessed', 'call B-1 44.00', 'last B-1 44.00'],
      ...['cut B-1 44.00', 'ServiceSuspended'],
    ]);
    expect(late.find(({ type, data }) => type === 'DunningStepTaken' && data.step === 'last')!.data).toMatchObject({
      effectiveAt: '2026-08-02T00:00:00.000Z',
      suspendsFrom: '2026-08-13',
    });
  });

  it('begin anew with the next bill when the oldest is paid', () => {
    const two = [...billed, billIssued('B-2', '2026-02-15', ['30.00'])];
    const noticed = after(two, '2026-02-11', '2026-02-22');
    const paid = [...noticed, paymentApplied(paymentId, '44.00', ['B-1/L1 40.00', 'B-1/late-fee 4.00'], '0.00')];
    expect(told(collect(paid, '2026-02-24').events())).toEqual([]);
    expect(told(collect(paid, '2026-02-25').events())).toEqual(['call B-2 34.00']);
  });

  it('leave small sums, other currencies and closed accounts’ service alone', () => {
    expect(told(collect([accountOpened(), billIssued('B-1', '2026-02-01', ['5.00'])], '2026-06-01').events())).toEqual([
      'LateFeeAssessed',
    ]);
    const inEuro = CollectionPolicyVersion.parse({ ...policy, currency: 'EUR' });
    given(account, billed).when(CollectAccount, { on: '2026-06-01', policy: inEuro }, { at }).thenNothing();
    const closed = after([...billed, accountClosed], '2026-06-01', '2026-06-02', '2026-06-13');
    expect(told(closed.slice(3))).toEqual(['call B-1 40.00', 'last B-1 40.00', 'cut B-1 40.00']);
  });

  it('give no service back to an account that was closed while it was suspended', () => {
    const cut = after(billed, '2026-02-11', '2026-02-21', '2026-03-04');
    const paid = paymentApplied(paymentId, '44.00', ['B-1/L1 40.00', 'B-1/late-fee 4.00'], '0.00');
    const closed = [...cut, paid, accountClosed];
    collect(closed, '2026-03-05').thenNothing();
    given(account, closed).when(RestoreService, { reason: 'in-error' }).thenRejected('SERVICE_NOT_SUSPENDED');
  });

  it('suspend once more when the arrangement that gave service back is broken, and not without another final notice (52 Pa. Code §56.91; CS3)', () => {
    const cut = after(billed, '2026-02-07', '2026-02-11', '2026-02-21', '2026-03-04');
    const agreed = after([...cut, arranged(fold(account, cut), '2026-03-10')], '2026-03-11');
    expect(told(agreed.slice(cut.length))).toEqual(['ArrangementAgreed', 'ServiceRestored']);
    const missed = [...agreed, broken('2026-04-01')];
    const again = after(missed, '2026-04-01', '2026-04-02', '2026-04-11', '2026-04-12', '2026-04-13');
    expect(told(again.slice(missed.length))).toEqual(['last B-1 44.00', 'cut B-1 44.00', 'ServiceSuspended']);
    expect(dataOf(again[missed.length], 'DunningStepTaken')).toMatchObject({
      ...{ effectiveAt: '2026-04-01T00:00:00.000Z', suspendsFrom: '2026-04-12' },
    });
    expect(dataOf(again.at(-1), 'ServiceSuspended').effectiveAt).toBe('2026-04-12T00:00:00.000Z');
  });

  it('say why they give service back: for money, or because the debt is not asked for now (AC5)', () => {
    const cut = after(billed, '2026-02-07', '2026-02-11', '2026-02-21', '2026-03-04');
    const why = (...then: AccountEvent[]) =>
      dataOf(collect([...cut, ...then], '2026-03-11').events()[0], 'ServiceRestored').reason;
    const onCut = given(account, cut);
    const when = { at: '2026-03-02T12:00:00.000Z' };
    const disputed = (
      subject: { kind: 'bill'; billNumber: string } | { kind: 'charge'; billNumber: string; lineId: string },
    ) => onCut.when(OpenDispute, { subject, reason: 'not-received' }, when).events();
    expect(why(paymentApplied(paymentId, '44.00', ['B-1/L1 40.00', 'B-1/late-fee 4.00'], '0.00'))).toBe('paid');
    expect(why(arranged(fold(account, cut), '2026-03-10'))).toBe('arrangement');
    expect(why(...disputed({ kind: 'bill', billNumber: 'B-1' }))).toBe('disputed');
    expect(why(...onCut.when(ReverseBill, { billNumber: 'B-1', reason: 'error' }, when).events())).toBe('reversed');
    // Most of it, where there is more than one reason.
    const credit = creditIssued('00000000-0000-4000-8000-000000000002', '30.00');
    const inPart = disputed({ kind: 'charge', billNumber: 'B-1', lineId: 'late-fee' });
    const rest = paymentApplied(paymentId, '10.00', ['B-1/L1 10.00'], '0.00');
    expect(why(...inPart, rest, credit)).toBe('covered-by-credit');
  });

  it('take no service again that a person gave back, until an arrangement is broken (AC5)', () => {
    const cut = after(billed, '2026-02-07', '2026-02-11', '2026-02-21', '2026-03-04');
    const back = [...cut, ...given(account, cut).when(RestoreService, { reason: 'hardship' }, { at }).events()];
    expect(told(after(back, '2026-03-20', '2026-06-01').slice(back.length))).toEqual([]);
    const missed = [...back, arranged(fold(account, back), '2026-03-10'), broken('2026-04-01')];
    const again = after(missed, '2026-04-02', '2026-04-13');
    expect(told(again.slice(missed.length))).toEqual(['last B-1 44.00', 'cut B-1 44.00', 'ServiceSuspended']);
  });

  it('suspend once more when the payment comes back that had given service back, after another final notice', () => {
    const cut = after(billed, '2026-02-07', '2026-02-11', '2026-02-21', '2026-03-04');
    const paid = [...cut, paymentApplied(paymentId, '44.00', ['B-1/L1 40.00', 'B-1/late-fee 4.00'], '0.00')];
    const back = after(paid, '2026-03-05');
    const returned = given(account, back).when(RecordReturn, { paymentId, reason: 'stopped' }, { at }).events();
    const again = after([...back, ...returned], '2026-03-20', '2026-03-31');
    expect(told(again.slice(back.length + 1))).toEqual(['last B-1 44.00', 'cut B-1 44.00', 'ServiceSuspended']);
  });

  it('neither threaten nor suspend for what is little enough to give service back', () => {
    const { dunning } = policy;
    const lenient = CollectionPolicyVersion.parse({ ...policy, dunning: { ...dunning, restoreAtMost: '15.00' } });
    const run = (past: readonly AccountEvent[], on: string) => [
      ...past,
      ...given(account, past).when(CollectAccount, { on, policy: lenient }, { at }).events(),
    ];
    const cut = ['2026-02-07', '2026-02-11', '2026-02-21', '2026-03-04'].reduce(run, billed);
    const paid = [...cut, paymentApplied(paymentId, '30.00', ['B-1/L1 30.00'], '0.00')];
    const restored = ['2026-03-05', '2026-03-06', '2026-03-20', '2026-05-01'].reduce(run, paid);
    expect(told(restored.slice(paid.length))).toEqual(['ServiceRestored']);
  });

  it('suspend for nothing that they would give service back with on the next day, and go on with what is left of the steps', () => {
    const steps = [...policy.dunning!.steps, { step: 'gone', kind: 'write-off', daysPastDue: 100 }];
    const dunning = { ...policy.dunning, steps, restoreAtMost: '60.00' };
    const lenient = CollectionPolicyVersion.parse({ ...policy, dunning });
    const run = (past: readonly AccountEvent[], on: string) => [
      ...past,
      ...given(account, past).when(CollectAccount, { on, policy: lenient }, { at }).events(),
    ];
    const days = ['2026-02-11', '2026-02-21', '2026-03-04', '2026-03-05', '2026-03-06'];
    const little = days.reduce(run, billed);
    expect(told(little.slice(billed.length))).toEqual(['LateFeeAssessed', 'call B-1 44.00']);
    expect(told(run(little, '2026-05-12').slice(little.length))).toEqual(['gone B-1 44.00', 'DebtWrittenOff']);
    // Once it is more, all is told before anything is done.
    const more = [...little, billIssued('B-2', '2026-03-01', ['30.00'])];
    const cut = ['2026-03-07', '2026-03-08', '2026-03-17', '2026-03-18', '2026-03-19'].reduce(run, more);
    expect(told(cut.slice(more.length))).toEqual([
      ...['LateFeeAssessed', 'last B-1 78.00', 'cut B-1 78.00', 'ServiceSuspended'],
    ]);
  });

  it('give no service back to an account that was transferred while it was suspended (ID2)', () => {
    const cut = after(billed, '2026-02-07', '2026-02-11', '2026-02-21', '2026-03-04');
    const transfer = { transferId: paymentId, successorId: '00000000-0000-4000-8000-00000000000b' };
    const body = { ...transfer, kind: 'merger', moves: 'all', reason: 'duplicate-account' } as const;
    const gone = given(account, cut).when(TransferBalance, body, { at, commandId: paymentId }).events();
    collect([...cut, ...gone], '2026-03-11').thenNothing();
  });

  it('restore service once nothing is past due, and not what a person suspended (AC5)', () => {
    const cut = after(billed, '2026-02-11', '2026-02-21', '2026-03-04');
    const paid = [...cut, paymentApplied(paymentId, '44.00', ['B-1/L1 40.00', 'B-1/late-fee 4.00'], '0.00')];
    collect(paid, '2026-03-05').then([
      { type: 'ServiceRestored', data: { reason: 'paid', policy: 'test/1', effectiveAt: '2026-03-05T00:00:00.000Z' } },
    ]);
    // By the run of a day that comes after that of the next, which suspended it.
    collect(paid, '2026-03-03').thenNothing();
    const partly = [...cut, paymentApplied(paymentId, '40.00', ['B-1/L1 40.00'], '0.00')];
    collect(partly, '2026-03-05').thenNothing();
    const byHand = given(account, [accountOpened()]).when(SuspendService, { reason: 'unsafe-equipment' });
    collect([accountOpened(), ...byHand.events()], '2026-03-05').thenNothing();
  });

  it('leave a bill alone that credit of the account covers, and give service back when it does (AQ2, PA7, AC5)', () => {
    const credit = creditIssued('00000000-0000-4000-8000-000000000002', '35.00');
    // 5.00 are left, and the policy asks for 10.00.
    const covered = after([...billed, credit], '2026-02-07', '2026-02-11', '2026-02-21', '2026-03-04');
    expect(told(covered.slice(3))).toEqual(['LateFeeAssessed']);
    expect(covered.at(-1)!.data).toMatchObject({ amount: { amount: '4.00' }, overdue: '5.00' });
    const cut = after(billed, '2026-02-11', '2026-02-21', '2026-03-04');
    expect(told(collect([...cut, credit], '2026-03-05').events())).toEqual([]);
    const all = [...cut, { ...credit, data: { ...credit.data, amount: USD('44.00'), unapplied: '44.00' } }];
    const [restored] = collect(all, '2026-03-05').events();
    expect(dataOf(restored, 'ServiceRestored').reason).toBe('covered-by-credit');
  });

  it('are refused for days that lie ahead, and for accounts there are not', () => {
    collect(billed, '2027-01-03').thenRejected('EFFECTIVE_IN_FUTURE', 'on');
    collect([], '2026-03-01').thenRejected('ACCOUNT_UNKNOWN');
  });
});

describe('Service', () => {
  it('is suspended and restored by a person once (AC5)', () => {
    const suspended = given(account, [accountOpened()]).when(SuspendService, { reason: 'unsafe-equipment' }).events();
    given(account, [accountOpened(), ...suspended])
      .when(SuspendService, { reason: 'unsafe-equipment' })
      .thenRejected('SERVICE_SUSPENDED');
    const restored = given(account, [accountOpened(), ...suspended]).when(RestoreService, { reason: 'repaired' });
    expect(restored.state().suspended).toBeUndefined();
    given(account, [accountOpened()])
      .when(RestoreService, { reason: 'repaired' })
      .thenRejected('SERVICE_NOT_SUSPENDED');
    given(account, [accountOpened(), accountClosed])
      .when(SuspendService, { reason: 'moved-away' })
      .thenRejected('ACCOUNT_CLOSED');
  });
});

/*
 * What happens to an account day by day: bills, payments of whole bills, credit that lies on none, arrangements over all that is
 * open and what becomes of them, and days on which nobody runs collections.
 */
const WHAT = [
  ...Array<'run'>(9).fill('run'),
  ...(['nothing', 'nothing', 'bill', 'bill', 'pay', 'credit', 'arrange', 'break'] as const),
];
const days = fc.array(fc.constantFrom(...WHAT), {
  minLength: 60,
  maxLength: 200,
});

/** An arrangement over all that is open, to be paid at once. */
function arranged({ openBills, bills, open }: AccountState, on: string): AccountEvent {
  const amounts = openBills.map(({ billNumber }) => ({ billNumber, amount: text(bills.get(billNumber)!.open) }));
  return {
    type: 'ArrangementAgreed',
    data: {
      ...{
        arrangementId: paymentId,
        amount: USD(text(open)),
        bills: amounts,
        graceDays: 0,
        arrangementPolicy: 'test/1',
      },
      ...{ instalments: [{ dueOn: on, amount: text(open) }], effectiveAt: `${on}T12:00:00.000Z` },
    },
  };
}

function broken(on: string): AccountEvent {
  const missed = { number: 1, dueOn: on, missing: USD('1.00') };
  return {
    type: 'ArrangementBroken',
    data: { arrangementId: paymentId, ...missed, effectiveAt: `${on}T12:00:00.000Z` },
  };
}

const text = (minor: bigint) => `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`;

/** Lives through the days from 1 January on, and says of each what collections did and on which state. */
function live(
  course: readonly string[],
  each: (on: string, before: AccountState, done: readonly AccountEvent[]) => void,
) {
  let state = account.evolve(account.initialState, accountOpened());
  const apply = (events: readonly AccountEvent[]) => {
    state = events.reduce<AccountState>((next, event) => account.evolve(next, event), state);
  };
  for (const [index, what] of course.entries()) {
    const on = addDays('2026-01-01', index);
    if (what === 'bill') apply([billIssued(`B-${index}`, addDays(on, 3), ['40.00'])]);
    const [oldest] = state.openBills;
    if (what === 'pay' && oldest) {
      const bill = state.bills.get(oldest.billNumber)!;
      const shares = bill.lines
        .filter(({ total, paid }) => total > paid)
        .map(({ lineId, total, paid }) => `${bill.billNumber}/${lineId} ${text(total - paid)}`);
      const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
      apply([paymentApplied(id, text(bill.open), shares, '0.00')]);
    }
    if (what === 'credit') apply([creditIssued(`00000000-0000-4000-9000-${String(index).padStart(12, '0')}`, '25.00')]);
    if (what === 'arrange' && state.open > 0n && !state.arrangement) apply([arranged(state, on)]);
    if (what === 'break' && state.arrangement) apply([broken(on)]);
    if (what !== 'run') continue;
    const done = collectionsOn(state, policy, on, paymentId);
    each(on, state, done);
    apply(done);
    expect(collectionsOn(state, policy, on, paymentId)).toEqual([]);
  }
  return state;
}

const minor = (text: string) => BigInt(text.replace('.', ''));

/** What is past due on a day, and neither arranged nor covered by credit. */
function netPastDue({ bills, credit, arrangement }: AccountState, on: string): bigint {
  let due = 0n;
  for (const { billNumber, dueOn, open } of bills.values()) {
    if (dueOn >= on) continue;
    const agreed = arrangement?.bills.find((one) => one.billNumber === billNumber)?.amount ?? 0n;
    if (open > agreed) due += open - agreed;
  }
  return due > credit ? due - credit : 0n;
}

describe('Collections, whatever happens and whenever they run', () => {
  it('suspend nobody before the days that a final notice of the same bill gave, and nobody twice by one notice', () => {
    fc.assert(
      fc.property(days, (course) => {
        const notices = new Map<string, { suspendsFrom: string; on: string }>();
        live(course, (on, before, done) => {
          if (done.some(({ type }) => type === 'ServiceRestored')) notices.clear();
          const [wasSuspended, isSuspended] = [before.suspended, done.some(({ type }) => type === 'ServiceSuspended')];
          expect(wasSuspended && isSuspended).toBeFalsy();
          const steps = done.flatMap((event) => (event.type === 'DunningStepTaken' ? [event.data] : []));
          expect(steps.length).toBeLessThanOrEqual(1);
          for (const { kind, billNumber, suspendsFrom } of steps) {
            if (kind === 'final-notice') notices.set(billNumber, { suspendsFrom: suspendsFrom!, on });
            if (kind !== 'suspension') continue;
            const notice = notices.get(billNumber)!;
            expect(on >= notice.suspendsFrom).toBe(true);
            expect(daysBetween(notice.on, on)).toBeGreaterThanOrEqual(11);
          }
        });
      }),
    );
  });

  it('charge each bill one fee at most, after its grace, and each step once until notices lapse', () => {
    fc.assert(
      fc.property(days, (course) => {
        const seen = new Set<string>();
        const once = (what: string) => {
          expect(seen.has(what)).toBe(false);
          seen.add(what);
        };
        live(course, (on, before, done) => {
          for (const { type, data } of done) {
            if (type === 'DunningStepTaken') {
              const since = data.kind === 'notice' ? '' : before.dunningRound;
              once(`${data.step} ${data.billNumber} ${since}`);
            }
            if (type !== 'LateFeeAssessed') continue;
            once(`fee ${data.billNumber}`);
            expect(daysBetween(before.bills.get(data.billNumber)!.dueOn, on)).toBeGreaterThan(5);
          }
        });
      }),
    );
  });

  it('ask for no more than is past due less what is arranged and the credit of the account, in steps and fees (AQ2; 52 Pa. Code §56.24)', () => {
    fc.assert(
      fc.property(days, (course) => {
        live(course, (on, before, done) => {
          let most = netPastDue(before, on);
          for (const { type, data } of done) {
            if (type === 'LateFeeAssessed') expect(minor(data.overdue)).toBeLessThanOrEqual(most);
          }
          for (const { type, data } of done) if (type === 'LateFeeAssessed') most += minor(data.amount.amount);
          for (const { type, data } of done) {
            if (type === 'DunningStepTaken') expect(minor(data.amount.amount)).toBe(most);
          }
        });
      }),
    );
  });

  it('leave no service suspended on a day they ran on which nothing was past due that credit does not cover', () => {
    fc.assert(
      fc.property(days, (course) => {
        live(course, (on, before, done) => {
          if (netPastDue(before, on) > 0n) return;
          expect(done.map(({ type }) => type)).toEqual(before.suspended ? ['ServiceRestored'] : []);
        });
      }),
    );
  });
});
