import { jest } from '@jest/globals';
import { jsonEvent } from '@kurrent/kurrentdb-client';
import { randomBytes } from 'node:crypto';
import { AUDITED, AuditedLog, relink } from '#testing/audit';
import { type LoggedEvent } from '#testing/eventstore-node';
import { sql } from 'kysely';
import { CHECKPOINTS } from '../audit-events.js';
import { CheckpointSigner } from '../checkpoints/checkpoint-signer.job.js';
import { newSignerKey, type SignerKey, signerKey } from '../checkpoints/note.js';
import { TreeFollower } from '../tree/tree-follower.job.js';
import { TreeQueries } from '../tree/tree.queries.js';
import { verifyLog } from './verify-log.job.js';
import { readState, type VerifyState, writeState } from './verify-state.js';
import { embeddedDatabase, type TestDatabase, until } from '#testing/platform';

jest.setTimeout(30_000);

const key = signerKey(newSignerKey('example.com/ledger', randomBytes(32)));

describe('Verifying the whole log', () => {
  let log: AuditedLog;
  let database: TestDatabase;
  /** What the auditor has kept outside. */
  let copy: string;
  beforeAll(async () => (database = await embeddedDatabase()));
  afterAll(() => database.drop());
  beforeEach(async () => {
    log = await AuditedLog.open();
    await log.put('till-1', 5);
    await log.put('till-2', 4);
    await log.put('till-1', 3);
    copy = await sign();
    await log.put('till-3', 2);
    await sign();
    await log.put('till-2', 1);
  });
  afterEach(() => log.close());

  /** Builds the tree of what the log holds and signs it. @returns the note */
  async function sign(signing: SignerKey = key): Promise<string> {
    const keys = [key.verifier, signing.verifier];
    const { db } = database;
    await sql`drop schema if exists audit cascade`.execute(db.sql);
    const ended = new AbortController();
    const following = new TreeFollower(log.store, db, { categories: AUDITED }).run(ended.signal);
    const tree = new TreeQueries(db);
    const end = await log.store.lastPosition();
    await until(async () => (await tree.standing()).position >= end);
    const { note } = await new CheckpointSigner(log.store, tree, signing, keys).sign({
      actor: 'a',
      correlationId: 'c',
    });
    ended.abort();
    await following;
    return note;
  }

  const verify = (options: { copies?: string[]; keys?: SignerKey[]; resume?: VerifyState } = {}) =>
    verifyLog({
      store: log.store,
      categories: AUDITED,
      keys: (options.keys ?? [key]).map(({ verifier }) => verifier),
      copies: (options.copies ?? []).map((note) => ({ name: 'kept.txt', note })),
      resume: options.resume,
    });
  async function found(options: Parameters<typeof verify>[0] = {}) {
    const { findings } = await verify(options);
    return findings.map(({ kind, stream, revision, message }) => ({
      kind,
      ...(stream !== undefined && { at: `${stream} ${revision}` }),
      message,
    }));
  }
  /** Changes one event on the disk. */
  const change = (stream: string, revision: number, to: (event: LoggedEvent) => LoggedEvent) =>
    log.tamper((events) =>
      events.map((event) => (event.stream === stream && event.revision === revision ? to(event) : event)),
    );

  it('finds nothing in a log that is as it was written, and says what it has held it against', async () => {
    const report = await verify({ copies: [copy] });
    expect(report).toMatchObject({ events: 17, read: 17, streams: 4, checkpoints: 3, findingCount: 0 });
    expect(report.lastGood).toMatchObject({ size: 15, name: expect.stringContaining('revision 1') as string });
  });

  it.each<[what: string, kind: string, to: (event: LoggedEvent) => LoggedEvent]>([
    ['its data', 'changed', (event) => ({ ...event, data: '{"amount":1000}' })],
    ['a blank in its data', 'changed', (event) => ({ ...event, data: event.data.replace(':', ': ') })],
    ['its metadata', 'changed', (event) => ({ ...event, metadata: event.metadata.replace('"test"', '"eve"') })],
    ['its type', 'changed', (event) => ({ ...event, type: 'Taken' })],
    ['its id', 'wrong-id', (event) => ({ ...event, id: '00000000-0000-4000-8000-000000000000' })],
    ['the end of its metadata', 'inserted', (event) => ({ ...event, metadata: '{}' })],
  ])('names an event of which somebody has changed %s', async (_, kind, to) => {
    await change('till-1', 3, to);
    expect(await found()).toContainEqual(
      expect.objectContaining({ kind, at: 'till-1 3', message: expect.stringMatching(/position \d+/) as string }),
    );
  });

  it('names an event that was removed', async () => {
    await log.tamper((events) => events.filter((event) => !(event.stream === 'till-1' && event.revision === 2)));
    expect(await found()).toContainEqual(expect.objectContaining({ kind: 'removed', at: 'till-1 2' }));
  });

  it('sees by the checkpoints that the last event of a stream was removed', async () => {
    await log.tamper((events) => events.filter((event) => !(event.stream === 'till-3' && event.revision === 1)));
    expect(await found()).toMatchObject([
      { kind: 'bad-checkpoint', at: `${CHECKPOINTS} 1` },
      { kind: 'rewritten', message: expect.stringMatching(/^events 13 to 15 .*revision 1\)/) as string },
    ]);
  });

  it('names an event that was inserted with a link that leads nowhere', async () => {
    await log.tamper((events) => {
      const forged = relink([{ ...events[11]!, revision: 8, data: '{"amount":99}' }], 'ab'.repeat(32));
      return [...events, ...forged];
    });
    expect(await found()).toMatchObject([{ kind: 'broken-link', at: 'till-1 8' }]);
  });

  it('names an event that was inserted where another has its revision', async () => {
    await log.tamper((events) => [...events, ...relink([{ ...events[3]!, data: '{"amount":99}' }], 'ab'.repeat(32))]);
    expect(await found()).toMatchObject([{ kind: 'inserted', at: 'till-1 3' }]);
  });

  it('names an event that was put in the place of another with its own right hash', async () => {
    await change('till-1', 3, (event) => relink([{ ...event, data: '{"amount":99}' }])[0]!);
    expect(await found()).toContainEqual(expect.objectContaining({ kind: 'broken-link', at: 'till-1 4' }));
  });

  it('sees by the checkpoints alone that a stream was written anew with all its links', async () => {
    await log.tamper((events) => {
      const stream = events.filter((event) => event.stream === 'till-1');
      const anew = relink(stream.map((event) => (event.revision === 3 ? { ...event, data: '{"amount":99}' } : event)));
      return events.map((event) => anew[stream.indexOf(event)] ?? event);
    });
    expect(await found()).toMatchObject([
      { kind: 'rewritten', message: expect.stringMatching(/^events 1 to 12/) as string },
    ]);
    expect(await found({ copies: [copy] })).toHaveLength(2);
  });

  it('names events of a stream that were put in another order', async () => {
    await log.tamper((events) => {
      const swapped = [...events];
      [swapped[2], swapped[3]] = [events[3]!, events[2]!];
      return swapped;
    });
    const findings = await found();
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'reordered', at: 'till-1 2' }));
    expect(findings).not.toContainEqual(expect.objectContaining({ kind: 'removed' }));
  });

  it('sees by the checkpoints that streams were put in another order', async () => {
    await log.tamper((events) => {
      const swapped = [...events];
      [swapped[4], swapped[5]] = [events[5]!, events[4]!];
      return swapped;
    });
    expect(await found()).toMatchObject([
      { kind: 'rewritten', message: expect.stringMatching(/^events 1 to 12/) as string },
    ]);
  });

  it('sees by a copy of a checkpoint that the end of the log was cut off', async () => {
    await log.tamper((events) => events.slice(0, 10));
    expect(await found()).toEqual([]);
    expect(await found({ copies: [copy] })).toMatchObject([
      {
        kind: 'truncated',
        message: 'the log holds 10 events, and the checkpoint in kept.txt was signed over 12: its end was cut off',
      },
    ]);
  });

  it('names a checkpoint that was rewritten', async () => {
    const forged = (event: LoggedEvent) => event.data.replace('\\n12\\n', '\\n11\\n').replace('"size":12', '"size":11');
    await change(CHECKPOINTS, 0, (event) => relink([{ ...event, data: forged(event) }])[0]!);
    expect(await found()).toContainEqual({
      kind: 'bad-checkpoint',
      message: `the checkpoint in the log (${CHECKPOINTS} revision 0) has a signature that does not hold`,
    });
  });

  it('names a checkpoint that is signed by a key nobody trusts', async () => {
    const eve = signerKey(newSignerKey('example.com/ledger', randomBytes(32)));
    await sign(eve);
    expect(await found()).toMatchObject([
      { kind: 'bad-checkpoint', message: expect.stringContaining('is not signed by any of the keys given') as string },
    ]);
    expect(await found({ keys: [key, eve] })).toEqual([]);
  });

  it('names a checkpoint whose event says another size than its note', async () => {
    await change(
      CHECKPOINTS,
      0,
      (event) => relink([{ ...event, data: event.data.replace('"size":12', '"size":11') }])[0]!,
    );
    expect(await found()).toContainEqual(expect.objectContaining({ kind: 'bad-checkpoint', at: `${CHECKPOINTS} 0` }));
  });

  it('sees that the log was forked: two histories were signed, and the auditor has kept one of them', async () => {
    await log.tamper((events) => events.slice(0, 7));
    await log.put('till-9', 20);
    await sign();
    expect(await found()).toEqual([]);
    expect(await found({ copies: [copy] })).toMatchObject([
      { kind: 'forked', message: expect.stringContaining('two histories were signed') as string },
    ]);
  });

  it('sees that a copy is of another log', async () => {
    const other = signerKey(newSignerKey('example.com/other', randomBytes(32)));
    await log.tamper((events) => events.filter(({ stream }) => stream !== CHECKPOINTS));
    const foreign = await sign(other);
    await log.tamper((events) => events.filter(({ stream }) => stream !== CHECKPOINTS));
    await sign();
    expect(await found({ copies: [foreign], keys: [key, other] })).toMatchObject([
      { kind: 'bad-checkpoint', message: expect.stringContaining('is of the log example.com/other') as string },
    ]);
  });

  it('names a stream that the store was told to hide, though its events are all there', async () => {
    await log.asWriter((store) => store.deleteStream('till-1'));
    expect(await found()).toMatchObject([{ kind: 'hidden', at: '$$till-1 0' }]);
  });

  it('names a stream that was hidden by an event of another name than settings have, until it is undone', async () => {
    const hide = jsonEvent({ type: 'Note', data: { $maxCount: 1 } });
    await log.asWriter((store) => store.appendToStream('$$till-1', hide));
    expect(await found()).toMatchObject([{ kind: 'hidden', at: '$$till-1 0' }]);
    await log.asWriter((store) => store.setStreamMetadata('till-1', { truncateBefore: 0 }));
    expect(await found()).toEqual([]);
  });

  it('names the checkpoints when their stream was deleted for ever, and goes on', async () => {
    await log.asWriter((store) => store.tombstoneStream(CHECKPOINTS));
    const findings = await found({ copies: [copy] });
    expect(findings.map(({ kind, at }) => [kind, at])).toEqual([
      ['hidden', `${CHECKPOINTS} 0`],
      ['hidden', `${CHECKPOINTS} 1`],
      ['hidden', expect.stringMatching(CHECKPOINTS)],
    ]);
  });

  it('is not disturbed by writers whose clocks are apart', async () => {
    await log.put('till-1', 3, new Date('2031-01-01T00:00:00Z'));
    await log.put('till-1', 3, new Date('2021-01-01T00:00:00Z'));
    await sign();
    expect(await found({ copies: [copy] })).toEqual([]);
    expect((await log.store.readLast('till-1'))!.metadata.recordedAt).toBe('2031-01-01T00:00:00.000Z');
  });

  describe('a second time, going on from where the first ended', () => {
    /** Verifies and gives what the command line would have kept. */
    async function kept(): Promise<VerifyState> {
      let state: Buffer | undefined;
      const { verifier } = key;
      await verifyLog({
        store: log.store,
        categories: AUDITED,
        keys: [verifier],
        onSound: (sound) => (state = writeState(sound)),
      });
      return readState(state!);
    }

    it('reads only what is new, and comes to the same', async () => {
      const resume = await kept();
      await log.put('till-1', 3);
      await log.put('till-4', 3);
      await sign();
      const report = await verify({ resume, copies: [copy] });
      const { read, ...whole } = await verify({ copies: [copy] });
      expect(report).toMatchObject({ ...whole, read: 7, checkpoints: 1, passedOver: ['the checkpoint in kept.txt'] });
      expect(read).toBe(24);
    });

    it('comes to the same wherever the first was killed', async () => {
      for (let stream = 0; stream < 6; stream++) await log.put(`till-many-${stream}`, 900);
      await sign();
      const states: Buffer[] = [];
      const onSound = (sound: VerifyState) => states.push(writeState(sound));
      const whole = await verifyLog({ store: log.store, categories: AUDITED, keys: [key.verifier], onSound });
      expect(states.length).toBeGreaterThan(2);
      for (const state of [states[0]!, states[Math.floor(states.length / 2)]!]) {
        const { root, streams, findings, events } = await verify({ resume: readState(state) });
        expect({ root, streams, findings, events }).toEqual({
          root: whole.root,
          streams: 10,
          findings: [],
          events: whole.events,
        });
      }
    });

    it('finds what was done to the log since', async () => {
      const resume = await kept();
      await log.put('till-1', 3);
      await sign();
      await change('till-1', 9, (event) => ({ ...event, data: '{"amount":99}' }));
      expect(await found({ resume })).toMatchObject([{ kind: 'changed', at: 'till-1 9' }]);
    });

    it('is begun before a copy that the log does not agree with: what it showed is found again', async () => {
      await log.tamper((events) => events.slice(0, 7));
      await log.put('till-9', 20);
      await sign();
      for (let stream = 0; stream < 6; stream++) await log.put(`till-many-${stream}`, 900);
      const states: Buffer[] = [];
      const report = await verifyLog({
        ...{ store: log.store, categories: AUDITED, keys: [key.verifier], copies: [{ name: 'kept.txt', note: copy }] },
        onSound: (sound) => states.push(writeState(sound)),
      });
      expect(report.findings).toMatchObject([{ kind: 'forked' }]);
      for (const state of states) expect(readState(state).tree.size).toBeLessThan(12);
    });

    it('is begun before a checkpoint that its stream does not show', async () => {
      await log.asWriter((store) => store.deleteStream(CHECKPOINTS));
      for (let stream = 0; stream < 6; stream++) await log.put(`till-many-${stream}`, 900);
      const states: Buffer[] = [];
      const { findings } = await verifyLog({
        ...{ store: log.store, categories: AUDITED, keys: [key.verifier] },
        onSound: (sound) => states.push(writeState(sound)),
      });
      expect(findings).toContainEqual(expect.objectContaining({ kind: 'hidden', stream: CHECKPOINTS, revision: 0 }));
      for (const state of states) expect(readState(state).tree.size).toBeLessThan(12);
    });

    it('finds that the log is cut, or another one', async () => {
      const resume = await kept();
      await log.tamper((events) => events.slice(0, 16));
      expect(await found({ resume })).toMatchObject([{ kind: 'truncated' }]);
      await log.put('till-7', 4);
      expect(await found({ resume })).toMatchObject([{ kind: 'truncated' }]);
    });
  });
});
