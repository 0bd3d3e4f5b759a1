import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { ANY, NO_STREAM } from './consistency.js';
import { EventLog, type Commit } from './event-log.js';
import { type AppendWrite } from './write.js';
import { Writer } from './writer.js';
import { viewOf } from './stream-view.js';

let dataDir: string;
let log: EventLog;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'eventstore-node-'));
  log = new EventLog(dataDir);
});
afterEach(async () => {
  await log.close();
  await rm(dataDir, { recursive: true });
});

const append = (stream: string, expected = ANY): AppendWrite => ({
  kind: 'append',
  streams: [{ stream, expected }],
  events: [
    {
      target: 0,
      event: { id: randomUUID(), type: 'type', isJson: true, data: Buffer.from('{}'), metadata: Buffer.alloc(0) },
    },
  ],
});

const unexpected = (error: Error): never => {
  throw error;
};

it('puts writes that come together into one commit, and answers each by itself', async () => {
  const commits = jest.spyOn(log, 'commit');
  const writer = new Writer(log, () => undefined, unexpected);
  const same = append('repeated');
  const results = await Promise.all([
    writer.write(append('a', NO_STREAM)),
    writer.write(append('a', 0)),
    writer.write(append('a', NO_STREAM)),
    writer.write({ kind: 'delete', stream: 'a', expected: 1 }),
    writer.write(append('a', NO_STREAM)),
    writer.write(same),
    writer.write(same),
  ]);
  expect(commits).toHaveBeenCalledTimes(1);
  expect(results.map((result) => (result.ok ? result.lastRevisions[0] : 'refused'))).toEqual([
    0,
    1,
    'refused',
    1,
    2,
    0,
    0,
  ]);
  expect(results[6]).toEqual(results[5]);
  expect(viewOf(log, 'a')).toMatchObject({ kind: 'stream', first: 2 });
});

it('answers nothing and shows nothing before the commit is on disk', async () => {
  let finish = (): void => undefined;
  const original = log.commit.bind(log);
  const commits = jest.spyOn(log, 'commit').mockImplementation(async (commit: Commit) => {
    await new Promise<void>((resolve) => (finish = resolve));
    await original(commit);
  });
  const writer = new Writer(log, () => undefined, unexpected);
  let answered = false;
  const write = writer.write(append('a')).then(() => (answered = true));
  while (commits.mock.calls.length === 0) await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(answered).toBe(false);
  expect(viewOf(log, 'a').kind).toBe('none');
  finish();
  await write;
  expect(viewOf(log, 'a').kind).toBe('stream');
});

it('stops for good on an I/O error: nothing is acknowledged any more', async () => {
  const broken = new Error('the disk is gone');
  const commits = jest.spyOn(log, 'commit').mockRejectedValue(broken);
  const fatal: Error[] = [];
  const writer = new Writer(
    log,
    () => undefined,
    (error) => fatal.push(error),
  );
  const attempts = await Promise.allSettled([writer.write(append('a')), writer.write(append('b'))]);
  expect(attempts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  commits.mockRestore();
  await expect(writer.write(append('c'))).rejects.toBe(broken);
  expect(fatal).toEqual([broken]);
});

it('finishes what it accepted when it is closed', async () => {
  const writer = new Writer(log, () => undefined, unexpected);
  const writes = Array.from({ length: 50 }, () => writer.write(append('a')));
  await writer.close();
  expect((await Promise.all(writes)).every(({ ok }) => ok)).toBe(true);
  await expect(writer.write(append('a'))).rejects.toThrow('shutting down');
});
