import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type z } from 'zod';
import { type Call, CallOf, TakesCommand } from '#libs/platform';
import {
  inCurrencyOf,
  made,
  PaymentAppliedAnswer,
  PaymentReturnedAnswer,
  PaymentUnappliedAnswer,
  receipt,
} from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { ApplyPayment } from './apply-payment.js';
import { RecordReturn } from './record-return.js';
import { UnapplyPayment } from './unapply-payment.js';

const ApplyPaymentRequest = ApplyPayment.schema.meta({
  id: 'ApplyPaymentRequest',
  examples: [
    {
      amount: { amount: '57.23', currency: 'USD' },
      channel: 'online',
      method: { kind: 'card', token: 'tok_1NirD82eZvKYlo2C' },
    },
  ],
});
const UnapplyPaymentRequest = UnapplyPayment.schema
  .omit({ paymentId: true })
  .meta({ id: 'UnapplyPaymentRequest', examples: [{ reason: 'wrong-bill' }] });
const RecordReturnRequest = RecordReturn.schema
  .omit({ paymentId: true })
  .meta({ id: 'RecordReturnRequest', examples: [{ returnCode: 'R01', reason: 'insufficient-funds' }] });

/** Payments and what becomes of them: parse, dispatch, answer. */
@ApiTags('payments')
@Controller('accounts/:accountId/payments')
export class PaymentsController {
  constructor(@Inject(CommandDoor) private readonly door: CommandDoor) {}

  @Post()
  @TakesCommand({
    summary: 'Apply a payment',
    description: 'As instructed, else oldest due first; what no bill takes is kept as credit.',
    answer: PaymentAppliedAnswer,
  })
  async applyPayment(
    @Param('accountId') accountId: string,
    @Body({ schema: ApplyPaymentRequest }) body: z.output<typeof ApplyPaymentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentAppliedAnswer>> {
    const done = await this.door.send(ApplyPayment, accountIdOf(accountId), body, call);
    const { paymentId, confirmationNumber, amount, allocations, unapplied } = made(done, 'PaymentApplied');
    const { money, each } = inCurrencyOf(amount);
    return {
      ...receipt(done),
      paymentId,
      confirmationNumber,
      amount,
      allocations: each(allocations),
      unapplied: money(unapplied),
    };
  }

  @Post(':paymentId/unapplications')
  @TakesCommand({ summary: 'Take a payment off its bills; the money stays as credit', answer: PaymentUnappliedAnswer })
  async unapplyPayment(
    @Param('accountId') accountId: string,
    @Param('paymentId') paymentId: string,
    @Body({ schema: UnapplyPaymentRequest }) body: z.output<typeof UnapplyPaymentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentUnappliedAnswer>> {
    const data = { paymentId: paymentId.toLowerCase(), ...body };
    const done = await this.door.send(UnapplyPayment, accountIdOf(accountId), data, call);
    const { amount, released, paymentId: id } = made(done, 'PaymentUnapplied');
    return { ...receipt(done), paymentId: id, amount, released: inCurrencyOf(amount).each(released) };
  }

  @Post(':paymentId/returns')
  @TakesCommand({ summary: 'Record that the bank took a payment back', answer: PaymentReturnedAnswer })
  async recordReturn(
    @Param('accountId') accountId: string,
    @Param('paymentId') paymentId: string,
    @Body({ schema: RecordReturnRequest }) body: z.output<typeof RecordReturnRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentReturnedAnswer>> {
    const data = { paymentId: paymentId.toLowerCase(), ...body };
    const done = await this.door.send(RecordReturn, accountIdOf(accountId), data, call);
    const { amount, released, unappliedRemoved, paymentId: id } = made(done, 'PaymentReturned');
    const { money, each } = inCurrencyOf(amount);
    const [reinstated, removed] = [each(released), money(unappliedRemoved)];
    return { ...receipt(done), paymentId: id, amount, released: reinstated, unappliedRemoved: removed };
  }
}
