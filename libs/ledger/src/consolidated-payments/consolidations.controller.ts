import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CommandHandling, Rejected } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call } from '#libs/platform';
import { account } from '../billing/account.js';
import { requireCurrency, requireOpen } from '../billing/account-state.js';
import { refuse } from '../billing/rejections.js';
import { MaskedPayBillNumber } from '../command-answers.js';
import { accountIdOf, CommandDoor } from '../command-door.js';
import { payBillNumber } from '../pay-bill-numbers/assign-pay-bill-number.js';
import { ChangePayBillNumber } from '../pay-bill-numbers/change-pay-bill-number.js';
import { ConsolidateAccount, SeparateAccount } from '../pay-bill-numbers/consolidate-accounts.js';
import { holderOf } from '../pay-bill-numbers/holder.job.js';
import { maskPayBillNumber, parsePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';

const JoinRequest = ConsolidateAccount.schema.meta({
  id: 'ConsolidateAccountRequest',
  examples: [{ accountId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b0a', reason: 'one-household' }],
});
const LeaveRequest = SeparateAccount.schema
  .pick({ reason: true })
  .meta({ id: 'SeparateAccountRequest', examples: [{ reason: 'moved-out' }] });
const ConsolidationAnswer = z
  .object({
    payBillNumber: MaskedPayBillNumber,
    accountId: z.uuid(),
    commandId: z.uuid(),
    position: z.string(),
    repeated: z.boolean(),
  })
  .meta({ id: 'Consolidation' });

/** Accounts under one pay bill number (ID3). */
@ApiTags('accounts')
@Controller('pay-bill-numbers/:payBillNumber/accounts')
export class ConsolidationsController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
  ) {}

  @Post()
  @TakesCommand({
    summary: 'Put an account under a pay bill number',
    description:
      'A payment to the number is allocated over the open bills of all accounts under it, the oldest due first. The bills of ' +
      'the account print this number; its own goes on leading to it alone.',
    answer: ConsolidationAnswer,
  })
  async join(
    @Param('payBillNumber') text: string,
    @Body({ schema: JoinRequest }) body: z.output<typeof JoinRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ConsolidationAnswer>> {
    const number = numberOf(text);
    const { accountId, reason } = body;
    await this.#refuseToJoin(number, accountId);
    const done = await this.door.send(ConsolidateAccount, number, body, call);
    // Killed in between, the account gets its payments already; asked for again its bills print the number as well.
    const data = { payBillNumber: number, because: 'consolidated' as const, reason };
    const printed = await this.door.send(ChangePayBillNumber, accountId, data, call);
    return answerOf(number, accountId, done, printed.position);
  }

  @Post(':accountId/departure')
  @TakesCommand({
    summary: 'Take an account from under a pay bill number',
    description: 'Its bills print its own number again. What was paid on it stays.',
    answer: ConsolidationAnswer,
  })
  async leave(
    @Param('payBillNumber') text: string,
    @Param('accountId') member: string,
    @Body({ schema: LeaveRequest }) { reason }: z.output<typeof LeaveRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof ConsolidationAnswer>> {
    const number = numberOf(text);
    const accountId = accountIdOf(member);
    const done = await this.door.send(SeparateAccount, number, { accountId, reason }, call);
    const position = await this.#printOwn(number, accountId, reason, call);
    return answerOf(number, accountId, done, position);
  }

  async #refuseToJoin(number: string, accountId: string): Promise<void> {
    const holderId = await holderOf(this.handling, number);
    const { others } = (await this.handling.current(number, payBillNumber)).state;
    // What is not there is refused by the number itself, and what is done already is answered as before.
    if (holderId === undefined || others.includes(accountId)) return;
    const { state } = await this.handling.current(accountId, account);
    requireOpen(state);
    requireCurrency(state, (await this.handling.current(holderId, account)).state.currency, 'accountId');
    if (state.payBillNumber !== number && !state.ownNumbers.includes(state.payBillNumber)) {
      refuse('ACCOUNT_CONSOLIDATED', 'the account is under another number; let it leave that one first', 'accountId');
    }
  }

  /** An account that was closed meanwhile prints no bills any more. */
  async #printOwn(number: string, accountId: string, reason: string, call: Call): Promise<bigint> {
    const { state } = await this.handling.current(accountId, account);
    const own = state.ownNumbers.at(-1);
    if (state.status !== 'open' || state.payBillNumber !== number || own === undefined) return 0n;
    const data = { payBillNumber: own, because: 'separated' as const, reason };
    return (await this.door.send(ChangePayBillNumber, accountId, data, call)).position;
  }
}

function answerOf(
  number: string,
  accountId: string,
  { commandId, position, repeated }: { commandId: string; position: bigint; repeated: boolean },
  later: bigint,
) {
  const masked = maskPayBillNumber(number);
  const last = String(later > position ? later : position);
  return { payBillNumber: masked, accountId, commandId, position: last, repeated };
}

function numberOf(text: string): string {
  const number = parsePayBillNumber(text);
  if (number !== undefined) return number;
  const message = 'this is no pay bill number: its check digits do not hold; read it again from the bill';
  throw new Rejected('PAY_BILL_NUMBER_INVALID', message, 'payBillNumber');
}
