import { Inject, Injectable } from '@nestjs/common';
import { CommandHandling } from '#libs/event-sourcing';
import { payBillNumber } from './assign-pay-bill-number.js';

/** Who holds a number, from the number's own stream: it is certain there, a read model may be behind. */
@Injectable()
export class NumberHolders {
  constructor(@Inject(CommandHandling) private readonly handling: CommandHandling) {}

  /** @param number fourteen digits whose check digits hold. @returns the account; undefined when none has it */
  async holderOf(number: string): Promise<string | undefined> {
    return (await this.handling.current(number, payBillNumber)).state.accountId;
  }
}
