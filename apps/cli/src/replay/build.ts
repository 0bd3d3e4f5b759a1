import { type Decider, type DomainEvent, type Projection, type ProjectionTable } from '#libs/event-sourcing';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WrongOption } from '../options.js';

/** What is looked at of an account's state, whichever build it comes from. */
export interface FoldedAccount {
  readonly status: string;
  readonly currency: string;
  readonly digits: number;
  /** Minor units. */
  readonly open: bigint;
  readonly credit: bigint;
  readonly bills: { values(): Iterable<{ readonly billNumber: string; readonly open: bigint }> };
}

/** The ledger of one build of Paybill. */
export interface Build {
  /** What whoever asked called it. */
  readonly name: string;
  readonly account: Decider<FoldedAccount, DomainEvent>;
  readonly readModels: readonly Projection[];
}

/**
 * Loads the ledger of a build: a directory with `dist/`, `package.json` and, there or above, `node_modules`. Two builds
 * are loaded side by side into this process: each resolves `#libs/…` by its own package.json, and what is run of them is
 * pure, so that they cannot get into each other's way.
 * @throws WrongOption
 */
export async function loadBuild(name: string, directory: string): Promise<Build> {
  const entry = join(resolve(directory), 'dist/libs/ledger/src/index.js');
  if (!existsSync(entry)) throw new WrongOption(`${name}: ${entry} does not exist; build it with npm run build`);
  const ledger = (await import(pathToFileURL(entry).href).catch((error: Error) => {
    throw new WrongOption(`${name} cannot be loaded: ${error.message}`);
  })) as Partial<Build>;
  const { account, readModels } = ledger;
  if (typeof account?.evolve !== 'function' || !('open' in account.initialState) || !Array.isArray(readModels)) {
    throw new WrongOption(`${name} is too old: its ledger has no account whose open amount could be compared`);
  }
  return { name, account, readModels: readModels.map(withKeys) };
}

/** Before tables had keys, a table was its name. */
function withKeys(projection: Projection): Projection {
  const tables = projection.tables as readonly (string | ProjectionTable)[];
  return {
    ...projection,
    tables: tables.map((table) => (typeof table === 'string' ? { name: table, key: [] } : table)),
  };
}
