import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { MaskedPayBillNumber } from '../command-answers.js';
import { ReadBarrier } from '#libs/event-sourcing';
import { Accessed } from '#http/platform';
import { type Page, pageAnswer } from '#libs/platform';
import { LEDGER } from '../reads/ledger.js';
import { CurrencyCode, Fresh, FreshPage, inOrder, positionOf } from '../reads/page.queries.js';
import { PeriodAnswer, RecordedPeriodQuery, RollForwardAnswer, toldPeriod } from './period.queries.js';
import { type RolledAccount, RollForwardQueries } from './roll-forward.queries.js';

const Asked = { ...RecordedPeriodQuery, currency: CurrencyCode.optional() } as const;
const RollForwardQuery = inOrder(Fresh.extend(Asked));
const RolledAccountsQuery = inOrder(FreshPage.extend(Asked));

const RolledTotals = z.object({ currency: z.string(), accounts: z.int(), ...RollForwardAnswer });
const Totals = z.object({ ...PeriodAnswer, currencies: z.array(RolledTotals) }).meta({ id: 'RollForward' });
const RolledAccounts = pageAnswer(
  z
    .object({ accountId: z.uuid(), payBillNumber: MaskedPayBillNumber, currency: z.string(), ...RollForwardAnswer })
    .meta({ id: 'RolledAccount' }),
  'RolledAccountPage',
);

@ApiTags('audit')
@Controller('roll-forward')
export class RollForwardController {
  constructor(
    @Inject(RollForwardQueries) private readonly rolling: RollForwardQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @Accessed('roll-forward', ['from', 'to', 'recordedAt', 'currency'])
  @ApiOperation({ summary: 'How what all accounts owed at the beginning of a period became what they owed at its end' })
  @ApiResponse({ status: 200, standardSchema: Totals })
  async getRollForward(@Query({ schema: RollForwardQuery }) query: z.output<typeof RollForwardQuery>) {
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return { ...toldPeriod(query), currencies: await this.rolling.totals(query, query.currency) };
  }

  @Get('accounts')
  @Accessed('roll-forward-by-account', ['from', 'to', 'recordedAt', 'currency'])
  @ApiOperation({ summary: 'The same for each account' })
  @ApiResponse({ status: 200, standardSchema: RolledAccounts })
  async getRolledAccounts(
    @Query({ schema: RolledAccountsQuery }) query: z.output<typeof RolledAccountsQuery>,
  ): Promise<Page<RolledAccount>> {
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.rolling.accounts(query, query);
  }
}
