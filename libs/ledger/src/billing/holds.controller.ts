import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type z } from 'zod';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call } from '#libs/platform';
import { made, PaymentFailedAnswer, PaymentsHeldAnswer, receipt } from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { HoldPayments } from './hold-payments.js';
import { RecordFailedPayment } from './record-failed-payment.js';
import { ReleaseHold } from './release-hold.js';

const HoldPaymentsRequest = HoldPayments.schema.meta({
  id: 'HoldPaymentsRequest',
  examples: [{ holdId: '3f0c2b1e-8a4d-4c58-9d55-0c6f0a1e2b3d', reason: 'card-testing' }],
});
const ReleaseHoldRequest = ReleaseHold.schema
  .omit({ holdId: true })
  .meta({ id: 'ReleaseHoldRequest', examples: [{ reason: 'dismissed' }] });
const RecordFailedPaymentRequest = RecordFailedPayment.schema.meta({
  id: 'RecordFailedPaymentRequest',
  examples: [
    {
      amount: { amount: '57.23', currency: 'USD' },
      channel: 'online',
      method: { kind: 'card', token: 'tok_1NirD82eZvKYlo2C' },
      declineCode: 'insufficient_funds',
    },
  ],
});

/** What stands against fraud on an account: holds, and the failed attempts that lead to them. */
@ApiTags('payments')
@Controller('accounts/:accountId')
export class HoldsController {
  constructor(@Inject(CommandDoor) private readonly door: CommandDoor) {}

  @Post('holds')
  @TakesCommand({
    summary: 'Hold the account’s payments',
    description: 'None is taken until every hold is released. The same hold again holds nothing twice.',
    answer: PaymentsHeldAnswer,
  })
  async holdPayments(
    @Param('accountId') accountId: string,
    @Body({ schema: HoldPaymentsRequest }) body: z.output<typeof HoldPaymentsRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentsHeldAnswer>> {
    const done = await this.door.send(HoldPayments, accountIdOf(accountId), body, call);
    return { ...receipt(done), holdId: body.holdId, state: 'held' };
  }

  @Post('holds/:holdId/release')
  @TakesCommand({ summary: 'Release a hold', answer: PaymentsHeldAnswer })
  async releaseHold(
    @Param('accountId') accountId: string,
    @Param('holdId') holdId: string,
    @Body({ schema: ReleaseHoldRequest }) body: z.output<typeof ReleaseHoldRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentsHeldAnswer>> {
    const data = { holdId: holdId.toLowerCase(), ...body };
    const done = await this.door.send(ReleaseHold, accountIdOf(accountId), data, call);
    return { ...receipt(done), holdId: made(done, 'PaymentsReleased').holdId, state: 'released' };
  }

  @Post('failed-payments')
  @TakesCommand({ summary: 'Record that an attempt to pay was declined; no money moves', answer: PaymentFailedAnswer })
  async recordFailedPayment(
    @Param('accountId') accountId: string,
    @Body({ schema: RecordFailedPaymentRequest }) body: z.output<typeof RecordFailedPaymentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentFailedAnswer>> {
    const done = await this.door.send(RecordFailedPayment, accountIdOf(accountId), body, call);
    return { ...receipt(done), attemptId: made(done, 'PaymentFailed').attemptId };
  }
}
