import { type EventLog, type StoredEvent } from '../store/event-log.js';
import { viewOf } from '../store/stream-view.js';
import { type ReadEvent } from '../wire/message-batch.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { readRecordedHeader, recordedData, withStructuredId } from '../wire/recorded-event.js';

const LINK_TYPE = '$>';

/** How the client wants its events. */
export interface Presentation {
  resolveLinks: boolean;
  structuredIds: boolean;
}

/** Turns a stored event into what goes to the client. */
export function present(log: EventLog, stored: StoredEvent, wanted: Presentation): ReadEvent {
  const { position, record } = stored;
  const isLink = wanted.resolveLinks && readRecordedHeader(record).type === LINK_TYPE;
  const shown = (bytes: Buffer | undefined): Buffer | undefined =>
    bytes && wanted.structuredIds ? withStructuredId(bytes) : bytes;
  return isLink
    ? { event: shown(linkTarget(log, record)), link: shown(record), position }
    : { event: shown(record), position };
}

/** The data of a link says `revision@stream`. The event it leads to may be gone. */
function linkTarget(log: EventLog, link: Buffer): Buffer | undefined {
  const data = recordedData(link).toString();
  const at = data.indexOf('@');
  const revision = Number(data.slice(0, at));
  if (at < 1 || !Number.isSafeInteger(revision)) return undefined;
  const view = viewOf(log, data.slice(at + 1));
  return view.kind === 'stream' && revision >= view.first ? log.event(view.head, revision)?.record : undefined;
}

const message = (field: number, body: ProtobufWriter): Buffer => new ProtobufWriter().message(field, body).finish();

function timestamp(milliseconds: number): ProtobufWriter {
  return new ProtobufWriter().varint(1, Math.floor(milliseconds / 1000)).varint(2, (milliseconds % 1000) * 1_000_000);
}

export const confirmation = (subscriptionId: string): Buffer =>
  message(2, new ProtobufWriter().string(1, subscriptionId));

export const checkpoint = (position: number): Buffer =>
  message(3, new ProtobufWriter().varint(1, position).varint(2, position).message(3, timestamp(Date.now())));

export const streamNotFound = (stream: string): Buffer =>
  message(4, new ProtobufWriter().message(1, new ProtobufWriter().string(3, stream)));

export const firstStreamPosition = (revision: number): Buffer => new ProtobufWriter().varint(5, revision).finish();

export const lastStreamPosition = (revision: number): Buffer => new ProtobufWriter().varint(6, revision).finish();

/** How far a subscription has come; nothing when it has not seen an event yet. */
export interface Progress {
  revision?: number;
  position?: number;
}

function progress({ revision, position }: Progress): ProtobufWriter {
  const body = new ProtobufWriter().message(1, timestamp(Date.now()));
  if (revision !== undefined) body.varint(2, revision);
  if (position !== undefined) body.message(3, new ProtobufWriter().varint(1, position).varint(2, position));
  return body;
}

export const caughtUp = (at: Progress): Buffer => message(8, progress(at));

export const fellBehind = (at: Progress): Buffer => message(9, progress(at));
