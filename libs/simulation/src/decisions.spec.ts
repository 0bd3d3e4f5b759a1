import { type CommandHandling, type CommandMetadata } from '#libs/event-sourcing';
import { account, type AccountState, addDays, candidatePayBillNumber, type SupportCaseState } from '#libs/ledger';
import fc from 'fast-check';
import { type Act } from './act.js';
import { actsOn, occasionsOf, paidBy } from './customers.js';
import { daysBetween, endOf, FIRST_DAY, firstDayOf, isWorkday, latestOf, weekdayOf } from './days.js';
import { diceFor } from './dice.js';
import { type Desk, isLookedAt, workOn } from './staff.js';
import { meansToPay, partsOn, type Subscriber, subscriberOf, type Tie, wayOf } from './subscriber.js';
import { keysToPay } from './telephone.js';
import { actsOfTie, isTieDay } from './ties.js';

const seeds = fc.integer({ min: 0, max: 4_294_967_295 });
const YEAR = { seed: 1, months: 12, from: FIRST_DAY };
const days = fc.integer({ min: 0, max: 700 }).map((after) => addDays(FIRST_DAY, after));
const open: AccountState = { ...account.initialState, status: 'open', currency: 'USD', digits: 2 };

/** An account with one open bill of so many cents. */
function owing(cents: bigint): AccountState {
  const bill = {
    ...{ billNumber: 'B-1', issuedOn: '2021-02-01', dueOn: '2021-02-21', sequence: 1 },
    ...{ period: undefined, dunned: [], lines: [], open: cents, hadLateFee: false },
  };
  return { ...open, open: cents, bills: open.bills.set('B-1', bill), openBills: [bill] };
}

function one(more: Partial<Subscriber> = {}): Subscriber {
  return {
    ...subscriberOf(YEAR, 1),
    habit: 'punctual',
    way: 'online',
    movesOn: undefined,
    leavesOn: undefined,
    tie: undefined,
    ...more,
  };
}

/** The body that an act would send. */
async function bodyOf(act: Act | undefined): Promise<Record<string, unknown>> {
  let sent: Record<string, unknown> = {};
  const handle = (_id: string, { data }: { data: Record<string, unknown> }) => Promise.resolve((sent = data));
  await act?.submit({ handle } as unknown as CommandHandling, {} as CommandMetadata);
  return sent;
}

describe('Dice of a simulation', () => {
  it('show the same for the same seed and names, however often others were thrown, and others for others', () => {
    const thrown = (seed: number, ...names: (string | number)[]) => {
      const dice = diceFor(seed, ...names);
      return Array.from({ length: 5 }, () => dice.between(0, 1_000_000));
    };
    fc.assert(
      fc.property(seeds, fc.string(), (seed, name) => {
        expect(thrown(seed, name, 1)).toEqual(thrown(seed, name, 1));
        expect(thrown(seed, name, 1)).not.toEqual(thrown(seed, name, 2));
        expect(thrown(seed, name, 1)).not.toEqual(thrown((seed + 1) % 4_294_967_296, name, 1));
      }),
    );
  });
});

describe('Days of a simulation', () => {
  it('know their weekday, their month and the cycle they are in', () => {
    expect([weekdayOf('2021-01-01'), isWorkday('2021-01-01'), isWorkday('2021-01-02')]).toEqual([5, true, false]);
    const ends = [1, 12, 14].map((months) => endOf(FIRST_DAY, months));
    expect(ends).toEqual(['2021-02-01', '2022-01-01', '2022-03-01']);
    expect([latestOf(15, '2021-01-15'), latestOf(15, '2021-01-14')]).toEqual(['2021-01-15', '2020-12-15']);
  });

  it('end as many months after any first day, and begin as many before any end, as exactly as months allow', () => {
    expect([endOf('2026-05-27', 6), endOf('2026-08-31', 6)]).toEqual(['2026-11-27', '2027-03-01']);
    expect([firstDayOf(6, '2026-11-27'), firstDayOf(6, '2026-08-31')]).toEqual(['2026-05-27', '2026-02-28']);
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 60 }), (before, months) => {
        const end = endOf(firstDayOf(months, before), months);
        expect(end <= before).toBe(true);
        expect(daysBetween(end, before)).toBeLessThanOrEqual(3);
      }),
    );
  });
});

describe('Subscribers of a simulation', () => {
  it('follow from seed and number alone, and live within the months', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 10_000 }), (seed, index) => {
        const subscriber = subscriberOf({ ...YEAR, seed }, index);
        expect(subscriberOf({ ...YEAR, seed }, index)).toEqual(subscriber);
        expect(subscriber.opensOn >= FIRST_DAY && subscriber.opensOn < endOf(FIRST_DAY, 12)).toBe(true);
        if (subscriber.leavesOn !== undefined) expect(subscriber.leavesOn > subscriber.opensOn).toBe(true);
      }),
    );
  });

  it('are the same ones from another first day on, only so much later', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 10_000 }), days, (seed, index, from) => {
        const { accountId, habit, plan, opensOn } = subscriberOf({ ...YEAR, seed }, index);
        const opensLater = addDays(from, daysBetween(FIRST_DAY, opensOn));
        expect(subscriberOf({ ...YEAR, seed, from }, index)).toMatchObject({
          accountId,
          habit,
          plan,
          opensOn: opensLater,
        });
      }),
    );
  });

  it('sit down to pay as often as their habit says', () => {
    const year = Array.from({ length: 365 }, (_, after) => addDays(FIRST_DAY, after));
    const times = (habit: Subscriber['habit']) =>
      year.filter((day) => meansToPay(1, one({ habit, index: 3, opensOn: FIRST_DAY, cycleDay: 1 }), day)).length;
    expect([times('punctual'), times('late'), times('partial'), times('insolvent')]).toEqual([12, 12, 24, 1]);
    expect(times('forgetful')).toBeLessThan(12);
  });

  it('pay what is open, a part of it, more than it, or what was written off too', () => {
    const state = { ...owing(5_001n), writtenOff: 700n };
    const paid = (habit: Subscriber['habit']) => paidBy(one({ habit }), state);
    expect([paid('punctual'), paid('partial'), paid('generous'), paid('insolvent')]).toEqual([
      5_001n,
      3_000n,
      6_000n,
      5_701n,
    ]);
    expect(paidBy(one(), open)).toBeUndefined();
  });

  it('do nothing on an account where there is nothing to do', () => {
    const needless = [
      'pays',
      'leaves autopay',
      'opens a dispute',
      'asks for instalments',
      'drops an arrangement',
    ] as const;
    for (const occasion of needless) expect(actsOn(1, occasion, one(), '2021-03-01', open)).toEqual([]);
  });

  it('ask for instalments that come to what is owed, to the cent', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.bigInt({ min: 1_000n, max: 9_999_999n }), async (seed, cents) => {
        const [act] = actsOn(seed, 'asks for instalments', one(), '2021-03-01', owing(cents));
        const { instalments } = (await bodyOf(act)) as { instalments: { amount: string }[] };
        expect(instalments.reduce((sum, { amount }) => sum + BigInt(amount.replace('.', '')), 0n)).toBe(cents);
      }),
      { numRuns: 50 },
    );
  });

  it('have the same occasions on a day that is lived again', () => {
    fc.assert(
      fc.property(seeds, days, (seed, day) => {
        const subscriber = subscriberOf({ ...YEAR, seed, months: 24 }, 1);
        expect(occasionsOf(seed, subscriber, day)).toEqual(occasionsOf(seed, subscriber, day));
      }),
    );
  });
});

describe('The staff of a simulation', () => {
  const desk = (state: AccountState): Desk => ({
    ...{ account: state, payments: new Map(), cases: new Map() },
    ...{ latest: undefined, hasGuessed: false },
  });
  const worked = (state: AccountState, more: Partial<Subscriber> = {}) =>
    workOn(1, one(more), '2021-06-01', desk(state)).map(({ type }) => type);

  it('looks at each account on one day of the week', () => {
    const week = Array.from({ length: 7 }, (_, after) => addDays('2021-03-01', after));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (index) => {
        expect(week.filter((day) => isLookedAt(one({ index }), day))).toHaveLength(1);
      }),
    );
  });

  it('releases a hold before it does anything else', () => {
    const holds = ['7f0a1b52-9c3d-4b84-a6e7-20d4c8b13f96'];
    expect(worked({ ...owing(500n), credit: 300n, holds })).toEqual(['ReleaseHold']);
  });

  it('lays credit on what is open, and closes an account that was left and owes nothing', () => {
    expect(worked({ ...owing(500n), credit: 300n })).toEqual(['ApplyCredit']);
    expect(worked(open, { leavesOn: '2021-04-01' })).toEqual(['CloseAccount']);
    expect(worked(owing(500n), { leavesOn: '2021-04-01' })).not.toContain('CloseAccount');
  });

  it('gives a case to somebody, then writes down what was found, about an event of the account', async () => {
    const caseId = '7f0a1b52-9c3d-4b84-a6e7-20d4c8b13f96';
    const latest = { stream: 'account-1', revision: '7', eventId: caseId };
    const work = (matter: SupportCaseState) =>
      workOn(1, one(), '2021-06-01', { ...desk(open), cases: new Map([[caseId, matter]]), latest });
    const matter = { status: 'open', accountId: one().accountId } as const;
    expect(work({ ...matter, assignee: undefined }).map(({ type }) => type)).toEqual(['AssignSupportCase']);
    const [note] = work({ ...matter, assignee: 'agent:42' });
    expect([note?.type, (await bodyOf(note))['links']]).toEqual(['AddNote', [latest]]);
  });

  it('unlocks whoever has guessed at the PIN', () => {
    const work = workOn(1, one(), '2021-06-01', { ...desk(open), hasGuessed: true });
    expect(work.map(({ type }) => type)).toContain('UnlockVerification');
  });
});

describe('Customers of a simulation who are tied to another', () => {
  const own = candidatePayBillNumber('7f0a1b52-9c3d-4b84-a6e7-20d4c8b13f96', 0);
  const others = candidatePayBillNumber('0b8e5f0c-4a53-4c1b-9d5e-0f7d0a1c2b0a', 0);
  const otherId = '0b8e5f0c-4a53-4c1b-9d5e-0f7d0a1c2b0a';
  const numbered = (number: string): AccountState => ({ ...open, payBillNumber: number, ownNumbers: [number] });
  const tied = (tie: Tie) => one({ index: 2, tie });
  const kinds = (tie: Tie, day: string, account = numbered(own)) =>
    actsOfTie(1, tied(tie), day, { account, other: numbered(others), otherId }).map(({ type }) => type);

  it('come under one number, pay for both meanwhile, and part again (ID3)', () => {
    const household: Tie = { kind: 'household', on: '2021-04-01' };
    const days = Array.from({ length: 365 }, (_, after) => addDays(FIRST_DAY, after));
    expect(days.filter((day) => isTieDay(tied(household), day))).toEqual(['2021-04-01', partsOn(household)]);
    const together = days.filter((day) => wayOf(tied(household), day) === 'household');
    expect([together[0], together.at(-1)]).toEqual(['2021-04-02', addDays(partsOn(household), -1)]);
    expect(kinds(household, '2021-04-01')).toEqual(['ConsolidateAccount', 'ChangePayBillNumber']);
    expect(kinds(household, '2021-04-01', { ...numbered(own), status: 'closed' })).toEqual([]);
    const member = { ...numbered(own), payBillNumber: others };
    expect(kinds(household, partsOn(household), member)).toEqual(['SeparateAccount', 'ChangePayBillNumber']);
    expect(kinds(household, partsOn(household))).toEqual([]);
  });

  it('are merged or taken over with all there is, and asked about again while that was refused (ID2, AC5)', async () => {
    for (const kind of ['merger', 'transfer'] as const) {
      const tie: Tie = { kind, on: '2021-04-01' };
      const [act] = actsOfTie(1, tied(tie), tie.on, { account: open, other: open, otherId });
      const newPayBillNumber = kind === 'transfer';
      expect(await bodyOf(act)).toMatchObject({ successorId: otherId, kind, moves: 'all', newPayBillNumber });
      expect(isTieDay(tied(tie), '2021-04-08')).toBe(true);
      expect(kinds(tie, '2021-04-08', { ...open, status: 'closed' })).toEqual([]);
    }
  });

  it('give away what is owed, or what is credit, and nothing when there is neither', async () => {
    const moved = async (account: AccountState) => {
      const tie: Tie = { kind: 'balance', on: '2021-04-01' };
      const [act] = actsOfTie(1, tied(tie), tie.on, { account, other: open, otherId });
      return act && (await bodyOf(act))['moves'];
    };
    expect([await moved(owing(500n)), await moved({ ...open, credit: 300n }), await moved(open)]).toEqual([
      'debt',
      'credit',
      undefined,
    ]);
  });

  it('press number, PIN, amount and 1, some of them a wrong PIN first', () => {
    fc.assert(
      fc.property(seeds, days, fc.bigInt({ min: 1n, max: 999_999_999n }), (seed, day, amount) => {
        const keys = keysToPay(seed, one(), day, { payBillNumber: own, accountId: otherId }, amount);
        expect(keys.slice(-2)).toEqual([`${amount}#`, '1']);
        const [number, pin, again, right] = keys;
        expect(number).toBe(`${own}#`);
        if (keys.length > 4) expect([again, right === pin]).toEqual([number, false]);
      }),
    );
  });
});
