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

/** One build of Paybill, as far as history is run by it. */
export interface Build {
  /** What whoever asked called it. */
  readonly name: string;
  readonly account: Decider<FoldedAccount, DomainEvent>;
  /** Those of all its libs. */
  readonly readModels: readonly Projection[];
}

/** What a lib calls its read models. Those of the ledger’s accounts have been there from the first build that can be compared. */
const READ_MODELS = [
  ['ledger', 'readModels'],
  ['ledger', 'paymentReadModels'],
  ['ledger', 'subscriptionReadModels'],
  ['ledger', 'receiptReadModels'],
  ['ledger', 'tillReadModels'],
  ['fraud', 'fraudReadModels'],
  ['audit', 'auditReadModels'],
] as const;

/**
 * Loads a build: a directory with `dist/`, `package.json` and, there or above, `node_modules`. Two builds
 * are loaded side by side into this process: each resolves `#libs/…` by its own package.json, and what is run of them is
 * pure, so that they cannot get into each other's way.
 * @throws WrongOption
 */
export async function loadBuild(name: string, directory: string): Promise<Build> {
  const entry = join(resolve(directory), 'dist/libs/ledger/src/index.js');
  if (!existsSync(entry)) throw new WrongOption(`${name}: ${entry} does not exist; build it with npm run build`);
  const { account } = (await importFrom(name, entry)) as Partial<Build>;
  const readModels: unknown[] = [];
  for (const [lib, exported] of READ_MODELS) {
    const path = join(resolve(directory), `dist/libs/${lib}/src/index.js`);
    // A build from before there were these read models has none of them, which the comparison then says.
    const found = existsSync(path) ? (await importFrom(name, path))[exported] : undefined;
    if (Array.isArray(found)) readModels.push(...(found as unknown[]));
    else if (exported === 'readModels') throw tooOld(name);
  }
  if (typeof account?.evolve !== 'function' || !('open' in account.initialState)) throw tooOld(name);
  return { name, account, readModels: (readModels as Projection[]).map(withKeys) };
}

async function importFrom(name: string, path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new WrongOption(`${name} cannot be loaded: ${(error as Error).message}`);
  }
}

function tooOld(name: string): WrongOption {
  return new WrongOption(`${name} is too old: its ledger has no account whose open amount could be compared`);
}

/** Before tables had keys, a table was its name. */
function withKeys(projection: Projection): Projection {
  const tables = projection.tables as readonly (string | ProjectionTable)[];
  return {
    ...projection,
    tables: tables.map((table) => (typeof table === 'string' ? { name: table, key: [] } : table)),
  };
}
