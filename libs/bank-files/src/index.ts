export { type BankFileItem, BankFileRefused, type ItemKind } from './bank-file.js';
export { type CheckedBankFile, checkBankFile } from './check-bank-file.js';
export { effectiveEntryDate } from './nacha/banking-days.js';
export { type NachaFile, NachaNotWritable, writeNacha } from './nacha/nacha-writer.js';
