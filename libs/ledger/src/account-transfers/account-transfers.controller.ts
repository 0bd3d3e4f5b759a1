import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CommandHandling, Rejected } from '#libs/event-sourcing';
import { CallOf, TakesCommand } from '#http/platform';
import { type Call, isUuid } from '#libs/platform';
import { account } from '../billing/account.js';
import { requireCurrency, requireOpen } from '../billing/account-state.js';
import { accountIdOf, CommandDoor, metadataOf } from '../command-door.js';
import { accountTransfer, RequestAccountTransfer, TRANSFER_STATUSES } from './account-transfer.js';
import { TransferBalance } from './transfer-balance.js';

const AccountTransferRequest = RequestAccountTransfer.schema.omit({ fromAccountId: true }).meta({
  id: 'AccountTransferRequest',
  examples: [
    {
      successorId: '7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b0a',
      kind: 'merger',
      moves: 'all',
      newPayBillNumber: true,
      reason: 'duplicate-account',
    },
  ],
});

const AccountTransferAnswer = z
  .object({
    transferId: z.uuid(),
    status: z.enum(TRANSFER_STATUSES).meta({ description: 'A transfer is carried out at once, and takes a moment' }),
    fromAccountId: z.uuid(),
    successorId: z.uuid(),
    kind: z.enum(['merger', 'transfer']),
    moves: z.enum(['all', 'debt', 'credit']),
    newPayBillNumber: z.boolean(),
    reason: z.string(),
    refused: z.string().nullable().meta({ description: 'The code of the refusal; then nothing has moved' }),
  })
  .meta({ id: 'AccountTransfer' });
const RequestedAnswer = AccountTransferAnswer.extend({ commandId: z.uuid(), repeated: z.boolean() }).meta({
  id: 'AccountTransferRequestedAnswer',
});

/** Accounts that are merged, or taken over by another customer (ID2, AC5). */
@ApiTags('accounts')
@Controller()
export class AccountTransfersController {
  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
  ) {}

  @Post('accounts/:accountId/transfers')
  @TakesCommand({
    summary: 'Merge an account into another, or transfer what it owes or is owed',
    description:
      'With moves: all, bills with what is open on them and credit move to the successor, the account is closed, and its ' +
      'pay bill numbers lead to the successor for ever. With moves: debt or credit only that moves, and the account stays ' +
      'as it is.',
    answer: RequestedAnswer,
  })
  async requestTransfer(
    @Param('accountId') text: string,
    @Body({ schema: AccountTransferRequest }) body: z.output<typeof AccountTransferRequest>,
    @CallOf() call: Call,
  ): Promise<z.output<typeof RequestedAnswer>> {
    const fromAccountId = accountIdOf(text);
    const scope = `${account.category}-${fromAccountId}`;
    const { commandId: transferId } = metadataOf(call, scope);
    await this.#refuseBeforeAsking(fromAccountId, transferId, body, call);
    const data = { ...body, fromAccountId };
    const { commandId, repeated } = await this.door.send(RequestAccountTransfer, transferId, data, call, scope);
    return { ...(await this.#transfer(transferId)), commandId, repeated };
  }

  @Get('account-transfers/:transferId')
  @ApiOperation({ summary: 'What has become of a transfer' })
  @ApiResponse({ status: 200, standardSchema: AccountTransferAnswer })
  async getTransfer(@Param('transferId') text: string): Promise<z.output<typeof AccountTransferAnswer>> {
    return this.#transfer(text.toLowerCase());
  }

  async #transfer(transferId: string): Promise<z.output<typeof AccountTransferAnswer>> {
    const unknown = () => new Rejected('TRANSFER_UNKNOWN', 'no transfer with this id was asked for; check the id');
    if (!isUuid(transferId)) throw unknown();
    const { state } = await this.handling.current(transferId, accountTransfer);
    if (state.status === 'new') throw unknown();
    const { effectiveAt: _, ...asked } = state.asked;
    return { transferId, status: state.status, ...asked, refused: state.refused ?? null };
  }

  /** What would be refused is refused at once; what it says in the end is decided when it is carried out. */
  async #refuseBeforeAsking(
    fromAccountId: string,
    transferId: string,
    { newPayBillNumber: _, ...body }: z.output<typeof AccountTransferRequest>,
    call: Call,
  ): Promise<void> {
    const { state: known } = await this.handling.current(transferId, accountTransfer);
    if (known.status !== 'new') return;
    const metadata = metadataOf(call, `${account.category}-${fromAccountId}`);
    const data = { ...body, transferId };
    await this.handling.rehearse(fromAccountId, { definition: TransferBalance, data, metadata });
    const { state: successor } = await this.handling.current(body.successorId, account);
    requireOpen(successor);
    const { currency } = (await this.handling.current(fromAccountId, account)).state;
    requireCurrency(successor, currency, 'successorId');
  }
}
