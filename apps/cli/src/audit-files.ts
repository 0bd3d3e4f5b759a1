import { MalformedNote, verifierKey } from '#libs/audit';
import { readFile } from 'node:fs/promises';
import { WrongOption } from './options.js';

type VerifierKey = ReturnType<typeof verifierKey>;

/** The text of a file that an option names. @throws WrongOption */
export async function readOption(option: string, file: string): Promise<string> {
  return (await readBytes(option, file)).toString('utf8');
}

/** @throws WrongOption */
export async function readBytes(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new WrongOption(`${option}: ${(error as Error).message}`);
  }
}

/** Verifier keys, each given as it is or as the name of a file that holds some. @throws WrongOption */
export async function keysOf(given: readonly string[]): Promise<VerifierKey[]> {
  const texts = await Promise.all(
    given.map(async (key) => (/\+[\da-f]{8}\+/.test(key) ? [key] : (await readOption('--key', key)).split(/\s+/))),
  );
  const keys = texts.flat().filter((text) => text !== '');
  if (given.length > 0 && keys.length === 0) throw new WrongOption('--key: the file holds no verifier key');
  try {
    return keys.map(verifierKey);
  } catch (error) {
    if (error instanceof MalformedNote) throw new WrongOption(`--key: ${error.message}`);
    throw error;
  }
}
