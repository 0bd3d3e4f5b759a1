import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { Accessed } from '#http/platform';
import { Money } from '../command-answers.js';
import { accountIdOf } from '../command-door.js';
import { HISTORY_KINDS } from '../history/history-entry.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, inOrder, positionOf } from '../reads/page.queries.js';
import { PeriodAnswer, RecordedPeriodQuery, RollForwardAnswer, toldPeriod } from '../roll-forward/period.queries.js';
import { StatementQueries } from './statement.queries.js';

const StatementQuery = inOrder(Fresh.extend(RecordedPeriodQuery));

const StatementAnswer = z
  .object({
    ...PeriodAnswer,
    accountId: z.uuid(),
    payBillNumber: z.string(),
    currency: z.string(),
    ...RollForwardAnswer,
    lines: z
      .array(
        z.object({
          effectiveAt: z.iso.datetime(),
          recordedAt: z.iso.datetime(),
          kind: z.enum(HISTORY_KINDS),
          reference: z.string().nullable(),
          reason: z.string().nullable(),
          amount: Money.meta({ description: 'What it changed of the balance' }),
          balance: Money.meta({ description: 'What was owed after it, in effective order' }),
          revision: z.string(),
          position: z.string(),
        }),
      )
      .meta({ description: 'What moved money, in the order in which it counts for the customer' }),
  })
  .meta({ id: 'Statement' });

@ApiTags('audit')
@Controller('accounts/:accountId/statement')
export class StatementController {
  constructor(
    @Inject(StatementQueries) private readonly statements: StatementQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @Accessed('statement', ['from', 'to', 'recordedAt'])
  @ApiOperation({ summary: 'An account’s statement of a period: opening balance, each line, closing balance' })
  @ApiResponse({ status: 200, standardSchema: StatementAnswer })
  async getStatement(
    @Param('accountId') accountId: string,
    @Query({ schema: StatementQuery }) query: z.output<typeof StatementQuery>,
  ) {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return { ...toldPeriod(query), ...(await this.statements.statement(id, query)) };
  }
}
