import { type Bar } from './bar.js';
import { verifyRate } from './verify-rate.js';

/** What replaying history takes: verifying it. */
export function replay({ full }: { full: boolean }): Promise<Bar[]> {
  return verifyRate(full);
}
