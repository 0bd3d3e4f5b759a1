/** The topics Paybill writes; how each is configured stands in infra/kafka/topics, one file for each. */
export const TOPICS = {
  /** All messages about accounts, key = account id: one topic, because order over all types is what a reader needs. */
  account: 'paybill.account.v1',
  /** How far each relay has come; compacted, one partition, key = the relay's transactional id. */
  relayProgress: 'paybill.relay-progress.v1',
} as const;
