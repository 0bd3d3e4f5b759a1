import { ADVISORY_LOCKS } from '../postgres/advisory-locks.js';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { testEngines, type TestDatabase } from '#testing/platform';
import { keysSince, momentOf, putKeys } from './key-rows.js';
import { PersonalData, PersonalDataErased } from './personal-data.js';
import { SealBroken } from './sealing.js';

const masterKey = randomBytes(32);

describe.each(await testEngines())('Personal data sealed on $name', (engine) => {
  let test: TestDatabase;
  let personalData: PersonalData;
  beforeAll(async () => {
    test = await engine.create();
    personalData = new PersonalData(test.db, masterKey);
  }, 120_000);
  afterAll(() => test.drop());

  /** Another process: the same database and master key, nothing remembered. */
  const elsewhere = (key = masterKey) => new PersonalData(test.db, key);

  it('opens to exactly what was sealed, whatever the text, here and in another process', async () => {
    const other = elsewhere();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('s1', 's2'), fc.string({ unit: 'binary' }), async (subject, text) => {
        const sealed = await personalData.seal(subject, 'name', text);
        expect(sealed).toMatch(/^v1\.[A-Za-z0-9_-]+$/);
        expect(await other.open(subject, 'name', sealed)).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same for the same text, so that a retry is recognised, and tells nothing across fields and subjects', async () => {
    const text = 'jane@example.com';
    const sealed = await personalData.seal('s1', 'email', text);
    expect(await elsewhere().seal('s1', 'email', text)).toBe(sealed);
    const others = [
      await personalData.seal('s1', 'name', text),
      await personalData.seal('s2', 'email', text),
      await personalData.seal('s1', 'email', `${text} `),
    ];
    expect(new Set([sealed, ...others]).size).toBe(4);
    const { rows } = await sql`select k::text from personal_data_keys as k`.execute(test.db.sql);
    expect(JSON.stringify([sealed, rows])).not.toContain('jane');
  });

  it('gives fingerprints that are the same for the same text, for one subject and purpose, and under one key', async () => {
    const print = (subject: string, purpose: string, text: string, by = personalData) =>
      by.fingerprint(subject, purpose, text).then((bytes) => bytes.toString('hex'));
    const first = await print('s1', 'pin', '4826');
    expect(first).toMatch(/^[\da-f]{64}$/);
    expect(await print('s1', 'pin', '4826', elsewhere())).toBe(first);
    const others = [
      await print('s2', 'pin', '4826'),
      await print('s1', 'salt', '4826'),
      await print('s1', 'pin', '4827'),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });

  it('gives one code for one id, wherever it is made, with all its figures (RFC 4226)', async () => {
    const codes: string[] = [];
    for (let id = 0; id < 200; id++) codes.push(await personalData.oneTimeCode('s1', String(id), 6));
    expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true);
    expect(await elsewhere().oneTimeCode('s1', '7', 6)).toBe(codes[7]);
    // By chance two in two hundred are the same once in fifty times; ten never are.
    expect(new Set(codes).size).toBeGreaterThan(190);
  });

  // ADR 0026: the log of a backup is copied after the database, and has what was sealed in between.
  it('made or destroyed after a moment is known, and can be put into a copy of the database from then', async () => {
    const copy = await engine.create();
    try {
      const [kept, erased] = [elsewhere(), elsewhere()];
      await kept.seal('before', 'name', 'Jane');
      await erased.seal('to-be-erased', 'name', 'Jane');
      const moment = await momentOf(test.db);
      const sealed = await kept.seal('after', 'name', 'Jack');
      await erased.erase('to-be-erased');
      const keys = await keysSince(test.db, moment);
      expect(keys.map(({ subject }) => subject).sort()).toEqual(['after', 'to-be-erased']);
      await putKeys(copy.db, keys);
      await putKeys(copy.db, keys);
      const restored = new PersonalData(copy.db, masterKey);
      expect(await restored.open('after', 'name', sealed)).toBe('Jack');
      await expect(restored.seal('to-be-erased', 'name', 'Jane')).rejects.toThrow(PersonalDataErased);
      expect(await keysSince(test.db, await momentOf(test.db))).toEqual([]);
    } finally {
      await copy.drop();
    }
  });

  it('does not wait for workers, which hold locks of their own for as long as they are at work', async () => {
    const { treeFollower, caseWorker, fraudMonitor } = ADVISORY_LOCKS;
    await test.db.sql.connection().execute(async (session) => {
      if (!test.url) return;
      for (const lock of [treeFollower, caseWorker, fraudMonitor]) {
        await sql`select pg_advisory_lock(${lock}::bigint)`.execute(session);
      }
      await expect(elsewhere().seal('s3', 'name', 'Jane')).resolves.toMatch(/^v1/);
      await sql`select pg_advisory_unlock_all()`.execute(session);
    });
  });

  it('gives a subject one key, however many ask for the first at once', async () => {
    const sealed = await Promise.all(Array.from({ length: 8 }, () => elsewhere().seal('crowd', 'name', 'Jane')));
    expect(new Set(sealed).size).toBe(1);
  });

  it('does not open when it was changed, moved to another field or subject, or is no sealed text', async () => {
    const sealed = await personalData.seal('s1', 'email', 'jane@example.com');
    await personalData.seal('s2', 'email', 'somebody');
    const end = sealed.at(-1) === 'A' ? 'B' : 'A';
    const inside = sealed.slice(0, 20) + (sealed[20] === 'A' ? 'B' : 'A') + sealed.slice(21);
    for (const broken of [inside, sealed.slice(0, -5) + end.repeat(5), sealed.slice(0, 30), 'v2.AAAA', '', 'Jane']) {
      await expect(personalData.open('s1', 'email', broken)).rejects.toThrow(SealBroken);
    }
    await expect(personalData.open('s1', 'name', sealed)).rejects.toThrow(SealBroken);
    await expect(personalData.open('s2', 'email', sealed)).rejects.toThrow(SealBroken);
  });

  it('does not open under another master key, and takes a key that is not there for lost and not for erased', async () => {
    const sealed = await personalData.seal('s1', 'name', 'Jane');
    await expect(elsewhere(randomBytes(32)).open('s1', 'name', sealed)).rejects.toThrow(SealBroken);
    await expect(personalData.open('nobody', 'name', sealed)).rejects.toThrow('there is no key for this subject');
  });

  it('is unreadable for ever once its subject is erased, and nothing is sealed for that subject again', async () => {
    const sealed = await personalData.seal('gone', 'name', 'Jane');
    const stays = await personalData.seal('s1', 'name', 'John');
    await personalData.erase('gone');
    await personalData.erase('gone');
    for (const one of [personalData, elsewhere()]) {
      expect(await one.open('gone', 'name', sealed)).toBeUndefined();
      await expect(one.seal('gone', 'name', 'Jane')).rejects.toThrow(PersonalDataErased);
      await expect(one.fingerprint('gone', 'pin', '4826')).rejects.toThrow(PersonalDataErased);
      expect(await one.open('s1', 'name', stays)).toBe('John');
    }
    const { rows } = await sql`select wrapped_key from personal_data_keys where subject = 'gone'`.execute(test.db.sql);
    expect(rows).toEqual([{ wrapped_key: null }]);
  });

  it('is never sealed for a subject that was erased before it had any', async () => {
    await personalData.erase('never', 'nor-ever', 'never');
    for (const subject of ['never', 'nor-ever'])
      await expect(personalData.seal(subject, 'name', 'Jane')).rejects.toThrow(PersonalDataErased);
  });
});
