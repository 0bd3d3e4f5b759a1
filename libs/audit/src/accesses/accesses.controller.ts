import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Accessed, CallerOf } from '#http/platform';
import { type Caller, type Page, pageAnswer, Paged } from '#libs/platform';
import { AccessView, AuditQueries } from '../audit.queries.js';
import { AccessLog } from './access-log.job.js';

const Day = z.iso.date('must be a day such as 2026-01-31');
const AccessesQuery = Paged.extend({
  from: Day.optional().meta({ description: 'First day, UTC' }),
  to: Day.optional().meta({ description: 'Last day, UTC' }),
  actor: z.string().max(128, 'is no id of an actor').optional(),
  accountId: z.guid('must be an account’s id, a UUID').optional(),
});

/** What is done with the log past the API, and should be known all the same. */
const REPORTED = ['verify-log', 'backup', 'replay'] as const;
const ReportedAccess = z
  .strictObject({ what: z.enum(REPORTED, `must be one of ${REPORTED.join(', ')}`) })
  .meta({ id: 'ReportedAccess' });
const ReportedAnswer = z.object({ position: z.string() }).meta({ id: 'ReportedAccessAnswer' });

/** Who asked for what. */
@ApiTags('audit')
@Controller('audit/accesses')
export class AccessesController {
  constructor(
    @Inject(AuditQueries) private readonly audit: AuditQueries,
    @Inject(AccessLog) private readonly log: AccessLog,
  ) {}

  @Get()
  @Accessed('accesses', ['from', 'to', 'actor'])
  @ApiOperation({ summary: 'Who asked for figures, audits or personal data, the latest first' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(AccessView, 'AccessPage') })
  getAccesses(
    @Query({ schema: AccessesQuery }) query: z.output<typeof AccessesQuery>,
  ): Promise<Page<z.output<typeof AccessView>>> {
    return this.audit.accesses(query, query.limit, query.cursor);
  }

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Record that the log was read past the API, as the command line does before it verifies' })
  @ApiResponse({ status: 201, standardSchema: ReportedAnswer })
  async reportAccess(
    @Body({ schema: ReportedAccess }) { what }: z.output<typeof ReportedAccess>,
    @CallerOf() by: Caller,
  ): Promise<z.output<typeof ReportedAnswer>> {
    const position = await this.log.record({ by, what, parameters: {}, outcome: 'answered' });
    return { position: String(position) };
  }
}
