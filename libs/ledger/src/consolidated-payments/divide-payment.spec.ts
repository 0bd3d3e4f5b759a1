import fc from 'fast-check';
import { fold } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { accountClosed, accountOpened, billIssued } from '../billing/account-examples.js';
import { allocateMoney } from '../billing/allocation.js';
import { divide, type Sharer } from './divide-payment.js';

interface Owed {
  readonly dueOn: string;
  readonly cents: number;
}

const bills = fc.array(
  fc.record({
    dueOn: fc.integer({ min: 10, max: 28 }).map((day) => `2026-01-${day}`),
    cents: fc.integer({ min: 1, max: 9999 }),
  }),
  { maxLength: 4 },
);

function sharer(accountId: string, owed: readonly Owed[], closed = false): Sharer {
  const issued = owed.map(({ dueOn, cents }, index) => {
    const text = String(cents).padStart(3, '0');
    return billIssued(`B-${index}`, dueOn, [`${text.slice(0, -2)}.${text.slice(-2)}`]);
  });
  return { accountId, state: fold(account, [accountOpened(), ...issued, ...(closed ? [accountClosed] : [])]) };
}

/** The obvious and slow way: cent by cent onto the oldest bill that still has something open. */
function byHand(amount: number, owed: readonly (readonly Owed[])[]): number[] {
  const open = owed
    .flatMap((of, place) => of.map(({ dueOn, cents }) => ({ place, dueOn, cents })))
    .sort((one, other) => one.dueOn.localeCompare(other.dueOn) || one.place - other.place);
  const parts = owed.map(() => 0);
  for (let cent = 0; cent < amount; cent++) {
    const bill = open.find(({ cents }) => cents > 0);
    if (bill) bill.cents -= 1;
    parts[bill?.place ?? 0]! += 1;
  }
  return parts;
}

describe('A payment divided over accounts (ID3, AQ2)', () => {
  it('pays the oldest due bill first, whosever it is (52 Pa. Code §56.24)', () => {
    const sharers = [
      sharer('A', [{ dueOn: '2026-01-20', cents: 4000 }]),
      sharer('B', [
        { dueOn: '2026-01-10', cents: 1000 },
        { dueOn: '2026-01-25', cents: 2000 },
      ]),
    ];
    expect([...divide(4500n, sharers).parts]).toEqual([
      ['B', 1000n],
      ['A', 3500n],
    ]);
  });

  it('gives what is more than all of them owe to the first that is open, and to nobody when none is', () => {
    const one = [{ dueOn: '2026-01-20', cents: 100 }];
    const some = divide(500n, [sharer('A', one, true), sharer('B', [])]);
    expect([...some.parts]).toEqual([
      ['A', 100n],
      ['B', 400n],
    ]);
    expect(some.left).toBe(0n);
    const none = divide(500n, [sharer('A', one, true)]);
    expect([[...none.parts], none.left]).toEqual([[['A', 100n]], 400n]);
  });

  it('pays nothing that something else is coming for, the oldest of the account first', () => {
    const sharers = [
      sharer('A', [
        { dueOn: '2026-01-10', cents: 1000 },
        { dueOn: '2026-01-15', cents: 500 },
      ]),
      sharer('B', [{ dueOn: '2026-01-20', cents: 4000 }]),
    ];
    const { parts } = divide(900n, sharers, new Map([['A', 1200n]]));
    expect([...parts]).toEqual([
      ['A', 300n],
      ['B', 600n],
    ]);
    expect([...divide(900n, sharers, new Map([['A', 9000n]])).parts]).toEqual([['B', 900n]]);
  });

  it('loses no cent and makes none, agrees with dividing cent by cent, and settles on each account what it is meant for', () => {
    fc.assert(
      fc.property(
        fc.array(bills, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 30_000 }),
        (owed, cents) => {
          const sharers = owed.map((of, place) => sharer(`account ${place}`, of));
          const { parts, left } = divide(BigInt(cents), sharers);
          expect(left).toBe(0n);
          expect([...parts.values()].reduce((sum, part) => sum + part, 0n)).toBe(BigInt(cents));
          expect(sharers.map(({ accountId }) => Number(parts.get(accountId) ?? 0n))).toEqual(byHand(cents, owed));
          const all = sharers.reduce((sum, { state }) => sum + state.open, 0n);
          const unapplied = sharers.reduce((sum, { accountId, state }) => {
            return sum + allocateMoney(state, parts.get(accountId) ?? 0n).unapplied;
          }, 0n);
          expect(unapplied).toBe(BigInt(cents) > all ? BigInt(cents) - all : 0n);
        },
      ),
      { numRuns: 100 },
    );
  });
});
