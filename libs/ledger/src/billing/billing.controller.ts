import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type z } from 'zod';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call } from '#libs/platform';
import { requireUnlimited } from '../adjustments/adjustment-policy.js';
import {
  BillCorrectedAnswer,
  BillIssuedAnswer,
  BillReversedAnswer,
  ChargeReversedAnswer,
  CreditAppliedAnswer,
  CreditIssuedAnswer,
  type Done,
  inCurrencyOf,
  made,
  madeOf,
  receipt,
  reversedAnswer,
} from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { Money, type MoneyJson } from '../money/money.js';
import { ApplyCredit } from './apply-credit.js';
import { CorrectBill } from './correct-bill.js';
import { IssueBill, StatedBill } from './issue-bill.js';
import { IssueCredit } from './issue-credit.js';
import { ReverseBill } from './reverse-bill.js';
import { ReverseCharge } from './reverse-charge.js';

const usd = (amount: string) => ({ amount, currency: 'USD' });

const IssueBillRequest = StatedBill.meta({
  id: 'IssueBillRequest',
  examples: [
    {
      billNumber: '2026-01',
      issuedOn: '2026-01-01',
      dueOn: '2026-01-31',
      lines: [
        {
          service: 'internet',
          description: 'Fibre 500',
          unitPrice: '59.99',
          discounts: [{ kind: 'percent', description: 'Loyalty', percent: '10' }],
          taxes: [{ jurisdiction: 'US-PA', rate: '0.06' }],
        },
      ],
    },
  ],
});
const ReverseChargeRequest = ReverseCharge.schema.omit({ billNumber: true, lineId: true }).meta({
  id: 'ReverseChargeRequest',
  examples: [{ amount: usd('10.00'), reason: 'billed-in-error' }],
});
const ReverseBillRequest = ReverseBill.schema
  .omit({ billNumber: true })
  .meta({ id: 'ReverseBillRequest', examples: [{ reason: 'billed-in-error' }] });
const CorrectBillRequest = CorrectBill.schema.omit({ billNumber: true }).meta({
  id: 'CorrectBillRequest',
  description: 'The bill may be stated, or be the one that correction-preview has computed',
});
const IssueCreditRequest = IssueCredit.schema.meta({
  id: 'IssueCreditRequest',
  examples: [{ amount: usd('5.00'), reason: 'goodwill' }],
});
const ApplyCreditRequest = ApplyCredit.schema.meta({ id: 'ApplyCreditRequest', examples: [{}] });

/** Bills and credits: parse, dispatch, answer. */
@ApiTags('bills and credits')
@Controller('accounts/:accountId')
export class BillingController {
  constructor(@Inject(CommandDoor) private readonly door: CommandDoor) {}

  @Post('bills')
  @TakesCommand({ summary: 'Issue a bill; credit of the account is used on it at once', answer: BillIssuedAnswer })
  async issueBill(
    @Param('accountId') accountId: string,
    @Body({ schema: IssueBillRequest }) body: z.output<typeof IssueBillRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof BillIssuedAnswer>> {
    return issuedAnswer(await this.door.send(IssueBill, accountIdOf(accountId), body, call));
  }

  @Post('bills/:billNumber/reversal')
  @TakesCommand({
    summary: 'Reverse a bill: a credit note for all that is left of it',
    description: 'What had been paid on it becomes credit of its payers.',
    answer: BillReversedAnswer,
  })
  async reverseBill(
    @Param('accountId') accountId: string,
    @Param('billNumber') billNumber: string,
    @Body({ schema: ReverseBillRequest }) body: z.output<typeof ReverseBillRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof BillReversedAnswer>> {
    requireUnlimited(call.role);
    const done = await this.door.send(ReverseBill, accountIdOf(accountId), { billNumber, ...body }, call);
    const charges = reversedCharges(done);
    const { each } = inCurrencyOf(charges[0]!.amount);
    return {
      ...receipt(done),
      reversalId: done.commandId,
      billNumber,
      amount: sumOfMoney(charges.map(({ amount }) => amount))!,
      lines: charges.map(({ lineId, amount, net }) => ({ lineId, amount, net: { ...amount, amount: net } })),
      released: charges.flatMap(({ released }) => each(released)),
    };
  }

  @Post('bills/:billNumber/correction')
  @TakesCommand({
    summary: 'Reverse a bill and issue another in its place, both or neither',
    description: 'What had been paid on the wrong bill pays the right one at once.',
    answer: BillCorrectedAnswer,
  })
  async correctBill(
    @Param('accountId') accountId: string,
    @Param('billNumber') billNumber: string,
    @Body({ schema: CorrectBillRequest }) body: z.output<typeof CorrectBillRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof BillCorrectedAnswer>> {
    requireUnlimited(call.role);
    const done = await this.door.send(CorrectBill, accountIdOf(accountId), { billNumber, ...body }, call);
    const answer = issuedAnswer(done);
    const reversed = sumOfMoney(reversedCharges(done).map(({ amount }) => amount));
    return { ...answer, corrects: billNumber, reversed: reversed ?? Money.zero(answer.total.currency).toJSON() };
  }

  @Post('bills/:billNumber/lines/:lineId/reversals')
  @TakesCommand({
    summary: 'Reverse a charge, whole or in part',
    description: 'What had been paid on the reversed part becomes credit of its payers.',
    answer: ChargeReversedAnswer,
  })
  async reverseCharge(
    @Param('accountId') accountId: string,
    @Param('billNumber') billNumber: string,
    @Param('lineId') lineId: string,
    @Body({ schema: ReverseChargeRequest }) body: z.output<typeof ReverseChargeRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ChargeReversedAnswer>> {
    requireUnlimited(call.role);
    const done = await this.door.send(ReverseCharge, accountIdOf(accountId), { billNumber, lineId, ...body }, call);
    return reversedAnswer(done);
  }

  @Post('credits')
  @TakesCommand({ summary: 'Give credit; it settles open bills, oldest due first', answer: CreditIssuedAnswer })
  async issueCredit(
    @Param('accountId') accountId: string,
    @Body({ schema: IssueCreditRequest }) body: z.output<typeof IssueCreditRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof CreditIssuedAnswer>> {
    requireUnlimited(call.role);
    const done = await this.door.send(IssueCredit, accountIdOf(accountId), body, call);
    const { creditId, amount, allocations, unapplied } = made(done, 'CreditIssued');
    const { money, each } = inCurrencyOf(amount);
    return { ...receipt(done), creditId, amount, allocations: each(allocations), unapplied: money(unapplied) };
  }

  @Post('credit-applications')
  @TakesCommand({ summary: 'Lay credit of the account on open bills', answer: CreditAppliedAnswer })
  async applyCredit(
    @Param('accountId') accountId: string,
    @Body({ schema: ApplyCreditRequest }) body: z.output<typeof ApplyCreditRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof CreditAppliedAnswer>> {
    const done = await this.door.send(ApplyCredit, accountIdOf(accountId), body, call);
    const { amount, allocations } = made(done, 'CreditApplied');
    return { ...receipt(done), amount, allocations: inCurrencyOf(amount).each(allocations) };
  }
}

function issuedAnswer(done: Done): z.output<typeof BillIssuedAnswer> {
  const { billNumber, dueOn, total, lines } = made(done, 'BillIssued');
  const { money, each } = inCurrencyOf(total);
  return {
    ...receipt(done),
    billNumber,
    dueOn,
    total,
    lines: lines.map((line) => ({ lineId: line.lineId, net: money(line.net), total: money(line.total) })),
    creditApplied: each(madeOf(done, 'CreditApplied')?.allocations ?? []),
  };
}

function reversedCharges({ events }: Done) {
  return events.flatMap((event) => (event.type === 'ChargeReversed' ? [event.data] : []));
}

/** Undefined for nothing, which has no currency. */
function sumOfMoney([first, ...others]: readonly MoneyJson[]): MoneyJson | undefined {
  if (!first) return undefined;
  let sum = Money.parse(first);
  for (const next of others) sum = sum.add(Money.parse(next));
  return sum.toJSON();
}
