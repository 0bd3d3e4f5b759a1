/** Who asked for a command and why; becomes part of the metadata of every event the command makes. */
export interface CommandMetadata {
  /** UUID; a retry carries the same one. */
  readonly commandId: string;
  /** The conversation the command belongs to. */
  readonly correlationId: string;
  /** The command or event that caused this command. */
  readonly causationId: string;
  /** Who did it: a user, service or job, as an opaque identifier. */
  readonly actor: string;
  /** For whom, when the actor acts for somebody else. */
  readonly onBehalfOf?: string;
  /** W3C trace context of the request. */
  readonly traceparent?: string;
}

/** What is stored beside the data of every event. Personal data never goes in here. */
export interface EventMetadata extends CommandMetadata {
  /** SHA-256 (hex) of the command's type and body: tells a retry from another command under the same id. */
  readonly commandHash: string;
  readonly schemaVersion: number;
  /** When the event was recorded: ISO 8601, UTC, milliseconds; never goes backwards within a stream. */
  readonly recordedAt: string;
  /** `hash` of the previous event of the stream; 64 zeros for the first. */
  readonly previousHash: string;
  /** See {@link ./hash-chain.ts}. */
  readonly hash: string;
}

/** An event as it was stored, with its place in its stream and in the log. */
export interface StoredEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  /** Commit position in the log: monotonic, in bytes, never a count. */
  readonly position: bigint;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: EventMetadata;
}
