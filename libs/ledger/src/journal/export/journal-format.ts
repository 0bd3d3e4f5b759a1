import { type JournalSelection } from '../journal-selection.js';
import { type ExportedEntry } from './exported-entry.js';

/** What an export holds. */
export interface JournalExtent extends JournalSelection {
  /** How many entries of events; those that open or close balances are not counted. */
  readonly entries: number;
}

/** How a journal is written: a beginning, then one account after the other, then an end. */
export interface JournalFormat {
  readonly mediaType: string;
  begin(extent: JournalExtent): string;
  /** @param entries of one account, or of all tills in one currency; at least one, in the order in which they count. */
  account(entries: readonly ExportedEntry[]): string;
  end(extent: JournalExtent): string;
}
