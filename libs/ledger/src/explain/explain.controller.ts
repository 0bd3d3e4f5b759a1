import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Accessed } from '#libs/platform';
import { MomentsAnswer, MomentsQuery, toldMoments } from '../as-of/moment.js';
import { Money } from '../command-answers.js';
import { accountIdOf } from '../command-door.js';
import { ExplainQueries } from './explain.queries.js';
import { TRACED } from './trace.js';

const ExplainQuery = z.strictObject(MomentsQuery);

const Share = z.object({
  billNumber: z.string(),
  lineId: z.string(),
  amount: z.string().meta({ description: 'In the account’s currency' }),
  sourceId: z.string().optional(),
  sourceKind: z.enum(['payment', 'credit']).optional(),
});

const ExplainingEvent = z
  .object({
    id: z.uuid(),
    type: z.string(),
    revision: z.string(),
    position: z.string(),
    effectiveAt: z.iso.datetime(),
    recordedAt: z.iso.datetime(),
    actor: z.string(),
    onBehalfOf: z.string().nullable(),
    commandId: z.string(),
    allocationPolicy: z.string().nullable().meta({ description: 'The version of the policy that laid the money' }),
    rounding: z
      .object({ policy: z.enum(['line', 'bill']), residue: z.string() })
      .nullable()
      .meta({ description: 'How a bill was rounded, and what that added or dropped' }),
    reason: z.string().nullable(),
    allocations: z.array(Share).meta({ description: 'All that the event laid on bills' }),
    released: z.array(Share).meta({ description: 'All that it took off bills' }),
  })
  .meta({ id: 'ExplainingEvent' });

const entry = {
  what: z.enum(TRACED),
  amount: Money.meta({ description: 'What it changed of what is left' }),
  event: ExplainingEvent,
} as const;
const sourceKind = z.enum(['payment', 'credit']);

const ExplainAnswer = z
  .object({
    ...MomentsAnswer,
    accountId: z.uuid(),
    currency: z.string(),
    balance: Money.meta({ description: 'What is left on lines less what is left of sources, to the cent' }),
    events: z.int().meta({ description: 'How many of the account’s events count' }),
    revision: z.string().nullable(),
    lines: z
      .array(
        z.object({
          billNumber: z.string(),
          lineId: z.string(),
          service: z.string(),
          description: z.string(),
          dueOn: z.iso.date(),
          left: Money.meta({
            description: 'The sum of its entries; negative where more lies on it than is charged yet',
          }),
          entries: z.array(z.object({ ...entry, sourceKind: sourceKind.nullable(), sourceId: z.string().nullable() })),
        }),
      )
      .meta({ description: 'Lines of bills on which something is left, the first due first' }),
    sources: z
      .array(
        z.object({
          sourceKind,
          sourceId: z.string(),
          left: Money.meta({ description: 'The sum of its entries: what of it lies on no bill' }),
          entries: z.array(z.object({ ...entry, billNumber: z.string().nullable(), lineId: z.string().nullable() })),
        }),
      )
      .meta({ description: 'Payments and credits of which something is left, in the order they came' }),
  })
  .meta({ id: 'Explanation' });

@ApiTags('audit')
@Controller('accounts/:accountId/explain')
export class ExplainController {
  constructor(@Inject(ExplainQueries) private readonly queries: ExplainQueries) {}

  @Get()
  @Accessed('explanation', ['effectiveAt', 'recordedAt'])
  @ApiOperation({ summary: 'Why an account’s balance is what it is: each cent traced to its events' })
  @ApiResponse({ status: 200, standardSchema: ExplainAnswer })
  async getExplanation(
    @Param('accountId') accountId: string,
    @Query({ schema: ExplainQuery }) query: z.output<typeof ExplainQuery>,
  ) {
    return { ...toldMoments(query), ...(await this.queries.explain(accountIdOf(accountId), query)) };
  }
}
