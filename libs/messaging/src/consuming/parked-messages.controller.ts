import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ActorOf } from '#http/platform';
import { keyOf, type Page, pageAnswer, Paged, pageOf, Problem } from '#libs/platform';
import { type ParkedMessage, ParkedMessages } from './parked-messages.js';

const ParkedMessageAnswer = z
  .object({
    id: z.string(),
    consumer: z.string(),
    accountId: z.string(),
    messageId: z.string().meta({ description: 'The message’s id, or where it stands in the topic when it has none' }),
    type: z.string().nullable(),
    reason: z.string().nullable(),
    attempts: z.int(),
    waiting: z.int().meta({ description: 'Messages of the account that queue behind it' }),
    parkedAt: z.iso.datetime(),
  })
  .meta({ id: 'ParkedMessage' });

const Discarding = z
  .strictObject({ reason: z.string().trim().min(1, 'say why').max(500) })
  .meta({ id: 'DiscardParkedMessageRequest', examples: [{ reason: 'sent by a test' }] });
const Decided = z.object({ id: z.string(), state: z.enum(['retrying', 'discarded']) }).meta({ id: 'ParkedDecision' });

/** Messages that notifications or fraud monitoring could not handle: looked at, tried again, given up. */
@ApiTags('operations')
@Controller('parked-messages')
export class ParkedMessagesController {
  constructor(@Inject(ParkedMessages) private readonly parked: ParkedMessages) {}

  @Get()
  @ApiOperation({ summary: 'Messages that consumers could not handle, the oldest first' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(ParkedMessageAnswer, 'ParkedMessagePage') })
  async getParkedMessages(
    @Query({ schema: Paged }) { limit, cursor }: z.output<typeof Paged>,
  ): Promise<Page<z.output<typeof ParkedMessageAnswer>>> {
    const rows = await this.parked.list(keyOf(cursor) ?? '0', limit + 1);
    return pageOf(rows, limit, ({ id }) => id, answerOf);
  }

  @Post(':id/retry')
  @HttpCode(202)
  @ApiOperation({ summary: 'Have a parked message tried again, and those that wait behind it' })
  @ApiResponse({ status: 202, standardSchema: Decided })
  async retryParkedMessage(@Param('id') id: string, @ActorOf() actor: string): Promise<z.output<typeof Decided>> {
    if (!(isId(id) && (await this.parked.retry(id, actor)))) throw unknown();
    return { id, state: 'retrying' };
  }

  @Post(':id/discard')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give a parked message up, so that those behind it go on' })
  @ApiResponse({ status: 200, standardSchema: Decided })
  async discardParkedMessage(
    @Param('id') id: string,
    @Body({ schema: Discarding }) { reason }: z.output<typeof Discarding>,
    @ActorOf() actor: string,
  ): Promise<z.output<typeof Decided>> {
    if (!(isId(id) && (await this.parked.discard(id, actor, reason)))) throw unknown();
    return { id, state: 'discarded' };
  }
}

function answerOf({ state: _, parkedAt, ...message }: ParkedMessage): z.output<typeof ParkedMessageAnswer> {
  return { ...message, parkedAt: parkedAt.toISOString() };
}

function isId(text: string): boolean {
  return /^\d{1,18}$/.test(text);
}

function unknown(): Problem {
  return new Problem(
    404,
    'PARKED_MESSAGE_UNKNOWN',
    'no message with this id is parked; list them with GET /parked-messages',
  );
}
