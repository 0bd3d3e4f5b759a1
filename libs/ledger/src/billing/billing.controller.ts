import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type z } from 'zod';
import { type Call, CallOf, TakesCommand } from '#libs/platform';
import {
  BillIssuedAnswer,
  ChargeReversedAnswer,
  CreditAppliedAnswer,
  CreditIssuedAnswer,
  inCurrencyOf,
  made,
  madeOf,
  receipt,
} from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { ApplyCredit } from './apply-credit.js';
import { IssueBill } from './issue-bill.js';
import { IssueCredit } from './issue-credit.js';
import { ReverseCharge } from './reverse-charge.js';

const usd = (amount: string) => ({ amount, currency: 'USD' });

const IssueBillRequest = IssueBill.schema.meta({
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
    const done = await this.door.send(IssueBill, accountIdOf(accountId), body, call);
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
    const done = await this.door.send(ReverseCharge, accountIdOf(accountId), { billNumber, lineId, ...body }, call);
    const reversed = made(done, 'ChargeReversed');
    const { money, each } = inCurrencyOf(reversed.amount);
    const { reversalId, amount } = reversed;
    const { net, released } = { net: money(reversed.net), released: each(reversed.released) };
    return { ...receipt(done), reversalId, billNumber, lineId, amount, net, released };
  }

  @Post('credits')
  @TakesCommand({ summary: 'Give credit; it settles open bills, oldest due first', answer: CreditIssuedAnswer })
  async issueCredit(
    @Param('accountId') accountId: string,
    @Body({ schema: IssueCreditRequest }) body: z.output<typeof IssueCreditRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof CreditIssuedAnswer>> {
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
