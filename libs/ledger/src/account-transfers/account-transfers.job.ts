import { v5 as uuidv5 } from 'uuid';
import { type CommandHandling, type CommandMetadata, type EventStore, Rejected } from '#libs/event-sourcing';
import { claimPayBillNumber } from '../accounts/opening.job.js';
import { account } from '../billing/account.js';
import { requireOpen } from '../billing/account-state.js';
import { ChangePayBillNumber } from '../pay-bill-numbers/change-pay-bill-number.js';
import { type ProcessOptions, StreamProcess, type StreamWorker } from '../processes/stream-process.job.js';
import { type Again, backOff, type Due } from '../processes/stream-work.job.js';
import { accountTransfer, type AccountTransferState, FinishAccountTransfer } from './account-transfer.js';
import { movedBalance } from './moved-balance.js';
import { ReceiveBalance } from './receive-balance.js';
import { TransferBalance } from './transfer-balance.js';

const ACTOR = 'transfer-process';

type Asked = Exclude<AccountTransferState, { status: 'new' }>['asked'];

/**
 * Carries out a transfer: the balance leaves the one account, arrives on the other, the other gets its new number, and the
 * transfer is noted as done. The ids of all commands follow from the transfer's, and what arrives follows from what the
 * stream says has left, so every step may be taken again.
 */
export class AccountTransferWorker implements StreamWorker {
  constructor(
    private readonly store: EventStore,
    private readonly handling: CommandHandling,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  async look({ id }: Pick<Due, 'id'>): Promise<Again | undefined> {
    const { state } = await this.handling.current(id, accountTransfer);
    if (state.status !== 'requested') return undefined;
    const { asked } = state;
    const refused = await this.#moveOut(id, asked);
    if (refused === undefined) {
      await this.#moveIn(id, asked);
      if (asked.newPayBillNumber) await this.#giveNumber(id, asked);
    }
    const data = refused === undefined ? {} : { refused };
    await this.handling.handle(id, { definition: FinishAccountTransfer, data, metadata: by(id, 'finish') });
    return undefined;
  }

  later({ attempts }: Due, trouble?: string): Again {
    return backOff(this.clock(), attempts, trouble);
  }

  /** @returns the code of a refusal; then nothing has moved, nor ever will. */
  async #moveOut(transferId: string, { fromAccountId, successorId, kind, moves, reason }: Asked) {
    try {
      // An account that was transferred or closed meanwhile answers for no other. One transfer is carried out at a time.
      if (!(await this.#hasMovedOut(transferId, fromAccountId))) {
        requireOpen((await this.handling.current(successorId, account)).state);
      }
      const data = { transferId, successorId, kind, moves, reason };
      await this.handling.handle(fromAccountId, { definition: TransferBalance, data, metadata: by(transferId, 'out') });
      return undefined;
    } catch (error) {
      if (error instanceof Rejected) return error.code;
      throw error;
    }
  }

  async #hasMovedOut(transferId: string, accountId: string): Promise<boolean> {
    return (await this.#left(transferId, accountId)).events.length > 0;
  }

  async #moveIn(transferId: string, { fromAccountId, successorId }: Asked): Promise<void> {
    const { before, events } = await this.#left(transferId, fromAccountId);
    const data = movedBalance(before, fromAccountId, events);
    if (!data) return;
    const metadata = by(transferId, 'in');
    await this.handling.handle(successorId, { definition: ReceiveBalance, data, metadata });
  }

  /** What left the account, and how the account was before: from its stream, for it may have gone on since. */
  async #left(transferId: string, accountId: string) {
    const { commandId } = by(transferId, 'out');
    let before = account.initialState;
    const events = [];
    for await (const { type, data, metadata } of this.store.readStream(`${account.category}-${accountId}`)) {
      const event = account.events.read(type, metadata.schemaVersion, data);
      if (metadata.commandId === commandId) events.push(event);
      else if (events.length > 0) break;
      else before = account.evolve(before, event);
    }
    return { before, events };
  }

  async #giveNumber(transferId: string, { successorId, reason }: Asked): Promise<void> {
    const number = await claimPayBillNumber(this.handling, successorId, by(transferId, 'claim'), transferId);
    const data = { payBillNumber: number, because: 'new-number' as const, reason };
    const metadata = by(transferId, 'number');
    await this.handling.handle(successorId, { definition: ChangePayBillNumber, data, metadata });
  }
}

function by(transferId: string, step: string): CommandMetadata {
  return { commandId: uuidv5(step, transferId), correlationId: transferId, causationId: transferId, actor: ACTOR };
}

/** Carries out transfers that are asked for, one after the other: two that cross must not both happen. */
export class TransferProcess extends StreamProcess {
  constructor(options: ProcessOptions & { readonly handling: CommandHandling }) {
    super(options, {
      category: accountTransfer.category,
      work: { schema: 'transfer_process', id: 'transfer_id' },
      lock: 'transferProcess',
      atOnce: 1,
      worker: new AccountTransferWorker(options.store, options.handling, options.clock),
    });
  }
}
