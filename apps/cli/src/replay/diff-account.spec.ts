import fc from 'fast-check';
import { type DomainEvent, type StoredEvent, UnknownEvent } from '#libs/event-sourcing';
import { type Build, type FoldedAccount } from './build.js';
import { compareAccount } from './diff-account.js';

const NOTHING: FoldedAccount = { status: 'open', currency: 'USD', digits: 2, open: 0n, credit: 0n, bills: new Map() };

/** A bill for so many cents with each event. */
function billed(...cents: number[]): StoredEvent[] {
  return cents.map((amount, index) => ({
    id: String(index),
    stream: 'account-a',
    revision: BigInt(index),
    position: BigInt(100 * index),
    type: 'Billed',
    data: { amount, revision: index, effectiveAt: `2026-01-0${(index % 9) + 1}T00:00:00.000Z` },
    metadata: { schemaVersion: 1 } as StoredEvent['metadata'],
  }));
}

type Billed = DomainEvent<'Billed', { amount: number; revision: number }>;

/** A build that makes something of an amount. */
function build(name: string, amountOf: (event: Billed['data']) => number, known = 'Billed'): Build {
  return {
    name,
    readModels: [],
    account: {
      category: 'account',
      initialState: NOTHING,
      events: {
        definitions: {},
        versionOf: () => 1,
        check: () => undefined,
        read(type, _, data) {
          if (type !== known) throw new UnknownEvent(`event type ${type} is not known to this build`);
          return { type, data: data as object };
        },
      },
      evolve(state, { data }) {
        const { revision } = data as Billed['data'];
        const open = BigInt(amountOf(data as Billed['data']));
        const bill = { billNumber: String(revision), open };
        const bills = new Map([...state.bills.values(), bill].map((one) => [one.billNumber, one]));
        return { ...state, open: state.open + open, bills };
      },
    },
  };
}

const plain = build('before', ({ amount }) => amount);

describe('An account folded by two builds', () => {
  it('does not differ from itself', () => {
    expect(compareAccount('a', billed(1000, 250), [plain, plain])).toEqual({ passing: false, notApplied: [] });
  });

  it('differs by what the events after a change of the rule add up to, from the first of them on', () => {
    const dearer = build('after', ({ amount, revision }) => (revision < 2 ? amount : amount + 1));
    const { difference } = compareAccount('a', billed(1000, 1000, 1000, 1000), [plain, dearer]);
    expect(difference).toEqual({
      accountId: 'a',
      before: { status: 'open', currency: 'USD', open: '40.00', credit: '0.00', balance: '40.00' },
      after: { status: 'open', currency: 'USD', open: '40.02', credit: '0.00', balance: '40.02' },
      difference: '0.02',
      bills: [
        { billNumber: '2', before: '10.00', after: '10.01' },
        { billNumber: '3', before: '10.00', after: '10.01' },
      ],
      from: { type: 'Billed', revision: '2', position: '200', effectiveAt: '2026-01-03T00:00:00.000Z' },
    });
  });

  it('differs when the same money lies on other bills', () => {
    const moved = build('after', ({ amount, revision }) => amount + (revision === 0 ? 5 : revision === 1 ? -5 : 0));
    const { difference } = compareAccount('a', billed(1000, 1000, 1000), [plain, moved]);
    expect(difference).toMatchObject({ difference: '0.00', from: { revision: '0' } });
    expect(difference!.bills.map(({ billNumber }) => billNumber)).toEqual(['0', '1']);
  });

  it('is named with the event a build does not know, and compared up to it', () => {
    const older = build('older', ({ amount }) => amount, 'Invoiced');
    const { difference, notApplied } = compareAccount('a', billed(1000), [older, plain]);
    expect(difference).toBeUndefined();
    expect(notApplied).toEqual([
      {
        ...{ build: 'older', accountId: 'a', reason: 'event type Billed is not known to this build' },
        event: { type: 'Billed', revision: '0', position: '0', effectiveAt: '2026-01-01T00:00:00.000Z' },
      },
    ]);
  });

  it('differs from the last event before which it agreed, whatever was added to which events', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 12 }), (added) => {
        const events = billed(...added.map(() => 1000));
        const other = build('after', ({ amount, revision }) => amount + added[revision]!);
        const sums = added.map((_, at) => added.slice(0, at + 1).reduce((sum, one) => sum + one, 0));
        const { difference, passing } = compareAccount('a', events, [plain, other]);
        const end = sums.at(-1)!;
        if (end !== 0) {
          expect(Number(difference!.difference) * 100).toBeCloseTo(end);
          expect(Number(difference!.from.revision)).toBe(sums.findLastIndex((sum) => sum === 0) + 1);
        } else if (added.every((one) => one === 0)) expect(difference).toBeUndefined();
        expect(passing).toBe(false);
      }),
    );
  });
});
