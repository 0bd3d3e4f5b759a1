import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { keyOf, type Page, pageAnswer, Paged, pageOf, Problem } from '#libs/platform';
import { idInAddress } from '../reads/id-in-address.js';
import { TablesThere } from '../reads/tables-there.js';
import { NOTIFICATION_TYPES } from './notification.js';
import { NotificationsQueries } from './notifications.queries.js';

const Told = z
  .object({
    id: z.uuid(),
    type: z.enum(NOTIFICATION_TYPES),
    occurredAt: z.iso.datetime().meta({ description: 'When what it tells of counts for the customer' }),
    toldAt: z.iso.datetime(),
    withheld: z.enum(['history']).nullable().meta({
      description: 'Why it is shown here and was sent nowhere: it had happened, or was recorded, long before',
    }),
    content: z.record(z.string(), z.unknown()).meta({ description: 'What is told; as webhooks get it' }),
  })
  .meta({ id: 'Notification' });

@ApiTags('notifications')
@UseGuards(TablesThere)
@Controller('accounts/:accountId/notifications')
export class NotificationsController {
  constructor(@Inject(NotificationsQueries) private readonly notifications: NotificationsQueries) {}

  @Get()
  @ApiOperation({ summary: 'What the customer of an account was told, the latest first; empty for an unknown account' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(Told, 'NotificationPage') })
  async getNotifications(
    @Param('accountId') accountId: string,
    @Query({ schema: Paged }) { limit, cursor }: z.output<typeof Paged>,
  ): Promise<Page<z.output<typeof Told>>> {
    const unknown = () => new Problem(404, 'ACCOUNT_UNKNOWN', 'no account has this id; check the id');
    const rows = await this.notifications.ofAccount(idInAddress(accountId, unknown), limit + 1, keyOf(cursor));
    return pageOf(
      rows,
      limit,
      ({ sequence }) => sequence,
      ({ id, type, occurredAt, toldAt, withheld, content }) => ({
        id,
        type,
        occurredAt: occurredAt.toISOString(),
        toldAt: toldAt.toISOString(),
        withheld,
        content,
      }),
    );
  }
}
