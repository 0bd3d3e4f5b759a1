import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type CopyStanding, DatabaseCopies, type KeysAdded } from './database-copies.js';

/** What `paybill backup` asks a running Paybill for; of no use to anybody else. */
@ApiExcludeController()
@Controller('backups')
export class BackupController {
  constructor(private readonly copies: DatabaseCopies) {}

  @Post(':name/database')
  @HttpCode(200)
  copyDatabase(@Param('name') name: string): Promise<CopyStanding> {
    return this.copies.copy(name);
  }

  @Post(':name/keys')
  @HttpCode(200)
  addKeys(@Param('name') name: string): Promise<KeysAdded> {
    return this.copies.addKeys(name);
  }
}
