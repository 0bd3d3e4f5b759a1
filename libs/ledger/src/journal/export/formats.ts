import { type JournalSelection } from '../journal-selection.js';
import { csv } from './csv.js';
import { type JournalFormat } from './journal-format.js';
import { jsonLines } from './json-lines.js';
import { PlainText } from './plain-text.js';

/** What a journal can be exported as, and how files of the kind end. hledger and ledger read the same text. */
export const JOURNAL_FORMATS = { hledger: 'journal', ledger: 'journal', csv: 'csv', jsonl: 'jsonl' } as const;

export type JournalFormatName = keyof typeof JOURNAL_FORMATS;

/** A format for one export: it may remember what it has written. */
export function journalFormat(name: JournalFormatName, { to }: JournalSelection): JournalFormat {
  switch (name) {
    case 'hledger':
    case 'ledger':
      return new PlainText(to);
    case 'csv':
      return csv;
    case 'jsonl':
      return jsonLines;
  }
}
