import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { Accessed } from '#http/platform';
import { Money } from '../command-answers.js';
import { accountIdOf } from '../command-door.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, positionOf } from '../reads/page.queries.js';
import { AsOfQueries } from './as-of.queries.js';
import { AgingDay, agingDay, MomentsAnswer, MomentsQuery, toldMoments } from './moment.js';

const AsOfQuery = Fresh.extend(MomentsQuery);

const AccountAsOfAnswer = z
  .object({
    ...MomentsAnswer,
    agedOn: AgingDay,
    accountId: z.uuid(),
    payBillNumber: z.string(),
    currency: z.string(),
    balance: Money.meta({ description: 'Open less credit: what the customer owed; negative was to their good' }),
    open: Money.meta({ description: 'What stood open on bills that count' }),
    credit: Money.meta({ description: 'What no bill that counts had taken' }),
    pastDue: Money.meta({ description: 'What of open was due before agedOn and was not in dispute' }),
    disputed: Money.meta({ description: 'What of open was in dispute' }),
    billed: Money,
    paid: Money,
    returned: Money,
    refunded: Money,
    claimed: Money,
    adjusted: Money,
    writtenOff: Money,
    reinstated: Money,
    events: z.int().meta({ description: 'How many of the account’s events count' }),
    revision: z.string().nullable().meta({ description: 'Of the last that counts, in the order of the log' }),
    position: z.string().nullable(),
    openBills: z.array(
      z.object({
        billNumber: z.string(),
        issuedOn: z.iso.date(),
        dueOn: z.iso.date(),
        daysPastDue: z.int(),
        total: Money,
        open: Money,
        disputed: Money,
      }),
    ),
  })
  .meta({ id: 'AccountAsOf' });

@ApiTags('audit')
@Controller('accounts/:accountId/as-of')
export class AsOfController {
  constructor(
    @Inject(AsOfQueries) private readonly asOf: AsOfQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @Accessed('account-as-of', ['effectiveAt', 'recordedAt'])
  @ApiOperation({ summary: 'What an account owed at a moment, as far as it was known at another' })
  @ApiResponse({ status: 200, standardSchema: AccountAsOfAnswer })
  async getAccountAsOf(
    @Param('accountId') accountId: string,
    @Query({ schema: AsOfQuery }) query: z.output<typeof AsOfQuery>,
  ) {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    const agedOn = agingDay(query, new Date());
    return { ...toldMoments(query), agedOn, ...(await this.asOf.account(id, query, agedOn)) };
  }
}
