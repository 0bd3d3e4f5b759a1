import { jest } from '@jest/globals';
import { sql } from 'kysely';
import { randomBytes, randomUUID } from 'node:crypto';
import { AUDITED, AuditedLog } from '#testing/audit';
import { testEngines, type TestDatabase, until } from '#testing/platform';
import { appendFacts, endOf } from '#libs/event-sourcing';
import { type AuditEvent, auditEvents, CHECKPOINTS } from '../audit-events.js';
import { TreeFollower } from '../tree/tree-follower.job.js';
import { TreeQueries } from '../tree/tree.queries.js';
import { checkpointText, readCheckpoint } from './checkpoint.js';
import { CheckpointContradicts, CheckpointSigner } from './checkpoint-signer.job.js';
import { newSignerKey, readNote, signedBy, signerKey, signNote } from './note.js';

jest.setTimeout(30_000);

const key = signerKey(newSignerKey('example.com/ledger', randomBytes(32)));
const BY = { actor: 'auditor-1', correlationId: 'test' };

describe.each(await testEngines())('Checkpoints on $name', (engine) => {
  let log: AuditedLog;
  let test: TestDatabase;
  let tree: TreeQueries;
  let ended: AbortController;
  let following: Promise<void>;
  beforeAll(async () => {
    test = await engine.create();
    tree = new TreeQueries(test.db);
  });
  beforeEach(async () => {
    await sql`drop schema if exists audit cascade`.execute(test.db.sql);
    log = await AuditedLog.open();
    ended = new AbortController();
    following = new TreeFollower(log.store, test.db, { categories: AUDITED }).run(ended.signal);
  });
  afterEach(async () => {
    ended.abort();
    await following;
    await log.close();
  });
  afterAll(() => test.drop());

  const signer = (signing = key, believed = [signing, key]) =>
    new CheckpointSigner(
      ...([log.store, tree, signing] as const),
      believed.map(({ verifier }) => verifier),
    );
  async function reached(position: bigint): Promise<void> {
    await until(async () => (await tree.standing()).position >= position);
  }
  /** Appends the event of a checkpoint past the signer. */
  async function putCheckpoint(signed: { note: string; size: number }): Promise<void> {
    const last = (await log.store.readLast(CHECKPOINTS))!;
    const event = { type: 'CheckpointSigned', data: { ...(last.data as object), ...signed } } as AuditEvent;
    const metadata = { ...BY, commandId: randomUUID(), causationId: 'test' };
    const end = endOf(last);
    await appendFacts(log.store, CHECKPOINTS, auditEvents, end, [{ event, metadata }], new Date());
  }
  async function checkpoints() {
    const notes: { note: string }[] = [];
    for await (const { data } of log.store.readStream(CHECKPOINTS)) notes.push(data as { note: string });
    return notes.map(({ note }) => readCheckpoint(readNote(note).text));
  }

  it('are signed over all that was recorded when they were asked for', async () => {
    const position = await log.put('till-1', 300);
    const { size, note, root } = await signer().signNow(BY, position);
    expect(size).toBe(300);
    expect(root).toEqual(await tree.rootAt(300));
    expect(signedBy(readNote(note), [key.verifier])).toMatchObject({ by: { name: 'example.com/ledger' } });
    expect(await log.store.readLast(CHECKPOINTS)).toMatchObject({
      type: 'CheckpointSigned',
      data: { size: 300, note, verifierKey: key.verifier.text },
      metadata: { actor: 'auditor-1' },
    });
  });

  it('are events of the log themselves, and part of the next', async () => {
    const first = await signer().signNow(BY, await log.put('till-1', 3));
    const second = await signer().signNow(BY, await log.put('till-1', 2));
    expect([first.size, second.size]).toEqual([3, 6]);
  });

  it('are not made anew while nothing was recorded but the last of them', async () => {
    const first = await signer().signNow(BY, await log.put('till-1', 3));
    const again = await signer().signNow(BY, first.position);
    expect(again).toEqual(first);
    expect(await checkpoints()).toHaveLength(1);
  });

  it('never contradict each other, however many sign at once', async () => {
    let last = await log.put('till-1', 1);
    await signer().signNow(BY, last);
    await Promise.all(
      Array.from({ length: 6 }, async (_, one) => {
        for (let round = 0; round < 5; round++) {
          last = await log.put(`till-${one}-${round}`, 1);
          await signer().signNow(BY, last);
        }
      }),
    );
    const all = await checkpoints();
    const sizes = all.map(({ size }) => size);
    expect(sizes).toEqual([...new Set(sizes)].sort((one, other) => one - other));
    for (const { size, root } of all) expect(await tree.rootAt(size)).toEqual(root);
  });

  it('are refused when the tree is not what was signed before', async () => {
    await signer().signNow(BY, await log.put('till-1', 300));
    const position = await log.put('till-2', 1);
    await signer().signNow(BY, position);
    await sql`update audit.tiles set hashes = overlay(hashes placing '\\x00' from 5) where level = 1 and tile = 0`.execute(
      test.db.sql,
    );
    await expect(signer().signNow(BY, await log.put('till-2', 1))).rejects.toThrow(CheckpointContradicts);
    expect(await checkpoints()).toHaveLength(2);
  });

  it('are refused while the tree holds events that the log does not: it was cut, and the database was not', async () => {
    await signer().signNow(BY, await log.put('till-1', 8));
    await reached(await log.put('till-1', 8));
    ended.abort();
    await following;
    await log.tamper((events) => events.slice(0, 10));
    await expect(signer().sign(BY)).rejects.toThrow(/the last in the tree, is not in the log/);
    expect(await checkpoints()).toHaveLength(1);
  });

  it('are not signed by the clock before the log is known to be the one of the tree', async () => {
    await reached(await log.put('till-1', 8));
    ended.abort();
    await following;
    await log.tamper((events) => events.slice(0, 6));
    let signing = false;
    const anew = new AbortController();
    const again = new TreeFollower(log.store, test.db, { categories: AUDITED, onStopped: () => anew.abort() });
    await again.run(anew.signal, () => Promise.resolve(void (signing = true)));
    expect(signing).toBe(false);
  });

  it('are refused, and not waited for, after one that is over more events than there are', async () => {
    await signer().signNow(BY, await log.put('till-1', 300));
    const forged = checkpointText({ origin: 'example.com/ledger', size: 900, root: randomBytes(32) });
    await putCheckpoint({ note: signNote(forged, key), size: 900 });
    await expect(signer().signNow(BY, await log.put('till-1', 1))).rejects.toThrow(/is over 900 events.* holds 303/);
  });

  it('do not go on from one that a stranger has put there', async () => {
    const position = await log.put('till-1', 300);
    const eve = signerKey(newSignerKey('example.com/ledger', randomBytes(32)));
    const first = await signer(eve).signNow(BY, position);
    await expect(signer(key, [key]).signNow(BY, await log.put('till-1', 1))).rejects.toThrow(
      `when ${first.verifierKey} is one of yours, add it to the keys`,
    );
    expect(await checkpoints()).toHaveLength(1);
  });

  it('go on under a new key, in the name of the same log', async () => {
    await signer().signNow(BY, await log.put('till-1', 3));
    const next = signerKey(newSignerKey('example.com/ledger-2027', randomBytes(32)));
    const { note } = await signer(next).signNow(BY, await log.put('till-1', 3));
    expect(readCheckpoint(readNote(note).text).origin).toBe('example.com/ledger');
    expect(signedBy(readNote(note), [key.verifier])).toEqual({ refused: 'unknown-key' });
    expect(signedBy(readNote(note), [next.verifier])).toMatchObject({ by: { name: 'example.com/ledger-2027' } });
  });

  it('are signed by the clock when there is something new, and the failures are told', async () => {
    const stopping = new AbortController();
    const told: Error[] = [];
    await log.put('till-1', 3);
    const running = signer().run(1, stopping.signal, (error) => told.push(error));
    while ((await checkpoints()).length < 1);
    await log.put('till-1', 3);
    while ((await checkpoints()).length < 2);
    stopping.abort();
    await running;
    expect((await checkpoints()).map(({ size }) => size)).toEqual([3, 7]);
    expect(told).toEqual([]);
  });
});
