import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { v5 as uuidv5 } from 'uuid';
import { z } from 'zod';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, keyOf, type Page, pageAnswer, Paged, pageOf, Problem } from '#libs/platform';
import { idInAddress } from '../reads/id-in-address.js';
import { TablesThere } from '../reads/tables-there.js';
import { NOTIFICATION_TYPES } from '../telling/notification.js';
import { WebhookEndpoints } from './webhook-endpoints.js';

/** Namespace of the ids that are made from Idempotency-Keys. Never changes: retries are recognised by it. */
const NAMESPACE = '5f0a4f0e-0f5f-5a0c-b7a0-2f4a3b7a9f10';

const Types = z.array(z.enum(NOTIFICATION_TYPES)).min(1, 'must name at least one type').readonly();
const Adding = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .max(2_000, 'must have at most 2000 characters')
    .refine((url) => !/^https?:\/\/[^/]*@/.test(url), 'must not hold a user name or a password'),
  types: Types.optional().meta({ description: 'Types to be told of; all when it is left out' }),
});

const Endpoint = z
  .object({
    id: z.uuid(),
    url: z.string(),
    types: Types.nullable(),
    addedBy: z.string(),
    addedAt: z.iso.datetime(),
  })
  .meta({ id: 'WebhookEndpoint' });
const Added = z
  .object({
    id: z.uuid(),
    secret: z.string().meta({
      description: 'Signs what is posted (Standard Webhooks); keep it, it is told this once',
      examples: ['whsec_…'],
    }),
  })
  .meta({ id: 'AddedWebhookEndpoint' });

@ApiTags('notifications')
@UseGuards(TablesThere)
@Controller('webhook-endpoints')
export class WebhookEndpointsController {
  constructor(@Inject(WebhookEndpoints) private readonly endpoints: WebhookEndpoints) {}

  @Get()
  @ApiOperation({ summary: 'The webhooks that are called' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(Endpoint, 'WebhookEndpointPage') })
  async getWebhookEndpoints(
    @Query({ schema: Paged }) { limit, cursor }: z.output<typeof Paged>,
  ): Promise<Page<z.output<typeof Endpoint>>> {
    const rows = await this.endpoints.list(keyOf(cursor) ?? '0', limit + 1);
    return pageOf(
      rows,
      limit,
      ({ sequence }) => sequence,
      ({ id, url, types, addedBy, addedAt }) => ({
        id,
        url,
        types: types as z.output<typeof Types> | null,
        addedBy,
        addedAt: addedAt.toISOString(),
      }),
    );
  }

  @Post()
  @TakesCommand({
    summary: 'Adds a webhook; the answer holds its secret',
    description: 'Calls carry webhook-id, webhook-timestamp and webhook-signature as Standard Webhooks has them.',
    answer: Added,
  })
  async addWebhookEndpoint(
    @Body({ schema: Adding }) { url, types }: z.output<typeof Adding>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof Added>> {
    const id = uuidv5(`${call.actor}\n${call.idempotencyKey}`, NAMESPACE);
    const added = await this.endpoints.add({ id, url, types: types ?? null, addedBy: call.actor });
    if (added === undefined) {
      const detail = 'this Idempotency-Key was used for another webhook; send a new key with a new one';
      throw new Problem(409, 'IDEMPOTENCY_KEY_REUSED', detail);
    }
    if (added.repeated) call.markReplayed();
    return { id, secret: added.secret };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Removes a webhook; what waits for it is not sent any more' })
  @ApiResponse({ status: 204, description: 'Removed' })
  async removeWebhookEndpoint(@Param('id') text: string): Promise<void> {
    if (!(await this.endpoints.remove(idInAddress(text, unknownEndpoint)))) throw unknownEndpoint();
  }
}

function unknownEndpoint(): Problem {
  return new Problem(404, 'WEBHOOK_ENDPOINT_UNKNOWN', 'there is no webhook with this id; see GET /webhook-endpoints');
}
