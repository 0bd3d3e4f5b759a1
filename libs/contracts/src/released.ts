import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MESSAGES, type MessageType } from './catalogue.js';
import { type Breach, breaches, type CurrentSchema, type ReleasedSchema } from './compatibility.js';
import { type JsonSchema, publishedSchema, readingSchema } from './schemas.js';

const FILE = /^(?<type>[a-z.-]+)\.v(?<version>[1-9]\d*)\.json$/;

/** Where what was released stands: `<type>.v<version>.json`, committed and never changed afterwards. */
export function releasedFolder(): string {
  // The build copies no files beside the code, so that the folder is looked for from the package's root.
  const root = (folder: string): string => {
    if (existsSync(join(folder, 'package.json')) || folder === dirname(folder)) return folder;
    return root(dirname(folder));
  };
  return join(root(dirname(fileURLToPath(import.meta.url))), 'libs/contracts/released');
}

/** @throws when the folder holds a file that is no released schema. */
export async function readReleased(folder: string): Promise<ReleasedSchema[]> {
  const files = (await readdir(folder)).sort();
  return Promise.all(
    files.map(async (file) => {
      const { type, version } = FILE.exec(file)?.groups ?? {};
      if (type === undefined) throw new Error(`${join(folder, file)} is not named <type>.v<version>.json`);
      const schema = JSON.parse(await readFile(join(folder, file), 'utf8')) as JsonSchema;
      return { type, version: Number(version), schema };
    }),
  );
}

/** The types whose current version is not among the released. */
export function unreleased(released: readonly ReleasedSchema[]): MessageType[] {
  const known = new Set(released.map(({ type, version }) => `${type} ${version}`));
  return types().filter((type) => !known.has(`${type} ${MESSAGES[type].version}`));
}

/** What in this build's messages breaks a reader of the released ones. */
export function breachesOf(released: readonly ReleasedSchema[]): Breach[] {
  const current = types().map((type): [string, CurrentSchema] => [
    type,
    { version: MESSAGES[type].version, published: publishedSchema(type), reading: readingSchema(type) },
  ]);
  return breaches(released, Object.fromEntries(current));
}

/** Writes what is new to the folder; what is there already stays as it is. Returns the types it wrote. */
export async function release(folder: string): Promise<MessageType[]> {
  const fresh = unreleased(await readReleased(folder));
  for (const type of fresh) {
    const file = join(folder, `${type}.v${MESSAGES[type].version}.json`);
    await writeFile(file, `${JSON.stringify(publishedSchema(type), null, 2)}\n`, { flag: 'wx' });
  }
  return fresh;
}

function types(): MessageType[] {
  return Object.keys(MESSAGES) as MessageType[];
}
