import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { CallerOf } from '#http/platform';
import { type Caller, Metrics, type Page, pageAnswer } from '#libs/platform';
import { refuse } from '../billing/rejections.js';
import { FreshPage, positionOf } from '../reads/page.queries.js';
import { runAnswer, WhichRun } from '../runs-of-accounts/run-answers.js';
import { BillingReport } from './billing-run-events.js';
import { BillingRunOf, billingRunOf } from './billing-run.js';
import { BillingRuns, type BillingRunStanding } from './billing-runs.job.js';
import { BILLING_RUNS } from './billing-runs.projection.js';
import { BillingRunsQueries, type RecordedRun } from './billing-runs.queries.js';

const StartRequest = BillingRunOf.extend({
  dryRun: z.boolean().default(false).meta({ description: 'Compute all bills and write nothing' }),
}).meta({ id: 'StartBillingRunRequest', examples: [{ date: '2026-02-15' }] });

const Standing = runAnswer(
  { runId: z.string(), date: z.iso.date(), cycle: z.int() },
  { catalogue: z.string() },
  BillingReport,
  'nothing is billed twice',
).meta({ id: 'BillingRun' });

const Listed = z
  .object({
    runId: z.string(),
    date: z.iso.date(),
    cycle: z.int(),
    catalogue: z.string(),
    begunAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable().meta({
      description: 'Null while it is under way, and of one that was interrupted: the run itself says which',
    }),
    report: BillingReport.omit({ failures: true, toCorrect: true })
      .nullable()
      .meta({ description: 'Numbers alone; whom they are about, the run itself says' }),
  })
  .meta({ id: 'RecordedBillingRun' });

const GAUGES = {
  paybill_billing_runs_unfinished: { help: 'Billing runs that were begun and are not finished', labels: [] },
  paybill_billing_runs_running: { help: 'Billing runs under way in this process', labels: [] },
  paybill_billing_run_accounts: {
    help: 'Accounts of the billing runs under way in this process, by what has become of them',
    labels: ['state'],
  },
} as const;

/** Billing runs: begun, looked at, gone on with. */
@ApiTags('subscriptions and billing')
@Controller('billing-runs')
export class BillingRunsController {
  constructor(
    @Inject(BillingRuns) private readonly runs: BillingRuns,
    @Inject(BillingRunsQueries) private readonly queries: BillingRunsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
    @Inject(Metrics) metrics: Metrics,
  ) {
    metrics.observed(GAUGES, async (set) => {
      const { running, accounts } = this.runs.underWay;
      set('paybill_billing_runs_running', {}, running);
      for (const [state, count] of Object.entries(accounts)) set('paybill_billing_run_accounts', { state }, count);
      // The database may be away, which metrics tell and do not fail by.
      const unfinished = await this.queries.unfinished().catch(() => undefined);
      if (unfinished !== undefined) set('paybill_billing_runs_unfinished', {}, unfinished);
    });
  }

  @Get()
  @ApiOperation({ summary: 'Billing runs, the latest begun first; dry runs are in none' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(Listed, 'BillingRunPage') })
  async getBillingRuns(@Query({ schema: FreshPage }) query: z.output<typeof FreshPage>): Promise<Page<RecordedRun>> {
    await this.barrier.waitFor(BILLING_RUNS, positionOf(query));
    return this.queries.runs(query.limit, query.cursor);
  }

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Bill the accounts of a cycle; a run that ended early is gone on with',
    description:
      'There is one run for a cycle and day: one that is under way is answered as it stands, a finished one refused. ' +
      'The day may have passed: the bills have its dates.',
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
    @Query({ schema: WhichRun }) { dryRun }: z.output<typeof WhichRun>,
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
