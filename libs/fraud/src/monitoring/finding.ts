import { type Entry } from './activity.js';
import { type Fact } from './facts.js';

/** What a rule found: the facts it was found in, the numbers that were compared, and the stretch of time looked at. */
export interface Finding {
  readonly entries: readonly Entry[];
  readonly numbers: Readonly<Record<string, string | number>>;
  /** Instants in milliseconds; the window begins after `from` and includes `to`. */
  readonly from: number;
  readonly to: number;
}

/** What a rule looks at: everything remembered under the key, of which `own` is the fact that has just come. */
export interface Sight {
  readonly entries: readonly Entry[];
  readonly own: number;
  readonly fact: Fact;
}
