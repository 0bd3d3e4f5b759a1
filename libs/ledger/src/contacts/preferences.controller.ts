import { Body, Controller, Get, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call } from '#libs/platform';
import { madeOf, PreferencesChangedAnswer, receipt } from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, positionOf } from '../reads/page.queries.js';
import { ChangeNotificationPreferences } from './change-notification-preferences.js';
import { ContactsQueries } from './contacts.queries.js';

const ChangeNotificationPreferencesRequest = ChangeNotificationPreferences.schema.meta({
  id: 'ChangeNotificationPreferencesRequest',
  examples: [
    {
      locale: 'en-US',
      timeZone: 'America/New_York',
      channels: { 'bill-ready': ['email'], 'payment-confirmation': ['email', 'sms'] },
      quietHours: { from: '22:00', to: '07:00' },
    },
  ],
});

const PreferencesAnswer = z
  .object({
    accountId: z.uuid(),
    preferences: z
      .object({
        locale: z.string(),
        timeZone: z.string(),
        channels: z.record(z.string(), z.array(z.enum(['email', 'sms']))),
        quietHours: z.object({ from: z.string(), to: z.string() }).optional(),
      })
      .nullable()
      .meta({ description: 'null until the customer has said anything: the biller’s defaults hold' }),
  })
  .meta({ id: 'NotificationPreferences' });

/** How a customer wants to be told. */
@ApiTags('contacts')
@Controller('accounts/:accountId/notification-preferences')
export class PreferencesController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(ContactsQueries) private readonly contacts: ContactsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Put()
  @TakesCommand({
    summary: 'Change how the customer wants to be told, the whole of it',
    description: 'A type of notification that is not named uses the biller’s default; an empty list switches it off.',
    answer: PreferencesChangedAnswer,
  })
  async changeNotificationPreferences(
    @Param('accountId') accountId: string,
    @Body({ schema: ChangeNotificationPreferencesRequest })
    body: z.output<typeof ChangeNotificationPreferencesRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PreferencesChangedAnswer>> {
    const done = await this.door.send(ChangeNotificationPreferences, accountIdOf(accountId), body, call);
    return { ...receipt(done), changed: madeOf(done, 'NotificationPreferencesChanged') !== undefined };
  }

  @Get()
  @ApiOperation({ summary: 'How the customer wants to be told' })
  @ApiResponse({ status: 200, standardSchema: PreferencesAnswer })
  async getNotificationPreferences(
    @Param('accountId') accountId: string,
    @Query({ schema: Fresh }) query: z.output<typeof Fresh>,
  ): Promise<z.output<typeof PreferencesAnswer>> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return { accountId: id, preferences: await this.contacts.preferences(id) };
  }
}
