import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Accessed } from '#http/platform';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { Money } from '../command-answers.js';
import { LEDGER } from '../reads/ledger.js';
import { CurrencyCode, Fresh, positionOf } from '../reads/page.queries.js';
import { TotalsQueries } from './totals.queries.js';

const TotalsQuery = Fresh.extend({ currency: CurrencyCode });

const Counted = z.object({ count: z.int(), total: Money });

const TotalsAnswer = z
  .object({
    accounts: z.int(),
    bills: Counted,
    payments: Counted.meta({ description: 'All that were ever received, also those that came back' }),
    paymentsByKind: z.array(Counted.extend({ channel: z.string(), method: z.string() })),
    returns: Counted.meta({ description: 'Payments that came back' }),
    refunds: Counted.meta({ description: 'Payments that were paid back in whole or part, and how much of them was' }),
    claimed: Money.meta({ description: 'What was returned after it had been refunded: claims on payers, on no bill' }),
    open: Money,
    disputed: Money.meta({ description: 'What of open is in dispute' }),
    credit: Money,
    balance: Money.meta({ description: 'Open less credit, over all accounts' }),
    trialBalance: Money.meta({ description: 'Debits less credits over all accounts of the books: zero' }),
  })
  .meta({ id: 'Totals' });

/** The figures a reconciliation starts from. */
@ApiTags('journal')
@Controller('totals')
export class TotalsController {
  constructor(
    @Inject(TotalsQueries) private readonly queries: TotalsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @Accessed('totals', ['currency'])
  @ApiOperation({ summary: 'What the whole ledger comes to in one currency' })
  @ApiResponse({ status: 200, standardSchema: TotalsAnswer })
  async getTotals(@Query({ schema: TotalsQuery }) query: z.output<typeof TotalsQuery>) {
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.queries.totals(query.currency);
  }
}
