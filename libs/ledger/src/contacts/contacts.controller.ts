import { Body, Controller, Get, Header, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { EventStore, ReadBarrier } from '#libs/event-sourcing';
import { Accessed, CallOf, TakesCommand } from '#http/platform';
import { type Call, PersonalData, PersonalDataErased, Problem } from '#libs/platform';
import { account } from '../billing/account.js';
import { refuse } from '../billing/rejections.js';
import { ContactChangedAnswer, madeOf, receipt } from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { accountUnknown } from '../reads/answers.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, positionOf } from '../reads/page.queries.js';
import { ChangeContact } from './change-contact.js';
import { ContactInTheClear } from './contact-fields.js';
import { ContactsQueries } from './contacts.queries.js';

const ChangeContactRequest = ContactInTheClear.meta({
  id: 'ChangeContactRequest',
  examples: [{ name: 'Jane Q. Public', email: 'jane@example.com', phone: '+14155550123' }],
});

const part = z.string().nullable();
const ContactAnswer = z
  .object({
    accountId: z.uuid(),
    name: part,
    email: part,
    phone: part,
    erased: z
      .boolean()
      .meta({ description: 'true when the customer’s personal data was erased; all of it is null then' }),
  })
  .meta({ id: 'Contact' });

const PARTS = ['name', 'email', 'phone'] as const;

/** How a customer is reached: sealed before it becomes a command, opened for whoever reads it. */
@ApiTags('contacts')
@Controller('accounts/:accountId/contact')
export class ContactsController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(ContactsQueries) private readonly contacts: ContactsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
    @Inject(PersonalData) private readonly personalData: PersonalData | null,
  ) {}

  @Put()
  @TakesCommand({
    summary: 'Change how the customer is reached',
    description: 'What is named is set, null removes it, what is left out stays. Stored and published encrypted.',
    answer: ContactChangedAnswer,
  })
  async changeContact(
    @Param('accountId') accountId: string,
    @Body({ schema: ChangeContactRequest }) body: z.output<typeof ChangeContactRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ContactChangedAnswer>> {
    const personalData = this.#unlocked();
    const id = accountIdOf(accountId);
    await this.#refuseUnknown(id);
    const done = await this.door.send(ChangeContact, id, await sealed(personalData, id, body), call);
    return { ...receipt(done), changed: madeOf(done, 'ContactChanged')?.changed ?? [] };
  }

  @Get()
  @Accessed('contact')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'How the customer is reached, in the clear' })
  @ApiResponse({ status: 200, standardSchema: ContactAnswer })
  async getContact(
    @Param('accountId') accountId: string,
    @Query({ schema: Fresh }) query: z.output<typeof Fresh>,
  ): Promise<z.output<typeof ContactAnswer>> {
    const personalData = this.#unlocked();
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    const contact = await this.contacts.contact(id);
    const open = async (field: (typeof PARTS)[number]) => {
      const text = contact[field];
      return text === null ? null : personalData.open(id, field, text);
    };
    const [name, email, phone] = await Promise.all([open('name'), open('email'), open('phone')]);
    const erased = [name, email, phone].includes(undefined);
    return { accountId: id, name: name ?? null, email: email ?? null, phone: phone ?? null, erased };
  }

  #unlocked(): PersonalData {
    if (this.personalData) return this.personalData;
    const detail = 'this server was started without PAYBILL_MASTER_KEY and neither seals nor opens personal data';
    throw new Problem(503, 'PERSONAL_DATA_LOCKED', detail);
  }

  /** Before anything is sealed: a request for an account that is not there must not leave a key behind. */
  async #refuseUnknown(accountId: string): Promise<void> {
    if ((await this.store.readLast(`${account.category}-${accountId}`)) === undefined) throw accountUnknown();
  }
}

/** The command of a change, with each text sealed; what is removed or left out stays as it is. */
async function sealed(personalData: PersonalData, accountId: string, change: z.output<typeof ContactInTheClear>) {
  const seal = async (field: (typeof PARTS)[number]) => {
    const text = change[field];
    return typeof text === 'string' ? personalData.seal(accountId, field, text) : text;
  };
  try {
    const command: z.output<typeof ChangeContact.schema> = {};
    for (const field of PARTS) if (change[field] !== undefined) command[field] = await seal(field);
    return command;
  } catch (error) {
    if (!(error instanceof PersonalDataErased)) throw error;
    const message = 'the personal data of this customer was erased; open a new account for a new contact';
    return refuse('PERSONAL_DATA_ERASED', message);
  }
}
