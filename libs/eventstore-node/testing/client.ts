import { jest } from '@jest/globals';
import { jsonEvent, KurrentDBClient, type ResolvedEvent } from '@kurrent/kurrentdb-client';
import { startTestNode, type TestNode } from './index.js';
import { type EventStoreNodeOptions } from '../src/index.js';

// Every test here does I/O, on machines that may have more to do.
jest.setTimeout(30_000);

/** A node and a client of it, both closed by one call. */
export interface TestBench {
  node: TestNode;
  client: KurrentDBClient;
  close(): Promise<void>;
}

/** Starts a node and connects the official client to it. */
export async function startBench(options: Partial<EventStoreNodeOptions> = {}): Promise<TestBench> {
  const node = await startTestNode(options);
  const client = KurrentDBClient.connectionString(node.connectionString);
  const close = async (): Promise<void> => {
    await client.dispose();
    await node.close();
  };
  return { node, client, close };
}

/** `count` events whose data is their number. */
export const events = (count: number, type = 'Numbered') =>
  Array.from({ length: count }, (_, number) => jsonEvent({ type, data: { number }, metadata: { source: 'test' } }));

/** Everything a read gives. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

/** The first events of a source that does not end. */
export async function take<T>(source: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const one of source) {
    taken.push(one);
    if (taken.length === count) break;
  }
  return taken;
}

/** The numbers that `events` put into the data. */
export const numbers = (resolved: ResolvedEvent[]): number[] =>
  resolved.map(({ event }) => (event?.data as { number: number }).number);

export const revisions = (resolved: ResolvedEvent[]): number[] => resolved.map(({ event }) => Number(event?.revision));

/** Stream names that no other test of the file uses. */
let streams = 0;
export const aStream = (name = 'stream'): string => `${name}-${++streams}`;
