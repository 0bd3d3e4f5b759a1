import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { type Page, pageAnswer } from '#libs/platform';
import { Identifier } from '../billing/command-fields.js';
import { Money } from '../command-answers.js';
import { accountIdOf } from '../command-door.js';
import { AsOf } from '../reads/as-of.queries.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, FreshPage, positionOf } from '../reads/page.queries.js';
import { BILL_STATES } from './bill.js';
import { BillsQueries, type BillView } from './bills.queries.js';

const BillQuery = Fresh.extend({ asOf: AsOf });
const BillsQuery = FreshPage.extend({ asOf: AsOf, state: z.enum(['open', 'all']).default('all') });

const Bill = z
  .object({
    billNumber: z.string(),
    revision: z.string(),
    issuedOn: z.iso.date(),
    dueOn: z.iso.date(),
    period: z.object({ from: z.iso.date(), to: z.iso.date() }).nullable(),
    state: z.enum(BILL_STATES),
    pastDue: z.boolean().meta({ description: 'Due before asOf, and more is open than is in dispute' }),
    total: Money,
    paid: Money,
    reversed: Money,
    writtenOff: Money,
    open: Money,
    disputed: Money.meta({ description: 'What of open is in dispute: not past due, not dunned for, no late fee' }),
    lines: z.array(
      z.object({
        lineId: z.string(),
        service: z.string(),
        description: z.string(),
        net: Money,
        total: Money,
        paid: Money,
        reversed: Money,
        writtenOff: Money,
        open: Money,
      }),
    ),
  })
  .meta({ id: 'Bill' });
const BillsAnswer = pageAnswer(Bill, 'BillPage');

@ApiTags('bills')
@Controller('accounts/:accountId/bills')
export class BillsController {
  constructor(
    @Inject(BillsQueries) private readonly bills: BillsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @ApiOperation({ summary: 'An account’s bills, the latest first; ?state=open for those with something left to pay' })
  @ApiResponse({ status: 200, standardSchema: BillsAnswer })
  async getBills(
    @Param('accountId') accountId: string,
    @Query({ schema: BillsQuery }) query: z.output<typeof BillsQuery>,
  ): Promise<Page<BillView>> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    const { state, limit, cursor, asOf } = query;
    return this.bills.bills(id, { state, limit, cursor, asOf });
  }

  @Get(':billNumber')
  @ApiOperation({ summary: 'One bill, with what is open on each line' })
  @ApiResponse({ status: 200, standardSchema: Bill })
  async getBill(
    @Param('accountId') accountId: string,
    @Param('billNumber', { schema: Identifier }) billNumber: string,
    @Query({ schema: BillQuery }) query: z.output<typeof BillQuery>,
  ): Promise<BillView> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.bills.bill(id, billNumber, query.asOf);
  }
}
