import { isInvalidStreamName } from '../store/stream-metadata.js';
import { ProtobufReader, type Uint64 } from '../wire/protobuf-reader.js';
import { readRevision, readStreamIdentifier } from './append-request.js';
import { readEventFilter, type EventFilter } from './event-filter.js';
import { invalidArgument } from './rpc-error.js';

/** Where a read begins: a revision or position, or an end of the log. */
export type Start = Uint64 | 'start' | 'end';

/** `ReadReq`, checked: every read and every subscription comes as one of these. */
export interface ReadRequest {
  /** Undefined: the whole log. */
  stream?: string;
  from: Start;
  backwards: boolean;
  resolveLinks: boolean;
  /** Undefined: a subscription. */
  count?: Uint64;
  filter?: EventFilter;
  structuredIds: boolean;
  /** From 1 on the client understands messages about the ends of the stream. */
  compatibility: number;
}

interface Draft extends Partial<ReadRequest> {
  source?: 'stream' | 'all';
  counting?: 'count' | 'subscription';
  filtering?: 'filter' | 'none';
}

export function decodeReadRequest(bytes: Buffer): ReadRequest {
  const draft: Draft = {};
  new ProtobufReader(bytes).each({ 1: (r) => readOptions(r.message(), draft) });
  const { source, counting, filtering, stream, count, filter, from = 'start' } = draft;
  if (draft.structuredIds === undefined) throw invalidArgument('The uuid option is required');
  if (!source) throw invalidArgument('A stream or $all is required');
  if (source === 'stream' && (stream === undefined || isInvalidStreamName(stream))) {
    throw invalidArgument('A stream name is required');
  }
  const backwards = draft.backwards ?? false;
  const possible = counting === 'count' || (counting === 'subscription' && !backwards);
  if (!possible || !filtering || (source === 'stream' && filtering === 'filter')) {
    throw invalidArgument('This combination of source, direction, count and filter is not possible');
  }
  if (counting === 'subscription' && filter?.checkpointInterval === 0) {
    throw invalidArgument('The checkpoint interval has to be greater than 0');
  }
  return {
    stream: source === 'stream' ? stream : undefined,
    from,
    backwards,
    resolveLinks: draft.resolveLinks ?? false,
    count: counting === 'count' ? (count ?? 0) : undefined,
    filter,
    structuredIds: draft.structuredIds,
    compatibility: draft.compatibility ?? 0,
  };
}

function readOptions(reader: ProtobufReader, draft: Draft): void {
  reader.each({
    1: (r) => {
      draft.source = 'stream';
      readStreamOptions(r.message(), draft);
    },
    2: (r) => {
      draft.source = 'all';
      readAllOptions(r.message(), draft);
    },
    3: (r) => (draft.backwards = r.uint64() === 1),
    4: (r) => (draft.resolveLinks = r.bool()),
    5: (r) => {
      draft.counting = 'count';
      draft.count = r.uint64();
    },
    6: (r) => {
      r.skip();
      draft.counting = 'subscription';
    },
    7: (r) => {
      draft.filtering = 'filter';
      draft.filter = readEventFilter(r.message());
    },
    8: (r) => {
      r.skip();
      draft.filtering = 'none';
    },
    9: (r) => {
      draft.structuredIds = true;
      r.message().each({
        2: (option) => {
          option.skip();
          draft.structuredIds = false;
        },
      });
    },
    10: (r) => r.message().each({ 1: (option) => (draft.compatibility = option.uint32()) }),
  });
}

const startFrom = (draft: Draft, from: Start) => (reader: ProtobufReader) => {
  reader.skip();
  draft.from = from;
};

const orEnd = (value: Uint64): Start => (value === -1 ? 'end' : value);

function readStreamOptions(reader: ProtobufReader, draft: Draft): void {
  reader.each({
    1: (r) => (draft.stream = readStreamIdentifier(r.message())),
    2: (r) => (draft.from = orEnd(readRevision(r.uint64()))),
    3: startFrom(draft, 'start'),
    4: startFrom(draft, 'end'),
  });
}

function readAllOptions(reader: ProtobufReader, draft: Draft): void {
  reader.each({
    1: (r) => {
      let commit: Uint64 = 0;
      let prepare: Uint64 = 0;
      r.message().each({
        1: (p) => (commit = readRevision(p.uint64())),
        2: (p) => (prepare = readRevision(p.uint64())),
      });
      if (commit < prepare) throw invalidArgument('The commit position cannot be before the prepare position');
      draft.from = orEnd(commit);
    },
    2: startFrom(draft, 'start'),
    3: startFrom(draft, 'end'),
  });
}
