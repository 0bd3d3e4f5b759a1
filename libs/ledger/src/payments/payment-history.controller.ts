import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier, Rejected } from '#libs/event-sourcing';
import { type Page, pageAnswer } from '#libs/platform';
import { ApplyPayment } from '../billing/apply-payment.js';
import { isConfirmationNumber } from '../billing/confirmation-number.js';
import { Money } from '../command-answers.js';
import { accountIdOf } from '../command-door.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, FreshPage, Period, positionOf } from '../reads/page.queries.js';
import { PAYMENT_STATES, PaymentsQueries, type PaymentView } from './payments.queries.js';

const { channel, method } = ApplyPayment.schema.shape;
const PaymentsQuery = FreshPage.extend({
  ...Period,
  channel: channel.optional(),
  state: z.enum(PAYMENT_STATES).optional(),
});

/** Of as many payments as a bank's file names at once. */
const MOST_NUMBERS = 200;
const FoundQuery = Fresh.extend({
  confirmationNumbers: z
    .string('must be confirmation numbers, separated by commas')
    .overwrite((text) => text.toUpperCase())
    .refine((text) => {
      const numbers = text.split(',');
      return numbers.length <= MOST_NUMBERS && numbers.every(isConfirmationNumber);
    }, `must be 1 to ${MOST_NUMBERS} confirmation numbers whose check figures hold, separated by commas`),
});

const Payment = z
  .object({
    paymentId: z.uuid(),
    accountId: z.uuid(),
    confirmationNumber: z.string(),
    state: z.enum(PAYMENT_STATES),
    amount: Money,
    applied: Money.meta({ description: 'What of it lies on bills' }),
    unapplied: Money.meta({ description: 'What of it is credit' }),
    refunded: Money.meta({ description: 'What of it was paid back to the payer' }),
    transferred: Money.meta({ description: 'What of it is credit of another account now' }),
    channel,
    method: z.object({ kind: method.shape.kind, token: z.string().nullable() }),
    partOf: z
      .object({ paymentId: z.uuid(), amount: Money })
      .nullable()
      .meta({ description: 'The whole payment, when it is over several accounts' }),
    effectiveAt: z.iso.datetime(),
    recordedAt: z.iso.datetime(),
    returned: z.object({ at: z.iso.datetime(), code: z.string().nullable(), reason: z.string() }).nullable(),
    revision: z.string(),
  })
  .meta({ id: 'Payment' });
const PaymentsFound = z.object({ items: z.array(Payment) }).meta({ id: 'PaymentsFound' });
const PaymentsAnswer = pageAnswer(Payment, 'PaymentPage');

@ApiTags('payments')
@Controller()
export class PaymentHistoryController {
  constructor(
    @Inject(PaymentsQueries) private readonly payments: PaymentsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get('accounts/:accountId/payments')
  @ApiOperation({ summary: 'An account’s payments, the latest first, by channel, state and effective day' })
  @ApiResponse({ status: 200, standardSchema: PaymentsAnswer })
  async getPayments(
    @Param('accountId') accountId: string,
    @Query({ schema: PaymentsQuery }) query: z.output<typeof PaymentsQuery>,
  ): Promise<Page<PaymentView>> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.payments.payments(id, query, query.limit, query.cursor);
  }

  @Get('payments')
  @ApiOperation({ summary: 'The payments of several confirmation numbers; those nobody has are left out' })
  @ApiResponse({ status: 200, standardSchema: PaymentsFound })
  async findPayments(
    @Query({ schema: FoundQuery }) query: z.output<typeof FoundQuery>,
  ): Promise<{ items: readonly PaymentView[] }> {
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return { items: await this.payments.byConfirmationNumbers(query.confirmationNumbers.split(',')) };
  }

  @Get('payments/:confirmationNumber')
  @ApiOperation({ summary: 'The payment of a confirmation number' })
  @ApiResponse({ status: 200, standardSchema: Payment })
  async getPayment(
    @Param('confirmationNumber') text: string,
    @Query({ schema: Fresh }) query: z.output<typeof Fresh>,
  ): Promise<PaymentView> {
    if (!isConfirmationNumber(text)) {
      const message = 'this is no confirmation number: its check figure does not hold; read it again';
      throw new Rejected('CONFIRMATION_NUMBER_INVALID', message, 'confirmationNumber');
    }
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.payments.byConfirmationNumber(text.toUpperCase());
  }
}
