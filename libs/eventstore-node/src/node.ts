import { Server, ServerCredentials } from '@grpc/grpc-js';
import { Access } from './services/access.js';
import { DEFAULT_MAX_APPEND_SIZE, type ServiceContext } from './services/context.js';
import { methods } from './services/methods.js';
import { openEventStore } from './store/event-store.js';

/** How a node is started. */
export interface EventStoreNodeOptions {
  /** Created when absent. One node at a time: a second one is refused with an error that names the directory. */
  dataDir: string;
  /** Default: '127.0.0.1'. */
  host?: string;
  /** Default: 2113. 0 takes any free port. */
  port?: number;
  /** PEM certificate and key; without them the node speaks plain HTTP/2. */
  tls?: { cert: Buffer; key: Buffer };
  /** User to password. With users, calls need basic authentication; `admin` may do everything. */
  users?: Record<string, string>;
  /** Bytes one append may carry. Default: 1 MiB, as on the real server. An event may have 16 MiB at most. */
  maxAppendSize?: number;
  /** Hears of the I/O error that stopped the node for good. Default: print it and exit with 1. */
  onFatal?: (error: Error) => void;
}

/** A running node. */
export interface EventStoreNode {
  readonly host: string;
  readonly port: number;
  /** For `KurrentDBClient.connectionString`. */
  readonly connectionString: string;
  /** Ends all calls, finishes what was accepted, closes the store. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 2113;
/** Several events of the largest size may come in one message. */
const MAX_MESSAGE = 64 * 1024 * 1024;

function exitLoudly(error: Error): void {
  process.stderr.write(`The event store stops: ${error.stack ?? error.message}\n`);
  process.exit(1);
}

/** Starts a node in this process. Everything it acknowledges is on disk. */
export async function startEventStoreNode(options: EventStoreNodeOptions): Promise<EventStoreNode> {
  const host = options.host ?? '127.0.0.1';
  const authority = host.includes(':') ? `[${host}]` : host;
  const store = await openEventStore(options.dataDir, options.onFatal ?? exitLoudly);
  const context: ServiceContext = {
    store,
    access: new Access(store.log, options.users),
    maxAppendSize: options.maxAppendSize ?? DEFAULT_MAX_APPEND_SIZE,
  };
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE,
    'grpc.max_concurrent_streams': 10_000,
  });
  let port = 0;
  for (const { definition, handler } of methods(context, () => ({ host, port }))) {
    server.addService({ call: definition }, { call: handler });
  }
  try {
    port = await listen(server, `${authority}:${options.port ?? DEFAULT_PORT}`, options.tls);
  } catch (error) {
    await store.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    server.forceShutdown();
    await store.close();
  };
  let closed: Promise<void> | undefined;
  return {
    host,
    port,
    connectionString: `kurrentdb://${authority}:${port}?tls=${options.tls !== undefined}`,
    close: () => (closed ??= close()),
  };
}

function listen(server: Server, address: string, tls: EventStoreNodeOptions['tls']): Promise<number> {
  const credentials = tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }])
    : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error) reject(new Error(`The event store cannot listen on ${address}: ${error.message}`, { cause: error }));
      else resolve(port);
    });
  });
}
