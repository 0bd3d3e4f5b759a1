import { type CanActivate, Inject, Injectable } from '@nestjs/common';
import { type Database, DATABASE, makeTables } from '#libs/platform';
import { NOTIFICATIONS_DDL } from '../schema.js';

/** Sees to it that there are tables to read, whichever process comes first; at the first request and not at the start. */
@Injectable()
export class TablesThere implements CanActivate {
  #there: Promise<unknown> | undefined;

  constructor(@Inject(DATABASE) private readonly db: Database) {}

  async canActivate(): Promise<boolean> {
    this.#there ??= makeTables(this.db, NOTIFICATIONS_DDL);
    try {
      await this.#there;
    } catch (error) {
      this.#there = undefined;
      throw error;
    }
    return true;
  }
}
