import { type sendUnaryData, type ServerReadableStream } from '@grpc/grpc-js';
import { ANY, NO_STREAM, STREAM_EXISTS, type ExpectedRevision } from '../store/consistency.js';
import { type WriteResult } from '../store/write.js';
import { ProtobufReader } from '../wire/protobuf-reader.js';
import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { type ProposedEvent } from '../wire/recorded-event.js';
import {
  proposedSize,
  readProposedMessage,
  requireOptions,
  streamOptionHandlers,
  type StreamOptions,
} from './append-request.js';
import { type ServiceContext } from './context.js';
import { appendTooLarge, invalidArgument, streamDeleted, toRpcError } from './rpc-error.js';

type Target = { stream: string; expected: ExpectedRevision };
type AppendCall = ServerReadableStream<Buffer, Buffer>;

/** `Streams/Append`: options first, then one message per event. */
export function append(context: ServiceContext, call: AppendCall, callback: sendUnaryData<Buffer>): void {
  collect(context, call)
    .then(({ target, events }) =>
      context.store.writer
        .write({ kind: 'append', streams: [target], events: events.map((event) => ({ target: 0, event })) })
        .then((result) => callback(null, encodeResponse(target, result))),
    )
    .catch((error: unknown) => callback(toRpcError(error)));
}

async function collect(
  context: ServiceContext,
  call: AppendCall,
): Promise<{ target: Target; events: ProposedEvent[] }> {
  let target: Target | undefined;
  const events: ProposedEvent[] = [];
  let size = 0;
  for await (const bytes of call) {
    new ProtobufReader(bytes as Buffer).each({
      1: (r) => {
        const options: StreamOptions = {};
        r.message().each(streamOptionHandlers(options));
        target = requireOptions(options);
        context.access.check(call.metadata, 'write', target.stream);
      },
      2: (r) => {
        if (!target) throw invalidArgument('The options have to come before the events');
        const event = readProposedMessage(r.message());
        size += proposedSize(event);
        if (size > context.maxAppendSize) throw appendTooLarge(context.maxAppendSize);
        events.push(event);
      },
    });
  }
  if (!target) throw invalidArgument('An append needs options');
  return { target, events };
}

function encodeResponse(target: Target, result: WriteResult): Buffer {
  if (result.ok) {
    const success = encodeSuccess(result.lastRevisions[0]!, result.position);
    return new ProtobufWriter().message(1, success).finish();
  }
  const [refusal] = result.refusals;
  if (refusal!.tombstoned) throw streamDeleted(target.stream);
  return new ProtobufWriter().message(2, encodeConflict(target.expected, refusal!.actual)).finish();
}

/** The `Success` message that single and batch appends share. */
export function encodeSuccess(lastRevision: number, position: number | undefined): ProtobufWriter {
  const success = new ProtobufWriter();
  if (lastRevision < 0) success.empty(2);
  else success.varint(1, lastRevision);
  if (position === undefined) return success.empty(4);
  return success.message(3, new ProtobufWriter().varint(1, position).varint(2, position));
}

/** `AppendResp.WrongExpectedVersion`, with the fields that clients older than 20.6.1 read. */
function encodeConflict(expected: ExpectedRevision, actual: number): ProtobufWriter {
  const conflict = new ProtobufWriter();
  if (actual < 0) conflict.empty(2).empty(7);
  else conflict.varint(1, actual).varint(6, actual);
  if (expected === ANY) return conflict.empty(4).empty(9);
  if (expected === STREAM_EXISTS) return conflict.empty(5).empty(10);
  if (expected === NO_STREAM) return conflict.varint(3, (1n << 64n) - 1n).empty(11);
  return conflict.varint(3, expected).varint(8, expected);
}
