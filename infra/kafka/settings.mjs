/**
 * The settings of one broker of the development and test cluster, the same from jars and in containers. They differ from
 * Kafka's defaults where a small machine, a fast start or a fault test asks for it.
 */
export const SETTINGS = {
  'process.roles': 'broker,controller',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',

  // As production must be: a record counts once two of three brokers have it, and a topic exists because we declared it.
  'default.replication.factor': 3,
  'min.insync.replicas': 2,
  'offsets.topic.replication.factor': 3,
  'transaction.state.log.replication.factor': 3,
  'transaction.state.log.min.isr': 2,
  'unclean.leader.election.enable': false,
  'auto.create.topics.enable': false,

  // A dead broker is noticed in about two seconds instead of nine, a lagging replica in three instead of thirty.
  'broker.session.timeout.ms': 2000,
  'broker.heartbeat.interval.ms': 300,
  'replica.lag.time.max.ms': 3000,
  'controller.quorum.election.timeout.ms': 500,
  'controller.quorum.fetch.timeout.ms': 1000,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1000,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,

  // Small: each partition of the inner topics costs files and an election; the cleaner would take 128 MB of heap.
  'offsets.topic.num.partitions': 8,
  'transaction.state.log.num.partitions': 8,
  'num.network.threads': 2,
  'num.io.threads': 4,
  'log.cleaner.dedupe.buffer.size': 8388608,
};
