import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { Money } from '../command-answers.js';
import { accountIdOf } from '../command-door.js';
import { AsOf } from '../reads/as-of.queries.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, positionOf } from '../reads/page.queries.js';
import { type AccountView, BalancesQueries } from './balances.queries.js';

const AccountQuery = Fresh.extend({ asOf: AsOf });

const AccountAnswer = z
  .object({
    accountId: z.uuid(),
    payBillNumber: z.string(),
    customerReference: z.string().nullable(),
    currency: z.string(),
    status: z.enum(['open', 'closed']),
    openedAt: z.iso.datetime(),
    closedAt: z.iso.datetime().nullable(),
    successorId: z
      .uuid()
      .nullable()
      .meta({ description: 'The account that answers for this one, and to which its pay bill numbers lead' }),
    lastEffectiveAt: z.iso.datetime(),
    balance: Money.meta({ description: 'Open less credit: what the customer owes; negative is to their good' }),
    open: Money.meta({ description: 'What stands open on bills' }),
    credit: Money.meta({ description: 'What was received or granted and no bill has taken' }),
    pastDue: Money.meta({ description: 'What of open was due before asOf and is not in dispute' }),
    disputed: Money.meta({ description: 'What of open is in dispute' }),
    billed: Money,
    paid: Money,
    returned: Money,
    refunded: Money.meta({ description: 'What of payments was paid back to the payers' }),
    claimed: Money.meta({
      description:
        'What was returned after it had been refunded: a claim on the payer, on no bill and not in the balance',
    }),
    adjusted: Money.meta({
      description:
        'Reversals, credits, and what moved to another account or came from one; what was taken off is negative',
    }),
    writtenOff: Money.meta({ description: 'Debt that was written off: no more in the balance, and still owed' }),
    reinstated: Money.meta({ description: 'What of written-off debt is on the books again' }),
    asOf: z.iso.date(),
    revision: z.string(),
    position: z.string(),
  })
  .meta({ id: 'Account' });

@ApiTags('accounts')
@Controller('accounts')
export class BalancesController {
  constructor(
    @Inject(BalancesQueries) private readonly balances: BalancesQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get(':accountId')
  @ApiOperation({ summary: 'What an account owes, and what that is made of' })
  @ApiResponse({ status: 200, standardSchema: AccountAnswer })
  async getAccount(
    @Param('accountId') accountId: string,
    @Query({ schema: AccountQuery }) query: z.output<typeof AccountQuery>,
  ): Promise<AccountView> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.balances.account(id, query.asOf);
  }
}
