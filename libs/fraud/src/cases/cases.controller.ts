import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Commands } from '#http/event-sourcing';
import { type CommandDefinition, ReadBarrier, Rejected } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, Metrics, type Page, pageAnswer, Paged, isUuid } from '#libs/platform';
import { AlertsQueries, AlertView } from '../alerts/alerts.queries.js';
import { commandIdFrom } from '../ids.js';
import { AssignCase } from './assign-case.js';
import { type CaseEvent } from './case-events.js';
import { FRAUD_CASES } from './cases.projection.js';
import { CasesQueries, CaseView, HoldView } from './cases.queries.js';
import { ConfirmCase, DismissCase } from './decide-case.js';
import { CASE_STATES, refuseCase } from './fraud-case.js';

const After = z
  .string()
  .regex(/^\d{1,19}$/, 'must be the position a command answered with')
  .optional()
  .meta({ description: 'The position a command answered with; the read waits until it sees what that command did' });
const CaseQuery = z.strictObject({ after: After });
const CasesQuery = Paged.extend({ after: After, state: z.enum(CASE_STATES).optional() });
const CaseAnswer = CaseView.extend({ alerts: z.array(AlertView), holds: z.array(HoldView) }).meta({
  id: 'FraudCaseWithAlerts',
});

const CaseReceipt = z
  .object({
    commandId: z.uuid(),
    caseId: z.uuid(),
    revision: z.string(),
    position: z.string().meta({ description: 'Give it to a read as ?after= to see what this command did' }),
    repeated: z.boolean(),
  })
  .meta({ id: 'FraudCaseReceipt' });
type CaseReceipt = z.output<typeof CaseReceipt>;

const AssignCaseRequest = AssignCase.schema.meta({ id: 'AssignCaseRequest', examples: [{ assignee: 'analyst-7' }] });
const DecideCaseRequest = ConfirmCase.schema.meta({
  id: 'DecideCaseRequest',
  examples: [{ reason: 'customer-confirmed' }],
});

/** Cases of suspected fraud: who looks into them, and what they come to. */
@ApiTags('fraud')
@Controller('fraud/cases')
export class CasesController {
  constructor(
    @Inject(Commands) private readonly commands: Commands,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(CasesQueries) private readonly queries: CasesQueries,
    @Inject(AlertsQueries) private readonly alerts: AlertsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Cases, the latest opened first; ?state=open for those nobody has taken' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(CaseView, 'FraudCasePage') })
  async getFraudCases(@Query({ schema: CasesQuery }) query: z.output<typeof CasesQuery>): Promise<Page<CaseView>> {
    await this.barrier.waitFor(FRAUD_CASES, BigInt(query.after ?? 0));
    return this.queries.cases(query.state, query.limit, query.cursor);
  }

  @Get(':caseId')
  @ApiOperation({ summary: 'One case with its alerts, their evidence, and the holds it led to' })
  @ApiResponse({ status: 200, standardSchema: CaseAnswer })
  async getFraudCase(
    @Param('caseId') caseId: string,
    @Query({ schema: CaseQuery }) query: z.output<typeof CaseQuery>,
  ): Promise<z.output<typeof CaseAnswer>> {
    const id = caseIdFrom(caseId);
    await this.barrier.waitFor(FRAUD_CASES, BigInt(query.after ?? 0));
    const found = await this.queries.case(id);
    return { ...found, alerts: await this.alerts.alertsOf(id), holds: await this.queries.holdsOf(id) };
  }

  @Post(':caseId/assign')
  @TakesCommand({ summary: 'Give a case to somebody to look into', answer: CaseReceipt })
  assignFraudCase(
    @Param('caseId') caseId: string,
    @Body({ schema: AssignCaseRequest }) body: z.output<typeof AssignCaseRequest>,
    @CallOf() call: Call,
  ): Promise<CaseReceipt> {
    return this.#send(AssignCase, caseId, body, call);
  }

  @Post(':caseId/confirm')
  @TakesCommand({
    summary: 'It is fraud',
    description: 'Payments of the account are held until the hold, whose id is the case’s, is released.',
    answer: CaseReceipt,
  })
  confirmFraudCase(
    @Param('caseId') caseId: string,
    @Body({ schema: DecideCaseRequest }) body: z.output<typeof DecideCaseRequest>,
    @CallOf() call: Call,
  ): Promise<CaseReceipt> {
    return this.#send(ConfirmCase, caseId, body, call);
  }

  @Post(':caseId/dismiss')
  @TakesCommand({
    summary: 'It is no fraud',
    description: 'A hold that the case has put on the account is released.',
    answer: CaseReceipt,
  })
  dismissFraudCase(
    @Param('caseId') caseId: string,
    @Body({ schema: DecideCaseRequest }) body: z.output<typeof DecideCaseRequest>,
    @CallOf() call: Call,
  ): Promise<CaseReceipt> {
    return this.#send(DismissCase, caseId, body, call);
  }

  async #send<Type extends string, Schema extends z.ZodType, State>(
    definition: CommandDefinition<Type, Schema, State, CaseEvent>,
    text: string,
    data: z.output<Schema> & object,
    call: Call,
  ): Promise<CaseReceipt> {
    const caseId = caseIdFrom(text);
    const commandId = commandIdFrom(caseId, call.idempotencyKey);
    const { actor, onBehalfOf, correlationId, traceparent } = call;
    const metadata = {
      ...{ commandId, correlationId, causationId: correlationId, actor },
      ...(onBehalfOf !== undefined && { onBehalfOf }),
      ...(traceparent !== undefined && { traceparent }),
    };
    try {
      const { revision, position, repeated } = await this.commands.send(definition, caseId, data, metadata);
      this.metrics.command(definition.type, repeated ? 'repeated' : 'accepted');
      if (repeated) call.markReplayed();
      return { commandId, caseId, revision: String(revision), position: String(position), repeated };
    } catch (error) {
      this.metrics.command(definition.type, error instanceof Rejected ? error.code : 'failed');
      throw error;
    }
  }
}

/** What is no UUID names no case, and is never made part of a stream's name. */
function caseIdFrom(text: string): string {
  const id = text.toLowerCase();
  return isUuid(id) ? id : refuseCase('CASE_UNKNOWN', 'no case with this id has been opened; list the cases');
}
