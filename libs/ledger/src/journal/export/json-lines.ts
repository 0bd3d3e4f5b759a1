import { type JournalFormat } from './journal-format.js';

/** A line of JSON for each entry, as `GET /journal` has its items. */
export const jsonLines: JournalFormat = {
  mediaType: 'application/jsonl; charset=utf-8',
  begin: () => '',
  account: (entries) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
  end: () => '',
};
