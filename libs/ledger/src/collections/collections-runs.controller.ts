import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CallerOf } from '#http/platform';
import { type Caller } from '#libs/platform';
import { Day } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { AsOf } from '../reads/as-of.queries.js';
import { runAnswer, WhichRun } from '../runs-of-accounts/run-answers.js';
import { CollectionPolicy, policyOn } from './collection-policy.js';
import { CollectionsReport } from './collections-run-events.js';
import { CollectionsRuns, type CollectionsRunStanding } from './collections-runs.job.js';

/** Where the collection policy of the process is found. */
export const COLLECTION_POLICY = Symbol('COLLECTION_POLICY');

const StartRequest = z
  .strictObject({
    date: Day.meta({ description: 'The day on which days past due are reckoned' }),
    dryRun: z.boolean().default(false).meta({ description: 'Say what would be done and write nothing' }),
  })
  .meta({ id: 'StartCollectionsRunRequest', examples: [{ date: '2026-02-15' }] });
const PolicyQuery = z.strictObject({
  on: AsOf.meta({ description: 'The day it holds on; today when it is left out' }),
});
const PolicyAnswer = z.unknown().meta({
  id: 'CollectionPolicyVersion',
  description: 'The version as it stands in the file; see docs/guides/collections.md',
});

const Standing = runAnswer(
  { date: z.iso.date() },
  { policy: z.string() },
  CollectionsReport,
  'nothing is done twice',
).meta({ id: 'CollectionsRun' });

/** The collections run of a day, and the policy it goes by. */
@ApiTags('collections')
@Controller()
export class CollectionsRunsController {
  constructor(
    @Inject(CollectionsRuns) private readonly runs: CollectionsRuns,
    @Inject(COLLECTION_POLICY) private readonly policy: CollectionPolicy,
  ) {}

  @Get('collection-policy')
  @ApiOperation({ summary: 'What is done about bills that are not paid in time: the version that holds on a day' })
  @ApiResponse({ status: 200, standardSchema: PolicyAnswer })
  getCollectionPolicy(@Query({ schema: PolicyQuery }) { on }: z.output<typeof PolicyQuery>): unknown {
    return policyOn(this.policy, on);
  }

  @Post('collections-runs')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Charge late fees, take dunning steps, suspend and restore, for a day; an interrupted run is gone on with',
    description:
      'There is one run a day: one that is under way is answered as it stands, a finished one refused. ' +
      'None is begun of a day that has passed; one that was interrupted then is closed, and what is left is left to the next.',
  })
  @ApiResponse({ status: 202, standardSchema: Standing })
  async startCollectionsRun(
    @Body({ schema: StartRequest }) { date, dryRun }: z.output<typeof StartRequest>,
    @CallerOf() caller: Caller,
  ): Promise<CollectionsRunStanding> {
    return this.runs.start(date, { dryRun, caller });
  }

  @Get('collections-runs/:date')
  @ApiOperation({ summary: 'How the collections run of a day stands, or what it came to' })
  @ApiResponse({ status: 200, standardSchema: Standing })
  async getCollectionsRun(
    @Param('date') date: string,
    @Query({ schema: WhichRun }) { dryRun }: z.output<typeof WhichRun>,
  ): Promise<CollectionsRunStanding> {
    // What is no day names no run, and is never made part of a stream's name.
    if (!Day.safeParse(date).success) refuse('COLLECTIONS_RUN_UNKNOWN', 'a run is named by its day: 2026-02-15');
    return this.runs.standing(date, dryRun);
  }
}
