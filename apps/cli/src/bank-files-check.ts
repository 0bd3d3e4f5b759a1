import { BankFileRefused, type CheckedBankFile, checkBankFile } from '#libs/bank-files';
import { minorUnitDigits } from '#libs/ledger';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { answer } from './answer.js';
import { ExitCode } from './failure.js';
import { WrongOption } from './options.js';
import { progress } from './progress.js';
import { inColour } from './style.js';

/** A file whose controls hold; of any other, record and reason are told, and the answer is no. @throws WrongOption */
export async function checkedOrRefused(
  file: string,
  options: { readonly json?: boolean },
): Promise<CheckedBankFile | undefined> {
  try {
    return await checkPath(file);
  } catch (error) {
    if (!(error instanceof BankFileRefused)) throw error;
    const { record, reason } = error;
    answer(options, { accepted: false, record, reason }, () => {
      return `${inColour('red', 'refused')} as a whole: record ${record}: ${reason}`;
    });
    process.exitCode = ExitCode.no;
    return undefined;
  }
}

/** Verifies a file by its path, with a progress bar. @throws WrongOption, BankFileRefused */
async function checkPath(file: string): Promise<CheckedBankFile> {
  const size = await sizeOf(file);
  const shown = progress('check', Math.max(size, 1), 'MB');
  try {
    return await checkBankFile(() => createReadStream(file, { highWaterMark: 256 * 1024 }), {
      minorUnitDigits,
      onProgress: (bytes) => shown.update(bytes, Math.round(bytes / 1_000_000)),
    });
  } finally {
    shown.stop();
  }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new WrongOption(error.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read`);
  });
  if (!found.isFile()) throw new WrongOption(`${file} is no file`);
  return found.size;
}
