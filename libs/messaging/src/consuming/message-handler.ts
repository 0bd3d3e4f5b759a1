import { type Message } from '#libs/contracts';
import { type Tx } from '#libs/platform';

/** What a consumer does with messages. How they reach it, each once in effect and in order of its key, is not its concern. */
export interface MessageHandler {
  /** Lower case with hyphens: names the inbox, the consumer group and the metrics. */
  readonly name: string;
  /** Statements that create what it keeps, each harmless when it is there: `create table if not exists …`. */
  readonly ddl: readonly string[];
  /**
   * Handles messages in order, inside the transaction that marks them as received: writes rows and nothing else; what has
   * to leave the process is written as a row too and sent by somebody else. One that throws here is parked with its key.
   */
  handle(tx: Tx, messages: readonly Message[]): Promise<void>;
  /** The transaction did not commit: forget what {@link handle} remembered beside its rows. */
  rolledBack?(): void;
}
