import { type Bar } from './bar.js';

/** Prints bars as they come: a table for people, or one line of JSON each. */
export interface Report {
  bars(bars: readonly Bar[]): void;
  /** What is being done, for whoever waits. */
  note(text: string): void;
}

const HEADINGS = ['bar', 'value', 'floor', 'ratio', 'at least', 'met'];

export function report(json: boolean): Report {
  return {
    bars: (bars) => {
      if (json) for (const bar of bars) console.log(JSON.stringify(bar));
      else console.log(`\n${table(bars)}\n`);
    },
    // Apart from the figures, so that those can be piped on.
    note: (text) => console.error(`… ${text}`),
  };
}

function table(bars: readonly Bar[]): string {
  const rows = [HEADINGS, ...bars.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const missing = bars.flatMap((bar) => ('notMeasured' in bar ? [`${bar.bench}: ${bar.bar}: ${bar.notMeasured}`] : []));
  return [...rows.map((row) => aligned(row, widths)), ...missing].join('\n');
}

function cells(bar: Bar): string[] {
  const name = `${bar.bench}: ${bar.bar}`;
  if ('notMeasured' in bar) return [name, '', '', '', '', 'not measured'];
  const value = bar.value.toLocaleString('en');
  if (!('met' in bar)) return [name, value, '', '', '', ''];
  const { floor, ratio, atLeast, met } = bar;
  return [name, value, floor.toLocaleString('en'), ratio.toFixed(2), atLeast.toFixed(2), met ? 'yes' : 'NO'];
}

function aligned(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
    .join('  ');
}
