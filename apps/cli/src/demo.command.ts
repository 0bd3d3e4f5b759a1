import { demoBiller } from '#libs/ledger';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printReconciliation, reportRefused, runImport, type Source, telco } from './import.command.js';
import { ANY_PORT, startStandalone, type Target } from './target.js';

export interface DemoOptions {
  readonly exit?: boolean;
  readonly telco?: string;
  readonly data?: string;
  readonly accounts: number;
  readonly months: number;
  readonly seed: number;
}

/**
 * The main job from beginning to end: starts Paybill on embedded servers, writes a biller's history through the ordinary
 * commands, holds the read models against the source, and stays up to be looked at.
 * @returns the exit code.
 */
export async function demo(options: DemoOptions): Promise<number> {
  const dataDir = options.data ?? (await mkdtemp(join(tmpdir(), 'paybill-demo-')));
  const target = await startStandalone(dataDir, options.exit ? ANY_PORT : {});
  try {
    const outcome = await runImport(target, await sourceOf(options));
    console.log(
      `${outcome.events} events written${outcome.already > 0 ? `, ${outcome.already} accounts were there` : ''}\n`,
    );
    const agrees = await printReconciliation(target, outcome);
    await reportRefused(outcome, join(dataDir, 'refused.txt'));
    if (!options.exit) await stayUp(target, dataDir);
    return agrees && outcome.refused.length === 0 ? 0 : 1;
  } finally {
    await target.stop();
    if (options.data === undefined) await rm(dataDir, { recursive: true, force: true });
  }
}

async function sourceOf({ telco: file, accounts, months, seed }: DemoOptions): Promise<Source> {
  if (file !== undefined) return telco(file);
  const lines = function* () {
    let line = 0;
    for (const customer of demoBiller({ accounts, months, seed })) yield { line: ++line, ...customer };
  };
  return { name: `demo/${accounts}/${months}/${seed}`, lines: lines(), total: accounts };
}

async function stayUp({ url, ended }: Target, dataDir: string): Promise<void> {
  console.log(`
Paybill is up on ${dataDir}. Have a look:

  ${url}/docs                       every command and query, to try out
  ${url}/journal/trial-balance      the books
  ${url}/ready                      how far the read models are

Ctrl-C stops it.`);
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await Promise.race([ended, interrupted]);
}
