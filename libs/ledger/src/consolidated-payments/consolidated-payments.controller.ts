import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CommandHandling, Rejected } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call } from '#libs/platform';
import { MaskedPayBillNumber, Money } from '../command-answers.js';
import { CommandDoor, paymentIdOf } from '../command-door.js';
import { maskPayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import {
  CONSOLIDATED_PAYMENT_STATUSES,
  consolidatedPayment,
  ReturnConsolidatedPayment,
} from './consolidated-payment.js';

const ReturnRequest = ReturnConsolidatedPayment.schema.omit({ partOf: true }).meta({
  id: 'ReturnConsolidatedPaymentRequest',
  examples: [{ returnCode: 'R01', reason: 'insufficient-funds' }],
});

const ConsolidatedPaymentAnswer = z
  .object({
    paymentId: z.uuid(),
    payBillNumber: MaskedPayBillNumber,
    confirmationNumber: z.string(),
    status: z.enum(CONSOLIDATED_PAYMENT_STATUSES),
    amount: Money,
    parts: z
      .array(z.object({ accountId: z.uuid(), paymentId: z.uuid(), amount: Money }))
      .meta({ description: 'What each account gets; with what is left the amount. None before it is divided' }),
    left: z
      .array(z.object({ receiptId: z.uuid(), amount: Money }))
      .meta({ description: 'What no account takes, for all are closed: unidentified receipts on the work list' }),
    partOf: z.object({ paymentId: z.uuid(), amount: Money }).nullable().meta({
      description: 'The payment that it is left of, whose confirmation number it has; returned with that alone',
    }),
    refused: z
      .object({ accountId: z.uuid(), code: z.string() })
      .nullable()
      .meta({ description: 'The account that would not take its part when it was last asked' }),
  })
  .meta({ id: 'ConsolidatedPayment' });

/** Payments to a number that several accounts are under (ID3). For staff, who may read accounts. */
@ApiTags('payments')
@Controller('consolidated-payments/:paymentId')
export class ConsolidatedPaymentsController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
  ) {}

  @Get()
  @ApiOperation({ summary: 'A payment over several accounts, and what each of them gets' })
  @ApiResponse({ status: 200, standardSchema: ConsolidatedPaymentAnswer })
  async getConsolidatedPayment(@Param('paymentId') text: string): Promise<z.output<typeof ConsolidatedPaymentAnswer>> {
    const paymentId = paymentIdOf(text);
    const { state } = await this.handling.current(paymentId, consolidatedPayment);
    if (state.status === 'new') {
      throw new Rejected('PAYMENT_UNKNOWN', 'no payment over several accounts has this id; check the id');
    }
    const { asked, status, refused = null } = state;
    const { amount, confirmationNumber, partOf = null } = asked;
    const { currency } = amount;
    const payBillNumber = maskPayBillNumber(asked.payBillNumber);
    const parts = state.parts.map(({ accountId, paymentId: id, amount: part }) => {
      return { accountId, paymentId: id, amount: { amount: part, currency } };
    });
    const left = state.left.map(({ receiptId, amount: part }) => ({ receiptId, amount: { amount: part, currency } }));
    return { paymentId, payBillNumber, confirmationNumber, status, amount, parts, left, partOf, refused };
  }

  @Post('returns')
  @TakesCommand({
    summary: 'The bank took a payment over several accounts back',
    description: 'All of its parts are returned, and what they had paid stands open again.',
    answer: ConsolidatedPaymentAnswer,
  })
  async returnConsolidatedPayment(
    @Param('paymentId') text: string,
    @Body({ schema: ReturnRequest }) body: z.output<typeof ReturnRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ConsolidatedPaymentAnswer>> {
    await this.door.send(ReturnConsolidatedPayment, paymentIdOf(text), body, call);
    return this.getConsolidatedPayment(text);
  }
}
