import { EventStore } from '#libs/event-sourcing';
import { asOf } from './as-of.js';
import { type Bar } from './bar.js';
import { accountsToImport, AS_TELCO, importInto } from './biller.js';
import { withPostgres } from './postgres.js';
import { rebuildRate } from './rebuild-rate.js';
import { withNode } from './scratch.js';
import { verifyRate } from './verify-rate.js';

/** From the size of a small biller to more than the telco history has: how answers grow with the log is seen in between. */
const SIZES = [100_000, 450_000, 1_000_000] as const;

/** What auditors and operators replay: rebuilds over the telco history, verification, and answers as of a moment. */
export async function* replay(): AsyncGenerator<Bar[]> {
  yield await rebuilds();
  yield await verifyRate();
  yield await asOf(SIZES);
}

function rebuilds(): Promise<Bar[]> {
  return withNode(async (node) => {
    const { position } = await importInto(node.connectionString, 'replay', accountsToImport(AS_TELCO.accounts));
    const store = new EventStore(node.connectionString);
    try {
      return await withPostgres((server) => rebuildRate(store, node.connectionString, server, position));
    } finally {
      await store.close();
    }
  });
}
