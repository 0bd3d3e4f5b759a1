import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Page, pageAnswer, Paged } from '#libs/platform';
import { AlertsQueries, AlertView } from './alerts.queries.js';

const AlertsQuery = Paged.extend({
  accountId: z.uuid('must be the account’s id, a UUID').toLowerCase().optional(),
  ruleId: z.string().max(64).optional(),
  historic: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .optional(),
});

@ApiTags('fraud')
@Controller('fraud/alerts')
export class AlertsController {
  constructor(@Inject(AlertsQueries) private readonly queries: AlertsQueries) {}

  @Get()
  @ApiOperation({ summary: 'What the fraud rules found, the latest first, with the evidence' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(AlertView, 'FraudAlertPage') })
  getFraudAlerts(@Query({ schema: AlertsQuery }) query: z.output<typeof AlertsQuery>): Promise<Page<AlertView>> {
    const { limit, cursor, ...filter } = query;
    return this.queries.alerts(filter, limit, cursor);
  }
}
