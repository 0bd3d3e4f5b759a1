import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CommandHandling } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, malformed } from '#libs/platform';
import { account } from '../billing/account.js';
import { requireFinalBill } from '../billing-run/final-bill.js';
import { SubscriptionBilling } from '../billing-run/subscription-billing.job.js';
import {
  AccountClosedAnswer,
  AccountOpenedAnswer,
  made,
  PayBillNumberChangedAnswer,
  receipt,
} from '../command-answers.js';
import { accountIdOf, CommandDoor, idFrom, metadataOf } from '../command-door.js';
import { ChangePayBillNumber } from '../pay-bill-numbers/change-pay-bill-number.js';
import { candidatePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { CloseAccount } from './close-account.js';
import { OpenAccount } from './open-account.js';
import { claimPayBillNumber } from './opening.job.js';

const { payBillNumber: _assigned, ...chosen } = OpenAccount.schema.shape;
/** The pay bill number is not the client's to choose: it is claimed by the server. */
const OpenAccountRequest = z.strictObject(chosen).meta({
  id: 'OpenAccountRequest',
  examples: [{ currency: 'USD', customerReference: 'C-1001', openedOn: '2026-01-01' }],
});
const NewPayBillNumberRequest = ChangePayBillNumber.schema
  .pick({ reason: true })
  .meta({ id: 'NewPayBillNumberRequest', examples: [{ reason: 'number-misused' }] });
const CloseAccountRequest = CloseAccount.schema.meta({
  id: 'CloseAccountRequest',
  examples: [{ reason: 'moved-away' }],
});

/** The life of an account: parse, dispatch, answer. */
@ApiTags('accounts')
@Controller('accounts')
export class AccountsController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
    @Inject(SubscriptionBilling) private readonly billing: SubscriptionBilling,
  ) {}

  @Post()
  @TakesCommand({
    summary: 'Open an account; it gets its pay bill number',
    description: 'The account’s id follows from the Idempotency-Key and the actor: a retry finds the same account.',
    answer: AccountOpenedAnswer,
  })
  async openAccount(
    @Body({ schema: OpenAccountRequest }) body: z.output<typeof OpenAccountRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof AccountOpenedAnswer>> {
    // Two clients may well think of the same key; they must not end up with one account.
    const accountId = idFrom(`accounts of ${call.actor}`, call.idempotencyKey);
    const metadata = metadataOf(call, `account-${accountId}`);
    refuseBeforeClaiming(body, accountId, metadata.commandId);
    const payBillNumber = await claimPayBillNumber(this.handling, accountId, metadata);
    const done = await this.door.send(OpenAccount, accountId, { ...body, payBillNumber }, call);
    const { currency } = made(done, 'AccountOpened');
    return { ...receipt(done), payBillNumber, currency };
  }

  @Post(':accountId/pay-bill-numbers')
  @TakesCommand({
    summary: 'Give an account another pay bill number',
    description: 'Its bills print the new one from now on. The numbers it had go on leading to it, for ever.',
    answer: PayBillNumberChangedAnswer,
  })
  async giveNumber(
    @Param('accountId') text: string,
    @Body({ schema: NewPayBillNumberRequest }) { reason }: z.output<typeof NewPayBillNumberRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof PayBillNumberChangedAnswer>> {
    const accountId = accountIdOf(text);
    const metadata = metadataOf(call, `account-${accountId}`);
    const { state } = await this.handling.current(accountId, account);
    // Only an open account can take a number up, so that none is claimed for another. What it was given before it was
    // closed is answered all the same.
    const payBillNumber =
      state.status === 'open'
        ? await claimPayBillNumber(this.handling, accountId, metadata, metadata.commandId)
        : candidatePayBillNumber(metadata.commandId, 0);
    const data = { payBillNumber, because: 'new-number' as const, reason };
    const done = await this.door.send(ChangePayBillNumber, accountId, data, call);
    return { ...receipt(done), payBillNumber: made(done, 'PayBillNumberChanged').payBillNumber };
  }

  @Post(':accountId/closure')
  @TakesCommand({
    summary: 'Close an account that neither owes nor is owed anything',
    description:
      'Refused while a dispute is open (DISPUTE_OPEN), an adjustment waits for approval (ADJUSTMENT_PENDING) or an autopay ' +
      'debit is at the bank (AUTOPAY_DEBIT_UNDERWAY), a subscription runs (SUBSCRIPTION_RUNNING), or something of one is not ' +
      'billed yet or a bill of one is to be corrected (CHARGES_NOT_BILLED), and that is not said to be forgone; what is to the ' +
      'customer’s good cannot be. Autopay ends with the account, and an arrangement is completed.',
    answer: AccountClosedAnswer,
  })
  async closeAccount(
    @Param('accountId') text: string,
    @Body({ schema: CloseAccountRequest }) body: z.output<typeof CloseAccountRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof AccountClosedAnswer>> {
    const accountId = accountIdOf(text);
    const { state, subscriptions } = await this.billing.read(accountId);
    // What is closed already is answered, or refused, as what it is.
    if (state.status === 'open') {
      const today = new Date().toISOString().slice(0, 10);
      const { catalogue } = this.billing;
      requireFinalBill(state, subscriptions, catalogue, { today, forgone: body.unbilled === 'forgone' });
    }
    const done = await this.door.send(CloseAccount, accountId, body, call);
    return { ...receipt(done), status: 'closed' };
  }
}

/**
 * Claiming a number is an append of its own, so a request that cannot succeed is found out before: the decision is tried
 * on an account that is not there yet. A bad request changes nothing.
 */
function refuseBeforeClaiming(body: z.output<typeof OpenAccountRequest>, accountId: string, commandId: string): void {
  const tried = OpenAccount.schema.safeParse({ ...body, payBillNumber: candidatePayBillNumber(accountId, 0) });
  if (!tried.success) throw malformed(tried.error.issues);
  OpenAccount.decide(tried.data, account.initialState, { id: accountId, commandId, at: new Date().toISOString() });
}
