import { parse } from 'csv-parse/sync';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type SourceLine } from './import.job.js';
import { RowRefused, TELCO_COLUMNS, telcoCustomer } from './telco.js';

/** The file as a whole is not what it should be; nothing has been imported. */
export class SourceRefused extends Error {
  override readonly name = 'SourceRefused';
}

/**
 * Reads IBM's telco data set line by line, in constant memory. A broken line is handed over as such and named by its
 * number, and the others are not lost: each line is parsed by itself, so that a stray quote cannot swallow the rest.
 */
export async function* telcoSource(path: string): AsyncGenerator<SourceLine> {
  const input = createReadStream(path, 'utf8');
  const seen = new Map<string, number>();
  let columns: string[] | undefined;
  let line = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (columns) {
        if (text.trim() !== '') yield readLine(text, line, columns, seen);
      } else {
        columns = readHeader(text);
      }
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new SourceRefused(`there is no file ${path}`);
    if (code === 'EISDIR') throw new SourceRefused(`${path} is a directory`);
    throw error;
  }
  if (!columns) throw new SourceRefused(`${path} is empty`);
}

/** How many customers a file holds: what a progress bar needs to know the time left. */
export async function countLines(path: string): Promise<number> {
  let lines = 0;
  for await (const chunk of createReadStream(path)) {
    for (const byte of chunk as Buffer) if (byte === 10) lines += 1;
  }
  return Math.max(lines - 1, 0);
}

function readHeader(text: string): string[] {
  const columns = fields(text.replace(/^\uFEFF/, '')).map((name) => name.trim());
  const missing = TELCO_COLUMNS.filter((name) => !columns.includes(name));
  if (missing.length > 0) throw new SourceRefused(`line 1: the header lacks the columns ${missing.join(', ')}`);
  return columns;
}

function readLine(text: string, line: number, columns: string[], seen: Map<string, number>): SourceLine {
  try {
    const values = fields(text);
    if (values.length !== columns.length) {
      return { line, reason: `has ${values.length} columns where the header has ${columns.length}` };
    }
    const row = Object.fromEntries(columns.map((name, index) => [name, values[index]])) as Parameters<
      typeof telcoCustomer
    >[0];
    const customer = telcoCustomer(row);
    const earlier = seen.get(customer.plan.reference);
    if (earlier !== undefined) return { line, reason: `customerID: is that of line ${earlier} again` };
    seen.set(customer.plan.reference, line);
    return { line, ...customer };
  } catch (error) {
    if (error instanceof RowRefused) return { line, reason: error.message };
    throw error;
  }
}

function fields(text: string): string[] {
  try {
    return parse(text, { relax_column_count: true })[0] ?? [];
  } catch {
    throw new RowRefused('line', 'is not well-formed CSV');
  }
}
