import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { connectEventStore, type EventStore, EventStoreUnavailable } from '#libs/event-sourcing';
import { spawnEventStoreNode, type SpawnedEventStoreNode } from '#libs/eventstore-node';
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
  /** How often it was begun: once, and again whenever it was gone on with. */
  lives: z.int().default(1),
  /** Where the log ended when the books were examined; none before. */
  examinedAt: z.string().optional(),
});
type Progress = z.output<typeof Progress>;

export interface Simulated extends Examination {
  /** The first day, and the day after the last. */
  readonly from: string;
  readonly to: string;
  /** How often it was begun: once, and again whenever it was gone on with after it had been interrupted. */
  readonly lives: number;
  /** What rules refused since this run began, by their codes. */
  readonly refusals: Readonly<Record<string, number>>;
}

/**
 * Lives a biller through in a directory of its own, on an embedded event store and database, and examines it. Killed at any
 * moment, it goes on where it was when it is asked for again; one that has ended is examined again.
 * @param dataDir empty, absent, or of the same simulation.
 * @throws SimulationRefused | DirectoryInUse | EventStoreUnavailable when the node ended before it did
 */
export async function simulate(
  plan: Plan,
  dataDir: string,
  { onDay }: { readonly onDay?: (day: string) => void } = {},
): Promise<Simulated> {
  const before = await progressIn(dataDir, plan);
  await mkdir(dataDir, { recursive: true });
  const release = await lockDirectory(dataDir);
  let progress: Progress = before ?? { ...plan, next: plan.from, lives: 0 };
  const note = async (more: Partial<Progress>) => {
    progress = { ...progress, ...more };
    const file = fileIn(dataDir);
    await writeFile(`${file}.new`, JSON.stringify(progress));
    await rename(`${file}.new`, file);
  };
  if (progress.examinedAt === undefined) await note({ lives: progress.lives + 1 });
  const node = await spawnEventStoreNode({ dataDir: join(dataDir, 'eventstore'), port: 0 });
  try {
    const { position, ...found } = await liveOn(node, plan, dataDir, progress, async (day) => {
      await note({ next: addDays(day, 1) });
      onDay?.(day);
    });
    await note({ examinedAt: position });
    return { ...found, from: plan.from, to: endOf(plan.from, plan.months), lives: progress.lives };
  } catch (error) {
    await node.close();
    // What it fails of without its node depends on the moment, and may be heard of before that the node has ended.
    throw (await node.exited) === 0 ? error : nodeEnded();
  } finally {
    await node.close();
    release();
  }
}

/** @returns what was found at the end, and where the log ended then */
async function liveOn(
  node: SpawnedEventStoreNode,
  plan: Plan,
  dataDir: string,
  progress: Progress,
  onDayEnded: (day: string) => Promise<void>,
): Promise<Examination & Pick<Simulated, 'refusals'> & { readonly position: string }> {
  const store = await connectEventStore(node.connectionString);
  const db = await openDatabase({ dataDir: join(dataDir, 'read-models') });
  const log = createLogger({ level: 'error', name: 'simulation' });
  const projector = new Projector(node.connectionString, db, (projection, error) =>
    log.error({ projection, reason: error.message }, 'projection stopped'),
  );
  const live = async () => {
    await refuseWhatHasGoneOn(dataDir, progress, store);
    const simulation = new Simulation({
      ...{ plan, next: progress.next, store, db, barrier: projector.barrier, log, onDayEnded },
      ...{ gatewayFile: join(dataDir, 'gateway.jsonl') },
      ...{ catalogue: await readCatalogue(), policy: await readCollectionPolicy() },
    });
    // What is sealed of them has no key. Without a word on that, Paybill would wait for keys that have been lost.
    await new PersonalData(db, await masterKeyIn(dataDir)).erase(...simulation.accountIds);
    await simulation.run();
    const examination = await examine(store, db, projector.barrier, simulation.gateway);
    const refusals = Object.fromEntries([...simulation.refusals].sort());
    return { ...examination, refusals, position: String(await store.lastPosition()) };
  };
  try {
    // Some of it would wait for a node that has ended.
    return await Promise.race([live(), node.exited.then(() => Promise.reject(nodeEnded()))]);
  } finally {
    await projector.stop();
    await db.close();
    await store.close();
  }
}

function nodeEnded(): EventStoreUnavailable {
  return new EventStoreUnavailable('the event store of the simulation has ended; run the same again to go on with it');
}

/**
 * What a directory has of a simulation: its first day, and whether it has been lived to its end and examined. Undefined where
 * there is nothing yet. @throws SimulationRefused when it holds anything else
 */
export async function simulatedIn(
  dataDir: string,
  asked: Omit<Plan, 'from'>,
): Promise<{ readonly from: string; readonly isOver: boolean } | undefined> {
  const progress = await progressIn(dataDir, asked);
  return progress && { from: progress.from, isOver: progress.examinedAt !== undefined };
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'simulation.json');
}

/** What Paybill has written since is nothing that the simulated gateway, bank and tills know of. */
async function refuseWhatHasGoneOn(dataDir: string, { examinedAt }: Progress, store: EventStore): Promise<void> {
  if (examinedAt === undefined || String(await store.lastPosition()) === examinedAt) return;
  throw new SimulationRefused(
    `${dataDir} has been lived to its end, and Paybill has written to it since; its books are held against a simulation no more`,
  );
}

/** Where an earlier run was; undefined where there is nothing yet. */
async function progressIn(
  dataDir: string,
  asked: Omit<Plan, 'from'> & { readonly from?: string },
): Promise<Progress | undefined> {
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
  const read = Progress.safeParse(JSON.parse(await readFile(fileIn(dataDir), 'utf8')));
  if (!read.success)
    throw new SimulationRefused(`${fileIn(dataDir)} is not of this version of Paybill; name another directory`);
  const there = read.data;
  for (const name of ['accounts', 'months', 'seed', 'from'] as const) {
    if (asked[name] === undefined || there[name] === asked[name]) continue;
    const message = `${dataDir} holds a simulation with --${name} ${there[name]}; give that to go on with it, or another directory`;
    throw new SimulationRefused(message);
  }
  return there;
}
