import { EventStore, ProjectionRunner } from '#libs/event-sourcing';
import { readModels } from '#libs/ledger';
import { type Database, openDatabase } from '#libs/platform';
import { type Bar, reaches } from './bar.js';
import { eventsToImport, importInto } from './biller.js';
import { countEvents } from './counting.js';
import { interleaved, seconds } from './measuring.js';
import { withPostgres } from './postgres.js';
import { inScratch, withNode } from './scratch.js';

const EVENTS = 100_000;
const ALL_EVENTS = 470_000;
/** What the read models read. */
const READ = readModels.map(({ category }) => category);

/** The full log into all read models, on each engine, against a subscription that only counts. */
export function projections({ full }: { full: boolean }): Promise<Bar[]> {
  return withNode(async (node) => {
    const { position } = await importInto(
      node.connectionString,
      'projections',
      eventsToImport(full ? ALL_EVENTS : EVENTS, 1),
    );
    const store = new EventStore(node.connectionString);
    const events = await countEvents(node.connectionString, READ, position);
    const onEngines = async (engines: Readonly<Record<string, () => Promise<number>>>) => {
      const counting = async () => events / (await seconds(() => countEvents(node.connectionString, READ, position)));
      const rates = await interleaved<string>({ counting, ...engines });
      return Object.keys(engines).map((engine) =>
        reaches('projections', `events/s into all read models, ${engine}`, rates[engine]!, rates['counting']!, 0.5),
      );
    };
    const embedded = () =>
      inScratch(async (dataDir) => {
        await using db = await openDatabase({ dataDir });
        return events / (await project(store, db, position));
      });
    const bars = await withPostgres((server) =>
      onEngines({
        PGlite: embedded,
        ...(server && {
          PostgreSQL: () => server.inDatabase(async (db) => events / (await project(store, db, position))),
        }),
      }),
    );
    await store.close();
    return bars;
  });
}

/** Seconds until all read models have everything up to a position. */
export async function project(store: EventStore, db: Database, position: bigint): Promise<number> {
  const enough = new AbortController();
  const behind = new Set(readModels.map(({ name }) => name));
  let stopped: Error | undefined;
  const runner = new ProjectionRunner(store, db, readModels, {
    onProgress: (projection, reached) => {
      if (reached >= position) behind.delete(projection);
      if (behind.size === 0) enough.abort();
    },
    onStopped: (_, error) => (stopped = error),
  });
  const took = await seconds(() => runner.run(enough.signal));
  if (stopped) throw stopped;
  return took;
}
