import { Body, Controller, Get, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call } from '#libs/platform';
import { BillDeliveryChangedAnswer, madeOf, receipt } from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, positionOf } from '../reads/page.queries.js';
import { ChangeBillDelivery } from './change-bill-delivery.js';
import { ContactsQueries } from './contacts.queries.js';

const ChangeBillDeliveryRequest = ChangeBillDelivery.schema.meta({
  id: 'ChangeBillDeliveryRequest',
  examples: [{ paperless: true, consent: 'electronic-records-2026-01' }],
});
const BillDeliveryAnswer = z
  .object({
    accountId: z.uuid(),
    paperless: z.boolean(),
    consent: z.string().nullable().meta({ description: 'The text the customer agreed to; null while on paper' }),
    since: z.iso.datetime().nullable().meta({ description: 'null when it was never changed' }),
  })
  .meta({ id: 'BillDelivery' });

/** How bills come: on paper, or electronically once the customer has agreed to it. */
@ApiTags('contacts')
@Controller('accounts/:accountId/bill-delivery')
export class BillDeliveryController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(ContactsQueries) private readonly contacts: ContactsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Put()
  @TakesCommand({
    summary: 'Turn paperless bills on or off',
    description: 'On needs the customer’s consent, by the version of the text agreed to, and an e-mail address.',
    answer: BillDeliveryChangedAnswer,
  })
  async changeBillDelivery(
    @Param('accountId') accountId: string,
    @Body({ schema: ChangeBillDeliveryRequest }) body: z.output<typeof ChangeBillDeliveryRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof BillDeliveryChangedAnswer>> {
    const done = await this.door.send(ChangeBillDelivery, accountIdOf(accountId), body, call);
    return { ...receipt(done), changed: madeOf(done, 'BillDeliveryChanged') !== undefined };
  }

  @Get()
  @ApiOperation({ summary: 'How the account’s bills come' })
  @ApiResponse({ status: 200, standardSchema: BillDeliveryAnswer })
  async getBillDelivery(
    @Param('accountId') accountId: string,
    @Query({ schema: Fresh }) query: z.output<typeof Fresh>,
  ): Promise<z.output<typeof BillDeliveryAnswer>> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return { accountId: id, ...(await this.contacts.billDelivery(id)) };
  }
}
