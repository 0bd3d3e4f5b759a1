export { postgresEngine, testEngines, type TestDatabase, type TestEngine } from './databases.js';
export { localPostgres } from './real-postgres.js';
