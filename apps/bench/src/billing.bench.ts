import { type Bar } from './bar.js';
import { billingRunRate } from './billing-run-rate.js';
import { commandLatency } from './command-latency.js';
import { returnFileRate } from './return-file-rate.js';

/** A billing run and a bank's file against the import, and what a command takes while everything runs. */
export async function* billing({
  accounts,
  entries,
}: {
  readonly accounts: number;
  readonly entries: number;
}): AsyncGenerator<Bar[]> {
  yield await billingRunRate(accounts);
  yield await returnFileRate(entries);
  yield await commandLatency();
}
