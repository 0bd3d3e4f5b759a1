import { Metadata, status } from '@grpc/grpc-js';
import { AccessDeniedError, KurrentDBClient, type AppendToStreamOptions } from '@kurrent/kurrentdb-client';
import { aStream, collect, events } from '../testing/client.js';
import { certificate } from '../testing/certificate.js';
import { startTestNode, type TestNode } from '../testing/index.js';
import { RawCalls } from '../testing/raw-calls.js';

const users = { admin: 'changeit', ops: 'opspass', anna: 'secret:with:colons' };
const as = (username: keyof typeof users, password: string = users[username]) => ({
  credentials: { username, password },
});

let node: TestNode;
let admin: KurrentDBClient;
let nobody: KurrentDBClient;

beforeAll(async () => {
  node = await startTestNode({ tls: certificate, users });
  const connection = (login: string): string =>
    `kurrentdb://${login}127.0.0.1:${node.port}?tls=true&tlsVerifyCert=false`;
  admin = KurrentDBClient.connectionString(connection('admin:changeit@'));
  nobody = KurrentDBClient.connectionString(connection(''));
});
afterAll(async () => {
  await Promise.all([admin.dispose(), nobody.dispose()]);
  await node.close();
});

const denied = (attempt: Promise<unknown>) => expect(attempt).rejects.toBeInstanceOf(AccessDeniedError);
const append = (stream: string, options: AppendToStreamOptions) => nobody.appendToStream(stream, events(1), options);

it('serves users it knows over TLS', async () => {
  const stream = aStream();
  await admin.appendToStream(stream, events(1));
  await append(stream, as('anna'));
  expect(await collect(admin.readStream(stream))).toHaveLength(2);
  expect(await collect(nobody.readStream(stream, as('anna')))).toHaveLength(2);
  expect((await admin.appendRecords([{ streamName: stream, record: events(1)[0]! }])).responses).toHaveLength(1);
  for await (const { event } of admin.subscribeToStream(stream)) {
    expect(event!.revision).toBe(0n);
    break;
  }
});

it('refuses wrong passwords, unknown users and nobody', async () => {
  const stream = aStream();
  await denied(append(stream, as('anna', 'wrong')));
  await denied(append(stream, { credentials: { username: 'AzureDiamond', password: 'hunter2' } }));
  await denied(append(stream, {}));
  await denied(collect(nobody.readStream(stream)));
  await denied(collect(nobody.readStream(stream, as('ops', 'wrong'))));
  await denied(collect(nobody.subscribeToAll()));
  await denied(nobody.deleteStream(stream));
  await denied(nobody.tombstoneStream(stream, as('anna', '')));
  await denied(nobody.appendRecords([{ streamName: stream, record: events(1)[0]! }]));
  await denied(nobody.multiStreamAppend([{ streamName: stream, events: events(1), expectedState: 'any' }]));
});

it('lets only administrators see the log and streams of the system', async () => {
  expect((await collect(admin.readAll())).length).toBeGreaterThan(0);
  await denied(collect(nobody.readAll(as('anna'))));
  await denied(collect(nobody.subscribeToAll(as('ops'))));
  await denied(append('$system', as('anna')));
  await admin.appendToStream('$system', events(1));
  await denied(collect(nobody.readStream('$system', as('anna'))));
});

it('enforces what the metadata of a stream allows', async () => {
  const stream = aStream();
  await admin.setStreamMetadata(stream, {
    acl: { readRoles: ['anna', 'ops'], writeRoles: ['$ops'], deleteRoles: ['$admins'] },
  });
  await append(stream, as('ops'));
  await denied(append(stream, as('anna')));
  expect(await collect(nobody.readStream(stream, as('anna')))).toHaveLength(1);
  await denied(nobody.deleteStream(stream, as('ops')));
  await nobody.setStreamMetadata(stream, { acl: { metaWriteRoles: ['$admins'], readRoles: ['$admins'] } }, as('anna'));
  await denied(nobody.setStreamMetadata(stream, {}, as('anna')));
  await denied(collect(nobody.readStream(stream, as('anna'))));
  await admin.deleteStream(stream);
});

it('says UNAUTHENTICATED to credentials that cannot be read', async () => {
  const plain = await startTestNode({ users });
  const raw = new RawCalls(plain.port);
  for (const header of ['Basic', 'Basic %%%', 'Bearer token', `Basic ${Buffer.from('admin').toString('base64')}`]) {
    const metadata = new Metadata();
    metadata.set('authorization', header);
    // DeleteReq of the stream 's' at any revision.
    const request = Buffer.from('0a070a031a01732200', 'hex');
    expect(await raw.unary('/event_store.client.streams.Streams/Delete', request, metadata)).toBe(
      status.UNAUTHENTICATED,
    );
  }
  raw.close();
  await plain.close();
});
