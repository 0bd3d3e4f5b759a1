import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ReadBarrier } from '#libs/event-sourcing';
import { Accessed, CallOf, TakesCommand } from '#http/platform';
import { type Call, type Page, pageAnswer } from '#libs/platform';
import { requireUnlimited, requireWriteOffAuthority } from '../adjustments/adjustment-policy.js';
import { Identifier } from '../billing/command-fields.js';
import {
  ChargeReversedAnswer,
  DebtReinstatedAnswer,
  DebtWrittenOffAnswer,
  inCurrencyOf,
  LateFeeAssessedAnswer,
  made,
  Money,
  receipt,
  reversedAnswer,
  ServiceAnswer,
} from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { AsOf } from '../reads/as-of.queries.js';
import { LEDGER } from '../reads/ledger.js';
import { Fresh, FreshPage, positionOf } from '../reads/page.queries.js';
import { AssessLateFee } from './assess-late-fee.js';
import { CollectionPolicy, policyOn } from './collection-policy.js';
import { COLLECTION_POLICY } from './collections-runs.controller.js';
import { type CollectedAccount, CollectionsQueries } from './collections.queries.js';
import { RestoreService, SuspendService } from './suspend-service.js';
import { WaiveLateFee } from './waive-late-fee.js';
import { ReinstateDebt, WriteOffDebt } from './write-off-debt.js';

const AssessLateFeeRequest = AssessLateFee.schema
  .omit({ billNumber: true, policy: true })
  .meta({ id: 'AssessLateFeeRequest', examples: [{}] });
const WaiveLateFeeRequest = WaiveLateFee.schema
  .omit({ billNumber: true })
  .meta({ id: 'WaiveLateFeeRequest', examples: [{ reason: 'goodwill' }] });
const SuspendServiceRequest = SuspendService.schema.meta({
  id: 'SuspendServiceRequest',
  examples: [{ reason: 'unsafe-equipment' }],
});
const RestoreServiceRequest = RestoreService.schema.meta({
  id: 'RestoreServiceRequest',
  examples: [{ reason: 'medical-certificate' }],
});

const WriteOffRequest = WriteOffDebt.schema.meta({ id: 'WriteOffRequest', examples: [{ reason: 'bankruptcy' }] });
const ReinstateRequest = ReinstateDebt.schema.meta({ id: 'ReinstateDebtRequest', examples: [{ reason: 'in-error' }] });

const Collected = z
  .object({
    accountId: z.uuid(),
    payBillNumber: z.string(),
    pastDue: Money.meta({
      description: 'What of open was due before asOf and is not in dispute, less the credit of the account',
    }),
    step: z
      .object({
        step: z.string(),
        kind: z.enum(['notice', 'final-notice', 'suspension', 'write-off']),
        takenOn: z.iso.date(),
        billNumber: z.string(),
        dueOn: z.iso.date(),
        suspendsFrom: z.iso.date().nullable(),
        policy: z.string(),
      })
      .nullable()
      .meta({ description: 'The latest dunning step, as long as the bill it was taken for is open' }),
    suspended: z.object({ on: z.iso.date(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'CollectedAccount' });
const AccountQuery = Fresh.extend({ asOf: AsOf });
const AccountsQuery = FreshPage.extend({
  asOf: AsOf,
  step: Identifier.optional().meta({ description: 'Only accounts that stand at this step' }),
  suspended: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .optional()
    .meta({ description: 'Only accounts whose service is suspended, or is not' }),
});

/** What is done about one account's bills that are not paid in time, and who stands where. */
@ApiTags('collections')
@Controller()
export class CollectionsController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CollectionsQueries) private readonly queries: CollectionsQueries,
    @Inject(ReadBarrier) private readonly barrier: ReadBarrier,
    @Inject(COLLECTION_POLICY) private readonly policy: CollectionPolicy,
  ) {}

  @Post('accounts/:accountId/bills/:billNumber/late-fee')
  @TakesCommand({
    summary: 'Charge the late fee of a bill, as the run of the day would',
    description: 'By the policy of that day; once for each bill.',
    answer: LateFeeAssessedAnswer,
  })
  async assessLateFee(
    @Param('accountId') accountId: string,
    @Param('billNumber') billNumber: string,
    @Body({ schema: AssessLateFeeRequest }) body: z.output<typeof AssessLateFeeRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof LateFeeAssessedAnswer>> {
    const policy = policyOn(this.policy, body.on ?? new Date().toISOString().slice(0, 10));
    const done = await this.door.send(AssessLateFee, accountIdOf(accountId), { billNumber, ...body, policy }, call);
    const { lineId, amount, overdue, policy: version } = made(done, 'LateFeeAssessed');
    const { money } = inCurrencyOf(amount);
    return { ...receipt(done), billNumber, lineId, amount, overdue: money(overdue), policy: version };
  }

  @Post('accounts/:accountId/bills/:billNumber/late-fee/waiver')
  @TakesCommand({
    summary: 'Waive the late fee of a bill: all that is left of it',
    description: 'What had been paid on it becomes credit of its payers. The bill gets no other fee.',
    answer: ChargeReversedAnswer,
  })
  async waiveLateFee(
    @Param('accountId') accountId: string,
    @Param('billNumber') billNumber: string,
    @Body({ schema: WaiveLateFeeRequest }) body: z.output<typeof WaiveLateFeeRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ChargeReversedAnswer>> {
    requireUnlimited(call.role);
    const done = await this.door.send(WaiveLateFee, accountIdOf(accountId), { billNumber, ...body }, call);
    return reversedAnswer(done);
  }

  @Post('accounts/:accountId/suspension')
  @TakesCommand({
    summary: 'Suspend service by a person’s decision',
    description: 'The collections run does not restore it: a person does.',
    answer: ServiceAnswer,
  })
  async suspendService(
    @Param('accountId') accountId: string,
    @Body({ schema: SuspendServiceRequest }) body: z.output<typeof SuspendServiceRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ServiceAnswer>> {
    const done = await this.door.send(SuspendService, accountIdOf(accountId), body, call);
    return { ...receipt(done), service: 'suspended' };
  }

  @Post('accounts/:accountId/restoration')
  @TakesCommand({ summary: 'Restore service by a person’s decision, whatever is open', answer: ServiceAnswer })
  async restoreService(
    @Param('accountId') accountId: string,
    @Body({ schema: RestoreServiceRequest }) body: z.output<typeof RestoreServiceRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ServiceAnswer>> {
    const done = await this.door.send(RestoreService, accountIdOf(accountId), body, call);
    return { ...receipt(done), service: 'active' };
  }

  @Post('accounts/:accountId/write-offs')
  @TakesCommand({
    summary: 'Write off what is open on a bill, or on all that are past due',
    description: 'It leaves the books and stays owed: a payment that no open bill takes recovers it.',
    answer: DebtWrittenOffAnswer,
  })
  async writeOff(
    @Param('accountId') accountId: string,
    @Body({ schema: WriteOffRequest }) body: z.output<typeof WriteOffRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof DebtWrittenOffAnswer>> {
    requireWriteOffAuthority(call.role);
    const done = await this.door.send(WriteOffDebt, accountIdOf(accountId), body, call);
    const { writeOffId, amount, lines } = made(done, 'DebtWrittenOff');
    return { ...receipt(done), writeOffId, amount, lines: inCurrencyOf(amount).each(lines) };
  }

  @Post('accounts/:accountId/reinstatements')
  @TakesCommand({
    summary: 'Put written-off debt on the books again that should not have been',
    answer: DebtReinstatedAnswer,
  })
  async reinstate(
    @Param('accountId') accountId: string,
    @Body({ schema: ReinstateRequest }) body: z.output<typeof ReinstateRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof DebtReinstatedAnswer>> {
    requireWriteOffAuthority(call.role);
    const done = await this.door.send(ReinstateDebt, accountIdOf(accountId), body, call);
    const { amount, lines } = made(done, 'DebtReinstated');
    return { ...receipt(done), amount, lines: inCurrencyOf(amount).each(lines) };
  }

  @Get('accounts/:accountId/collections')
  @ApiOperation({ summary: 'How an account stands with collections: what is past due, the latest step, suspension' })
  @ApiResponse({ status: 200, standardSchema: Collected })
  async getCollections(
    @Param('accountId') accountId: string,
    @Query({ schema: AccountQuery }) query: z.output<typeof AccountQuery>,
  ): Promise<CollectedAccount> {
    const id = accountIdOf(accountId);
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.queries.account(id, query.asOf);
  }

  @Get('collections/accounts')
  @Accessed('collections', ['step', 'suspended'])
  @ApiOperation({ summary: 'Who stands at which dunning step, and whose service is suspended' })
  @ApiResponse({ status: 200, standardSchema: pageAnswer(Collected, 'CollectedAccountPage') })
  async getCollectedAccounts(
    @Query({ schema: AccountsQuery }) query: z.output<typeof AccountsQuery>,
  ): Promise<Page<CollectedAccount>> {
    await this.barrier.waitFor(LEDGER, positionOf(query));
    return this.queries.accounts(query, query);
  }
}
