import fc from 'fast-check';
import { type CommandDefinition } from '#libs/event-sourcing';
import { accountLog, scatteredAccountLog } from '#testing/ledger';
import { accountOpened, billIssued, paymentApplied, USD } from '../billing/account-examples.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { IssueBill } from '../billing/issue-bill.js';
import { addDays } from '../importing/calendar.js';
import { CollectAccount } from './collect-account.js';
import { CollectionPolicy } from './collection-policy.js';
import { PolicySimulation } from './simulate-policy.js';

const version = {
  ...{ version: 'test/1', validFrom: '2020-01-01', currency: 'USD' },
  lateFee: { graceDays: 5, charge: { kind: 'percent', percent: '10' } },
  dunning: {
    leastPastDue: '5.00',
    steps: [
      { step: 'last', kind: 'final-notice', daysPastDue: 10 },
      { step: 'cut', kind: 'suspension', daysPastDue: 20, daysAfterStep: 11 },
      { step: 'gone', kind: 'write-off', daysPastDue: 40 },
    ],
  },
};
const policyOf = (change: object = {}) => CollectionPolicy.parse({ versions: [{ ...version, ...change }] });

function simulated(
  policy: CollectionPolicy,
  histories: readonly (readonly AccountEvent[])[],
  from: string,
  to: string,
) {
  const simulation = new PolicySimulation(policy, { from, to });
  for (const events of histories) simulation.account(events);
  return simulation.result;
}

const nothing = { count: 0, totals: [] };
const FIRST = '2026-01-01';

/** One account's year in short, made by the real deciders, with collections at the beginning of each day. */
class Life {
  readonly events: AccountEvent[] = [];
  #state: AccountState = account.initialState;

  constructor() {
    this.#take([accountOpened()]);
  }

  send<Body>(definition: CommandDefinition<string, never, AccountState, AccountEvent>, body: Body, at: string): void {
    const commandId = `00000000-0000-4000-8000-${String(this.events.length).padStart(12, '0')}`;
    const parse = (definition.schema as unknown as { parse(body: Body): never }).parse.bind(definition.schema);
    this.#take(definition.decide(parse(body), this.#state, { id: commandId, commandId, at }));
  }

  get open(): bigint {
    return this.#state.open;
  }

  #take(events: readonly AccountEvent[]): void {
    for (const event of events) {
      this.#state = account.evolve(this.#state, event);
      this.events.push(event);
    }
  }
}

type Day = 'nothing' | 'bill' | 'pay all' | number;
const course: fc.Arbitrary<Day[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.constant<Day>('nothing') },
    { weight: 1, arbitrary: fc.constant<Day>('bill') },
    { weight: 1, arbitrary: fc.constant<Day>('pay all') },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 6_000 }) },
  ),
  { minLength: 100, maxLength: 250 },
);
const cents = (minor: bigint | number) => {
  const text = String(minor).padStart(3, '0');
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
};

function lived(days: readonly Day[], { versions: [policy] }: CollectionPolicy): AccountEvent[] {
  const life = new Life();
  const command = (one: unknown) => one as CommandDefinition<string, never, AccountState, AccountEvent>;
  for (const [index, what] of days.entries()) {
    const on = addDays(FIRST, index);
    life.send(command(CollectAccount), { on, policy }, `${on}T00:00:00.000Z`);
    if (what === 'bill') {
      const lines = [{ service: 'internet', description: 'Internet', unitPrice: '40.00' }];
      life.send(
        command(IssueBill),
        { billNumber: `B-${index}`, issuedOn: on, dueOn: addDays(on, 3), lines },
        `${on}T12:00:00.000Z`,
      );
    }
    const amount = what === 'pay all' ? life.open : typeof what === 'number' ? BigInt(what) : 0n;
    if (amount === 0n) continue;
    const paid = { amount: USD(cents(amount)), channel: 'online', method: { kind: 'card' } };
    life.send(command(ApplyPayment), paid, `${on}T12:00:00.000Z`);
  }
  return life.events;
}

describe('The simulation of a policy', () => {
  it('looks at the bills of an account that was taken over later, at their own days', () => {
    const opened = accountOpened();
    const takenOver = { ...opened, data: { ...opened.data, effectiveAt: '2026-11-01T00:00:00.000Z' } } as const;
    const life = [takenOver, billIssued('B-1', '2026-01-05', ['60.00'])];
    expect(simulated(policyOf(), [life], '2026-01-10', '2026-01-20').simulated).toMatchObject({
      lateFees: { count: 1 },
      steps: [{ step: 'last', count: 1 }],
    });
  });

  it('reports what happened when it is the policy that was in force, from whatever day on', () => {
    const policy = policyOf();
    fc.assert(
      fc.property(fc.array(course, { minLength: 1, maxLength: 3 }), fc.nat(120), (courses, late) => {
        // Nobody runs collections after the last day of a life, so that the period ends with the shortest.
        const last = Math.min(...courses.map(({ length }) => length)) - 1;
        const histories = courses.map((days) => lived(days, policy));
        const result = simulated(policy, histories, addDays(FIRST, Math.min(late, last)), addDays(FIRST, last));
        expect(result.simulated).toEqual(result.happened);
        expect(result.accounts).toBe(courses.length);
      }),
      { numRuns: 60 },
    );
  });

  it('meets fees, every step, suspension, restoring and write-offs in these histories', () => {
    const policy = policyOf();
    const histories = fc.sample(course, { seed: 2026, numRuns: 60 }).map((days) => lived(days, policy));
    const { happened } = simulated(policy, histories, FIRST, addDays(FIRST, 249));
    expect(happened.steps.map(({ step }) => step)).toEqual(['cut', 'gone', 'last']);
    const { lateFees, suspended, restored, writtenOff } = happened;
    expect([lateFees.count, suspended, restored, writtenOff.count].every((count) => count > 0)).toBe(true);
  });

  const late = [
    accountOpened(),
    billIssued('B-1', '2026-02-01', ['40.00']),
    { ...paymentApplied('00000000-0000-4000-8000-000000000001', '40.00', ['B-1/L1 40.00'], '0.00') },
  ].map((event): AccountEvent => {
    const effectiveAt = event.type === 'PaymentApplied' ? '2026-02-14T12:00:00.000Z' : '2026-01-01T00:00:00.000Z';
    return { ...event, data: { ...event.data, effectiveAt } } as AccountEvent;
  });

  it('says what another policy would have made of it, of an account that nobody dunned', () => {
    const { happened, simulated: would } = simulated(policyOf(), [late], '2026-01-01', '2026-12-31');
    expect(happened).toEqual({ lateFees: nothing, steps: [], suspended: 0, restored: 0, writtenOff: nothing });
    const lateFees = { count: 1, totals: [USD('4.00')] };
    // The bill is paid on the 14th, and its fee is taken to be paid with it: no step comes after.
    expect(would).toEqual({ ...happened, lateFees, steps: [{ step: 'last', count: 1 }] });
  });

  it('asks the version that holds on each day, and nothing before the first does', () => {
    const from = (validFrom: string) => policyOf({ validFrom });
    expect(simulated(from('2026-02-15'), [late], '2026-01-01', '2026-12-31').simulated.lateFees).toEqual(nothing);
    expect(simulated(from('2026-02-10'), [late], '2026-01-01', '2026-12-31').simulated.lateFees.count).toBe(1);
  });

  it('leaves history as it is, and finds its way through whatever was done to accounts', () => {
    const policies = fc.constantFrom(
      policyOf(),
      policyOf({ dunning: undefined }),
      policyOf({ lateFee: { graceDays: 0, charge: { kind: 'fixed', amount: '5.00' } } }),
      policyOf({ lateFee: undefined, dunning: { steps: [{ step: 'gone', kind: 'write-off', daysPastDue: 1 }] } }),
    );
    fc.assert(
      fc.property(fc.oneof(accountLog, scatteredAccountLog), policies, fc.nat(60), (log, policy, days) => {
        const ids = [...new Set(log.map(({ entityId }) => entityId))];
        const histories = ids.map((id) => log.filter(({ entityId }) => entityId === id));
        const before = JSON.stringify(histories, (_, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
        const from = addDays('2025-12-01', days);
        const { accounts } = simulated(policy, histories, from, '2026-04-01');
        expect(accounts).toBe(ids.length);
        const after = JSON.stringify(histories, (_, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
        expect(after).toBe(before);
      }),
      { numRuns: 150 },
    );
  });
});
