import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier, Rejected } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, isUuid, type Page, pageAnswer } from '#libs/platform';
import { requireUnlimited } from '../adjustments/adjustment-policy.js';
import {
  DisputeOpenedAnswer,
  DisputeResolvedAnswer,
  inCurrencyOf,
  made,
  madeOf,
  Money,
  receipt,
} from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, FreshPage, positionOf } from '../reads/page.queries.js';
import { DisputesQueries, type DisputeView } from './disputes.queries.js';
import { OpenDispute } from './open-dispute.js';
import { ResolveDispute } from './resolve-dispute.js';

const DisputesQuery = FreshPage.extend({ state: z.enum(['open', 'all']).default('open') });

const Dispute = z
  .object({
    disputeId: z.uuid(),
    accountId: z.uuid(),
    state: z.enum(['open', 'resolved']),
    subject: z.object({
      kind: z.enum(['bill', 'charge', 'payment']),
      billNumber: z.string().nullable(),
      lineId: z.string().nullable(),
      paymentId: z.uuid().nullable(),
    }),
    amount: Money.meta({ description: 'As it was opened' }),
    disputed: Money.meta({ description: 'What is in dispute by now: less where charges were reversed meanwhile' }),
    reason: z.string(),
    policy: z.string().meta({ description: 'The version of the policy it was opened by' }),
    openedBy: z.string(),
    effectiveAt: z.iso.datetime(),
    recordedAt: z.iso.datetime(),
    resolution: z
      .object({
        outcome: z.enum(['customer', 'company']),
        granted: Money,
        reason: z.string(),
        payableBy: z.iso
          .date()
          .nullable()
          .meta({ description: 'Until then what was in dispute and not granted is not dunned for' }),
        resolvedBy: z.string(),
        at: z.iso.datetime(),
      })
      .nullable(),
    revision: z.string(),
  })
  .meta({ id: 'Dispute' });
const DisputesAnswer = pageAnswer(Dispute, 'DisputePage');

const OpenDisputeRequest = OpenDispute.schema.meta({
  id: 'OpenDisputeRequest',
  examples: [{ subject: { kind: 'charge', billNumber: '2026-01', lineId: 'L2' }, reason: 'calls-not-made' }],
});
const ResolveDisputeRequest = ResolveDispute.schema.omit({ disputeId: true }).meta({
  id: 'ResolveDisputeRequest',
  examples: [{ outcome: 'customer', amount: { amount: '10.00', currency: 'USD' }, reason: 'calls-not-made' }],
});

/** What customers object to, and what it comes to. */
@ApiTags('customer service')
@Controller('accounts/:accountId/disputes')
export class DisputesController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(DisputesQueries) private readonly disputes: DisputesQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Post()
  @TakesCommand({
    summary: 'Open a dispute about a bill, a charge or a payment',
    description: 'What is in dispute is not past due, is not dunned for and bears no late fee until it is decided.',
    answer: DisputeOpenedAnswer,
  })
  async openDispute(
    @Param('accountId') accountId: string,
    @Body({ schema: OpenDisputeRequest }) body: z.output<typeof OpenDisputeRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof DisputeOpenedAnswer>> {
    const done = await this.door.send(OpenDispute, accountIdOf(accountId), body, call);
    const { disputeId, amount, shares } = made(done, 'DisputeOpened');
    return { ...receipt(done), disputeId, amount, shares: inCurrencyOf(amount).each(shares) };
  }

  @Post(':disputeId/resolution')
  @TakesCommand({
    summary: 'Decide a dispute, for the customer in whole or in part, or for the company',
    description:
      'What is granted of a charge is reversed, and what had been paid on it becomes credit; a payment is taken off its bills.',
    answer: DisputeResolvedAnswer,
  })
  async resolveDispute(
    @Param('accountId') accountId: string,
    @Param('disputeId') disputeId: string,
    @Body({ schema: ResolveDisputeRequest }) body: z.output<typeof ResolveDisputeRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof DisputeResolvedAnswer>> {
    if (body.outcome === 'customer') requireUnlimited(call.role);
    const data = { ...body, disputeId: disputeIdOf(disputeId) };
    const done = await this.door.send(ResolveDispute, accountIdOf(accountId), data, call);
    const { outcome, granted, payableBy = null, ...resolved } = made(done, 'DisputeResolved');
    const { each } = inCurrencyOf(granted);
    const reversed = done.events.flatMap((event) =>
      event.type === 'ChargeReversed' ? [{ ...event.data, amount: event.data.amount.amount }] : [],
    );
    return {
      ...receipt(done),
      disputeId: resolved.disputeId,
      outcome,
      granted,
      reversed: each(reversed.map(({ billNumber, lineId, amount }) => ({ billNumber, lineId, amount }))),
      unapplied: each(madeOf(done, 'PaymentUnapplied')?.released ?? []),
      payableBy,
    };
  }

  @Get()
  @ApiOperation({ summary: 'An account’s disputes, the latest opened first; ?state=all for those decided too' })
  @ApiResponse({ status: 200, standardSchema: DisputesAnswer })
  async getDisputes(
    @Param('accountId') accountId: string,
    @Query({ schema: DisputesQuery }) query: z.output<typeof DisputesQuery>,
  ): Promise<Page<DisputeView>> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.disputes.disputes(id, query);
  }

  @Get(':disputeId')
  @ApiOperation({ summary: 'One dispute, and how it was decided' })
  @ApiResponse({ status: 200, standardSchema: Dispute })
  async getDispute(
    @Param('accountId') accountId: string,
    @Param('disputeId') disputeId: string,
    @Query({ schema: Fresh }) query: z.output<typeof Fresh>,
  ): Promise<DisputeView> {
    const [id, dispute] = [accountIdOf(accountId), disputeIdOf(disputeId)];
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.disputes.dispute(id, dispute);
  }
}

/** What is no UUID names no dispute. */
function disputeIdOf(text: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw new Rejected('DISPUTE_UNKNOWN', 'no dispute has this id; list the account’s disputes', 'disputeId');
}
