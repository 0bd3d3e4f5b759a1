import { randomUUID } from 'node:crypto';
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { type MessageBatch } from '../wire/message-batch.js';
import { appendRecords } from './append-records.js';
import { appendSession } from './append-session.js';
import { append } from './append.js';
import { BatchAppend } from './batch-append.js';
import { type ServiceContext } from './context.js';
import { deleteStream } from './delete.js';
import { clusterInfo, supportedMethods } from './node-info.js';
import { read } from './read.js';

const STREAMS = '/event_store.client.streams.Streams';
const STREAMS_V2 = '/kurrentdb.protocol.v2.streams.StreamsService';
const GOSSIP = '/event_store.client.gossip.Gossip/Read';
const SERVER_FEATURES = '/event_store.client.server_features.ServerFeatures/GetSupportedMethods';

/** A method of the protocol and what serves it. Messages stay bytes: they are read and written by hand. */
export interface Method {
  definition: MethodDefinition<Buffer, Buffer>;
  handler: UntypedHandleCall;
}

type Unary = handleUnaryCall<Buffer, Buffer>;
type FromClient = handleClientStreamingCall<Buffer, Buffer>;
type FromServer = handleServerStreamingCall<Buffer, MessageBatch>;
type BothWays = handleBidiStreamingCall<Buffer, MessageBatch>;

const same = <T>(value: T): T => value;

function method(path: string, handler: Unary | FromClient | FromServer | BothWays, kind: Kind = UNARY): Method {
  const identities = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  return { definition: { path, ...kind, ...identities }, handler: handler as UntypedHandleCall };
}

type Kind = { requestStream: boolean; responseStream: boolean };
const UNARY: Kind = { requestStream: false, responseStream: false };
const FROM_CLIENT: Kind = { requestStream: true, responseStream: false };
const FROM_SERVER: Kind = { requestStream: false, responseStream: true };
const BOTH_WAYS: Kind = { requestStream: true, responseStream: true };

/** Everything this node serves. grpc-js answers any other method of the protocol with UNIMPLEMENTED. */
export function methods(context: ServiceContext, address: () => { host: string; port: number }): Method[] {
  const instanceId = randomUUID();
  const unary =
    (serve: (context: ServiceContext, ...call: Parameters<Unary>) => void): Unary =>
    (call, callback) =>
      serve(context, call, callback);
  const served = [
    method(`${STREAMS}/Read`, ((call) => read(context, call)) satisfies FromServer, FROM_SERVER),
    method(
      `${STREAMS}/Append`,
      ((call, callback) => append(context, call, callback)) satisfies FromClient,
      FROM_CLIENT,
    ),
    method(`${STREAMS}/BatchAppend`, ((call) => void new BatchAppend(context, call)) satisfies BothWays, BOTH_WAYS),
    method(
      `${STREAMS}/Delete`,
      unary((c, call, callback) => deleteStream('delete', c, call, callback)),
    ),
    method(
      `${STREAMS}/Tombstone`,
      unary((c, call, callback) => deleteStream('tombstone', c, call, callback)),
    ),
    method(
      `${STREAMS_V2}/AppendSession`,
      ((call, callback) => appendSession(context, call, callback)) satisfies FromClient,
      FROM_CLIENT,
    ),
    method(`${STREAMS_V2}/AppendRecords`, unary(appendRecords)),
    method(GOSSIP, ((_call, callback) =>
      callback(null, clusterInfo(instanceId, address().host, address().port))) satisfies Unary),
  ];
  const paths = [...served.map(({ definition }) => definition.path), SERVER_FEATURES];
  const features: Unary = (_call, callback) => callback(null, supportedMethods(paths));
  return [...served, method(SERVER_FEATURES, features)];
}
