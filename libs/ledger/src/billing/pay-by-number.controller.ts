import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type z } from 'zod';
import { CommandHandling, Rejected } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, Problem } from '#libs/platform';
import { made, PaymentTakenAnswer } from '../command-answers.js';
import { CommandDoor, metadataOf } from '../command-door.js';
import { ReceiveConsolidatedPayment } from '../consolidated-payments/consolidated-payment.js';
import { payeeOf, refuseBeforeTaking } from '../consolidated-payments/payee.job.js';
import { payBillNumber } from '../pay-bill-numbers/assign-pay-bill-number.js';
import { parsePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { ApplyPayment } from './apply-payment.js';

/** Without an instruction: which bill has how much open is nothing that a number alone should find out. */
const PayByNumberRequest = ApplyPayment.schema.omit({ allocation: true, paymentId: true, partOf: true }).meta({
  id: 'PayByNumberRequest',
  examples: [
    { amount: { amount: '57.23', currency: 'USD' }, channel: 'phone', method: { kind: 'card', token: 'tok_1' } },
  ],
});

/** Paying with nothing but the number on the bill. It allows paying and never reading (ID5). */
@ApiTags('payments')
@Controller('pay-bill-numbers/:payBillNumber/payments')
export class PayByNumberController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
  ) {}

  @Post()
  @TakesCommand({
    summary: 'Pay by pay bill number',
    description: 'Answers that the money was taken and its confirmation number; nothing about the account.',
    answer: PaymentTakenAnswer,
  })
  async payByNumber(
    @Param('payBillNumber') text: string,
    @Body({ schema: PayByNumberRequest }) body: z.output<typeof PayByNumberRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PaymentTakenAnswer>> {
    const number = parsePayBillNumber(text);
    if (number === undefined) {
      const message = 'this is no pay bill number: its check digits do not hold; read it again from the bill';
      throw new Rejected('PAY_BILL_NUMBER_INVALID', message, 'payBillNumber');
    }
    const scope = `${payBillNumber.category}-${number}`;
    const { commandId } = metadataOf(call, scope);
    const { accountId, together } = (await payeeOf(this.handling, number, commandId)) ?? unknownNumber();
    try {
      if (together) return await this.#takeTogether(number, together, body, call);
      const done = await this.door.send(ApplyPayment, accountId, body, call, scope);
      const { confirmationNumber } = made(done, 'PaymentApplied');
      return { confirmationNumber, taken: true, repeated: done.repeated };
    } catch (error) {
      throw silentAboutAccount(error);
    }
  }

  /** The number is that of several accounts, which the payer is not told. */
  async #takeTogether(
    number: string,
    together: readonly string[],
    body: z.output<typeof PayByNumberRequest>,
    call: Call,
  ): Promise<z.output<typeof PaymentTakenAnswer>> {
    const scope = `${payBillNumber.category}-${number}`;
    const metadata = metadataOf(call, scope);
    await refuseBeforeTaking(this.handling, together, body, metadata);
    const data = { ...body, payBillNumber: number };
    const done = await this.door.send(ReceiveConsolidatedPayment, metadata.commandId, data, call, scope);
    const { confirmationNumber } = made(done, 'ConsolidatedPaymentReceived');
    return { confirmationNumber, taken: true, repeated: done.repeated };
  }
}

function unknownNumber(): never {
  throw new Rejected(
    'PAY_BILL_NUMBER_UNKNOWN',
    'no account has this number; read it again from the bill',
    'payBillNumber',
  );
}

/** A refusal as somebody may hear it who knows the number and nothing else. */
export function silentAboutAccount(error: unknown): unknown {
  if (!(error instanceof Rejected)) return error;
  switch (error.code) {
    case 'ACCOUNT_UNKNOWN':
      return unknownNumber();
    // Closed, held, in another currency: which of them it is, on which account, is nothing that a number alone tells.
    case 'ACCOUNT_CLOSED':
    case 'PAYMENT_EXCEEDS_OPEN':
    case 'PAYMENTS_HELD':
    case 'CURRENCY_MISMATCH':
      return new Problem(
        409,
        'PAYMENT_NOT_TAKEN',
        'this number takes no such payment now; pay in the currency of the bill, or ask who sent you the bill',
      );
    default:
      return error;
  }
}
