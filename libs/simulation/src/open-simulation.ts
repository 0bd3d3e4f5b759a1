import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { connectEventStore } from '#libs/event-sourcing';
import { spawnEventStoreNode } from '#libs/eventstore-node';
import { addDays, readCatalogue, readCollectionPolicy } from '#libs/ledger';
import { createLogger, lockDirectory, masterKeyIn, openDatabase, PersonalData } from '#libs/platform';
import { endOf, FIRST_DAY } from './days.js';
import { examine, type Examination } from './examine.js';
import { type Plan } from './plan.js';
import { Projector } from './projector.js';
import { Simulation } from './simulation.js';

/** A directory holds something else than the simulation that was asked for. Nothing of it was touched. */
class SimulationRefused extends Error {
  override readonly name = 'SimulationRefused';
}

/** What a directory says of the simulation in it. */
const Progress = z.strictObject({
  accounts: z.int(),
  months: z.int(),
  seed: z.int(),
  from: z.iso.date().default(FIRST_DAY),
  /** The first day that has not ended. */
  next: z.iso.date(),
});
type Progress = z.output<typeof Progress>;

export interface Simulated extends Examination {
  /** The first day, and the day after the last. */
  readonly from: string;
  readonly to: string;
  /** An earlier run had begun with it. */
  readonly resumed: boolean;
  /** What rules refused since this run began, by their codes. */
  readonly refusals: Readonly<Record<string, number>>;
}

/**
 * Lives a biller through in a directory of its own, on an embedded event store and database, and examines it. Killed at any
 * moment, it goes on where it was when it is asked for again; one that has ended is examined again.
 * @param dataDir empty, absent, or of the same simulation. @throws SimulationRefused | DirectoryInUse
 */
export async function simulate(
  plan: Plan,
  dataDir: string,
  { onDay }: { readonly onDay?: (day: string) => void } = {},
): Promise<Simulated> {
  const file = join(dataDir, 'simulation.json');
  const before = await progressIn(dataDir, file, plan);
  await mkdir(dataDir, { recursive: true });
  const release = await lockDirectory(dataDir);
  const note = async (next: string) => {
    await writeFile(`${file}.new`, JSON.stringify({ ...plan, next } satisfies Progress));
    await rename(`${file}.new`, file);
  };
  if (before === undefined) await note(plan.from);
  const node = await spawnEventStoreNode({ dataDir: join(dataDir, 'eventstore'), port: 0 });
  const store = await connectEventStore(node.connectionString);
  const db = await openDatabase({ dataDir: join(dataDir, 'read-models') });
  const log = createLogger({ level: 'error', name: 'simulation' });
  const projector = new Projector(node.connectionString, db, (projection, error) =>
    log.error({ projection, reason: error.message }, 'projection stopped'),
  );
  try {
    const simulation = new Simulation({
      ...{
        plan,
        store,
        db,
        barrier: projector.barrier,
        gatewayFile: join(dataDir, 'gateway.jsonl'),
        log,
        next: before,
      },
      ...{ catalogue: await readCatalogue(), policy: await readCollectionPolicy() },
      onDayEnded: async (day) => {
        await note(addDays(day, 1));
        onDay?.(day);
      },
    });
    // What is sealed of them has no key. Without a word on that, Paybill would wait for keys that have been lost.
    await new PersonalData(db, await masterKeyIn(dataDir)).erase(...simulation.accountIds);
    await simulation.run();
    const examination = await examine(store, db, projector.barrier, simulation.gateway);
    const refusals = Object.fromEntries([...simulation.refusals].sort());
    return {
      ...examination,
      from: plan.from,
      to: endOf(plan.from, plan.months),
      resumed: before !== undefined,
      refusals,
    };
  } finally {
    await projector.stop();
    await db.close();
    await store.close();
    await node.close();
    release();
  }
}

/** Where an earlier run was; undefined where there is nothing yet. */
async function progressIn(dataDir: string, file: string, plan: Plan): Promise<string | undefined> {
  const names = await readdir(dataDir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new SimulationRefused(`${dataDir} is no directory; name another`);
    throw error;
  });
  if (names.length === 0) return undefined;
  if (!names.includes('simulation.json')) {
    // Killed before it had begun: nothing but the lock.
    if (names.every((name) => name === 'lock' || name.startsWith('lock.') || name === 'simulation.json.new'))
      return undefined;
    throw new SimulationRefused(
      `${dataDir} is not empty and holds no simulation; name a directory that is empty or absent`,
    );
  }
  const read = Progress.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!read.success) throw new SimulationRefused(`${file} is not of this version of Paybill; name another directory`);
  const { next, ...there } = read.data;
  for (const name of ['accounts', 'months', 'seed', 'from'] as const) {
    if (there[name] === plan[name]) continue;
    const message = `${dataDir} holds a simulation with --${name} ${there[name]}; give that to go on with it, or another directory`;
    throw new SimulationRefused(message);
  }
  return next;
}
