import {
  type CommandHandling,
  type CommandMetadata,
  type EventStore,
  Rejected,
  type Submitted,
} from '#libs/event-sourcing';
import { hash } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { type z } from 'zod';
import { claimPayBillNumber } from '../accounts/opening.job.js';
import { OpenAccount } from '../accounts/open-account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState } from '../billing/account-state.js';
import { account } from '../billing/account.js';
import { type AccountPlan, addFigures, noFigures, type SourceCustomer, type SourceFigures } from './biller-plan.js';

/** One line of the source that was left out, and why. */
export interface RefusedLine {
  readonly line: number;
  readonly reason: string;
}

/** What a source hands over for each of its lines. */
export type SourceLine = ({ readonly line: number } & SourceCustomer) | RefusedLine;

/** What an import did. */
export interface ImportOutcome {
  readonly figures: SourceFigures;
  readonly refused: readonly RefusedLine[];
  /** Accounts that an earlier run had already written whole. */
  readonly already: number;
  readonly events: number;
  /** Commit position of the last event written; a reader that wants to see it all waits for this. */
  readonly position: bigint;
}

export interface ImportOptions {
  /** Tells imports apart: the same import of the same source makes the same accounts and commands. */
  readonly name: string;
  readonly currency: string;
  readonly actor: string;
  /** Accounts being written at a time. */
  readonly concurrency?: number;
  readonly onProgress?: (progress: { lines: number; events: number }) => void;
}

const NAMESPACE = '5f0d3c1e-6a0b-5c55-9a3e-1f4b8a7c2d10';
/** Events per append: well below the megabyte that servers take by default. */
const COMMANDS_PER_APPEND = 200;

/**
 * Writes accounts with all that happened to them, through the ordinary deciders and appends. Every id is derived from
 * the source, and an account's commands are appended in whole batches: an import that was killed at any moment is simply
 * run again, and nothing is there twice.
 */
export class Import {
  #outcome: { figures: SourceFigures; refused: RefusedLine[]; already: number; events: number; position: bigint };
  #lines = 0;

  constructor(
    private readonly store: EventStore,
    private readonly handling: CommandHandling,
    private readonly options: ImportOptions,
  ) {
    this.#outcome = { figures: noFigures(options.currency), refused: [], already: 0, events: 0, position: 0n };
  }

  async run(source: AsyncIterable<SourceLine> | Iterable<SourceLine>): Promise<ImportOutcome> {
    const lines = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    const worker = async () => {
      for (let next = await lines.next(); !next.done; next = await lines.next()) await this.#one(next.value);
    };
    await Promise.all(Array.from({ length: this.options.concurrency ?? 16 }, worker));
    this.#outcome.refused.sort((left, right) => left.line - right.line);
    return this.#outcome;
  }

  async #one(line: SourceLine): Promise<void> {
    if ('reason' in line) {
      this.#outcome.refused.push(line);
    } else {
      try {
        await this.#write(line.plan);
        this.#outcome.figures = addFigures(this.#outcome.figures, line.figures);
      } catch (error) {
        this.#outcome.refused.push({ line: line.line, reason: reasonOf(error) });
      }
    }
    this.#lines += 1;
    this.options.onProgress?.({ lines: this.#lines, events: this.#outcome.events });
  }

  async #write(plan: AccountPlan): Promise<void> {
    const accountId = uuidv5(`${this.options.name}/${plan.reference}`, NAMESPACE);
    // Another history of the same customer has other commands: it is refused because the account exists, and never taken
    // for the one that was imported.
    const history = uuidv5(hash('sha256', textOf(plan)), accountId);
    const metadata = (index: number): CommandMetadata => {
      const commandId = uuidv5(String(index), history);
      return { commandId, correlationId: accountId, causationId: commandId, actor: this.options.actor };
    };
    const last = await this.store.readLast(`${account.category}-${accountId}`);
    if (last?.metadata.commandId === metadata(plan.commands.length).commandId) {
      this.#outcome.already += 1;
      this.#note(last.position, 0);
      return;
    }
    const payBillNumber = await claimPayBillNumber(this.handling, accountId, metadata(-1));
    const opening = submitted(OpenAccount, metadata(0), {
      payBillNumber,
      currency: plan.currency,
      customerReference: plan.reference,
      effectiveAt: plan.openedAt,
    });
    const commands = [
      opening,
      ...plan.commands.map(({ definition, body }, index) =>
        submitted(
          definition as typeof OpenAccount,
          metadata(index + 1),
          typeof body === 'function' ? body((place) => metadata(place + 1).commandId) : body,
        ),
      ),
    ];
    for (let from = 0; from < commands.length; from += COMMANDS_PER_APPEND) {
      const chunk = commands.slice(from, from + COMMANDS_PER_APPEND);
      const results = await this.handling.handleAll(accountId, chunk, { isNew: last === undefined });
      for (const { position, repeated, events } of results) this.#note(position, repeated ? 0 : events.length);
    }
  }

  #note(position: bigint, events: number): void {
    this.#outcome.events += events;
    if (position > this.#outcome.position) this.#outcome.position = position;
  }
}

/** All that a plan says, as text. */
function textOf({ currency, openedAt, commands }: AccountPlan): string {
  return JSON.stringify([currency, openedAt, commands.map(({ definition, body }) => [definition.type, body])]);
}

/** Why a line was refused. A fault that is not the line's is thrown on. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Rejected)) throw error;
  if (error.code !== 'ACCOUNT_EXISTS') return `${error.code}: ${error.message}`;
  return 'customerID: was imported before with other contents; correct the account by commands';
}

/** A planned body through its command's schema, as a body that comes over HTTP. */
function submitted(
  definition: { readonly schema: z.ZodType<object> },
  metadata: CommandMetadata,
  body: object,
): Submitted<AccountState, AccountEvent> {
  const data = definition.schema.parse(body);
  return { definition: definition as unknown as Submitted<AccountState, AccountEvent>['definition'], data, metadata };
}
