import { openDatabase } from '#libs/platform';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Puts an empty embedded database in a directory that is not there yet. To initialise one takes seconds of a processor; to
 * copy one does not. What is copied is made once on a machine, and again for another version of PGlite.
 */
export async function emptyPglite(directory: string): Promise<void> {
  const pglite = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { version } = JSON.parse(await readFile(join(dirname(pglite), '../package.json'), 'utf8')) as {
    version: string;
  };
  const initialised = join(tmpdir(), `paybill-empty-pglite-${version}`);
  if (!existsSync(initialised)) {
    const unfinished = await mkdtemp(`${initialised}-`);
    const db = await openDatabase({ dataDir: join(unfinished, 'data') });
    await db.close();
    // Another process may have been faster.
    await rename(join(unfinished, 'data'), initialised).catch(() => undefined);
    await rm(unfinished, { recursive: true, force: true });
  }
  await mkdir(dirname(directory), { recursive: true });
  await cp(initialised, directory, { recursive: true });
}
