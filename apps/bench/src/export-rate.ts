import { type Bar, staysFlat, told } from './bar.js';
import { fullHistory } from './history.js';
import { interleaved } from './measuring.js';
import { startStandalone } from './processes.js';
import { PeakMemory } from './resident.js';

const BEGIN = '00000000-0000-0000-0000-000000000000';
const END = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const FORMATS = ['hledger', 'csv', 'jsonl'] as const;
/** The accounts in sixteen parts, by the first digit of their ids. */
const PARTS = [...'0123456789abcdef'].map(
  (digit) => `&accountFrom=${digit}${BEGIN.slice(1)}&accountTo=${digit}${END.slice(1)}`,
);
/** What memory may grow when sixteen times as much is exported at once. */
const GROWTH = 1.25;

/** The whole journal over HTTP from standalone: how fast in each format, and whether its memory grows with it. */
export async function exportRate(): Promise<Bar[]> {
  const { dataDir, what } = await fullHistory();
  const standalone = await startStandalone(dataDir);
  const { url, pid } = standalone;
  try {
    const rate = (format: string) => async () => (await exported(url, format)).rate;
    const peak = async (ranges: readonly string[]) => {
      const memory = new PeakMemory(() => Promise.resolve(pid));
      for (const range of ranges) await exported(url, 'hledger', range);
      return memory.stop().own;
    };
    // First: by then, memory has grown to what the process keeps anyway.
    const rates = await interleaved({ hledger: rate('hledger'), csv: rate('csv'), jsonl: rate('jsonl') });
    const small = await peak(PARTS);
    const large = await peak(['']);
    return [
      ...FORMATS.map((format) => told('export', `entries/s as ${format} over HTTP, ${what}`, rates[format])),
      staysFlat(
        'export',
        'MB of standalone while all is exported at once, against in sixteen parts',
        large,
        small,
        GROWTH,
      ),
    ];
  } finally {
    await standalone.stop();
  }
}

/** Takes an export and lets it go. */
async function exported(url: string, format: string, range = ''): Promise<{ rate: number }> {
  const began = performance.now();
  const { headers, body } = await fetch(`${url}/journal/export?format=${format}${range}`);
  for await (const _ of body!) continue;
  return { rate: (Number(headers.get('journal-entries')) / (performance.now() - began)) * 1000 };
}
