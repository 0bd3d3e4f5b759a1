import { sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import { v5 as uuidv5 } from 'uuid';
import {
  AheadOfLog,
  type EventStore,
  EventStoreUnavailable,
  markEvent,
  requireSameLog,
  type StoredEvent,
} from '#libs/event-sourcing';
import { type Database, isPassing } from '#libs/platform';
import { Recipients } from '../recipients/recipients.js';
import { type Notification } from '../telling/notification.js';
import { tell } from '../telling/tell.js';

/** A one-time code that is to be sent to an account's customer: everything about it but the code. */
interface CodeToSend {
  readonly accountId: string;
  /** What whoever holds the account's key makes the code from. */
  readonly codeId: string;
  readonly digits: number;
  /** What it is good for, as a code: `phone-payment`. */
  readonly purpose: string;
  readonly sentAt: string;
  readonly expiresAt: string;
}

/** Where codes are asked for: the log, and what its events ask for. */
export interface CodeSource {
  readonly store: EventStore;
  /** Stream category. */
  readonly category: string;
  readonly toCode: (event: StoredEvent) => CodeToSend | undefined;
}

interface CodeReaderOptions {
  /** Channels of customers who have not said how codes are to come. */
  readonly usual: readonly string[];
  readonly onPlanned: () => void;
  readonly onTrouble: (error: Error) => void;
  readonly clock?: () => Date;
}

/** Namespace of the ids of notifications about codes. Never changes: a code that was told is recognised by it. */
const NAMESPACE = '5c1de0ab-3f0e-5a9c-8a77-0b4f9f0f7e21';
/** Its name among those who have read the log. */
const READER = 'notification-codes';
const RETRY_MS = 500;

/**
 * Has one-time codes sent: reads who asks for one from the log itself, for they are nothing to publish, and plans their
 * deliveries and its own position in one transaction. Any number of processes may read at once: a code is told once by its id.
 */
export class CodeReader {
  constructor(
    private readonly db: Database,
    private readonly source: CodeSource,
    private readonly options: CodeReaderOptions,
  ) {}

  /** Reads until `signal` aborts, waiting out what is away. The tables have to be there. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        const waits = error instanceof EventStoreUnavailable || isPassing(error) || error instanceof AheadOfLog;
        if (!waits) throw error;
        this.options.onTrouble(error as Error);
        // What is not of this log is no better a moment later, but somebody may restore it.
        await delay(error instanceof AheadOfLog ? 60_000 : RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { store, category } = this.source;
    const after = await this.#position();
    await requireSameLog(this.db, store, READER, after);
    for await (const messages of store.subscribe({ after, categories: [category], signal })) {
      const events = messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
      const last = messages.findLast(({ kind }) => kind === 'event' || kind === 'checkpoint');
      if (last?.kind === 'event') await this.#plan(events, last.event.position);
      else if (last?.kind === 'checkpoint') await this.#plan(events, last.position);
      if (signal.aborted) return;
    }
  }

  async #plan(events: readonly StoredEvent[], position: bigint): Promise<void> {
    const codes = events.flatMap((event) => this.source.toCode(event) ?? []);
    const now = (this.options.clock?.() ?? new Date()).toISOString();
    const planned = await this.db.sql.transaction().execute(async (tx) => {
      const recipients = await Recipients.read(tx, [...new Set(codes.map(({ accountId }) => accountId))]);
      const tellings = codes.map((code) => ({
        notification: notificationOf(code, now),
        recipient: recipients.of(code.accountId),
      }));
      const deliveries = await tell(tx, tellings, this.options.usual);
      await sql`update notifications.code_reader set position = ${String(position)}
        where position < ${String(position)}`.execute(tx);
      const last = events.at(-1);
      if (last) await markEvent(tx, READER, last);
      return deliveries;
    });
    if (planned > 0) this.options.onPlanned();
  }

  async #position(): Promise<bigint> {
    const { rows } = await sql<{ position: string }>`select position from notifications.code_reader`.execute(
      this.db.sql,
    );
    return BigInt(rows[0]?.position ?? 0);
  }
}

function notificationOf(code: CodeToSend, now: string): Notification {
  const { accountId, codeId, digits, purpose, sentAt, expiresAt } = code;
  const minutes = Math.round((Date.parse(expiresAt) - Date.parse(sentAt)) / 60_000);
  return {
    id: uuidv5(codeId, NAMESPACE),
    type: 'verification-code',
    accountId,
    occurredAt: sentAt,
    content: { codeId, digits, purpose, minutes, expiresAt },
    withheld: expiresAt <= now ? 'history' : null,
  };
}
