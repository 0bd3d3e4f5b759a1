export { embeddedDatabase, postgresEngine, testEngines, type TestDatabase, type TestEngine } from './databases.js';
export { ownKafkaCluster, kafkaCluster, type OwnKafka, type TestKafka } from './kafka.js';
export { localPostgres } from './real-postgres.js';
export { skipped } from './real-server.js';
export { until } from './until.js';
export { emptyPglite } from './empty-pglite.js';
