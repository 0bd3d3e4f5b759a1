import { EventStore, install } from '#libs/event-sourcing';
import { readModels } from '#libs/ledger';
import { type Bar, notMeasured, staysUnder, told } from './bar.js';
import { accountsAfter } from './account-ids.js';
import { eventsToImport, importInto } from './biller.js';
import { HttpConnection } from './http-connection.js';
import { quantile } from './measuring.js';
import { withPostgres } from './postgres.js';
import { type Served, startServed, startStandalone, untilFollowed, untilProjected } from './processes.js';
import { project } from './projections.bench.js';
import { inScratch } from './scratch.js';

/** Asked one after the other: what an auditor waits for, with nothing else going on. */
const ACCOUNTS = 500;
const TRIES = 7;
const ACCOUNT_MS = 20;
const TRIAL_BALANCE_MS = 2_000;
/** The made-up biller's bills are of the months up to this one; everything was recorded on the day of the import. */
const LAST_MONTH = Date.UTC(2026, 5, 1);
const MONTHS = 24;

/**
 * What finance asks as of a moment, over HTTP, of a log that grows to the given sizes in events: of standalone with PGlite, and
 * of an API process with PostgreSQL over the same log.
 */
export function asOf(sizes: readonly number[]): Promise<Bar[]> {
  return withPostgres((server) =>
    inScratch(async (directory) => {
      const standalone = await startStandalone(directory);
      const grown = (onPostgres?: OnPostgres) => grow(standalone, sizes, onPostgres);
      try {
        if (!server) return [...(await grown()), notMeasured('replay', 'PostgreSQL', 'there is none here')];
        return await server.inDatabase(async (db, url) => {
          const env = { EVENTSTORE_URL: standalone.eventStoreUrl, DATABASE_URL: url };
          const store = new EventStore(standalone.eventStoreUrl);
          const upTo = (position: bigint) => project(store, db, position);
          await install(db, readModels);
          const api = await startServed('api', env);
          const bars = await grown({ api, upTo });
          await api.stop();
          await store.close();
          return bars;
        });
      } finally {
        await standalone.stop();
      }
    }),
  );
}

interface OnPostgres {
  readonly api: Served;
  upTo(position: bigint): Promise<number>;
}

async function grow(
  standalone: Awaited<ReturnType<typeof startStandalone>>,
  sizes: readonly number[],
  onPostgres: OnPostgres | undefined,
): Promise<Bar[]> {
  const bars: Bar[] = [];
  let written = { events: 0, position: 0n };
  for (const size of sizes) {
    const before = written.position;
    const lines = eventsToImport(size - written.events, size);
    const began = new Date().toISOString();
    const { events, position } = await importInto(standalone.eventStoreUrl, `as-of-${size}`, lines);
    const halfWay = new Date((Date.parse(began) + Date.now()) / 2).toISOString();
    written = { events: written.events + events, position };
    const ids = await accountsAfter(standalone.eventStoreUrl, before, ACCOUNTS);
    await untilProjected(standalone.url, position);
    await untilFollowed(standalone.url, position);
    bars.push(...(await measured(standalone.url, 'PGlite', size, ids, halfWay)));
    if (!onPostgres) continue;
    await onPostgres.upTo(position);
    bars.push(...(await measured(onPostgres.api.url, 'PostgreSQL', size, ids, halfWay)));
  }
  return bars;
}

async function measured(
  url: string,
  engine: string,
  size: number,
  ids: readonly string[],
  recordedAt: string,
): Promise<Bar[]> {
  const connection = await HttpConnection.open(url);
  const tell = (what: string, value: number) => told('replay', `ms ${what}, ${size} events, ${engine}`, value);
  const hold = (what: string, value: number, limit: number) =>
    staysUnder('replay', `ms ${what}, ${size} events, ${engine}`, value, limit);
  const each = (path: (index: number) => string) => times(connection, ids.length, path);
  const slowest = async (path: (index: number) => string) => Math.max(...(await times(connection, TRIES, path)));
  const month = (index: number) => `from=${day(index).slice(0, 8)}01&to=${day(index)}`;

  const accounts = await each((index) => `/accounts/${ids[index]!}/as-of?effectiveAt=${day(index)}`);
  const statements = await each((index) => `/accounts/${ids[index]!}/statement?${month(index)}`);
  const explanations = await each((index) => `/accounts/${ids[index]!}/explain`);
  const ofDay = await slowest((index) => `/journal/trial-balance?effectiveAt=${day(index)}`);
  const ofInstant = await slowest((index) => `/journal/trial-balance?effectiveAt=${day(index)}T12:00:00Z`);
  const ofImport = await slowest(() => `/journal/trial-balance?recordedAt=${recordedAt}`);
  const bars = [
    tell('p50 of an account', quantile(accounts, 0.5)),
    hold('p99 of an account', quantile(accounts, 0.99), ACCOUNT_MS),
    tell('p99 of a statement', quantile(statements, 0.99)),
    tell('p99 of an explanation', quantile(explanations, 0.99)),
    hold('trial balance, a day', ofDay, TRIAL_BALANCE_MS),
    tell('trial balance, an instant', ofInstant),
    tell('trial balance, recorded half way through the import', ofImport),
    tell('aging, the last month', await slowest(() => `/aging?effectiveAt=${day(0)}`)),
    tell('aging, half way back', await slowest(() => `/aging?effectiveAt=${day(MONTHS / 2)}`)),
    tell('roll-forward of a month', await slowest((index) => `/roll-forward?${month(index)}`)),
  ];
  connection.close();
  return bars;
}

/** A day of one of the months there are, the last first. */
function day(index: number): string {
  const date = new Date(LAST_MONTH);
  date.setUTCMonth(date.getUTCMonth() - (index % MONTHS));
  date.setUTCDate(1 + ((index * 11) % 28));
  return date.toISOString().slice(0, 10);
}

/** Milliseconds of requests made one after the other; one before them is not counted. */
async function times(connection: HttpConnection, count: number, path: (index: number) => string): Promise<number[]> {
  const milliseconds: number[] = [];
  for (let index = -1; index < count; index++) {
    const asked = path(Math.max(index, 0));
    const started = performance.now();
    const { status, body } = await connection.get(asked);
    if (status !== 200) throw new Error(`${asked} answered ${status}: ${body}`);
    if (index >= 0) milliseconds.push(performance.now() - started);
  }
  return milliseconds;
}
