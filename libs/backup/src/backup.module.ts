import { type DynamicModule, Module } from '@nestjs/common';
import { type Database } from '#libs/platform';
import { BackupController } from './backup.controller.js';
import { DatabaseCopies } from './database-copies.js';

/** What a running Paybill does for its own backup. */
@Module({})
export class BackupModule {
  /** @param options.data the data directory */
  static forRoot({ db, data }: { readonly db: Database; readonly data: string }): DynamicModule {
    return {
      module: BackupModule,
      controllers: [BackupController],
      providers: [{ provide: DatabaseCopies, useValue: new DatabaseCopies(db, data) }],
    };
  }
}
