import { jest } from '@jest/globals';
import { sql } from 'kysely';
import { randomBytes } from 'node:crypto';
import { AUDITED, AuditedLog } from '#testing/audit';
import { testEngines, type TestDatabase } from '#testing/platform';
import { CHECKPOINTS } from '../audit-events.js';
import { TreeFollower } from '../tree/tree-follower.job.js';
import { TreeQueries } from '../tree/tree.queries.js';
import { readCheckpoint } from './checkpoint.js';
import { CheckpointContradicts, CheckpointSigner } from './checkpoint-signer.job.js';
import { newSignerKey, readNote, signedBy, signerKey } from './note.js';

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

  const signer = (signing = key) => new CheckpointSigner(log.store, tree, signing);
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
