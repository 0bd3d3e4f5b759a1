export { openDatabase, type Database, type Tx } from './postgres/database.js';
export { DirectoryInUse, lockDirectory } from './lock-file.js';
