import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Accessed } from '#http/platform';
import { Problem, isUuid } from '#libs/platform';
import { ConsistencyProof, EventsProof } from './proof-file.js';
import { ProofsQueries } from './proofs.queries.js';

const Size = z.coerce.number('must be a number of events').int('must be a whole number').min(0, 'must be at least 0');
const EventQuery = z.strictObject({
  checkpoint: Size.optional().meta({ description: 'Size of the checkpoint to prove it by; the last unless given' }),
});
const AccountQuery = EventQuery.extend({
  from: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a revision')
    .default('0')
    .meta({ description: 'The `next` of the answer before' }),
});
const ConsistencyQuery = z.strictObject({ from: Size, to: Size });

/** Proofs for auditors, to be checked without Paybill: infra/audit/verify-proof.mjs. */
@ApiTags('audit')
@Controller('audit')
export class ProofsController {
  constructor(@Inject(ProofsQueries) private readonly proofs: ProofsQueries) {}

  @Get('proofs/events/:eventId')
  @Accessed('proof-of-event', ['eventId'])
  @ApiOperation({ summary: 'Proof that an event is in the log over which a checkpoint was signed' })
  @ApiResponse({ status: 200, standardSchema: EventsProof })
  getEventProof(
    @Param('eventId') eventId: string,
    @Query({ schema: EventQuery }) query: z.output<typeof EventQuery>,
  ): Promise<EventsProof> {
    const id = idFrom(eventId, 'EVENT_UNKNOWN', 'no event with this id is in the tree; check the id');
    return this.proofs.event(id, query.checkpoint);
  }

  @Get('proofs/accounts/:accountId')
  @Accessed('proof-of-account')
  @ApiOperation({ summary: 'Proof that the events of an account are in the log, without a gap from the first on' })
  @ApiResponse({ status: 200, standardSchema: EventsProof })
  getAccountProof(
    @Param('accountId') accountId: string,
    @Query({ schema: AccountQuery }) query: z.output<typeof AccountQuery>,
  ): Promise<EventsProof> {
    const id = idFrom(accountId, 'ACCOUNT_UNKNOWN', 'no account with this id; open it first, or check the id');
    return this.proofs.stream(`account-${id}`, BigInt(query.from), query.checkpoint);
  }

  @Get('consistency')
  @Accessed('proof-of-consistency', ['from', 'to'])
  @ApiOperation({
    summary: 'Proof that a later checkpoint was signed over a log that begins with all of an earlier one’s',
  })
  @ApiResponse({ status: 200, standardSchema: ConsistencyProof })
  getConsistencyProof(
    @Query({ schema: ConsistencyQuery }) { from, to }: z.output<typeof ConsistencyQuery>,
  ): Promise<ConsistencyProof> {
    return this.proofs.consistency(from, to);
  }
}

/** What is no UUID names nothing, and is never made part of a stream's name. */
function idFrom(text: string, code: string, detail: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw new Problem(404, code, detail);
}
