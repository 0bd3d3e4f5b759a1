import { Body, Controller, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CommandHandling, ReadBarrier } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call } from '#libs/platform';
import { account } from '../billing/account.js';
import { type AccountState, requireCurrency, requireOpen } from '../billing/account-state.js';
import { Identifier } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { CATALOGUE } from '../catalogue/catalogue.controller.js';
import { type Catalogue, type CatalogueVersion, offered, versionOn } from '../catalogue/catalogue.js';
import {
  made,
  OneTimeChargeAddedAnswer,
  receipt,
  SubscriptionAnswer,
  SubscriptionStartedAnswer,
  UsageRecordedAnswer,
} from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { Fresh, positionOf } from '../reads/page.queries.js';
import { AddOneTimeCharge } from './add-one-time-charge.js';
import { ChangePlan } from './change-plan.js';
import { RecordUsage } from './record-usage.js';
import { StartSubscription } from './start-subscription.js';
import { StopSubscription } from './stop-subscription.js';
import { planOn, requireSubscription, subscription } from './subscription.js';
import { SUBSCRIPTIONS } from './subscriptions.projection.js';
import { SubscriptionsQueries, type SubscriptionView } from './subscriptions.queries.js';

const StartRequest = StartSubscription.schema.omit({ catalogue: true }).meta({
  id: 'StartSubscriptionRequest',
  examples: [
    { subscriptionId: 'home', plan: 'fibre-300', startsOn: '2026-01-20', taxArea: 'US-PA', discounts: ['welcome'] },
  ],
});
const ChangePlanRequest = ChangePlan.schema
  .omit({ subscriptionId: true, catalogue: true })
  .meta({ id: 'ChangePlanRequest', examples: [{ plan: 'fibre-1000', on: '2026-03-02' }] });
const StopRequest = StopSubscription.schema
  .omit({ subscriptionId: true })
  .meta({ id: 'StopSubscriptionRequest', examples: [{ on: '2026-06-10', reason: 'moved-away' }] });
const ChargeRequest = AddOneTimeCharge.schema
  .omit({ subscriptionId: true, catalogue: true })
  .meta({ id: 'AddOneTimeChargeRequest', examples: [{ charge: 'installation', on: '2026-01-20' }] });
const UsageRequest = RecordUsage.schema
  .omit({ subscriptionId: true, usageId: true })
  .meta({ id: 'RecordUsageRequest', examples: [{ meter: 'data', quantity: '1.25', usedOn: '2026-01-21' }] });

const SubscriptionsAnswer = z
  .object({
    items: z.array(
      z.object({
        subscriptionId: z.string(),
        cycleDay: z.int(),
        taxArea: z.string(),
        discounts: z.array(z.string()),
        plans: z.array(z.object({ from: z.iso.date(), plan: z.string() })),
        startsOn: z.iso.date(),
        stopsOn: z.iso.date().nullable().meta({ description: 'The first day that is not charged' }),
      }),
    ),
  })
  .meta({ id: 'Subscriptions' });

/** What an account subscribes to and uses: parse, look up what the catalogue offers, dispatch, answer. */
@ApiTags('subscriptions and billing')
@Controller('accounts/:accountId/subscriptions')
export class SubscriptionsController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    @Inject(SubscriptionsQueries) private readonly queries: SubscriptionsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
  ) {}

  @Get()
  @ApiOperation({ summary: 'An account’s subscriptions, the earliest first' })
  @ApiResponse({ status: 200, standardSchema: SubscriptionsAnswer })
  async getSubscriptions(
    @Param('accountId') accountId: string,
    @Query({ schema: Fresh }) query: z.output<typeof Fresh>,
  ): Promise<{ items: SubscriptionView[] }> {
    await this.barrier.waitFor(SUBSCRIPTIONS, positionOf(query));
    return { items: await this.queries.subscriptions(accountIdOf(accountId)) };
  }

  @Post()
  @TakesCommand({
    summary: 'Start a subscription; the first decides the account’s cycle day',
    answer: SubscriptionStartedAnswer,
  })
  async startSubscription(
    @Param('accountId') accountId: string,
    @Body({ schema: StartRequest }) body: z.output<typeof StartRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof SubscriptionStartedAnswer>> {
    const { id, version } = await this.#offering(accountId, body.startsOn);
    offered(version, 'plans', body.plan, 'plan');
    offered(version, 'taxAreas', body.taxArea, 'taxArea');
    for (const [index, code] of body.discounts.entries()) offered(version, 'discounts', code, `discounts/${index}`);
    const done = await this.door.send(StartSubscription, id, { ...body, catalogue: version.version }, call);
    const { subscriptionId, cycleDay } = made(done, 'SubscriptionStarted');
    return { ...receipt(done), subscriptionId, cycleDay };
  }

  @Post(':subscriptionId/plan-changes')
  @TakesCommand({ summary: 'Change the plan from a day on; billed by the day', answer: SubscriptionAnswer })
  async changePlan(
    @Param('accountId') accountId: string,
    @Param('subscriptionId', { schema: Identifier }) subscriptionId: string,
    @Body({ schema: ChangePlanRequest }) body: z.output<typeof ChangePlanRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof SubscriptionAnswer>> {
    const { id, version } = await this.#offering(accountId, body.on);
    offered(version, 'plans', body.plan, 'plan');
    const data = { subscriptionId, ...body, catalogue: version.version };
    return { ...receipt(await this.door.send(ChangePlan, id, data, call)), subscriptionId };
  }

  @Post(':subscriptionId/stop')
  @TakesCommand({
    summary: 'Stop a subscription; the day it stops is the first not charged',
    answer: SubscriptionAnswer,
  })
  async stopSubscription(
    @Param('accountId') accountId: string,
    @Param('subscriptionId', { schema: Identifier }) subscriptionId: string,
    @Body({ schema: StopRequest }) body: z.output<typeof StopRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof SubscriptionAnswer>> {
    const data = { subscriptionId, ...body };
    return { ...receipt(await this.door.send(StopSubscription, accountIdOf(accountId), data, call)), subscriptionId };
  }

  @Post(':subscriptionId/charges')
  @TakesCommand({ summary: 'Add a charge that is billed once', answer: OneTimeChargeAddedAnswer })
  async addOneTimeCharge(
    @Param('accountId') accountId: string,
    @Param('subscriptionId', { schema: Identifier }) subscriptionId: string,
    @Body({ schema: ChargeRequest }) body: z.output<typeof ChargeRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof OneTimeChargeAddedAnswer>> {
    const { id, version } = await this.#offering(accountId, body.on);
    offered(version, 'oneTime', body.charge, 'charge');
    const data = { subscriptionId, ...body, catalogue: version.version };
    const done = await this.door.send(AddOneTimeCharge, id, data, call);
    return { ...receipt(done), subscriptionId, chargeId: made(done, 'OneTimeChargeAdded').chargeId };
  }

  @Put(':subscriptionId/usage/:usageId')
  @TakesCommand({
    summary: 'Record usage, once for its id',
    description: 'The usage’s id is what tells a retry; the Idempotency-Key is not looked at.',
    answer: UsageRecordedAnswer,
  })
  async recordUsage(
    @Param('accountId') accountId: string,
    @Param('subscriptionId', { schema: Identifier }) subscriptionId: string,
    @Param('usageId', { schema: Identifier }) usageId: string,
    @Body({ schema: UsageRequest }) body: z.output<typeof UsageRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof UsageRecordedAnswer>> {
    const { id } = await this.#openAccount(accountId);
    await this.#requireMeter(id, subscriptionId, body);
    const once = { ...call, idempotencyKey: usageId };
    const done = await this.door.send(RecordUsage, id, { usageId, subscriptionId, ...body }, once, `usage-${id}`);
    return { ...receipt(done), subscriptionId, usageId };
  }

  /** What no plan of the account measures would keep its whole bill from being computed. */
  async #requireMeter(
    id: string,
    subscriptionId: string,
    { meter, usedOn }: z.output<typeof UsageRequest>,
  ): Promise<void> {
    const { state } = await this.handling.current(id, subscription);
    const plan = planOn(requireSubscription(state, subscriptionId), usedOn);
    const { usage } = offered(versionOn(this.catalogue, usedOn), 'plans', plan);
    if (usage.some((one) => one.meter === meter)) return;
    refuse('METER_UNKNOWN', `plan ${plan} has no such meter; see GET /catalogue`, 'meter');
  }

  /** The account, which has to be open, and what the catalogue offers it on a day. */
  async #offering(accountId: string, day: string): Promise<{ id: string; version: CatalogueVersion }> {
    const { id, state } = await this.#openAccount(accountId);
    const version = versionOn(this.catalogue, day);
    requireCurrency(state, version.currency, 'plan');
    return { id, version };
  }

  /** What is recorded on a closed account nobody would bill. @throws Rejected ACCOUNT_UNKNOWN | ACCOUNT_CLOSED */
  async #openAccount(accountId: string): Promise<{ id: string; state: AccountState }> {
    const id = accountIdOf(accountId);
    const { state } = await this.handling.current(id, account);
    requireOpen(state);
    return { id, state };
  }
}
