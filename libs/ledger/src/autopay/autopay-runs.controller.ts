import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CallerOf } from '#http/platform';
import { type Caller } from '#libs/platform';
import { Day } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { Collecting } from '../payment-lifecycle/collecting.js';
import { firstGateway } from '../payment-lifecycle/payment-lives.controller.js';
import { runAnswer, WhichRun } from '../runs-of-accounts/run-answers.js';
import { AutopayReport } from './autopay-run-events.js';
import { AutopayRuns, type AutopayRunStanding } from './autopay-runs.job.js';

const StartRequest = z
  .strictObject({
    date: Day.meta({ description: 'The day; what was left over by days before it is made up for' }),
    dryRun: z.boolean().default(false).meta({ description: 'Say what would be done, and do nothing' }),
  })
  .meta({ id: 'StartAutopayRunRequest', examples: [{ date: '2026-02-20' }] });
const Standing = runAnswer({ date: z.iso.date() }, {}, AutopayReport, 'nothing is debited twice').meta({
  id: 'AutopayRun',
});

/** The run of a day: begun, looked at, gone on with. */
@ApiTags('autopay')
@Controller('autopay-runs')
export class AutopayRunsController {
  constructor(
    @Inject(AutopayRuns) private readonly runs: AutopayRuns,
    @Inject(Collecting) private readonly collecting: Collecting,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Do what is due of autopay on a day; a run that ended early is gone on with',
    description:
      'Debits that came back are answered, those whose day has come are collected, bills to be debited are announced. ' +
      'There is one run for a day: one that is under way is answered as it stands, a finished one refused. ' +
      'None is begun of a day that has passed, which the next makes up for; one that was interrupted is gone on with.',
  })
  @ApiResponse({ status: 202, standardSchema: Standing })
  async startAutopayRun(
    @Body({ schema: StartRequest }) { date, dryRun }: z.output<typeof StartRequest>,
    @CallerOf() caller: Caller,
  ): Promise<AutopayRunStanding> {
    if (!dryRun) firstGateway(this.collecting);
    return this.runs.start(date, { dryRun, caller });
  }

  @Get(':date')
  @ApiOperation({ summary: 'How the autopay run of a day stands, or what it came to' })
  @ApiResponse({ status: 200, standardSchema: Standing })
  async getAutopayRun(
    @Param('date') text: string,
    @Query({ schema: WhichRun }) { dryRun }: z.output<typeof WhichRun>,
  ): Promise<AutopayRunStanding> {
    const date = Day.safeParse(text);
    if (!date.success) refuse('AUTOPAY_RUN_UNKNOWN', 'a run is named by its day, such as 2026-02-20');
    return this.runs.standing(date.data, dryRun);
  }
}
