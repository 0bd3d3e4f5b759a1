export { postgresEngine, testEngines, type TestDatabase, type TestEngine } from './databases.js';
