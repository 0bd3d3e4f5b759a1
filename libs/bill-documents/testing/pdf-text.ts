import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { skipped } from '#testing/platform';

const OPTIONS = { encoding: 'buffer' as const, maxBuffer: 1 << 26 };

/** Whether pdftotext, a reader that is not ours, is here; declares the tests skipped when it is not. */
export function canReadPdf(): boolean {
  const there = spawnSync('pdftotext', ['-v']).status === 0;
  if (!there) skipped('pdftotext', 'it is not installed (Debian: apt-get install poppler-utils)');
  return there;
}

/** The text of each page, its columns side by side as they stand. */
export async function pdfPages(pdf: Buffer): Promise<string[]> {
  const reading = promisify(execFile)('pdftotext', ['-layout', '-enc', 'UTF-8', '-', '-'], OPTIONS);
  reading.child.stdin?.end(pdf);
  const { stdout } = await reading;
  // A form feed ends each page.
  return stdout.toString('utf8').split('\f').slice(0, -1);
}
