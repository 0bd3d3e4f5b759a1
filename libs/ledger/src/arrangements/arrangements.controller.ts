import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier, Rejected } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, isUuid, type Page, pageAnswer } from '#libs/platform';
import { Day } from '../billing/command-fields.js';
import { ArrangementAnswer, type Done, made, Money, receipt } from '../command-answers.js';
import { accountIdOf, CommandDoor, metadataOf } from '../command-door.js';
import { LEDGER } from '../reads/ledger.js';
import { FreshPage, positionOf } from '../reads/page.queries.js';
import { AgreeArrangement } from './agree-arrangement.js';
import { Arrangements, type AssessedArrangements } from './arrangements.job.js';
import { ArrangementsQueries, type ArrangementView } from './arrangements.queries.js';
import { AssessArrangement } from './assess-arrangement.js';
import { CancelArrangement } from './cancel-arrangement.js';

const Arrangement = z
  .object({
    arrangementId: z.uuid(),
    accountId: z.uuid(),
    state: z.enum(['active', 'broken', 'completed', 'cancelled']),
    amount: Money,
    bills: z.array(z.object({ billNumber: z.string(), amount: Money })),
    instalments: z.array(z.object({ number: z.int(), dueOn: z.iso.date(), amount: Money, kept: z.boolean() })),
    graceDays: z.int(),
    policy: z.string().meta({ description: 'The version of the policy it was agreed by' }),
    agreedBy: z.string(),
    agreedAt: z.iso.datetime(),
    missing: Money.nullable().meta({ description: 'What was missing when it was broken' }),
    reason: z.string().nullable().meta({ description: 'Why it was cancelled' }),
    endedAt: z.iso.datetime().nullable(),
    revision: z.string(),
  })
  .meta({ id: 'Arrangement' });
const ArrangementsAnswer = pageAnswer(Arrangement, 'ArrangementPage');

const AgreeArrangementRequest = AgreeArrangement.schema.meta({
  id: 'AgreeArrangementRequest',
  examples: [
    {
      instalments: [
        { dueOn: '2026-02-15', amount: '40.00' },
        { dueOn: '2026-03-15', amount: '40.00' },
      ],
    },
  ],
});
const CancelArrangementRequest = CancelArrangement.schema
  .pick({ reason: true })
  .meta({ id: 'CancelArrangementRequest', examples: [{ reason: 'agreed-anew' }] });
const AssessArrangementRequest = AssessArrangement.schema.meta({ id: 'AssessArrangementRequest' });
const AssessArrangementsRequest = z.strictObject({ on: Day }).meta({ id: 'AssessArrangementsRequest' });
const AssessedAnswer = z
  .object({ assessed: z.int(), kept: z.int(), broken: z.int(), completed: z.int() })
  .meta({ id: 'ArrangementsAssessed' });

/** What customers and the company agree on about paying later, and what becomes of it. */
@ApiTags('customer service')
@Controller()
export class ArrangementsController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(ArrangementsQueries) private readonly arrangements: ArrangementsQueries,
    @Inject(Arrangements) private readonly all: Arrangements,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Post('accounts/:accountId/arrangements')
  @TakesCommand({
    summary: 'Agree on instalments for what is open on bills, or on one as a promise to pay',
    description:
      'They come to what is open on the bills exactly. As long as they are kept, the bills are not dunned for.',
    answer: ArrangementAnswer,
  })
  async agreeArrangement(
    @Param('accountId') accountId: string,
    @Body({ schema: AgreeArrangementRequest }) body: z.output<typeof AgreeArrangementRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ArrangementAnswer>> {
    const done = await this.door.send(AgreeArrangement, accountIdOf(accountId), body, call);
    return answerOf(done, made(done, 'ArrangementAgreed').arrangementId);
  }

  @Post('accounts/:accountId/arrangements/assessment')
  @TakesCommand({ summary: 'Look what became of the account’s arrangement by a day', answer: ArrangementAnswer })
  async assessArrangement(
    @Param('accountId') accountId: string,
    @Body({ schema: AssessArrangementRequest }) body: z.output<typeof AssessArrangementRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ArrangementAnswer>> {
    return answerOf(await this.door.send(AssessArrangement, accountIdOf(accountId), body, call), null);
  }

  @Post('accounts/:accountId/arrangements/:arrangementId/cancellation')
  @TakesCommand({ summary: 'End an arrangement; its bills are due as ever', answer: ArrangementAnswer })
  async cancelArrangement(
    @Param('accountId') accountId: string,
    @Param('arrangementId') text: string,
    @Body({ schema: CancelArrangementRequest }) body: z.output<typeof CancelArrangementRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ArrangementAnswer>> {
    const data = { ...body, arrangementId: arrangementIdOf(text) };
    return answerOf(await this.door.send(CancelArrangement, accountIdOf(accountId), data, call), data.arrangementId);
  }

  @Post('arrangements/assessment')
  @TakesCommand({
    summary: 'Look what became of all arrangements by a day: once a day, by whoever runs the day',
    answer: AssessedAnswer,
  })
  async assessArrangements(
    @Body({ schema: AssessArrangementsRequest }) { on }: z.output<typeof AssessArrangementsRequest>,
    @CallOf() call: Call,
  ): Promise<AssessedArrangements> {
    return this.all.assessAll(on, metadataOf(call, `arrangements ${on}`));
  }

  @Get('accounts/:accountId/arrangements')
  @ApiOperation({ summary: 'An account’s arrangements, the latest first' })
  @ApiResponse({ status: 200, standardSchema: ArrangementsAnswer })
  async getArrangements(
    @Param('accountId') accountId: string,
    @Query({ schema: FreshPage }) query: z.output<typeof FreshPage>,
  ): Promise<Page<ArrangementView>> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.arrangements.arrangements(id, query);
  }
}

/** What is no UUID names no arrangement. */
function arrangementIdOf(text: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw new Rejected(
    'ARRANGEMENT_UNKNOWN',
    'no arrangement has this id; list the account’s arrangements',
    'arrangementId',
  );
}

/** @param named null where the command names no arrangement, and is about the one that stands. */
function answerOf(done: Done, named: string | null): z.output<typeof ArrangementAnswer> {
  const told = done.events.flatMap(({ type, data }) =>
    'arrangementId' in data ? [{ type, arrangementId: data.arrangementId }] : [],
  );
  const arrangementId = named ?? told[0]?.arrangementId ?? null;
  return { ...receipt(done), arrangementId, told: told.map(({ type }) => type) };
}
