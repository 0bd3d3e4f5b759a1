import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CommandHandling, ReadBarrier } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, type Page, pageAnswer } from '#libs/platform';
import { account } from '../billing/account.js';
import { type AccountState, requireKnown } from '../billing/account-state.js';
import { AutopayReceipt, made, Money, receipt } from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { formatMinor } from '../money/minor-units.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, FreshPage, positionOf } from '../reads/page.queries.js';
import { type AutopayDebit, type Enrollment } from './autopay.js';
import { AutopayQueries, type EnrollmentSummary } from './autopay.queries.js';
import { CancelAutopay, ResumeAutopay, scheduledOf, StopAutopayDebit } from './cancel-autopay.js';
import { EnrollAutopay } from './enroll-autopay.js';

const EnrollAutopayRequest = EnrollAutopay.schema.meta({
  id: 'EnrollAutopayRequest',
  examples: [
    {
      method: { kind: 'card', token: 'tok_1NirD82eZvKYlo2C', lastFour: '4242', expires: '2028-03' },
      consent: {
        by: 'account-holder',
        agreedAt: '2026-01-08T17:49:00Z',
        wording: 'autopay-2026-01',
        means: 'online',
      },
    },
  ],
});
const CancelAutopayRequest = CancelAutopay.schema.meta({
  id: 'CancelAutopayRequest',
  examples: [{ reason: 'customer-asked' }],
});
const ResumeAutopayRequest = ResumeAutopay.schema.meta({
  id: 'ResumeAutopayRequest',
  examples: [{ reason: 'customer-called' }],
});
const StopDebitRequest = z.strictObject({}).meta({ id: 'StopAutopayDebitRequest', examples: [{}] });

const status = z.enum(['active', 'suspended', 'cancelled', 'stopped']);
const Method = z.object({
  kind: z.enum(['card', 'bank-account']),
  lastFour: z.string().optional(),
  expires: z.string().optional(),
});
const Debit = z
  .object({
    debitId: z.string(),
    payOn: z.iso.date(),
    status: z.enum(['scheduled', 'presented', 'paid', 'failed', 'dropped']),
    amount: Money.meta({ description: 'The most that is debited; of one that was presented, what was' }),
    bills: z.array(z.object({ billNumber: z.string(), amount: Money })),
    presentments: z.int(),
    paymentId: z.uuid().nullable(),
    code: z.string().nullable().meta({ description: 'Of the bank or gateway, when it came back' }),
    reason: z.string().nullable().meta({ description: 'Why it was dropped' }),
  })
  .meta({ id: 'AutopayDebit' });
const EnrolledAnswer = AutopayReceipt.extend({ enrollmentId: z.uuid() }).meta({ id: 'AutopayEnrolledAnswer' });
const CancelledAnswer = AutopayReceipt.extend({
  lastDebits: z.array(Debit).meta({ description: 'Announced for days too close to be stopped: they are still made' }),
}).meta({ id: 'AutopayCancelledAnswer' });
const View = z
  .object({
    accountId: z.uuid(),
    enrollment: z
      .object({
        enrollmentId: z.uuid(),
        status,
        code: z.string().nullable().meta({ description: 'Why it is suspended or stopped' }),
        method: Method,
        daysBeforeDue: z.int(),
        noticeRange: z.object({ from: Money, to: Money }).nullable(),
        consent: EnrollAutopay.schema.shape.consent,
        since: z.iso.date().meta({ description: 'Bills that fall due from this day on are debited' }),
      })
      .nullable(),
    debits: z.array(Debit).meta({ description: 'The latest first' }),
  })
  .meta({ id: 'Autopay' });
const Listed = z
  .object({
    accountId: z.uuid(),
    enrollmentId: z.uuid(),
    status,
    code: z.string().nullable(),
    method: Method,
    daysBeforeDue: z.int(),
    enrolledAt: z.iso.datetime(),
  })
  .meta({ id: 'AutopayEnrollment' });
const ListQuery = FreshPage.extend({
  status: status.optional(),
  expiresUntil: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as "2027-03"')
    .optional()
    .meta({ description: 'Only cards that are good until this month at the longest' }),
});

/** Autopay of an account: authorized, looked at, stopped. What is due is done by the run. */
@ApiTags('autopay')
@Controller()
export class AutopayController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
    @Inject(AutopayQueries) private readonly queries: AutopayQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Post('accounts/:accountId/autopay')
  @TakesCommand({
    summary: 'Take down a customer’s authorization to debit their bills',
    description:
      'With the record of how it was given (12 CFR 1005.10(b)). It replaces the one there is; debits that ' +
      'notice was given of are made by the new method.',
    answer: EnrolledAnswer,
  })
  async enrollAutopay(
    @Param('accountId') accountId: string,
    @Body({ schema: EnrollAutopayRequest }) body: z.output<typeof EnrollAutopayRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof EnrolledAnswer>> {
    const done = await this.door.send(EnrollAutopay, accountIdOf(accountId), body, call);
    return { ...receipt(done), enrollmentId: made(done, 'AutopayEnrolled').enrollmentId };
  }

  @Get('accounts/:accountId/autopay')
  @ApiOperation({ summary: 'The autopay of an account: its authorization, and every debit announced' })
  @ApiResponse({ status: 200, standardSchema: View })
  async getAutopay(
    @Param('accountId') text: string,
    @Query({ schema: Fresh }) _query: z.output<typeof Fresh>,
  ): Promise<z.output<typeof View>> {
    const accountId = accountIdOf(text);
    const { state } = await this.handling.current(accountId, account);
    requireKnown(state);
    const { enrollment, debits } = state.autopay;
    return {
      accountId,
      enrollment: enrollment ? enrollmentView(enrollment, state) : null,
      debits: debits.toReversed().map(debitView(state)),
    };
  }

  @Post('accounts/:accountId/autopay/cancel')
  @TakesCommand({
    summary: 'End an account’s autopay because its customer says so',
    description: 'Debits three business days ahead or more are not made; closer ones are the last.',
    answer: CancelledAnswer,
  })
  async cancelAutopay(
    @Param('accountId') text: string,
    @Body({ schema: CancelAutopayRequest }) body: z.output<typeof CancelAutopayRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof CancelledAnswer>> {
    const accountId = accountIdOf(text);
    const done = await this.door.send(CancelAutopay, accountId, body, call);
    const { state } = await this.handling.current(accountId, account);
    return { ...receipt(done), lastDebits: scheduledOf(state).map(debitView(state)) };
  }

  @Post('accounts/:accountId/autopay/resume')
  @TakesCommand({ summary: 'Go on with an autopay that a rule has suspended', answer: AutopayReceipt })
  async resumeAutopay(
    @Param('accountId') accountId: string,
    @Body({ schema: ResumeAutopayRequest }) body: z.output<typeof ResumeAutopayRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof AutopayReceipt>> {
    return receipt(await this.door.send(ResumeAutopay, accountIdOf(accountId), body, call));
  }

  @Post('accounts/:accountId/autopay/debits/:debitId/stop')
  @TakesCommand({
    summary: 'Stop one debit; autopay goes on',
    description: 'Three business days before its day at the latest (12 CFR 1005.10(c)(1)).',
    answer: AutopayReceipt,
  })
  async stopAutopayDebit(
    @Param('accountId') accountId: string,
    @Param('debitId') debitId: string,
    @Body({ schema: StopDebitRequest }) _body: z.output<typeof StopDebitRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof AutopayReceipt>> {
    return receipt(await this.door.send(StopAutopayDebit, accountIdOf(accountId), { debitId }, call));
  }

  @Get('autopay/enrollments')
  @ApiOperation({ summary: 'Who has autopay, the latest enrolled first' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(Listed, 'AutopayEnrollmentPage') })
  async getEnrollments(
    @Query({ schema: ListQuery }) query: z.output<typeof ListQuery>,
  ): Promise<Page<EnrollmentSummary>> {
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.queries.enrollments(query, query.limit, query.cursor);
  }
}

function enrollmentView(enrollment: Enrollment, { currency, digits }: AccountState) {
  const { enrollmentId, code = null, daysBeforeDue, noticeRange, consent, since, method } = enrollment;
  const { token: _, ...known } = method;
  const money = (minor: bigint) => ({ amount: formatMinor(minor, digits), currency });
  return {
    ...{ enrollmentId, status: enrollment.status, code, method: known, daysBeforeDue },
    noticeRange: noticeRange ? { from: money(noticeRange.from), to: money(noticeRange.to) } : null,
    ...{ consent, since },
  };
}

function debitView({ currency, digits }: AccountState) {
  const money = (minor: bigint) => ({ amount: formatMinor(minor, digits), currency });
  return (debit: AutopayDebit): z.output<typeof Debit> => {
    const { debitId, payOn, presentments, presented, code = null, reason = null } = debit;
    const { amount, bills } = presented ?? debit;
    return {
      ...{ debitId, payOn, status: debit.status, amount: money(amount) },
      bills: bills.map((share) => ({ billNumber: share.billNumber, amount: money(share.amount) })),
      ...{ presentments, paymentId: presented?.paymentId ?? null, code, reason },
    };
  };
}
