import { setTimeout as delay } from 'node:timers/promises';
import { type Message, type WireRecord } from '#libs/contracts';
import { type EventStore, LOG_MARKS_DDL, type LogMark, markEvent, requireSameLog } from '#libs/event-sourcing';
import { type Database, isPassing, makeTables, type Tx } from '#libs/platform';
import { type Arrival, arrived, claimedSequence, recordOf } from './arrival.js';
import { INBOX_DDL, InboxMoved, moveTo, positionOf, receive, received } from './inbox.js';
import { type MessageHandler } from './message-handler.js';
import { markFailed, markHandled, nextHead, park, PARKED_DDL, parkedKeys, type ToPark } from './parked-messages.js';

interface ConsumerOptions {
  /** Told of every message that is parked: its id and type, the reason. */
  readonly onParked?: (parked: { messageId: string; reason: string }) => void;
  /** Told once for each time the database has to be waited for. */
  readonly onWaiting?: (reason: string) => void;
  /** Gets a parked record from its source again, where that can be: what could not be read then may be readable now. */
  readonly readAgain?: ((record: WireRecord) => Promise<Arrival | undefined>) | undefined;
  /** How often it is looked whether a person has asked for a parked message to be tried again. */
  readonly parkedEveryMs?: number;
}

/** Where in the log a consumer that reads the log itself has come to. */
interface Place {
  readonly position: bigint;
  /** The last event before it that was of interest. */
  readonly mark?: LogMark | undefined;
}

const RETRY_MS = 250;

/**
 * Receives messages for a handler, each once in effect: rows of the handler, the mark that the message was received and,
 * for a reader of the log, its position are one transaction. A message that cannot be read or handled is parked with its
 * key, and later ones of that key queue behind it; other keys go on. Nothing is skipped silently, and nothing crash-loops.
 */
export class Consumer {
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly handler: MessageHandler,
    private readonly options: ConsumerOptions = {},
  ) {}

  get name(): string {
    return this.handler.name;
  }

  /** The consumer group it is in when it reads a topic. */
  get group(): string {
    return `paybill-${this.name}`;
  }

  /** Creates what is missing in the database. */
  install(): Promise<void> {
    return makeTables(this.db, [...INBOX_DDL, ...PARKED_DDL, ...LOG_MARKS_DDL, ...this.handler.ddl]);
  }

  /** Where a reader of the log goes on. */
  position(): Promise<bigint> {
    return positionOf(this.db, this.name);
  }

  /** @throws AheadOfLog when what it has received from the log is not in it */
  async requireSameLog(store: EventStore): Promise<void> {
    await requireSameLog(this.db, store, this.name, await this.position());
  }

  /**
   * Receives what has arrived, in order; returns when it is in the database, handled or parked. Waits for a database that
   * is away until `signal` aborts, and then returns with nothing more received.
   * @param place up to which these are all, for a consumer that reads the log itself.
   */
  receive(arrivals: readonly Arrival[], signal: AbortSignal, place?: Place): Promise<void> {
    return this.#inTurn(() => this.#receiveWhenReachable(arrivals, signal, place));
  }

  /** Tries parked messages again when somebody asks for it, until `signal` aborts. */
  async runParked(signal: AbortSignal): Promise<void> {
    const { parkedEveryMs = 500 } = this.options;
    while (!signal.aborted) {
      try {
        while (!signal.aborted && (await this.#inTurn(() => this.#tryHead())));
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.options.onWaiting?.('the database is away');
      }
      await delay(parkedEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #receiveWhenReachable(arrivals: readonly Arrival[], signal: AbortSignal, place?: Place): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.#receive(arrivals, place);
      } catch (error) {
        this.handler.rolledBack?.();
        if (error instanceof InboxMoved) continue;
        if (!isPassing(error)) return await this.#narrow(arrivals, error as Error, signal, place);
        this.options.onWaiting?.('the database is away');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Something in a batch cannot be handled: halves it until that one stands alone, and parks it. */
  async #narrow(arrivals: readonly Arrival[], error: Error, signal: AbortSignal, place?: Place): Promise<void> {
    if (arrivals.length === 0) throw error;
    if (arrivals.length > 1) {
      const middle = Math.ceil(arrivals.length / 2);
      await this.#receiveWhenReachable(arrivals.slice(0, middle), signal);
      return this.#receiveWhenReachable(arrivals.slice(middle), signal, place);
    }
    await this.#receiveOrPark(arrivals, signal, place);
  }

  /** Tries a message once more on its own, and parks it when that fails too. */
  async #receiveOrPark(arrivals: readonly Arrival[], signal: AbortSignal, place?: Place): Promise<void> {
    let fault: Error | undefined;
    while (!signal.aborted) {
      try {
        return await this.#receive(arrivals, place, fault?.message);
      } catch (error) {
        this.handler.rolledBack?.();
        if (error instanceof InboxMoved) continue;
        if (!isPassing(error)) {
          if (fault) throw error;
          fault = error as Error;
          continue;
        }
        this.options.onWaiting?.('the database is away');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** @param fault why the one arrival given cannot be handled, when that has been found out */
  async #receive(arrivals: readonly Arrival[], place?: Place, fault?: string): Promise<void> {
    const parked = await this.db.sql.transaction().execute(async (tx) => {
      if (place) await moveTo(tx, this.name, place.position);
      if (place?.mark) await markEvent(tx, this.name, place.mark);
      if (arrivals.length === 0) return [];
      const sorted = await this.#sort(tx, arrivals, fault);
      await receive(tx, this.name, sorted.moves);
      if (sorted.messages.length > 0) await this.handler.handle(tx, sorted.messages);
      await park(tx, this.name, sorted.toPark);
      return sorted.toPark;
    });
    for (const { origin, reason } of parked) {
      if (reason !== null) this.options.onParked?.({ messageId: origin, reason });
    }
  }

  /** Tells what is to be handled from what was received before and from what has to be parked. */
  async #sort(tx: Tx, arrivals: readonly Arrival[], fault: string | undefined) {
    const keys = [...new Set(arrivals.map(({ key }) => key))];
    const before = await received(tx, this.name, keys);
    const stuck = await parkedKeys(tx, this.name, keys);
    const reached = new Map<string, bigint>();
    const messages: Message[] = [];
    const toPark: ToPark[] = [];
    for (const arrival of arrivals) {
      const { key, origin } = arrival;
      const last = reached.get(key) ?? before.get(key) ?? -1n;
      if ('message' in arrival) {
        const { sequence } = arrival.message;
        if (sequence <= last) continue;
        reached.set(key, sequence);
      } else if (claimedSequence(arrival.record) === last + 1n) reached.set(key, last + 1n);
      const reason = stuck.has(key) ? null : (fault ?? faultOf(arrival, last));
      if (reason === undefined) messages.push((arrival as { message: Message }).message);
      else {
        stuck.add(key);
        toPark.push({ key, origin, reason, record: recordOf(arrival) });
      }
    }
    const moves = [...reached].map(([key, to]) => ({ key, from: before.get(key) ?? -1n, to }));
    return { moves, messages, toPark };
  }

  /** Tries the next parked message that may be tried. @returns whether there was one. */
  async #tryHead(): Promise<boolean> {
    let tried: { id: string; reason: string } | undefined;
    try {
      return await this.db.sql.transaction().execute(async (tx) => {
        const head = await nextHead(tx, this.name);
        if (!head) return false;
        tried = { id: head.id, reason: '' };
        const arrival = (await this.options.readAgain?.(head.record)) ?? arrived(head.origin, head.record);
        if ('unreadable' in arrival) throw new Error(arrival.unreadable);
        await this.handler.handle(tx, [arrival.message]);
        await markHandled(tx, head.id);
        return true;
      });
    } catch (error) {
      this.handler.rolledBack?.();
      if (tried === undefined || isPassing(error)) throw error;
      const { id } = tried;
      await this.db.sql.transaction().execute((tx) => markFailed(tx, id, (error as Error).message));
      return true;
    }
  }

  /** One thing at a time: the handler remembers what it has seen. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** Why an arrival cannot be handled, as far as can be told before it is tried. */
function faultOf(arrival: Arrival, last: bigint): string | undefined {
  if ('unreadable' in arrival) return arrival.unreadable;
  const { sequence } = arrival.message;
  if (sequence === last + 1n) return undefined;
  return `messages ${last + 1n} to ${sequence - 1n} of the account have not arrived`;
}
