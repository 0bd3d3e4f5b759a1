import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { type Database } from '../postgres/database.js';
import { makeTables } from '../postgres/make-tables.js';
import { KEY_TABLE, type KeyRow } from './key-rows.js';
import { type DataKey, dataKeyOf, newWrappedSecret, fingerprintText, openText, sealText, unwrap } from './sealing.js';

/** The subject's key was erased: nothing can be sealed for it any more, ever. */
export class PersonalDataErased extends Error {
  override readonly name = 'PersonalDataErased';
}

const MOST_KEYS = 10_000;
/** How long another process may still open what was erased in this one. */
const KEPT_FOR_MS = 60_000;

/**
 * Personal data, sealed with a key of each subject's own, so that destroying one key makes everything ever written about
 * that subject unreadable, in events, topics and backups of them, while every amount and proof stays (SE5, ADR 0015).
 *
 * The keys lie in `public.personal_data_keys`, wrapped by the master key. That table is no read model: it cannot be built
 * again from the log, and without it all personal data is gone. It belongs into every backup of the database.
 *
 * Not to be called while the caller holds a transaction: the embedded database has one session, and both would wait.
 */
export class PersonalData {
  readonly #keys = new LRUCache<string, DataKey>({ max: MOST_KEYS, ttl: KEPT_FOR_MS });
  #installed: Promise<unknown> | undefined;

  /** @param masterKey 32 bytes; wraps the keys of all subjects. */
  constructor(
    private readonly db: Database,
    private readonly masterKey: Buffer,
  ) {
    if (masterKey.length !== 32) throw new Error('a master key has 32 bytes');
  }

  /**
   * Seals a text. The same text for the same subject and field always gives the same sealed text.
   * @throws PersonalDataErased
   */
  async seal(subject: string, field: string, plaintext: string): Promise<string> {
    return sealText(await this.#liveKeyOf(subject), subject, field, plaintext);
  }

  /**
   * A keyed hash of a text, 32 bytes: the same for the same subject, purpose and text, and worth nothing without the
   * subject's key, however short the text is. It cannot be opened.
   * @throws PersonalDataErased
   */
  async fingerprint(subject: string, purpose: string, text: string): Promise<Buffer> {
    return fingerprintText(await this.#liveKeyOf(subject), purpose, text);
  }

  /**
   * The one-time code that belongs to an id: made of the subject's key and the id, so that whoever sends it and whoever
   * compares it each make it for themselves, and it is written nowhere.
   * @param digits from 4 to 10, with leading zeros. 48 bits are reduced to them, so that no code is likelier than another
   *   by more than one part in 28,000.
   * @see https://www.rfc-editor.org/rfc/rfc4226 HOTP, which counts where this takes an id
   * @throws PersonalDataErased
   */
  async oneTimeCode(subject: string, id: string, digits: number): Promise<string> {
    const bits = (await this.fingerprint(subject, 'one-time code', id)).readUIntBE(0, 6);
    return String(bits % 10 ** digits).padStart(digits, '0');
  }

  /**
   * The text that was sealed; undefined when the subject was erased.
   * @throws SealBroken when it was not sealed for this subject and field, or its key is not here: a lost key is no erasure.
   */
  async open(subject: string, field: string, sealed: string): Promise<string | undefined> {
    const key = await this.#keyOf(subject);
    if (key === undefined)
      throw new Error('there is no key for this subject: is this the database it was sealed with?');
    return key === 'erased' ? undefined : openText(key, subject, field, sealed);
  }

  /**
   * Destroys the keys of subjects, for ever. Other processes forget them within a minute. A subject that never had a key is
   * erased too: nothing will be sealed for it.
   */
  async erase(...subjects: readonly string[]): Promise<void> {
    await this.#install();
    await sql`insert into public.personal_data_keys (subject, erased_at)
      select distinct subject, now() from unnest(${subjects}::text[]) as t (subject)
      on conflict (subject) do update set wrapped_key = null,
        erased_at = coalesce(personal_data_keys.erased_at, excluded.erased_at)`.execute(this.db.sql);
    for (const subject of subjects) this.#keys.delete(subject);
  }

  async #liveKeyOf(subject: string): Promise<DataKey> {
    const key = (await this.#keyOf(subject)) ?? (await this.#makeKey(subject));
    if (key === 'erased') throw new PersonalDataErased('the personal data of this subject was erased');
    return key;
  }

  async #keyOf(subject: string): Promise<DataKey | 'erased' | undefined> {
    const held = this.#keys.get(subject);
    if (held) return held;
    await this.#install();
    const { rows } = await sql<Pick<KeyRow, 'wrapped_key'>>`
      select wrapped_key from public.personal_data_keys where subject = ${subject}`.execute(this.db.sql);
    const row = rows[0];
    if (!row) return undefined;
    if (row.wrapped_key === null) return 'erased';
    const key = dataKeyOf(unwrap(this.masterKey, subject, row.wrapped_key));
    this.#keys.set(subject, key);
    return key;
  }

  /** Whoever comes first makes the key; all others, in whatever process, take that one. */
  async #makeKey(subject: string): Promise<DataKey | 'erased'> {
    const wrapped = newWrappedSecret(this.masterKey, subject);
    await sql`insert into public.personal_data_keys (subject, wrapped_key) values (${subject}, ${wrapped})
      on conflict (subject) do nothing`.execute(this.db.sql);
    return (await this.#keyOf(subject))!;
  }

  /** At first use and not at the start: a database that is away does not keep a process from its other work. */
  async #install(): Promise<void> {
    this.#installed ??= makeTables(this.db, [KEY_TABLE]);
    try {
      await this.#installed;
    } catch (error) {
      this.#installed = undefined;
      throw error;
    }
  }
}
