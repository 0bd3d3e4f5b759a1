import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier, Rejected } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, isUuid, type Page, pageAnswer } from '#libs/platform';
import { AdjustmentAnswer, type Done, Money, receipt } from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { LEDGER } from '../reads/ledger.js';
import { FreshPage, positionOf } from '../reads/page.queries.js';
import { Adjustment as AdjustmentBody } from './adjustment.js';
import { roleOf, ROLES } from './adjustment-policy.js';
import { ADJUSTMENT_STATES, AdjustmentsQueries, type AdjustmentView } from './adjustments.queries.js';
import { ApproveAdjustment, RefuseAdjustment } from './decide-adjustment.js';
import { ProposeAdjustment } from './propose-adjustment.js';

const AdjustmentsQuery = FreshPage.extend({ state: z.enum(ADJUSTMENT_STATES).optional() });

const Adjustment = z
  .object({
    adjustmentId: z.uuid(),
    accountId: z.uuid(),
    state: z.enum(ADJUSTMENT_STATES),
    kind: z.enum(['credit', 'charge-reversal', 'dispute']),
    billNumber: z.string().nullable(),
    lineId: z.string().nullable(),
    disputeId: z.uuid().nullable(),
    amount: Money,
    reason: z.string(),
    policy: z.string().meta({ description: 'The version of the policy it was proposed by' }),
    proposedBy: z.string(),
    role: z.enum(ROLES),
    proposedAt: z.iso.datetime(),
    approval: z.enum(['within-limit', 'second-person']).nullable(),
    refusal: z.string().nullable(),
    decidedBy: z.string().nullable().meta({ description: 'The second person; null when there was none' }),
    decidedAt: z.iso.datetime().nullable(),
    revision: z.string(),
  })
  .meta({ id: 'Adjustment' });
const AdjustmentsAnswer = pageAnswer(Adjustment, 'AdjustmentPage');

const ProposeAdjustmentRequest = AdjustmentBody.meta({
  id: 'ProposeAdjustmentRequest',
  examples: [{ kind: 'credit', amount: { amount: '20.00', currency: 'USD' }, reason: 'goodwill' }],
});
const ApproveAdjustmentRequest = z.strictObject({}).meta({ id: 'ApproveAdjustmentRequest' });
const RefuseAdjustmentRequest = RefuseAdjustment.schema
  .pick({ reason: true })
  .meta({ id: 'RefuseAdjustmentRequest', examples: [{ reason: 'no-outage-found' }] });

/** What is taken off accounts in the customer's favor, within limits by role and with a second person above them. */
@ApiTags('customer service')
@Controller()
export class AdjustmentsController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(AdjustmentsQueries) private readonly adjustments: AdjustmentsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Post('accounts/:accountId/adjustments')
  @TakesCommand({
    summary: 'Propose a credit, the reversal of a charge, or to grant a dispute',
    description:
      'Within what the role in X-Role may do alone it is posted at once; above that it waits for a second person.',
    answer: AdjustmentAnswer,
  })
  async proposeAdjustment(
    @Param('accountId') accountId: string,
    @Body({ schema: ProposeAdjustmentRequest }) adjustment: z.output<typeof ProposeAdjustmentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof AdjustmentAnswer>> {
    return answerOf(
      await this.door.send(ProposeAdjustment, accountIdOf(accountId), { adjustment, by: byOf(call) }, call),
    );
  }

  @Post('accounts/:accountId/adjustments/:adjustmentId/approval')
  @TakesCommand({
    summary: 'Approve what somebody else proposed, and post it',
    description: 'Nobody approves his own, and nobody more than his role may.',
    answer: AdjustmentAnswer,
  })
  async approveAdjustment(
    @Param('accountId') accountId: string,
    @Param('adjustmentId') text: string,
    @Body({ schema: ApproveAdjustmentRequest }) _body: z.output<typeof ApproveAdjustmentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof AdjustmentAnswer>> {
    const data = { adjustmentId: adjustmentIdOf(text), by: byOf(call) };
    return answerOf(await this.door.send(ApproveAdjustment, accountIdOf(accountId), data, call));
  }

  @Post('accounts/:accountId/adjustments/:adjustmentId/refusal')
  @TakesCommand({ summary: 'Refuse what was proposed, or withdraw it; nothing is posted', answer: AdjustmentAnswer })
  async refuseAdjustment(
    @Param('accountId') accountId: string,
    @Param('adjustmentId') text: string,
    @Body({ schema: RefuseAdjustmentRequest }) body: z.output<typeof RefuseAdjustmentRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof AdjustmentAnswer>> {
    const data = { ...body, adjustmentId: adjustmentIdOf(text), by: byOf(call) };
    return answerOf(await this.door.send(RefuseAdjustment, accountIdOf(accountId), data, call));
  }

  @Get('accounts/:accountId/adjustments')
  @ApiOperation({ summary: 'An account’s adjustments, the latest proposed first' })
  @ApiResponse({ status: 200, standardSchema: AdjustmentsAnswer })
  async getAdjustments(
    @Param('accountId') accountId: string,
    @Query({ schema: AdjustmentsQuery }) query: z.output<typeof AdjustmentsQuery>,
  ): Promise<Page<AdjustmentView>> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.adjustments.ofAccount(id, query);
  }

  @Get('adjustments')
  @ApiOperation({
    summary: 'Adjustments of all accounts, the first proposed first; ?state=proposed for those to decide',
  })
  @ApiResponse({ status: 200, standardSchema: AdjustmentsAnswer })
  async getAllAdjustments(
    @Query({ schema: AdjustmentsQuery }) query: z.output<typeof AdjustmentsQuery>,
  ): Promise<Page<AdjustmentView>> {
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.adjustments.ofAll(query);
  }
}

function byOf({ actor, role }: Call) {
  return { actor, role: roleOf(role) };
}

/** What is no UUID names no adjustment. */
function adjustmentIdOf(text: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw new Rejected('ADJUSTMENT_UNKNOWN', 'no adjustment has this id; list the account’s adjustments', 'adjustmentId');
}

const STATES = {
  AdjustmentProposed: 'proposed',
  AdjustmentApproved: 'approved',
  AdjustmentRefused: 'refused',
} as const;

function answerOf(done: Done): z.output<typeof AdjustmentAnswer> {
  const own = done.events.flatMap((event) =>
    event.type in STATES ? [{ state: STATES[event.type as keyof typeof STATES], data: event.data }] : [],
  );
  const last = own.at(-1);
  if (!last || !('adjustmentId' in last.data)) throw new Error(`command ${done.commandId} decided on no adjustment`);
  const posted = done.events.flatMap((event) =>
    event.type === 'CreditIssued' || event.type === 'ChargeReversed' || event.type === 'PaymentUnapplied'
      ? [{ type: event.type, amount: event.data.amount }]
      : [],
  );
  return { ...receipt(done), adjustmentId: last.data.adjustmentId, state: last.state, posted };
}
