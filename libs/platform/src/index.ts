export { DATABASE, openDatabase, type Database, type Tx } from './postgres/database.js';
export { fromRows, insertRows, type ColumnTypes } from './postgres/rows.js';
export { isPassing } from './postgres/passing.js';
export { DirectoryInUse, lockDirectory } from './lock-file.js';
