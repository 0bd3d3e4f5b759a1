import { ProtobufWriter } from '../wire/protobuf-writer.js';
import { writeUuid } from '../wire/uuid.js';

/** The version clients are told: the first whose protocol has everything that is served here. */
const SERVER_VERSION = '26.1.0';
const LEADER = 8;

/** `SupportedMethods`: clients switch features on by it. */
export function supportedMethods(paths: string[]): Buffer {
  const response = new ProtobufWriter();
  for (const path of paths) {
    const [service, method] = path.slice(1).split('/');
    response.message(1, new ProtobufWriter().string(1, method!.toLowerCase()).string(2, service!));
  }
  return response.string(2, SERVER_VERSION).finish();
}

/** `ClusterInfo` of a cluster of one, which leads. */
export function clusterInfo(instanceId: string, host: string, port: number): Buffer {
  const member = new ProtobufWriter()
    .message(1, writeUuid(instanceId, false))
    .varint(2, BigInt(Date.now()) * 10_000n)
    .varint(3, LEADER)
    .bool(4, true)
    .message(5, new ProtobufWriter().string(1, host).varint(2, port));
  return new ProtobufWriter().message(1, member).finish();
}
