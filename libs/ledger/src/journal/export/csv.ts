import { type JournalFormat } from './journal-format.js';
import { type ExportedEntry } from './exported-entry.js';
import { inChart } from '../chart-of-accounts.js';

const COLUMNS = [
  'date',
  'line',
  'account_id',
  'revision',
  'event_id',
  'position',
  'kind',
  'reference',
  'reason',
  'effective_at',
  'recorded_at',
  'class',
  'gl_account',
  'amount',
  'currency',
] as const;

const END_OF_LINE = '\r\n';

/** A line for each posting (RFC 4180). A column may be added at the end; none changes its place or meaning. */
export const csv: JournalFormat = {
  mediaType: 'text/csv; charset=utf-8; header=present',
  begin: () => COLUMNS.join(',') + END_OF_LINE,
  account: (entries) => entries.flatMap(linesOf).join(''),
  end: () => '',
};

function linesOf(entry: ExportedEntry): string[] {
  const { accountId, revision, eventId, position, kind, reference, reason, effectiveAt, recordedAt } = entry;
  const before = [accountId, revision, eventId, position, kind, cell(reference), cell(reason)];
  const about = [...before, effectiveAt, recordedAt].map((value) => value ?? '').join(',');
  return entry.postings.map(({ account, amount: { amount, currency } }, index) => {
    const posted = `${inChart(account).class},${cell(account)},${amount},${currency}`;
    return `${effectiveAt.slice(0, 10)},${index + 1},${about},${posted}${END_OF_LINE}`;
  });
}

/**
 * A text as a cell. A spreadsheet takes one that begins with one of these signs for a formula and would run it: an
 * apostrophe before it says that it is a text (OWASP, CSV injection). A text that begins with an apostrophe gets one too,
 * so that taking one off always gives the text back. Amounts are no texts, and negative ones stay numbers.
 */
function cell(text: string | null): string | null {
  if (text === null) return null;
  const safe = /^['=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
