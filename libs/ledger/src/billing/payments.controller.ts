import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type z } from 'zod';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call } from '#libs/platform';
import {
  inCurrencyOf,
  made,
  PaymentAppliedAnswer,
  PaymentRefundedAnswer,
  PaymentReturnedAnswer,
  PaymentUnappliedAnswer,
  receipt,
} from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { moneyOf } from '../reads/answers.js';
import { ApplyPayment } from './apply-payment.js';
import { RecordReturn } from './record-return.js';
import { RefundPayment } from './refund-payment.js';
import { UnapplyPayment } from './unapply-payment.js';

const ApplyPaymentRequest = ApplyPayment.schema.omit({ paymentId: true, partOf: true }).meta({
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
  .omit({ paymentId: true, partOf: true })
  .meta({ id: 'RecordReturnRequest', examples: [{ returnCode: 'R01', reason: 'insufficient-funds' }] });

const RefundPaymentRequest = RefundPayment.schema
  .omit({ paymentId: true, refundId: true })
  .meta({ id: 'RefundPaymentRequest', examples: [{ reason: 'overpaid' }] });

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
    const returned = made(done, 'PaymentReturned');
    const { amount, released, unappliedRemoved, alreadyRefunded = '0', paymentId: id } = returned;
    const { money, each } = inCurrencyOf(amount);
    return {
      ...receipt(done),
      paymentId: id,
      amount,
      released: each(released),
      unappliedRemoved: money(unappliedRemoved),
      alreadyRefunded: moneyOf(alreadyRefunded, amount.currency),
    };
  }

  @Post(':paymentId/refunds')
  @TakesCommand({
    summary: 'Pay back what of a payment lies on no bill',
    description: 'All of it, or the amount that is named. Unapply the payment first to refund what lies on bills.',
    answer: PaymentRefundedAnswer,
  })
  async refundPayment(
    @Param('accountId') accountId: string,
    @Param('paymentId') paymentId: string,
    @Body({ schema: RefundPaymentRequest }) body: z.output<typeof RefundPaymentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentRefundedAnswer>> {
    const data = { paymentId: paymentId.toLowerCase(), ...body };
    const done = await this.door.send(RefundPayment, accountIdOf(accountId), data, call);
    const { paymentId: id, refundId, amount } = made(done, 'PaymentRefunded');
    return { ...receipt(done), paymentId: id, refundId, amount };
  }
}
