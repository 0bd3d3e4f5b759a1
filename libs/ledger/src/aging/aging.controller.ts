import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { Accessed } from '#http/platform';
import { type Page, pageAnswer } from '#libs/platform';
import { AgingDay, agingDay, MomentsAnswer, MomentsQuery, toldMoments } from '../as-of/moment.js';
import { MaskedPayBillNumber, Money } from '../command-answers.js';
import { LEDGER } from '../reads/ledger.js';
import { CurrencyCode, Fresh, FreshPage, positionOf } from '../reads/page.queries.js';
import { type AgedAccount, AgingQueries } from './aging.queries.js';

const Asked = { ...MomentsQuery, currency: CurrencyCode.optional() } as const;
const AgingQuery = Fresh.extend(Asked);
const AgedAccountsQuery = FreshPage.extend(Asked);

const Aging = z.object({
  currency: z.string(),
  buckets: z.object({
    current: Money.meta({ description: 'Due on agedOn or later' }),
    days1To30: Money.meta({ description: 'One to thirty days past due' }),
    days31To60: Money,
    days61To90: Money,
    days91To120: Money,
    over120Days: Money.meta({ description: '121 days past due and more' }),
  }),
  disputed: Money.meta({ description: 'What is in dispute: open, but in no bucket' }),
  open: Money.meta({ description: 'All buckets and what is in dispute together' }),
  prepaid: Money.meta({ description: 'Money that lies on bills which do not count yet, or beyond what they charge' }),
  receivable: Money.meta({
    description: 'Open less prepaid: Accounts Receivable in the trial balance of the same moment',
  }),
  unapplied: Money.meta({ description: 'Payments and credits on no bill: Unapplied Cash and Customer Credits' }),
  balance: Money.meta({ description: 'Receivable less unapplied: what is owed in all' }),
});

const AgingAnswer = z
  .object({ ...MomentsAnswer, agedOn: AgingDay, currencies: z.array(Aging.extend({ accounts: z.int() })) })
  .meta({ id: 'Aging' });
const AgedAccountsAnswer = pageAnswer(
  Aging.extend({ accountId: z.uuid(), payBillNumber: MaskedPayBillNumber }).meta({ id: 'AgedAccount' }),
  'AgedAccountPage',
);

@ApiTags('audit')
@Controller('aging')
export class AgingController {
  constructor(
    @Inject(AgingQueries) private readonly aging: AgingQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @Accessed('aging', ['effectiveAt', 'recordedAt', 'currency'])
  @ApiOperation({
    summary: 'Receivables by days past due, by currency, at a moment, as far as they were known at another',
  })
  @ApiResponse({ status: 200, standardSchema: AgingAnswer })
  async getAging(@Query({ schema: AgingQuery }) query: z.output<typeof AgingQuery>) {
    await this.barrier.waitFor(LEDGER, positionOf(query));
    const day = agingDay(query, new Date());
    return { ...toldMoments(query), agedOn: day, currencies: await this.aging.totals(query, day, query.currency) };
  }

  @Get('accounts')
  @Accessed('aging-by-account', ['effectiveAt', 'recordedAt', 'currency'])
  @ApiOperation({ summary: 'The same for each account with something open or to its good' })
  @ApiResponse({ status: 200, standardSchema: AgedAccountsAnswer })
  async getAgedAccounts(
    @Query({ schema: AgedAccountsQuery }) query: z.output<typeof AgedAccountsQuery>,
  ): Promise<Page<AgedAccount>> {
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.aging.accounts(query, agingDay(query, new Date()), query);
  }
}
