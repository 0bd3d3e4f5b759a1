import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { sumOf } from '../billing/allocation.js';
import { Day, Identifier } from '../billing/command-fields.js';
import { ComputedBill } from '../billing/issue-bill.js';
import { refuse } from '../billing/rejections.js';
import { madeOf, Money } from '../command-answers.js';
import { accountIdOf } from '../command-door.js';
import { addDays } from '../importing/calendar.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { digitsOf } from '../money/money.js';
import { AsOf } from '../reads/as-of.queries.js';
import { nextCycle } from './cycle.js';
import { type Previewed, SubscriptionBilling } from './subscription-billing.job.js';

const PreviewQuery = z.strictObject({
  on: Day.optional().meta({ description: 'The day of issue; the next day the account is billed when it is left out' }),
});
const CorrectionQuery = z.strictObject({
  on: AsOf.meta({ description: 'The day of issue; today when it is left out' }),
});

const Line = z.object({
  lineId: z.string(),
  service: z.string(),
  kind: z.enum(['recurring', 'one-time', 'usage']),
  description: z.string(),
  quantity: z.string(),
  unitPrice: z.string(),
  discounts: z.array(z.object({ description: z.string(), value: z.string(), amount: z.string() })),
  net: z.string(),
  taxes: z.array(z.object({ jurisdiction: z.string(), rate: z.string(), amount: z.string() })),
  total: z.string(),
});
const Days = z.object({ from: z.iso.date(), to: z.iso.date() }).meta({ id: 'DaysGivenBack' });
const Preview = z
  .object({
    billNumber: z.string(),
    issuedOn: z.iso.date(),
    dueOn: z.iso.date(),
    period: z.object({ from: z.iso.date(), to: z.iso.date() }),
    catalogue: z.string().meta({ description: 'The version it is computed from' }),
    lines: z.array(Line).meta({ description: 'Amounts are in the currency of the total' }),
    total: Money,
    residue: z.string().meta({ description: 'What rounding adds or drops' }),
    givenBack: z
      .array(z.object({ billNumber: z.string(), lineId: z.string(), days: z.array(Days), amount: Money }))
      .meta({ description: 'What earlier bills charged in advance for days that are not used: reversed there' }),
    creditApplied: Money.meta({ description: 'Credit of the account that would be used at once' }),
    toPay: Money,
  })
  .meta({ id: 'BillPreview' });
const CorrectionPreview = Preview.extend({
  corrects: z.string(),
  bill: ComputedBill.meta({ description: 'To be sent as the bill of a correction' }),
}).meta({ id: 'BillCorrectionPreview' });

/** What a bill would be, from the log as it is now. Nothing is written. */
@ApiTags('subscriptions and billing')
@Controller('accounts/:accountId')
export class BillPreviewController {
  constructor(@Inject(SubscriptionBilling) private readonly billing: SubscriptionBilling) {}

  @Get('bill-preview')
  @ApiOperation({ summary: 'The account’s next bill as a billing run would issue it now' })
  @ApiResponse({ status: 200, standardSchema: Preview })
  async getBillPreview(
    @Param('accountId') accountId: string,
    @Query({ schema: PreviewQuery }) { on }: z.output<typeof PreviewQuery>,
  ): Promise<z.output<typeof Preview>> {
    const id = accountIdOf(accountId);
    return shown(await this.billing.preview(id, { issuedOn: on ?? (await this.#nextBillingDay(id)) }));
  }

  @Get('bills/:billNumber/correction-preview')
  @ApiOperation({ summary: 'The latest bill from subscriptions, computed again from all that is known by now' })
  @ApiResponse({ status: 200, standardSchema: CorrectionPreview })
  async getCorrectionPreview(
    @Param('accountId') accountId: string,
    @Param('billNumber', { schema: Identifier }) billNumber: string,
    @Query({ schema: CorrectionQuery }) { on }: z.output<typeof CorrectionQuery>,
  ): Promise<z.output<typeof CorrectionPreview>> {
    const corrected = await this.billing.corrected(accountIdOf(accountId), billNumber, on);
    return { ...shown(corrected), corrects: billNumber, bill: ComputedBill.parse(corrected.bill) };
  }

  async #nextBillingDay(accountId: string): Promise<string> {
    const { subscriptions } = await this.billing.read(accountId);
    const today = new Date().toISOString().slice(0, 10);
    return nextCycle(today, subscriptions.now.cycleDay || 1);
  }
}

function shown(previewed: Previewed): z.output<typeof Preview> {
  const issued = madeOf(previewed, 'BillIssued');
  if (!issued) {
    return refuse(
      'NOTHING_TO_BILL',
      'there is no bill to come: days charged in advance are given back, and that is all',
    );
  }
  const { billNumber, issuedOn, dueOn, period, basis, lines, total, rounding } = issued;
  const digits = digitsOf(total.currency);
  const used = (madeOf(previewed, 'CreditApplied')?.allocations ?? []).map(({ billNumber: on, lineId, amount }) => ({
    billNumber: on,
    lineId,
    amount: parseMinor(amount, digits),
  }));
  const money = (minor: bigint) => ({ amount: formatMinor(minor, digits), currency: total.currency });
  return {
    ...{ billNumber, issuedOn, dueOn, total, residue: rounding.residue },
    period: period!,
    catalogue: basis!.catalogue,
    lines: lines.map(({ priority: _, prepaid: __, discounts, ...line }) => ({
      ...line,
      discounts: discounts.map(({ description, value, amount }) => ({ description, value, amount })),
    })),
    givenBack: previewed.events.flatMap((event) => {
      if (event.type !== 'ChargeReversed' || !event.data.unused) return [];
      const { billNumber: on, lineId, amount, unused } = event.data;
      return [
        { billNumber: on, lineId, amount, days: unused.days.map(({ from, to }) => ({ from, to: addDays(to, -1) })) },
      ];
    }),
    creditApplied: money(sumOf(used)),
    toPay: money(parseMinor(total.amount, digits) - sumOf(used)),
  };
}
