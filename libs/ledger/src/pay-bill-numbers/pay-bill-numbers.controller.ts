import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier, Rejected } from '#libs/event-sourcing';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, positionOf } from '../reads/page.queries.js';
import { parsePayBillNumber } from './pay-bill-number.js';
import { PayBillNumbersQueries } from './pay-bill-numbers.queries.js';

const Resolved = z.object({ accountId: z.uuid() }).meta({ id: 'ResolvedPayBillNumber' });

/** For staff, who may read accounts. A payer who knows only the number pays by it and learns nothing (ID5). */
@ApiTags('accounts')
@Controller('pay-bill-numbers')
export class PayBillNumbersController {
  constructor(
    @Inject(PayBillNumbersQueries) private readonly numbers: PayBillNumbersQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get(':payBillNumber')
  @ApiOperation({ summary: 'The account a pay bill number leads to (staff)' })
  @ApiResponse({ status: 200, standardSchema: Resolved })
  async resolvePayBillNumber(
    @Param('payBillNumber') text: string,
    @Query({ schema: Fresh }) query: z.output<typeof Fresh>,
  ): Promise<z.output<typeof Resolved>> {
    const number = parsePayBillNumber(text);
    if (number === undefined) {
      const message = 'this is no pay bill number: its check digits do not hold; read it again from the bill';
      throw new Rejected('PAY_BILL_NUMBER_INVALID', message, 'payBillNumber');
    }
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return { accountId: await this.numbers.accountOf(number) };
  }
}
