import { Body, Controller, Get, Header, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type CommandDefinition, EventStore, ReadBarrier } from '#libs/event-sourcing';
import { Accessed, CallOf, TakesCommand } from '#http/platform';
import { type Call, isUuid, type Page, pageAnswer, PersonalData, PersonalDataErased, Problem } from '#libs/platform';
import { account } from '../billing/account.js';
import { holdsCardNumber } from '../billing/card-numbers.js';
import { refuse } from '../billing/rejections.js';
import { accountIdOf, CommandDoor, idFrom } from '../command-door.js';
import { accountUnknown } from '../reads/answers.js';
import { Fresh, FreshPage, positionOf } from '../reads/page.queries.js';
import {
  AddNote,
  AssignSupportCase,
  CloseSupportCase,
  OpenSupportCase,
  ReopenSupportCase,
} from './handle-support-case.js';
import { EventLink, LinkedEvents } from './linked-events.job.js';
import { type SupportCaseState } from './support-case.js';
import { SupportChannel, type SupportCaseEvent } from './support-case-events.js';
import { SUPPORT_CASES } from './support-cases.projection.js';
import { SupportCasesQueries, type SupportCaseView } from './support-cases.queries.js';

const CasesQuery = FreshPage.extend({
  state: z.enum(['open', 'all']).default('open'),
  eventId: z.uuid().optional().meta({ description: 'Only cases in which a note is about this event' }),
});

const SupportCase = z.object({
  caseId: z.uuid(),
  accountId: z.uuid(),
  channel: SupportChannel,
  topic: z.string(),
  state: z.enum(['open', 'closed']),
  assignee: z.string().nullable(),
  outcome: z.string().nullable(),
  openedBy: z.string(),
  openedAt: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
  revision: z.string(),
});
const SupportCasesAnswer = pageAnswer(SupportCase.meta({ id: 'SupportCase' }), 'SupportCasePage');
const SupportCaseAnswer = SupportCase.extend({
  notes: z.array(
    z.object({
      noteId: z.uuid(),
      channel: SupportChannel,
      text: z.string().nullable().meta({ description: 'null when the customer’s personal data was erased' }),
      links: z.array(z.object({ stream: z.string(), revision: z.string(), eventId: z.uuid() })),
      writtenBy: z.string(),
      writtenAt: z.iso.datetime(),
      revision: z.string(),
    }),
  ),
}).meta({ id: 'SupportCaseWithNotes' });

const SupportCaseReceipt = z
  .object({
    commandId: z.uuid(),
    caseId: z.uuid(),
    revision: z.string().meta({ description: 'Revision of the case’s stream after the command' }),
    position: z.string().meta({ description: 'Give it to a read as ?after= to see what this command did' }),
    repeated: z.boolean(),
  })
  .meta({ id: 'SupportCaseReceipt' });
type SupportCaseReceipt = z.output<typeof SupportCaseReceipt>;

const OpenSupportCaseRequest = OpenSupportCase.schema
  .omit({ accountId: true })
  .meta({ id: 'OpenSupportCaseRequest', examples: [{ channel: 'phone', topic: 'bill-too-high' }] });
const TEXT = 'must be a text of 1 to 4000 characters';
const AddNoteRequest = z
  .strictObject({
    channel: SupportChannel,
    text: z
      .string(TEXT)
      .trim()
      .min(1, TEXT)
      .max(4000, TEXT)
      // Said without the text: an error must not carry it back out, or into a log.
      .refine((text) => !holdsCardNumber(text), 'must not hold a card number'),
    links: z.array(EventLink).max(50, 'has at most 50 links').default([]),
  })
  .meta({
    id: 'AddNoteRequest',
    examples: [{ channel: 'phone', text: 'Says the outage lasted two days.', links: [{ revision: '12' }] }],
  });
const AssignSupportCaseRequest = AssignSupportCase.schema
  .omit({ accountId: true })
  .meta({ id: 'AssignSupportCaseRequest', examples: [{ assignee: 'agent:42' }] });
const CloseSupportCaseRequest = CloseSupportCase.schema
  .omit({ accountId: true })
  .meta({ id: 'CloseSupportCaseRequest', examples: [{ outcome: 'credit-given' }] });
const ReopenSupportCaseRequest = ReopenSupportCase.schema
  .omit({ accountId: true })
  .meta({ id: 'ReopenSupportCaseRequest', examples: [{ reason: 'customer-called-again' }] });

/** What customers and agents talk about, and what it comes to (AC4). */
@ApiTags('customer service')
@Controller('accounts/:accountId/cases')
export class SupportCasesController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(SupportCasesQueries) private readonly queries: SupportCasesQueries,
    @Inject(LinkedEvents) private readonly linked: LinkedEvents,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
    @Inject(PersonalData) private readonly personalData: PersonalData | null,
  ) {}

  @Post()
  @TakesCommand({ summary: 'Open a case about an account', answer: SupportCaseReceipt })
  async openSupportCase(
    @Param('accountId') text: string,
    @Body({ schema: OpenSupportCaseRequest }) body: z.output<typeof OpenSupportCaseRequest>,
    @CallOf() call: Call,
  ): Promise<SupportCaseReceipt> {
    const accountId = accountIdOf(text);
    await this.#requireAccount(accountId);
    const caseId = idFrom(`support cases of ${accountId}`, call.idempotencyKey);
    return this.#send(OpenSupportCase, caseId, { accountId, ...body }, call);
  }

  @Post(':caseId/notes')
  @TakesCommand({
    summary: 'Keep what was said, with the events it is about',
    description: 'The text is sealed with the customer’s own key. A note is never changed: another corrects it.',
    answer: SupportCaseReceipt,
  })
  async addNote(
    @Param('accountId') text: string,
    @Param('caseId') caseId: string,
    @Body({ schema: AddNoteRequest }) body: z.output<typeof AddNoteRequest>,
    @CallOf() call: Call,
  ): Promise<SupportCaseReceipt> {
    const accountId = accountIdOf(text);
    await this.#requireAccount(accountId);
    const links = await this.linked.of(accountId, body.links);
    const sealed = await this.#seal(accountId, body.text);
    return this.#send(AddNote, caseIdOf(caseId), { accountId, channel: body.channel, text: sealed, links }, call);
  }

  @Post(':caseId/assignment')
  @TakesCommand({ summary: 'Give a case to somebody to look into', answer: SupportCaseReceipt })
  assignSupportCase(
    @Param('accountId') accountId: string,
    @Param('caseId') caseId: string,
    @Body({ schema: AssignSupportCaseRequest }) body: z.output<typeof AssignSupportCaseRequest>,
    @CallOf() call: Call,
  ): Promise<SupportCaseReceipt> {
    return this.#send(AssignSupportCase, caseIdOf(caseId), { accountId: accountIdOf(accountId), ...body }, call);
  }

  @Post(':caseId/closing')
  @TakesCommand({ summary: 'Close a case, with what it came to', answer: SupportCaseReceipt })
  closeSupportCase(
    @Param('accountId') accountId: string,
    @Param('caseId') caseId: string,
    @Body({ schema: CloseSupportCaseRequest }) body: z.output<typeof CloseSupportCaseRequest>,
    @CallOf() call: Call,
  ): Promise<SupportCaseReceipt> {
    return this.#send(CloseSupportCase, caseIdOf(caseId), { accountId: accountIdOf(accountId), ...body }, call);
  }

  @Post(':caseId/reopening')
  @TakesCommand({ summary: 'Open a closed case again', answer: SupportCaseReceipt })
  reopenSupportCase(
    @Param('accountId') accountId: string,
    @Param('caseId') caseId: string,
    @Body({ schema: ReopenSupportCaseRequest }) body: z.output<typeof ReopenSupportCaseRequest>,
    @CallOf() call: Call,
  ): Promise<SupportCaseReceipt> {
    return this.#send(ReopenSupportCase, caseIdOf(caseId), { accountId: accountIdOf(accountId), ...body }, call);
  }

  @Get()
  @ApiOperation({ summary: 'An account’s cases, the latest opened first; ?state=all for closed ones too' })
  @ApiResponse({ status: 200, standardSchema: SupportCasesAnswer })
  async getSupportCases(
    @Param('accountId') accountId: string,
    @Query({ schema: CasesQuery }) query: z.output<typeof CasesQuery>,
  ): Promise<Page<SupportCaseView>> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(SUPPORT_CASES, positionOf(query));
    return this.queries.cases(id, query);
  }

  @Get(':caseId')
  @Accessed('support-case')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'One case with its notes, in the clear' })
  @ApiResponse({ status: 200, standardSchema: SupportCaseAnswer })
  async getSupportCase(
    @Param('accountId') accountId: string,
    @Param('caseId') caseId: string,
    @Query({ schema: Fresh }) query: z.output<typeof Fresh>,
  ): Promise<z.output<typeof SupportCaseAnswer>> {
    const [account, id] = [accountIdOf(accountId), caseIdOf(caseId)];
    const personalData = this.#unlocked();
    await this.barrier.waitFor(SUPPORT_CASES, positionOf(query));
    const found = await this.queries.case(account, id);
    const notes = await Promise.all(
      (await this.queries.notes(id)).map(async ({ sealed, ...note }) => ({
        ...note,
        channel: SupportChannel.parse(note.channel),
        text: (await personalData.open(account, 'note', sealed)) ?? null,
        links: [...note.links],
      })),
    );
    return { ...found, channel: SupportChannel.parse(found.channel), notes };
  }

  async #send<Type extends string, Schema extends z.ZodType>(
    definition: CommandDefinition<Type, Schema, SupportCaseState, SupportCaseEvent>,
    caseId: string,
    data: z.output<Schema> & object,
    call: Call,
  ): Promise<SupportCaseReceipt> {
    const { commandId, revision, position, repeated } = await this.door.send(definition, caseId, data, call);
    return { commandId, caseId, revision: String(revision), position: String(position), repeated };
  }

  async #seal(accountId: string, text: string): Promise<string> {
    try {
      return await this.#unlocked().seal(accountId, 'note', text);
    } catch (error) {
      if (!(error instanceof PersonalDataErased)) throw error;
      return refuse('PERSONAL_DATA_ERASED', 'the personal data of this customer was erased; nothing is noted any more');
    }
  }

  #unlocked(): PersonalData {
    if (this.personalData) return this.personalData;
    const detail = 'this server was started without PAYBILL_MASTER_KEY and neither seals nor opens personal data';
    throw new Problem(503, 'PERSONAL_DATA_LOCKED', detail);
  }

  async #requireAccount(accountId: string): Promise<void> {
    if ((await this.store.readLast(`${account.category}-${accountId}`)) === undefined) throw accountUnknown();
  }
}

/** What is no UUID names no case, and is never made part of a stream's name. */
function caseIdOf(text: string): string {
  const id = text.toLowerCase();
  return isUuid(id) ? id : refuse('CASE_UNKNOWN', 'the account has no case with this id; list its cases', 'caseId');
}
