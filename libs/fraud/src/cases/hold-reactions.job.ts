import { sql } from 'kysely';
import { type EventStore, markEvent, Rejected, requireSameLog, type StoredEvent } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { type CaseEvent, caseEvents } from './case-events.js';

/**
 * How payments of an account are held; given by the app, which knows the ledger. Both are asked for again after a crash,
 * with the same arguments: the command sent must have an id that follows from `causationId`, so that it is carried out once.
 * A business refusal comes as `Rejected`.
 */
export interface Holds {
  hold(accountId: string, holdId: string, reason: string, causationId: string): Promise<void>;
  release(accountId: string, holdId: string, reason: string, causationId: string): Promise<void>;
}

interface Wanted {
  readonly asked: 'hold' | 'release';
  readonly reason: string;
}

const CATEGORY = 'fraudCase';
/** Its name among those who have read the log. */
const READER = 'fraud-holds';

/**
 * Holds and releases payments as cases say: one reader of all case events in their order, so that the hold of a case never
 * comes after its release. The effect comes first and the checkpoint after it, for each event: killed in between, the next
 * run asks for that one effect again.
 */
export class HoldReactions {
  constructor(
    private readonly store: EventStore,
    private readonly db: Database,
    private readonly holds: Holds,
    private readonly onRefused: (refused: { caseId: string; asked: string; code: string }) => void = () => undefined,
  ) {}

  /** Follows the cases until `signal` aborts. @throws EventStoreUnavailable, and what the database and the ledger throw */
  async follow(signal: AbortSignal): Promise<void> {
    const after = await this.#position();
    await requireSameLog(this.db, this.store, READER, after);
    for await (const messages of this.store.subscribe({ after, categories: [CATEGORY], signal })) {
      let passed: bigint | undefined;
      for (const message of messages) {
        if (signal.aborted) return;
        if (message.kind === 'event') {
          await this.#react(message.event);
          passed = undefined;
        } else if (message.kind === 'checkpoint') passed = message.position;
      }
      if (passed !== undefined) await this.#pass(passed);
    }
  }

  async #react(stored: StoredEvent): Promise<void> {
    const { id, stream, type, data, metadata, position } = stored;
    const caseId = stream.slice(CATEGORY.length + 1);
    const event = caseEvents.read(type, metadata.schemaVersion, data);
    const { accountId } = event.data;
    const wanted = wantedBy(event);
    if (!wanted) return this.#pass(position, stored);
    // A further alert asks for the hold there is. Asked for once only, it is carried out once even when all cases are read
    // again from the start: a command that changed nothing the first time might change something after the release.
    const holds = await this.#holds(caseId);
    const idle = wanted.asked === 'release' ? !holds : holds && event.type !== 'CaseConfirmed';
    if (idle) return this.#pass(position, stored);
    const refused = await this.#ask(wanted, accountId, caseId, id);
    await this.db.sql.transaction().execute(async (tx) => {
      await sql`insert into fraud.holds (event_id, case_id, account_id, asked, refused)
        values (${id}::uuid, ${caseId}::uuid, ${accountId}::uuid, ${wanted.asked}, ${refused}) on conflict do nothing`.execute(
        tx,
      );
      await sql`update fraud.reactions set position = ${String(position)} where position < ${String(position)}`.execute(
        tx,
      );
      await markEvent(tx, READER, stored);
    });
  }

  /** @returns the code of the ledger's refusal, null when it did as asked. */
  async #ask({ asked, reason }: Wanted, accountId: string, caseId: string, eventId: string): Promise<string | null> {
    try {
      await this.holds[asked](accountId, caseId, reason, eventId);
      return null;
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      // An account that is closed, say, cannot be held. That is for the case to show, and no reason to leave others waiting.
      this.onRefused({ caseId, asked, code: error.code });
      return error.code;
    }
  }

  async #holds(caseId: string): Promise<boolean> {
    const { rows } = await sql`
      select 1 from fraud.holds where case_id = ${caseId}::uuid and asked = 'hold' and refused is null limit 1`.execute(
      this.db.sql,
    );
    return rows.length > 0;
  }

  async #position(): Promise<bigint> {
    const { rows } = await sql<{ position: string }>`select position from fraud.reactions`.execute(this.db.sql);
    return BigInt(rows[0]?.position ?? 0);
  }

  async #pass(position: bigint, event?: StoredEvent): Promise<void> {
    await this.db.sql.transaction().execute(async (tx) => {
      await sql`update fraud.reactions set position = ${String(position)} where position < ${String(position)}`.execute(
        tx,
      );
      if (event) await markEvent(tx, READER, event);
    });
  }
}

/** What a case's event asks of the ledger. */
function wantedBy(event: CaseEvent): Wanted | undefined {
  switch (event.type) {
    case 'CaseOpened':
    case 'AlertAdded':
      return event.data.alert.action === 'hold' ? { asked: 'hold', reason: 'fraud-suspected' } : undefined;
    case 'CaseConfirmed':
      return { asked: 'hold', reason: 'fraud-confirmed' };
    case 'CaseDismissed':
      return { asked: 'release', reason: 'fraud-case-dismissed' };
    case 'CaseAssigned':
      return undefined;
  }
}
