import { setImmediate as nextTurn } from 'node:timers/promises';
import { Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import { type EventLog, type StoredEvent } from '../store/event-log.js';
import { viewOf } from '../store/stream-view.js';
import { type StreamHead } from '../store/stream-head.js';
import { MessageBatch } from '../wire/message-batch.js';
import { readRecordedHeader } from '../wire/recorded-event.js';
import { ALL } from './access.js';
import { type ServiceContext } from './context.js';
import { Outlet } from './outlet.js';
import { decodeReadRequest, type ReadRequest, type Start } from './read-request.js';
import { firstStreamPosition, lastStreamPosition, present, streamNotFound } from './read-responses.js';
import { invalidArgument, streamDeleted, toRpcError } from './rpc-error.js';
import { subscribe } from './subscribe.js';

/** Bytes that go out in one write; about the size of an HTTP/2 window, so that a reader is not kept waiting for a page. */
const PAGE_BYTES = 64 * 1024;
/** Events looked at before other calls get their turn. */
const PAGE_EVENTS = 256;

/** `Streams/Read`: reads of a stream or of the whole log, and subscriptions. */
export function read(context: ServiceContext, call: ServerWritableStream<Buffer, MessageBatch>): void {
  const outlet = new Outlet(call);
  // Without headers at once a client that leaves Nagle's algorithm on stalls for 40 ms per read.
  call.sendMetadata(new Metadata());
  handle(context, call, outlet).catch((error: unknown) => {
    if (!outlet.closed) call.emit('error', toRpcError(error));
  });
}

async function handle(
  context: ServiceContext,
  call: ServerWritableStream<Buffer, MessageBatch>,
  outlet: Outlet,
): Promise<void> {
  const request = decodeReadRequest(call.request);
  context.access.check(call.metadata, 'read', request.stream ?? ALL);
  const { log } = context.store;
  if (request.stream === undefined) requirePosition(log, request.from);
  if (request.count === undefined) return subscribe(context.store, request, outlet);
  if (request.stream === undefined) await send(log, request, outlet, eventsOfLog(log, request));
  else await readStream(log, request, request.stream, outlet);
  await outlet.end();
}

/** A position inside the log has to be that of an event: any other comes from another log. */
function requirePosition(log: EventLog, from: Start): void {
  if (typeof from !== 'number' || from === 0 || from >= log.end || log.at(from)) return;
  throw invalidArgument(`There is no event at position ${from}`);
}

async function readStream(log: EventLog, request: ReadRequest, stream: string, outlet: Outlet): Promise<void> {
  const view = viewOf(log, stream);
  if (view.kind === 'tombstoned') throw streamDeleted(stream);
  if (view.kind === 'none') {
    await outlet.send(new MessageBatch().add(streamNotFound(stream)));
    return;
  }
  const { head, first } = view;
  const { backwards, compatibility } = request;
  const asked = request.from === 'start' ? 0 : request.from === 'end' ? Infinity : Number(request.from);
  const begin = backwards ? Math.min(asked, head.last) : Math.max(asked, first);
  const end = backwards ? first : head.last;
  const empty = backwards ? begin < end : begin > end;
  const sent = empty ? 0 : await send(log, request, outlet, eventsOfStream(log, head, begin, end));
  if (compatibility < 1) return;
  const ends = new MessageBatch();
  const next = Math.max(first, head.last + 1);
  if (sent === 0 && !backwards && asked !== next) ends.add(firstStreamPosition(next));
  await outlet.send(ends.add(lastStreamPosition(head.last)));
}

function* eventsOfLog(log: EventLog, { from, backwards }: ReadRequest): Generator<StoredEvent> {
  const last = log.last;
  if (from === (backwards ? 'start' : 'end')) return;
  const asked = from === 'start' ? 0 : from === 'end' ? Infinity : Number(from);
  // A commit can be on disk already that nobody was told of: reading ends, and begins, at the last one that all may know of.
  let at = backwards ? Math.min(asked, last + 1) : asked;
  for (;;) {
    const events = backwards ? log.backward(at, PAGE_EVENTS) : log.forward(at, PAGE_EVENTS);
    if (events.length === 0) return;
    for (const event of events) {
      if (event.position > last) return;
      yield event;
    }
    at = events.at(-1)!.position + (backwards ? 0 : 1);
  }
}

function* eventsOfStream(log: EventLog, head: StreamHead, first: number, last: number): Generator<StoredEvent> {
  const step = first > last ? -1 : 1;
  for (let from = first; (last - from) * step >= 0;) {
    const to = from + step * Math.min(Math.abs(last - from), PAGE_EVENTS - 1);
    const events = log.ofStream(head, from, to);
    yield* events;
    from += step * Math.max(events.length, 1);
  }
}

/** Sends what matches, up to the count asked for, and says how many that were. */
async function send(
  log: EventLog,
  request: ReadRequest,
  outlet: Outlet,
  events: Generator<StoredEvent>,
): Promise<number> {
  const { filter, count = Infinity } = request;
  let batch = new MessageBatch();
  let sent = 0;
  let looked = 0;
  for (const event of events) {
    if (sent >= count) break;
    if (!filter || filter.matches(readRecordedHeader(event.record))) {
      batch.addEvent(present(log, event, request));
      sent++;
    }
    if (batch.size >= PAGE_BYTES) {
      if (!(await outlet.send(batch))) return sent;
      batch = new MessageBatch();
    }
    if (++looked % PAGE_EVENTS === 0) await nextTurn();
  }
  await outlet.send(batch);
  return sent;
}
