import { EventStore } from '#libs/event-sourcing';
import { type Bar } from './bar.js';
import { accountsToImport, AS_TELCO, importInto } from './biller.js';
import { withPostgres } from './postgres.js';
import { rebuildRate } from './rebuild-rate.js';
import { withNode } from './scratch.js';

/** What auditors and operators replay: rebuilds over the telco history. */
export function replay(): Promise<Bar[]> {
  return withNode(async (node) => {
    const { position } = await importInto(node.connectionString, 'replay', accountsToImport(AS_TELCO.accounts));
    const store = new EventStore(node.connectionString);
    try {
      return await withPostgres((server) => rebuildRate(store, server, position));
    } finally {
      await store.close();
    }
  });
}
