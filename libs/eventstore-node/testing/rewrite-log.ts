import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EventLog } from '../src/store/event-log.js';
import { emptyHead, type StreamHead } from '../src/store/stream-head.js';
import { ProtobufReader } from '../src/wire/protobuf-reader.js';
import { encodeRecordedEvent, readRecordedHeader, recordedData, recordedId } from '../src/wire/recorded-event.js';

/** An event as somebody with write access to the disk sees it. */
export interface LoggedEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
  /** Milliseconds since 1970, as the node saw it. */
  readonly created: number;
}

/**
 * Does to the log of a node that is down what no node would do: its events are given out, and what comes back is what the
 * node finds when it is started again, after those it wrote for itself. Deleted streams and their settings are not kept.
 */
export async function rewriteLog(
  dataDir: string,
  rewrite: (events: readonly LoggedEvent[]) => readonly LoggedEvent[],
): Promise<void> {
  const before = new EventLog(dataDir);
  const all = eventsOf(before);
  const own = all.filter(({ stream }) => stream.startsWith('$'));
  const events = [...own, ...rewrite(all.filter((event) => !own.includes(event)))];
  await before.close();
  await rm(join(dataDir, 'data.mdb'));
  const after = new EventLog(dataDir);
  await write(after, events);
  await after.close();
}

function eventsOf(log: EventLog): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (let from = 0; ;) {
    const page = log.forward(from, 1_000);
    if (page.length === 0) return events;
    for (const { record } of page) {
      const { stream, revision, type, created } = readRecordedHeader(record);
      const bytes = { data: recordedData(record).toString(), metadata: metadataOf(record) };
      events.push({ id: recordedId(record), stream, revision: Number(revision), type, created, ...bytes });
    }
    from = page.at(-1)!.position + 1;
  }
}

function metadataOf(record: Buffer): string {
  let metadata = '';
  new ProtobufReader(record).each({ 7: (reader) => (metadata = reader.bytes().toString()) });
  return metadata;
}

async function write(log: EventLog, events: readonly LoggedEvent[]): Promise<void> {
  const heads = new Map<string, StreamHead>();
  let position = log.end;
  const stored = events.map(({ data, metadata, ...event }) => {
    const proposed = { ...event, isJson: true, data: Buffer.from(data), metadata: Buffer.from(metadata) };
    const record = encodeRecordedEvent(proposed, { ...event, position });
    const head = heads.get(event.stream) ?? { ...emptyHead(event.stream), id: position };
    heads.set(event.stream, { ...head, last: Math.max(head.last, event.revision) });
    const placed = { position, record, streamId: head.id, revision: event.revision };
    position += record.length;
    return placed;
  });
  await log.commit({ events: stored, heads });
}
