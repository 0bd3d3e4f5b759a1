import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { parseMinor } from '#libs/ledger';
import { nachaReturnFile } from '#testing/bank-files';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bar, reaches, told } from './bar.js';
import { accountsWithOneBill, importInto } from './biller.js';
import { seconds } from './measuring.js';
import { openPaidAccounts } from './payers.js';
import { answered, startStandalone, untilFollowed, untilProjected } from './processes.js';
import { inScratch } from './scratch.js';

/** Of the import before and after the file. */
const ACCOUNTS = 5_000;
const CENTS = 2;

/**
 * A file of NACHA returns, each of a payment of another account that was really made, applied by `paybill bank-files import` to a
 * standalone: from the start of the command to its end, the file being verified first. Against an import into the same
 * standalone, before and after, in events: an entry is one event, and the command, read and append of one account; an account
 * with one bill is three events in two appends.
 */
export function returnFileRate(entries: number): Promise<Bar[]> {
  return inScratch(async (directory) => {
    const standalone = await startStandalone(join(directory, 'data'));
    const { url, eventStoreUrl } = standalone;
    const settled = async (position: bigint) => {
      await untilProjected(url, position);
      await untilFollowed(url, position);
    };
    try {
      const file = join(directory, 'returns.ach');
      await settled(await returnsOfPayments(eventStoreUrl, file, entries));
      const before = await importRate(eventStoreUrl, 'before', settled);
      const took = await seconds(() => applied(file, entries, standalone));
      await settled(await lastPosition(eventStoreUrl));
      const after = await importRate(eventStoreUrl, 'after', settled);
      const imported = (before + after) / 2;
      const what = `NACHA returns/s of a file of ${entries.toLocaleString('en')}`;
      return [
        reaches('billing', `${what}, against events imported a second`, entries / took, imported, 0.5),
        told('billing', 'seconds for the file', took),
      ];
    } finally {
      await standalone.stop();
    }
  });
}

/** Makes payments, and a file that takes each of them back. @returns where in the log the last payment is */
async function returnsOfPayments(eventStoreUrl: string, file: string, count: number): Promise<bigint> {
  const store = new EventStore(eventStoreUrl);
  const { payments, position } = await openPaidAccounts(new CommandHandling(store, { cachedEvents: 1_000 }), count);
  await store.close();
  const returns = payments.map(({ amount, confirmationNumber }, index) => ({
    amount: parseMinor(amount.amount, CENTS),
    code: 'R01',
    originalTrace: String(index + 1).padStart(15, '0'),
    identification: confirmationNumber,
  }));
  await writeFile(file, withLineEnds(nachaReturnFile(returns)));
  return position;
}

function* withLineEnds(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}

async function applied(
  file: string,
  entries: number,
  { url, eventStoreUrl }: { readonly url: string; readonly eventStoreUrl: string },
): Promise<void> {
  const answer = await answered(['bank-files', 'import', file, '--url', url, '--eventstore', eventStoreUrl]);
  const { returns } = answer as { readonly returns: number };
  if (returns !== entries) throw new Error(`${returns} returns were recorded of ${entries}`);
}

async function importRate(
  eventStoreUrl: string,
  name: string,
  settled: (position: bigint) => Promise<void>,
): Promise<number> {
  let [events, position] = [0, 0n];
  const took = await seconds(async () => {
    ({ events, position } = await importInto(eventStoreUrl, name, accountsWithOneBill(ACCOUNTS)));
  });
  await settled(position);
  // The claims of numbers are written besides what an import counts.
  return (events + ACCOUNTS) / took;
}

async function lastPosition(eventStoreUrl: string): Promise<bigint> {
  const store = new EventStore(eventStoreUrl);
  const last = await store.lastOf('account');
  await store.close();
  return last;
}
