import { type CommandHandling } from '#libs/event-sourcing';
import { v5 as uuidv5 } from 'uuid';
import { HoldPayments } from './hold-payments.js';
import { ReleaseHold } from './release-hold.js';

/**
 * Holds and releases the payments of accounts for another part of Paybill. The command's id follows from what caused it,
 * so that it is carried out once however often it is asked for.
 */
export class AccountHolds {
  constructor(
    private readonly handling: CommandHandling,
    private readonly actor: string,
  ) {}

  /** @throws Rejected | EventStoreUnavailable */
  async hold(accountId: string, holdId: string, reason: string, causationId: string): Promise<void> {
    const metadata = this.#metadata('hold', holdId, causationId);
    await this.handling.handle(accountId, { definition: HoldPayments, data: { holdId, reason }, metadata });
  }

  /** @throws Rejected | EventStoreUnavailable */
  async release(accountId: string, holdId: string, reason: string, causationId: string): Promise<void> {
    const metadata = this.#metadata('release', holdId, causationId);
    await this.handling.handle(accountId, { definition: ReleaseHold, data: { holdId, reason }, metadata });
  }

  #metadata(what: string, holdId: string, causationId: string) {
    const commandId = uuidv5(`${what}\n${causationId}`, holdId);
    return { commandId, correlationId: holdId, causationId, actor: this.actor };
  }
}
