import fc from 'fast-check';
import { fold, given } from '#testing/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { accountOpened } from '../billing/account-examples.js';
import { CorrectBill } from '../billing/correct-bill.js';
import { IssueBill } from '../billing/issue-bill.js';
import { ReverseBill } from '../billing/reverse-bill.js';
import { addDays } from '../importing/calendar.js';
import { parseMinor } from '../money/minor-units.js';
import { type SubscriptionEvent } from '../subscriptions/subscription-events.js';
import { subscription } from '../subscriptions/subscription.js';
import { exampleCatalogue, planChanged, started, stopped } from './billing-examples.js';
import { correctedBill, type KnownSubscriptions, nextBill } from './next-bill.js';

const catalogue = exampleCatalogue();

/** An account with its subscriptions, of which more and more becomes known, billed again and again. */
class Billed {
  events: AccountEvent[] = [accountOpened()];
  known: SubscriptionEvent[] = [];

  records(...events: SubscriptionEvent[]): this {
    this.known.push(...events);
    return this;
  }

  bill(issuedOn: string): readonly AccountEvent[] {
    const known = this.#subscriptions(this.state.billed?.through);
    return this.append(
      given(account, this.events)
        .when(IssueBill, nextBill(this.state, known, { issuedOn }, catalogue))
        .events(),
    );
  }

  correct(issuedOn: string): readonly AccountEvent[] {
    const { billNumber, after } = this.state.billed!;
    const bill = correctedBill(this.state, billNumber, this.#subscriptions(after), issuedOn, catalogue);
    return this.append(
      given(account, this.events).when(CorrectBill, { billNumber, reason: 'recorded-late', bill }).events(),
    );
  }

  append(events: readonly AccountEvent[]): readonly AccountEvent[] {
    this.events.push(...events);
    return events;
  }

  get state() {
    return fold(account, this.events);
  }

  /** What is left of all bills: net, and net with taxes. */
  get left() {
    const lines = [...this.state.bills.values()].flatMap((bill) => bill.lines);
    return lines.reduce(({ net, all }, line) => ({ net: net + line.netLeft, all: all + line.total - line.reversed }), {
      net: 0n,
      all: 0n,
    });
  }

  #subscriptions(revision = -1): KnownSubscriptions {
    const then = fold(subscription, this.known.slice(0, revision + 1));
    return { now: fold(subscription, this.known), then, revision: this.known.length - 1 };
  }
}

/** Bills and what was given back, in short. */
function short(events: readonly AccountEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'BillIssued') return event.data.lines.map(({ description, net }) => `${description} ${net}`);
    if (event.type !== 'ChargeReversed') return [];
    const { billNumber, unused, net, taxes } = event.data;
    const days = (unused?.days ?? []).map(({ from, to }) => `${from} to ${addDays(to, -1)}`);
    return [[`${billNumber} gives back`, ...days, `${net} +`, ...taxes.map(({ amount }) => amount)].join(' ')];
  });
}

const line = (startsOn: string) => started(startsOn, { plan: 'line', taxArea: 'US-NY-NYC' });

describe('Charges in advance', () => {
  it('are on the bill of the day their cycle begins, and on no later one (AQ1)', () => {
    const billed = new Billed().records(line('2026-01-15'));
    expect(short(billed.bill('2026-01-15'))).toEqual(['Line, 2026-01-15 to 2026-02-14 31.00']);
    expect(() => billed.bill('2026-02-14')).toThrow('no charge of this account');
    const [second] = billed.bill('2026-02-16');
    expect(short([second!])).toEqual(['Line, 2026-02-15 to 2026-03-14 31.00']);
    expect(second).toMatchObject({
      data: { period: { from: '2026-02-15', to: '2026-03-14' }, basis: { arrearsTo: '2026-02-15' } },
    });
  });

  it('begin with the days from the start, together with the cycle that follows', () => {
    const billed = new Billed().records(line('2026-02-05'));
    expect(() => billed.bill('2026-01-15')).toThrow('no charge of this account');
    expect(short(billed.bill('2026-02-15'))).toEqual([
      'Line, 2026-02-05 to 2026-02-14 (10 of 31 days) 10.00',
      'Line, 2026-02-15 to 2026-03-14 31.00',
    ]);
  });

  it('stand on one bill with those in arrears of the same plan, each for its own days', () => {
    const billed = new Billed().records(started('2026-01-15', { plan: 'family' }));
    expect(short(billed.bill('2026-01-15'))).toEqual(['Family, 2026-01-15 to 2026-02-14 49.99']);
    const second = billed.bill('2026-02-15');
    expect(short(second)).toEqual(['Box, 2026-01-15 to 2026-02-14 5.01', 'Family, 2026-02-15 to 2026-03-14 49.99']);
    expect(second).toMatchObject([{ data: { period: { from: '2026-01-15', to: '2026-03-14' } } }]);
  });

  it('give back the unused rest when the plan changes, net and each tax by the day, and it pays the new bill (CS4)', () => {
    const billed = new Billed().records(line('2026-01-15'));
    billed.bill('2026-01-15');
    billed.records(planChanged('2026-02-04', 'family'));
    const second = billed.bill('2026-02-15');
    // 11 of 31 days: 11.00, and of taxes of 1.24 and 1.51 what 20 days leave: 0.44 and 0.54.
    expect(short(second)).toEqual([
      '2026-01-15 gives back 2026-02-04 to 2026-02-14 11.00 + 0.44 0.54',
      'Family, 2026-02-04 to 2026-02-14 (11 of 31 days) 17.74',
      'Box, 2026-02-04 to 2026-02-14 (11 of 31 days) 1.78',
      'Family, 2026-02-15 to 2026-03-14 49.99',
    ]);
    expect(billed.state.bills.get('2026-01-15')?.lines).toMatchObject([{ netLeft: 2_000n }]);
    expect(short(billed.bill('2026-03-15'))).toEqual([
      'Box, 2026-02-15 to 2026-03-14 5.01',
      'Family, 2026-03-15 to 2026-04-14 49.99',
    ]);
  });

  it('give back the rest after a stop without a bill when there is nothing to bill, and do so once', () => {
    const billed = new Billed().records(line('2026-01-15'));
    billed.bill('2026-01-15');
    billed.records(stopped('2026-02-04'));
    expect(short(billed.bill('2026-02-15'))).toEqual([
      '2026-01-15 gives back 2026-02-04 to 2026-02-14 11.00 + 0.44 0.54',
    ]);
    for (const day of ['2026-02-15', '2026-03-15']) expect(() => billed.bill(day)).toThrow('no charge of this account');
  });

  it('are charged to a change that is known before, and give nothing back', () => {
    const billed = new Billed().records(line('2026-01-15'), planChanged('2026-02-04', 'large'));
    expect(short(billed.bill('2026-01-15'))).toEqual(['Line, 2026-01-15 to 2026-02-03 (20 of 31 days) 20.00']);
    expect(short(billed.bill('2026-02-15'))).toEqual(['Large, 2026-02-04 to 2026-02-14 (11 of 31 days) 22.00']);
  });

  it('of a bill that was reversed are not given back again', () => {
    const billed = new Billed().records(line('2026-01-15'));
    billed.bill('2026-01-15');
    const whole = { billNumber: '2026-01-15', reason: 'goodwill' };
    billed.append(given(account, billed.events).when(ReverseBill, whole).events());
    billed.records(stopped('2026-02-04'));
    expect(() => billed.bill('2026-02-15')).toThrow('nothing is left of what was charged in advance');
    expect(billed.left).toEqual({ net: 0n, all: 0n });
  });

  it('are computed again by a correction: what became known late gives back, and what was given back wrongly is charged', () => {
    const billed = new Billed().records(line('2026-01-15'));
    billed.bill('2026-01-15');
    billed.bill('2026-02-15');
    billed.records(planChanged('2026-02-04', 'large'));
    const corrected = billed.correct('2026-02-20');
    expect(short(corrected)).toEqual([
      '2026-02-15 gives back 31.00 + 1.24 1.51',
      '2026-01-15 gives back 2026-02-04 to 2026-02-14 11.00 + 0.44 0.54',
      'Large, 2026-02-04 to 2026-02-14 (11 of 31 days) 22.00',
    ]);
    billed.records(planChanged('2026-02-04', 'line'));
    expect(short(billed.correct('2026-02-21'))).toEqual([
      '2026-02-15-C1 gives back 22.00 +',
      'Line, 2026-02-04 to 2026-02-14 (11 of 31 days) 11.00',
      'Line, 2026-02-15 to 2026-03-14 31.00',
    ]);
  });
});

describe('Laws of charges in advance', () => {
  const CYCLES = ['2026-01-15', '2026-02-15', '2026-03-15', '2026-04-15', '2026-05-15'];
  const PLANS = ['line', 'family', 'large'];
  /** For each bill, what becomes known after it: a change so many days on, within the cycle just charged or later. */
  const history = fc.record({
    start: fc.nat(20),
    plan: fc.constantFrom(...PLANS),
    changes: fc.array(fc.record({ after: fc.nat(3), days: fc.nat(45), plan: fc.constantFrom(...PLANS) }), {
      maxLength: 4,
    }),
    stop: fc.option(fc.record({ after: fc.nat(3), days: fc.nat(45) }), { nil: undefined }),
  });

  const played = ({ start, plan, changes, stop }: typeof history extends fc.Arbitrary<infer Past> ? Past : never) => {
    const billed = new Billed().records(started(addDays('2025-12-20', start), { plan, taxArea: 'US-NY-NYC' }));
    const reversals: AccountEvent[] = [];
    for (const [at, day] of CYCLES.entries()) {
      try {
        reversals.push(...billed.bill(day).filter(({ type }) => type === 'ChargeReversed'));
      } catch (error) {
        if (!(error as Error).message.startsWith('no charge of this account')) throw error;
      }
      for (const change of changes.filter(({ after }) => after === at)) {
        billed.records(planChanged(addDays(day, change.days), change.plan));
      }
      if (stop?.after === at) billed.records(stopped(addDays(day, stop.days)));
    }
    return { billed, reversals };
  };

  it('law: every day of every charge is charged once, and given back once where it was not used, as counting day by day says', () => {
    fc.assert(
      fc.property(history, (past) => {
        const { billed } = played(past);
        const { subscriptions } = fold(subscription, billed.known);
        const [{ plans, stopsOn }] = [subscriptions.get('home')!];
        const counted = new Map<string, number>();
        const count = (from: string, to: string, what: string, by: number) => {
          for (let day = from; day < to; day = addDays(day, 1)) {
            const key = `${day} ${what}`;
            counted.set(key, (counted.get(key) ?? 0) + by);
          }
        };
        const charged = new Map<string, string>();
        for (const event of billed.events) {
          if (event.type === 'BillIssued') {
            for (const { lineId, prepaid } of event.data.lines) {
              if (!prepaid) continue;
              charged.set(`${event.data.billNumber} ${lineId}`, prepaid.plan);
              count(prepaid.from, prepaid.to, prepaid.plan, 1);
            }
          }
          if (event.type !== 'ChargeReversed') continue;
          const plan = charged.get(`${event.data.billNumber} ${event.data.lineId}`)!;
          for (const { from, to } of event.data.unused!.days) count(from, to, plan, -1);
        }
        const expected = new Map<string, number>();
        // What became known after the last bill waits for the next.
        for (let day = plans[0]!.from; day < CYCLES.at(-1)!; day = addDays(day, 1)) {
          if (stopsOn !== undefined && day >= stopsOn) break;
          const { plan } = plans.findLast(({ from }) => from <= day)!;
          if (plan !== 'large') expected.set(`${day} ${plan}`, 1);
        }
        const seen = [...counted].filter(([key, times]) => times !== 0 && key.slice(0, 10) < CYCLES.at(-1)!);
        expect(new Map(seen.sort())).toEqual(new Map([...expected].sort()));
      }),
    );
  });

  it('law: used and unused days of a line come to what was charged for it, net and each tax to the cent', () => {
    fc.assert(
      fc.property(history, (past) => {
        const { billed, reversals } = played(past);
        let [issued, given] = [0n, 0n];
        for (const event of billed.events) {
          if (event.type === 'BillIssued') issued += parseMinor(event.data.total.amount, 2);
        }
        for (const event of reversals) {
          if (event.type !== 'ChargeReversed') continue;
          const { amount, net, taxes } = event.data;
          const parts = taxes.reduce((sum, tax) => sum + parseMinor(tax.amount, 2), parseMinor(net, 2));
          expect(parts).toBe(parseMinor(amount.amount, 2));
          given += parts;
        }
        expect(billed.left.all).toBe(issued - given);
        expect(billed.state.open - billed.state.credit).toBe(issued - given);
        for (const bill of billed.state.bills.values()) {
          for (const one of bill.lines) {
            expect(one.netLeft >= 0n && one.taxesLeft.every(({ amount }) => amount >= 0n)).toBe(true);
          }
        }
      }),
    );
  });

  it('law: whatever becomes known when, it comes to what one bill of all that is known comes to, within a cent for each time it is divided', () => {
    fc.assert(
      fc.property(history, (past) => {
        const { billed, reversals } = played(past);
        const last = CYCLES.at(-1)!;
        const stopAt = fold(subscription, billed.known).subscriptions.get('home')?.stopsOn;
        // Nothing is charged ahead of the last bill by a subscription that stops there.
        fc.pre(stopAt !== undefined && stopAt <= last);
        const once = new Billed().records(...billed.known);
        try {
          once.bill(last);
        } catch (error) {
          if (!(error as Error).message.startsWith('no charge of this account')) throw error;
        }
        const difference = billed.left.net - once.left.net;
        const most = BigInt(reversals.length);
        expect(difference <= most && difference >= -most).toBe(true);
      }),
    );
  });
});
