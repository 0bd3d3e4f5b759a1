import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The SHA-256 (hex) of a module and of all modules of the same library that it imports, directly or not, without their
 * comments and indentation. A projection gives it for the module that defines it, so that rows are never made by one
 * code and added to by another unseen. It has to be asked for while that module is loaded: files on the disk may be
 * those of the next release soon after. It tells that code has changed, never that the rows would be other ones: that is
 * for a rebuild to find out, or for a person to say.
 *
 * What other libraries bring is not in it: a change there that changes rows has to be made known by changing the
 * projection.
 * @param moduleUrl `import.meta.url` of the module
 */
export function codeFingerprint(moduleUrl: string): string {
  const modules = new Map<string, string>();
  gather(fileURLToPath(moduleUrl), modules);
  const hash = createHash('sha256');
  // By their code alone: where a build lies, and what its files are called, makes no rows.
  for (const code of [...modules.values()].sort()) hash.update(code).update('\0');
  return hash.digest('hex');
}

function gather(path: string, modules: Map<string, string>): void {
  if (modules.has(path)) return;
  const source = readFileSync(path, 'utf8');
  modules.set(path, essence(source));
  for (const [, imported] of source.matchAll(/^(?:import|export)\b[^'"]*?from\s*['"](\.[^'"]+)['"]/gms)) {
    gather(sourceOf(join(dirname(path), imported!)), modules);
  }
}

/** Built, a module is what its importers name; from sources it is the TypeScript behind that. */
function sourceOf(path: string): string {
  return existsSync(path) ? path : path.replace(/\.js$/, '.ts');
}

/** The lines that are code. Where a comment ends, the compiler puts the code after it on the same line. */
function essence(source: string): string {
  return source
    .replace(/^\s*(?:\/\*[\s\S]*?\*\/\s*)+/gm, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('//'))
    .join('\n');
}
