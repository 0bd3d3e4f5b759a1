import { appendFacts, endOf, EventStore, eventRegistry, storedLink } from '#libs/event-sourcing';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
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

  /** Does what anybody may who may write to the store. */
  async asWriter(work: (client: KurrentDBClient) => Promise<unknown>): Promise<void> {
    const client = KurrentDBClient.connectionString(this.node.connectionString);
    await work(client);
    await client.dispose();
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.node.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/**
 * Gives events of one stream the hashes and ids that their content has, each linked to the one before: what somebody would do
 * who knows how Paybill links them. @param previousHash of the first; as it stands in that event unless given
 */
export function relink(events: readonly LoggedEvent[], previousHash?: string): LoggedEvent[] {
  let previous = previousHash ?? /"previousHash":"([0-9a-f]{64})"/.exec(events[0]!.metadata)![1]!;
  return events.map((event) => {
    const withPrevious = event.metadata.replace(/"previousHash":"[0-9a-f]{64}"/, `"previousHash":"${previous}"`);
    const bytes = { data: Buffer.from(event.data), metadata: Buffer.from(withPrevious) };
    const { computed } = storedLink({ ...event, ...bytes, revision: BigInt(event.revision), position: 0n })!;
    previous = computed;
    return {
      ...event,
      id: idOf(computed),
      metadata: withPrevious.replace(/"hash":"[0-9a-f]{64}"}$/, `"hash":"${computed}"}`),
    };
  });
}

/** The first half of a hash as a UUID of version 8. */
function idOf(hash: string): string {
  const variant = ((Number.parseInt(hash[16]!, 16) & 3) | 8).toString(16);
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `${variant}${hash.slice(17, 20)}`];
  return [...parts, hash.slice(20, 32)].join('-');
}
