import { randomUUID } from 'node:crypto';
import { appendFacts, endOf, type EventStore, type Fact, type StreamEnd, WrongRevision } from '#libs/event-sourcing';
import { type Caller } from '#libs/platform';
import { accessesOn, type AuditEvent, auditEvents } from '../audit-events.js';

/** Something that was asked for, and what came of it. */
export interface Access {
  readonly by: Caller;
  readonly what: string;
  readonly accountId?: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  /** `answered`, or the code of the refusal. */
  readonly outcome: string;
}

interface Waiting {
  readonly fact: Fact<AuditEvent>;
  readonly recorded: (position: bigint) => void;
  readonly failed: (error: unknown) => void;
}

/** Most accesses in one append: some way below what a store takes at once. */
const MOST = 400;
const MAX_TRIES = 16;

/**
 * Records who asked for what. What is recorded while an append is under way shares the next one, so that however many read at
 * once, each waits for two appends at most and the store sees few of them. Processes that record at once take turns by the
 * revision they append at.
 */
export class AccessLog {
  readonly #waiting: Waiting[] = [];
  #working = false;
  /** The stream of today as far as this process knows. */
  #known: { readonly stream: string; readonly end: StreamEnd } | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  /** Records an access, durably. @returns its position in the log @throws EventStoreUnavailable | WrongRevision */
  async record({ by, ...access }: Access): Promise<bigint> {
    const { accountId, ...rest } = access;
    const data = { ...rest, ...(accountId !== undefined && { accountId }), effectiveAt: this.clock().toISOString() };
    const metadata = { ...by, commandId: randomUUID(), causationId: by.correlationId };
    const fact: Fact<AuditEvent> = { event: { type: 'AccessRecorded', data }, metadata };
    // One that cannot be stored must not fail together with those that share its append.
    auditEvents.check(fact.event);
    return new Promise((recorded, failed) => {
      this.#waiting.push({ fact, recorded, failed });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST);
      try {
        const position = await this.#append(batch.map(({ fact }) => fact));
        for (const { recorded } of batch) recorded(position);
      } catch (error) {
        this.#known = undefined;
        for (const { failed } of batch) failed(error);
      }
    }
    this.#working = false;
  }

  async #append(facts: readonly Fact<AuditEvent>[]): Promise<bigint> {
    for (let tries = 1; ; tries++) {
      const now = this.clock();
      const stream = accessesOn(now.toISOString().slice(0, 10));
      const end = this.#known?.stream === stream ? this.#known.end : endOf(await this.store.readLast(stream));
      try {
        const appended = await appendFacts(this.store, stream, auditEvents, end, facts, now);
        this.#known = { stream, end: appended.end };
        return appended.position;
      } catch (error) {
        this.#known = undefined;
        if (!(error instanceof WrongRevision) || tries === MAX_TRIES) throw error;
      }
    }
  }
}
