import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, CallerOf } from '#libs/platform';
import { refuse } from '../billing/rejections.js';
import { BillingReport } from './billing-run-events.js';
import { BillingRunOf, billingRunOf } from './billing-run.js';
import { BillingRuns, type BillingRunStanding } from './billing-runs.job.js';

const StartRequest = BillingRunOf.extend({
  dryRun: z.boolean().default(false).meta({ description: 'Compute all bills and write nothing' }),
}).meta({ id: 'StartBillingRunRequest', examples: [{ date: '2026-02-15' }] });
const StandingQuery = z.strictObject({ dryRun: z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false) });

const Standing = z
  .object({
    runId: z.string(),
    date: z.iso.date(),
    cycle: z.int(),
    state: z.enum(['running', 'interrupted', 'finished']).meta({
      description: 'An interrupted run is gone on with by asking for it again; nothing is billed twice',
    }),
    dryRun: z.boolean(),
    catalogue: z.string(),
    progress: z.object({ accounts: z.int(), done: z.int() }).nullable(),
    report: BillingReport.nullable().meta({ description: 'What it has come to so far, or in the end' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'BillingRun' });

/** Billing runs: begun, looked at, gone on with. */
@ApiTags('subscriptions and billing')
@Controller('billing-runs')
export class BillingRunsController {
  constructor(@Inject(BillingRuns) private readonly runs: BillingRuns) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Bill the accounts of a cycle; a run that ended early is gone on with',
    description:
      'There is one run for a cycle and day: one that is under way is answered as it stands, a finished one refused.',
  })
  @ApiResponse({ status: 202, standardSchema: Standing })
  async startBillingRun(
    @Body({ schema: StartRequest }) { dryRun, ...body }: z.output<typeof StartRequest>,
    @CallerOf() caller: Caller,
  ): Promise<BillingRunStanding> {
    return this.runs.start(billingRunOf(body), { dryRun, caller });
  }

  @Get(':runId')
  @ApiOperation({ summary: 'How a billing run stands, or what it came to' })
  @ApiResponse({ status: 200, standardSchema: Standing })
  async getBillingRun(
    @Param('runId') runId: string,
    @Query({ schema: StandingQuery }) { dryRun }: z.output<typeof StandingQuery>,
  ): Promise<BillingRunStanding> {
    return this.runs.standing(runNamed(runId), dryRun);
  }
}

/** What is no run's id names no run, and is never made part of a stream's name. */
function runNamed(text: string) {
  const [, date, cycle] = /^(\d{4}-\d{2}-\d{2})-cycle-(\d{2})$/.exec(text) ?? [];
  const named = BillingRunOf.safeParse({ date, cycle: Number(cycle) });
  if (!named.success) refuse('BILLING_RUN_UNKNOWN', 'a run is named as 2026-02-15-cycle-15: its day and its cycle');
  return billingRunOf(named.data);
}
