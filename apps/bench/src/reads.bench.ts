import { accountsAfter } from './account-ids.js';
import { type Bar, staysFlat, staysUnder } from './bar.js';
import { eventsToImport, importInto } from './biller.js';
import { HttpPool } from './http-connection.js';
import { openLoop } from './load.js';
import { median, quantile, ROUNDS } from './measuring.js';
import { startStandalone, untilProjected } from './processes.js';
import { inScratch } from './scratch.js';

const SIZES = [10_000, 100_000];
const FULL_SIZE = 1_000_000;
const LOAD = { perSecond: 500, seconds: 10 };
const CONNECTIONS = 32;
const P99_MS = 10;
/** How much slower reads may be on the largest log than on the smallest: twice is what a p99 moves by itself. */
const FLAT = 2;
/** How many accounts of each part of the log are asked for in turn. */
const ACCOUNTS_OF_PART = 1_000;

/** Balances and histories in turn, from a standalone whose log grows. */
export function reads({ full }: { full: boolean }): Promise<Bar[]> {
  return inScratch(async (directory) => {
    const standalone = await startStandalone(directory);
    try {
      const ids: string[] = [];
      const p99s: { events: number; milliseconds: number }[] = [];
      let written = { events: 0, position: 0n };
      for (const size of full ? [...SIZES, FULL_SIZE] : SIZES) {
        const before = written.position;
        const lines = eventsToImport(size - written.events, size);
        const { events, position } = await importInto(standalone.eventStoreUrl, `to-${size}`, lines);
        written = { events: written.events + events, position };
        ids.push(...(await accountsAfter(standalone.eventStoreUrl, before, ACCOUNTS_OF_PART)));
        await untilProjected(standalone.url, position);
        p99s.push({ events: size, milliseconds: await p99(standalone.url, ids) });
      }
      return bars(p99s);
    } finally {
      await standalone.stop();
    }
  });
}

function bars(p99s: readonly { events: number; milliseconds: number }[]): Bar[] {
  const smallest = p99s[0]!;
  const largest = p99s.at(-1)!;
  const sizes = `${largest.events} against ${smallest.events}`;
  return [
    ...p99s.map(({ events, milliseconds }) =>
      staysUnder('reads', `ms p99 at ${events} events, 500/s`, milliseconds, P99_MS),
    ),
    staysFlat('reads', `ms p99, ${sizes} events`, largest.milliseconds, smallest.milliseconds, FLAT),
  ];
}

/** Median of the rounds' 99th percentiles, in milliseconds; one round before them is not counted. */
async function p99(url: string, ids: readonly string[]): Promise<number> {
  const pool = await HttpPool.open(url, CONNECTIONS);
  const percentiles: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const latencies = await openLoop(LOAD, (index) => {
      // Neighbours in time are not neighbours on disk: a prime step goes through all accounts in a scattered order.
      const id = ids[(Math.floor(index / 2) * 7_919) % ids.length]!;
      const path = index % 2 === 0 ? `/accounts/${id}` : `/accounts/${id}/history?limit=25`;
      return pool.ask((connection) => connection.get(path));
    });
    if (round > 0) percentiles.push(quantile(latencies, 0.99));
  }
  pool.close();
  return median(percentiles);
}
