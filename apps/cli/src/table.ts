import { stripVTControlCharacters } from 'node:util';
import { inColour } from './style.js';

/**
 * Lays rows out in columns, the first row being the headings. Cells may be in colour.
 * @param right columns that are read from the right: numbers
 */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const [headings, ...others] = rows.map((row) => row.map((cell) => [cell, widthOf(cell)] as const));
  const widths = headings!.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  const laidOut = (row: readonly (readonly [string, number])[]) =>
    row
      .map(([cell, width], column) => {
        const blank = ' '.repeat(widths[column]! - width);
        return right.includes(column) ? blank + cell : cell + blank;
      })
      .join('  ')
      .trimEnd();
  return [inColour('bold', laidOut(headings!)), ...others.map(laidOut)].join('\n');
}

/** Rows without headings: what something is called, and what it is. */
export function properties(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}

/** How many columns of a terminal a text takes: the codes that colour it take none. */
function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
