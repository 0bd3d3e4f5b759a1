export { LedgerModule } from './ledger.module.js';
export { journalFormat } from './journal/export/formats.js';
export { JournalExport } from './journal/export/journal-export.queries.js';
export { JournalQueries } from './journal/journal.queries.js';
