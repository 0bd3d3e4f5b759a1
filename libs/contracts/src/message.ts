/**
 * A public message: what Paybill tells others about one account. Every event of an account's stream becomes exactly one
 * message with the event's id, so that the messages of an account are numbered without a gap.
 */
export interface PublicMessage<Type extends string = string, Data extends object = object> {
  /** The event's id, a UUID: the same however often the message is delivered. CloudEvents `id`. */
  readonly id: string;
  /** CloudEvents `type`, such as `payment.applied`. */
  readonly type: Type;
  /** Version of the data's schema; grows with additions only. */
  readonly version: number;
  /** The account's id: CloudEvents `subject`, partition key and Kafka key. Messages of one key are in order. */
  readonly key: string;
  /** Place among the messages of the key, from 0 and without a gap. */
  readonly sequence: bigint;
  /** Place in the log, in bytes: grows over all keys, is no count. */
  readonly position: bigint;
  /** When it was recorded: ISO 8601, UTC. When it counts for the customer is `effectiveAt` in the data. */
  readonly time: string;
  readonly correlationId: string;
  readonly causationId: string;
  /** W3C trace context of the request that caused it. */
  readonly traceparent?: string;
  readonly data: Data;
}
