import { appendFacts, endOf, EventStore, eventRegistry } from '#libs/event-sourcing';
import { type LoggedEvent, rewriteLog, startTestNode, type TestNode } from '#testing/eventstore-node';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** The least there is to audit: what was put into tills. */
const tillEvents = eventRegistry({ Put: { version: 1, schema: z.strictObject({ amount: z.int() }) } });

/** What a test's tree is over. */
export const AUDITED = ['till', 'audit'];

/** A node with a log that a test writes into, and may tamper with while the node is down. */
export class AuditedLog {
  private constructor(
    private readonly dataDir: string,
    private node: TestNode,
    public store: EventStore,
  ) {}

  static async open(): Promise<AuditedLog> {
    const dataDir = await mkdtemp(join(tmpdir(), 'audited-log-'));
    const node = await startTestNode({ dataDir });
    return new AuditedLog(dataDir, node, new EventStore(node.connectionString));
  }

  /** Appends so many events to a stream. @returns the position of the last */
  async put(stream: string, count = 1, clock = new Date()): Promise<bigint> {
    const end = endOf(await this.store.readLast(stream));
    const facts = Array.from({ length: count }, (_, index) => {
      const metadata = { commandId: randomUUID(), correlationId: 'test', causationId: 'test', actor: 'test' };
      return { event: { type: 'Put' as const, data: { amount: index } }, metadata };
    });
    const { position } = await appendFacts(this.store, stream, tillEvents, end, facts, clock);
    return position;
  }

  /** Rewrites the log on the disk while the node is down. */
  async tamper(rewrite: (events: readonly LoggedEvent[]) => readonly LoggedEvent[]): Promise<void> {
    await this.store.close();
    await this.node.close();
    await rewriteLog(this.dataDir, rewrite);
    this.node = await startTestNode({ dataDir: this.dataDir });
    this.store = new EventStore(this.node.connectionString);
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.node.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
