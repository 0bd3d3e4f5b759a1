import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import streams, { type ReadReq } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';

/* What is asked of an event store, in the messages of its protocol (kurrentdb/protocols/v1/streams.proto). */

const CHECKPOINT_EVERY = 32;

/** Events of streams `<category>-…` after a position, and then live; now and then how far the log was read. */
export function subscription(after: bigint, categories: readonly string[]): ReadReq {
  return readRequest((options) => {
    options.setAll(inLog(after));
    options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
    const filter = new streams.ReadReq.Options.FilterOptions();
    const prefixes = new streams.ReadReq.Options.FilterOptions.Expression();
    prefixes.setPrefixList(categories.map((category) => `${category}-`));
    filter.setStreamIdentifier(prefixes);
    filter.setCount(new shared.Empty());
    filter.setCheckpointintervalmultiplier(CHECKPOINT_EVERY);
    options.setFilter(filter);
  });
}

/** The first event of the log from a position on. */
export function oneFrom(position: bigint): ReadReq {
  return readRequest((options) => {
    options.setAll(inLog(position));
    options.setCount('1');
    options.setNoFilter(new shared.Empty());
  });
}

/** So many events of the log before a position, or before its end, the last first. */
export function lastInLog(position: bigint | undefined, count: number): ReadReq {
  return readRequest((options) => {
    const all = new streams.ReadReq.Options.AllOptions();
    if (position === undefined) all.setEnd(new shared.Empty());
    else all.setPosition(positionInLog(position));
    options.setAll(all);
    options.setReadDirection(streams.ReadReq.Options.ReadDirection.BACKWARDS);
    options.setCount(String(count));
    options.setNoFilter(new shared.Empty());
  });
}

/** So many events of a stream from a revision on. */
export function streamFrom(name: string, revision: bigint, limit: number): ReadReq {
  return readRequest((options) => {
    const stream = streamNamed(name);
    stream.setRevision(revision.toString());
    options.setStream(stream);
    options.setCount(String(limit));
    options.setNoFilter(new shared.Empty());
  });
}

/** The last event of a stream. */
export function lastOfStream(name: string): ReadReq {
  return readRequest((options) => {
    const stream = streamNamed(name);
    stream.setEnd(new shared.Empty());
    options.setStream(stream);
    options.setReadDirection(streams.ReadReq.Options.ReadDirection.BACKWARDS);
    options.setCount('1');
    options.setNoFilter(new shared.Empty());
  });
}

function readRequest(set: (options: ReadReq.Options) => void): ReadReq {
  const options = new streams.ReadReq.Options();
  const ids = new streams.ReadReq.Options.UUIDOption();
  ids.setString(new shared.Empty());
  options.setUuidOption(ids);
  set(options);
  const request = new streams.ReadReq();
  request.setOptions(options);
  return request;
}

function streamNamed(name: string) {
  const stream = new streams.ReadReq.Options.StreamOptions();
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(name).toString('base64'));
  stream.setStreamIdentifier(identifier);
  return stream;
}

/** A place in the log: the start, or a position. */
function inLog(position: bigint): ReadReq.Options.AllOptions {
  const all = new streams.ReadReq.Options.AllOptions();
  if (position === 0n) {
    all.setStart(new shared.Empty());
    return all;
  }
  all.setPosition(positionInLog(position));
  return all;
}

function positionInLog(position: bigint) {
  const place = new streams.ReadReq.Options.Position();
  place.setCommitPosition(position.toString());
  place.setPreparePosition(position.toString());
  return place;
}
