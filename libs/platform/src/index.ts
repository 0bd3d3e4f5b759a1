export { DATABASE, openDatabase, type Database, type Tx } from './postgres/database.js';
export { fromRows, insertRows, type ColumnTypes } from './postgres/rows.js';
export { copyEmbedded } from './postgres/copy-embedded.js';
export { makeTables } from './postgres/make-tables.js';
export { rowsOf } from './postgres/rows-of.js';
export { ADVISORY_LOCKS } from './postgres/advisory-locks.js';
export { isPassing } from './postgres/passing.js';
export { secretFile, writeSecretFile } from './secret-file.js';
export { syncDirectory } from './sync-directory.js';
export { DirectoryInUse, isAlive, lockDirectory } from './lock-file.js';
export { BillerSettings, ConnectionSettings, HttpSettings, readConfig, WrongConfiguration } from './config/config.js';
export { readYaml } from './config/read-yaml.js';
export { type FollowerStanding } from './health/readiness.js';
export { createHttpApp } from './http/app.js';
export { serveUntilAsked } from './http/serve.js';
export { ACCESSED, Accessed } from './http/accessed.js';
export {
  ActorOf,
  type Call,
  type Caller,
  CallerOf,
  CallOf,
  callerOf,
  isOpaque,
  type Signed,
  SignedBy,
} from './http/call.js';
export { isUuid } from './http/uuid.js';
export { keyOf, type Page, pageAnswer, Paged, pageOf } from './http/page.js';
export { openApiDocument, TakesCommand } from './http/openapi.js';
export { malformed, Problem } from './http/problem.js';
export { createLogger } from './logging/logger.js';
export { Metrics } from './metrics/metrics.js';
export { askedToStop, runProcess } from './process/run-process.js';
export { connectKafka, type Kafka, KafkaSettings } from './kafka/connect.js';
export { groupLag, pingKafka } from './kafka/group-lag.js';
export { consumeTopic } from './kafka/consume-topic.js';
export { readTopic, TopicStalled } from './kafka/read-topic.js';
export { type KafkaRecord } from './kafka/record.js';
export { isShutOut, type RecordToWrite, TransactionalWriter } from './kafka/transactional-writer.js';
export { masterKeyIn, PersonalDataSettings } from './personal-data/master-key.js';
export { keysSince, momentOf, putKeys } from './personal-data/key-rows.js';
export { PersonalData, PersonalDataErased } from './personal-data/personal-data.js';
export { hashSecret, isSecretHashing, SECRET_HASHING } from './personal-data/secret-hash.js';
export { applyTopics, type DeclaredTopic, type TopicDifference, topicDifferences } from './kafka/topics.js';
