import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { addDays } from '../importing/calendar.js';
import { collectionsOn } from './collect-account.js';
import { type CollectionPolicy } from './collection-policy.js';
import { CollectionsTally } from './collections-tally.js';
import { asItWouldHaveBeen, feesPaidAsTheBills } from './other-history.js';

/** What a simulation is about; days of `effectiveAt` in UTC, both included. */
interface SimulatedPeriod {
  readonly from: string;
  readonly to: string;
}

/**
 * What another collection policy would have made of history, side by side with what happened. Each account is lived through by
 * itself. Up to the period it is as it was; from then on what collections did is left out, and the policy is asked at the
 * beginning of each day by the same function as the run. Customers pay what they paid on the days they did: who settled a bill
 * is taken to have settled its fee, and whom the policy would have moved to pay earlier, or kept as a customer, nobody knows.
 */
export class PolicySimulation {
  readonly #happened = new CollectionsTally();
  readonly #simulated = new CollectionsTally();
  #accounts = 0;

  /** The days of the period, and the one after it. */
  readonly #days: readonly string[];

  constructor(
    private readonly policy: CollectionPolicy,
    { from, to }: SimulatedPeriod,
  ) {
    const days = [from];
    while (days.at(-1)! <= to) days.push(addDays(days.at(-1)!, 1));
    this.#days = days;
  }

  /** Lives through an account. @param events all of its stream, in its order */
  account(events: readonly AccountEvent[]): void {
    this.#accounts += 1;
    const course = new Course(events);
    let actual = folded(account.initialState, [...course.until(this.#days[0]!)]);
    let simulated = actual;
    for (const [index, next] of this.#days.entries()) {
      const day = this.#days[index - 1];
      if (day === undefined) continue;
      const done = this.#policyOn(simulated, day);
      this.#simulated.count(done);
      simulated = folded(simulated, done);
      for (const event of course.until(next)) {
        if (isByPolicy(event)) this.#happened.count([event]);
        actual = account.evolve(actual, event);
        simulated = folded(simulated, asItWouldHaveBeen(simulated, event));
        simulated = folded(simulated, feesPaidAsTheBills(simulated, actual, event.data.effectiveAt));
      }
    }
  }

  get result() {
    return { accounts: this.#accounts, happened: countsOf(this.#happened), simulated: countsOf(this.#simulated) };
  }

  #policyOn(state: AccountState, day: string): AccountEvent[] {
    const [oldest] = state.openBills;
    if (!(oldest && oldest.dueOn < day) && !state.suspended) return [];
    const version = this.policy.versions.findLast(({ validFrom }) => validFrom <= day);
    return version ? collectionsOn(state, version, day, NO_ID) : [];
  }
}

/** What a person decides is no policy's, and stands in both histories. */
function isByPolicy({ data }: AccountEvent): boolean {
  return 'policy' in data && data.policy !== undefined;
}

/** Of write-offs that never were. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

/**
 * The events of an account by the day on which they are known: their own, or that of one before them when that is later. The
 * opening is no such day: an account that was taken over from another system has bills from before it.
 */
class Course {
  #at = 0;
  #day = '';

  constructor(private readonly events: readonly AccountEvent[]) {}

  /** Goes on through all events of the days before one. */
  *until(day: string): Generator<AccountEvent> {
    for (let event = this.events[this.#at]; event; event = this.events[this.#at]) {
      const own = event.data.effectiveAt.slice(0, 10);
      if (event.type !== 'AccountOpened' && own > this.#day) this.#day = own;
      if (this.#day >= day) return;
      this.#at += 1;
      yield event;
    }
  }
}

function folded(state: AccountState, events: readonly AccountEvent[]): AccountState {
  return events.reduce<AccountState>((next, event) => account.evolve(next, event), state);
}

function countsOf({ report }: CollectionsTally) {
  const { lateFees, steps, suspended, restored, writtenOff } = report;
  return { lateFees, steps, suspended, restored, writtenOff };
}
