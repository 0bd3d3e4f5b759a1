import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Accessed } from '#http/platform';
import { type Database, DATABASE } from '#libs/platform';
import { rebuildTree } from './tree-follower.job.js';

const Rebuilding = z.object({ rebuilding: z.literal(true) }).meta({ id: 'TreeRebuilding' });

/** The tree over the log, for operators. */
@ApiTags('audit')
@Controller('audit/tree')
export class TreeController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Post('rebuild')
  @HttpCode(202)
  @Accessed('rebuild-tree')
  @ApiOperation({
    summary: 'Throw the tree away and build it from the log again; there are no proofs until it is back',
  })
  @ApiResponse({ status: 202, standardSchema: Rebuilding })
  async rebuildTree(): Promise<z.output<typeof Rebuilding>> {
    await rebuildTree(this.db);
    return { rebuilding: true };
  }
}
