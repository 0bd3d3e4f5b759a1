import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ActorOf } from '#http/platform';
import { keyOf, type Page, pageAnswer, Paged, pageOf, Problem } from '#libs/platform';
import { idInAddress } from '../reads/id-in-address.js';
import { TablesThere } from '../reads/tables-there.js';
import { CHANNELS } from './claims.js';
import { DeliveriesQueries } from './deliveries.queries.js';
import { DELIVERY_STATES, type DeliveryView } from './delivery-view.js';
import { ParkedDeliveries } from './parked-deliveries.js';

const DeliveriesQuery = Paged.extend({
  state: z.enum(DELIVERY_STATES).optional(),
  account: z.uuid('must be the id of an account').optional(),
});

const Delivery = z
  .object({
    id: z.uuid().meta({ description: 'Receivers see it too: webhook-id, Idempotency-Key, Message-ID' }),
    notificationId: z.uuid(),
    accountId: z.uuid(),
    type: z.string(),
    channel: z.enum(CHANNELS),
    endpointId: z.uuid().nullable(),
    state: z.enum(DELIVERY_STATES),
    attempts: z.int(),
    reason: z.string().nullable().meta({ description: 'Why it failed the last time, or why it is not sent' }),
    notBefore: z.iso.datetime().nullable(),
    lastAttemptAt: z.iso.datetime().nullable(),
    deliveredAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    decidedBy: z.string().nullable(),
    decidedBecause: z.string().nullable(),
  })
  .meta({ id: 'Delivery' });

const Discarding = z.strictObject({
  reason: z
    .string('must be a text of 1 to 200 characters')
    .trim()
    .min(1, 'must not be empty')
    .max(200, 'must have at most 200 characters')
    .meta({ description: 'Kept with the delivery and shown to other operators; no personal data' }),
});

const Decided = z
  .object({ id: z.uuid(), state: z.enum(['retrying', 'discarded']) })
  .meta({ id: 'ParkedDeliveryDecision' });

@ApiTags('notifications')
@UseGuards(TablesThere)
@Controller()
export class DeliveriesController {
  constructor(
    @Inject(DeliveriesQueries) private readonly deliveries: DeliveriesQueries,
    @Inject(ParkedDeliveries) private readonly parked: ParkedDeliveries,
  ) {}

  @Get('notifications/deliveries')
  @ApiOperation({ summary: 'What became of everything that was to be sent, the latest first; never an address' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(Delivery, 'DeliveryPage') })
  async getDeliveries(
    @Query({ schema: DeliveriesQuery }) { limit, cursor, state, account }: z.output<typeof DeliveriesQuery>,
  ): Promise<Page<z.output<typeof Delivery>>> {
    const rows = await this.deliveries.deliveries({ state, account }, limit + 1, keyOf(cursor));
    return pageOf(rows, limit, ({ sequence }) => sequence, answerOf);
  }

  @Get('parked-deliveries')
  @ApiOperation({ summary: 'Deliveries that failed for good and hold back those behind them, the oldest first' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(Delivery, 'ParkedDeliveryPage') })
  async getParkedDeliveries(
    @Query({ schema: Paged }) { limit, cursor }: z.output<typeof Paged>,
  ): Promise<Page<z.output<typeof Delivery>>> {
    const rows = await this.parked.list(keyOf(cursor) ?? '0', limit + 1);
    return pageOf(rows, limit, ({ sequence }) => sequence, answerOf);
  }

  @Post('parked-deliveries/:id/retry')
  @HttpCode(202)
  @ApiOperation({ summary: 'Have a parked delivery tried again, and then those that wait behind it' })
  @ApiResponse({ status: 202, standardSchema: Decided })
  async retryParkedDelivery(@Param('id') text: string, @ActorOf() actor: string): Promise<z.output<typeof Decided>> {
    const id = idInAddress(text, notParked);
    if (!(await this.parked.retry(id, actor))) throw notParked();
    return { id, state: 'retrying' };
  }

  @Post('parked-deliveries/:id/discard')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give a parked delivery up, so that those behind it go on' })
  @ApiResponse({ status: 200, standardSchema: Decided })
  async discardParkedDelivery(
    @Param('id') text: string,
    @Body({ schema: Discarding }) { reason }: z.output<typeof Discarding>,
    @ActorOf() actor: string,
  ): Promise<z.output<typeof Decided>> {
    const id = idInAddress(text, notParked);
    if (!(await this.parked.discard(id, reason, actor))) throw notParked();
    return { id, state: 'discarded' };
  }
}

function notParked(): Problem {
  const detail = 'no delivery with this id is parked; see GET /parked-deliveries, somebody may have decided already';
  return new Problem(404, 'PARKED_DELIVERY_UNKNOWN', detail);
}

function answerOf({ sequence: _, ...view }: DeliveryView): z.output<typeof Delivery> {
  const { notBefore, lastAttemptAt, deliveredAt, createdAt } = view;
  const instant = (at: Date | null) => at?.toISOString() ?? null;
  return {
    ...view,
    notBefore: instant(notBefore),
    lastAttemptAt: instant(lastAttemptAt),
    deliveredAt: instant(deliveredAt),
    createdAt: createdAt.toISOString(),
  };
}
