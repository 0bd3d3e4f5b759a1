import { Inject, Injectable } from '@nestjs/common';
import { CommandHandling, type CommandMetadata } from '#libs/event-sourcing';
import { idFrom } from '../command-door.js';
import { ArrangementsQueries } from './arrangements.queries.js';
import { AssessArrangement } from './assess-arrangement.js';

const AT_ONCE = 500;

/** What became of the arrangements that were looked at. */
export interface AssessedArrangements {
  readonly assessed: number;
  readonly kept: number;
  readonly broken: number;
  readonly completed: number;
}

const COUNTED = { InstalmentKept: 'kept', ArrangementBroken: 'broken', ArrangementCompleted: 'completed' } as const;

/**
 * Looks what became of every arrangement that stands, once a day. What is decided is decided on the account's own stream: the
 * read model only says where to look. The same day again looks again, and tells nothing twice.
 */
@Injectable()
export class Arrangements {
  constructor(
    @Inject(ArrangementsQueries) private readonly queries: ArrangementsQueries,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
  ) {}

  /** @param by who has it done, and under which key: the commands' ids follow from it. @throws EventStoreUnavailable */
  async assessAll(on: string, by: CommandMetadata): Promise<AssessedArrangements> {
    const counts = { assessed: 0, kept: 0, broken: 0, completed: 0 };
    for (let after: string | undefined; ;) {
      const accounts = await this.queries.standing(after, AT_ONCE);
      for (const accountId of accounts) {
        const metadata = { ...by, commandId: idFrom(`account-${accountId}`, `${by.commandId} arrangement`) };
        const { events } = await this.handling.handle(accountId, {
          definition: AssessArrangement,
          data: { on },
          metadata,
        });
        counts.assessed += 1;
        for (const { type } of events) if (type in COUNTED) counts[COUNTED[type as keyof typeof COUNTED]] += 1;
      }
      after = accounts.at(-1);
      if (accounts.length < AT_ONCE) return counts;
    }
  }
}
