import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { type Page, pageAnswer } from '#libs/platform';
import { Money } from '../command-answers.js';
import { accountIdOf } from '../command-door.js';
import { LEDGER } from '../reads/ledger.js';
import { FreshPage, positionOf } from '../reads/page.queries.js';
import { HISTORY_KINDS } from './history-entry.js';
import { type HistoryLine, HistoryQueries } from './history.queries.js';

const HistoryAnswer = pageAnswer(
  z
    .object({
      revision: z.string(),
      position: z.string(),
      kind: z.enum(HISTORY_KINDS),
      reference: z.string().nullable().meta({
        description:
          'Bill number, confirmation number, payment, attempt, credit, hold, dispute, adjustment or arrangement',
      }),
      reason: z.string().nullable(),
      amount: Money.meta({ description: 'What it changed of the balance' }),
      balance: Money.meta({ description: 'What was owed after it' }),
      effectiveAt: z.iso.datetime().meta({ description: 'When it counts for the customer' }),
      recordedAt: z.iso.datetime(),
    })
    .meta({ id: 'HistoryLine' }),
  'HistoryPage',
);

@ApiTags('accounts')
@Controller('accounts/:accountId/history')
export class HistoryController {
  constructor(
    @Inject(HistoryQueries) private readonly history: HistoryQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Billing history with running balance, newest first' })
  @ApiResponse({ status: 200, standardSchema: HistoryAnswer })
  async getHistory(
    @Param('accountId') accountId: string,
    @Query({ schema: FreshPage }) query: z.output<typeof FreshPage>,
  ): Promise<Page<HistoryLine>> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.history.history(id, query.limit, query.cursor);
  }
}
