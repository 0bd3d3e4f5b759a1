import { type CanActivate, Inject, Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { ADVISORY_LOCKS, type Database, DATABASE } from '#libs/platform';
import { NOTIFICATIONS_DDL } from '../schema.js';

/** Sees to it that there are tables to read, whichever process comes first; at the first request and not at the start. */
@Injectable()
export class TablesThere implements CanActivate {
  #there: Promise<unknown> | undefined;

  constructor(@Inject(DATABASE) private readonly db: Database) {}

  async canActivate(): Promise<boolean> {
    this.#there ??= this.db.sql.transaction().execute(async (tx) => {
      // The lock that consumers create their tables under.
      await sql`select pg_advisory_xact_lock(${ADVISORY_LOCKS.consumerTables}::bigint)`.execute(tx);
      for (const statement of NOTIFICATIONS_DDL) await sql.raw(statement).execute(tx);
    });
    try {
      await this.#there;
    } catch (error) {
      this.#there = undefined;
      throw error;
    }
    return true;
  }
}
