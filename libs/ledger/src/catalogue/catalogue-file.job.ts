import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readYaml } from '#libs/platform';
import { Catalogue } from './catalogue.js';

/** What billing is set by. */
export const CatalogueSettings = z.object({
  /** The catalogue file; the catalogue that comes with Paybill when it is not set. */
  PAYBILL_CATALOGUE: z.string().optional(),
});

/** A catalogue file that is not taken: every fault with its path and line. */
export class CatalogueRefused extends Error {
  override readonly name = 'CatalogueRefused';
}

/** The catalogue that comes with Paybill. It is not copied into dist: from there, too, the way leads to the source. */
const DEFAULT_CATALOGUE = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts')
      ? '../../catalogue/default.yaml'
      : '../../../../../libs/ledger/catalogue/default.yaml',
    import.meta.url,
  ),
);

/**
 * Reads the catalogue, once at a start: versions come into force by their day and not by a change of the file.
 * @throws CatalogueRefused: without a catalogue nothing starts
 */
export async function readCatalogue(path: string = DEFAULT_CATALOGUE): Promise<Catalogue> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new CatalogueRefused(`the catalogue cannot be read: ${error.message}`);
  });
  const read = readYaml(Catalogue, text, path);
  if ('value' in read) return read.value;
  throw new CatalogueRefused(read.faults);
}
