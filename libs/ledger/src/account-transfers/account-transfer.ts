import { z } from 'zod';
import { type Decider, defineCommand, type EventOf, eventRegistry } from '#libs/event-sourcing';
import { ReasonCode } from '../billing/command-fields.js';
import { refuse } from '../billing/rejections.js';
import { Moves } from './transfer-balance.js';

/* Storage format, as account-events.ts. */

const Instant = z.iso.datetime();

const Asked = {
  fromAccountId: z.uuid(),
  successorId: z.uuid(),
  /** A merger of two accounts of one customer, or a transfer to another customer. */
  kind: z.enum(['merger', 'transfer']),
  moves: z.enum(['all', 'debt', 'credit']),
  /** Whether the successor gets one more pay bill number, which its bills print from then on. */
  newPayBillNumber: z.boolean(),
  reason: z.string(),
};

export const accountTransferEvents = eventRegistry({
  AccountTransferRequested: { version: 1, schema: z.strictObject({ ...Asked, effectiveAt: Instant }) },
  AccountTransferCompleted: { version: 1, schema: z.strictObject({ effectiveAt: Instant }) },
  /** The account would not give anything away; nothing has moved. */
  AccountTransferRefused: { version: 1, schema: z.strictObject({ code: z.string(), effectiveAt: Instant }) },
});

type AccountTransferEvent = EventOf<typeof accountTransferEvents>;
type Asked = Extract<AccountTransferEvent, { type: 'AccountTransferRequested' }>['data'];

export const TRANSFER_STATUSES = ['requested', 'completed', 'refused'] as const;

export type AccountTransferState =
  | { readonly status: 'new' }
  | { readonly status: (typeof TRANSFER_STATUSES)[number]; readonly asked: Asked; readonly refused?: string };

/**
 * A transfer of one account to another, stream `accountTransfer-<transfer id>`: two accounts are two streams, so that it is
 * asked for here, and carried out by a process that may be killed between any two steps.
 */
export const accountTransfer: Decider<AccountTransferState, AccountTransferEvent> = {
  category: 'accountTransfer',
  events: accountTransferEvents,
  initialState: { status: 'new' },
  evolve(state, event) {
    if (event.type === 'AccountTransferRequested') return { status: 'requested', asked: event.data };
    if (state.status === 'new') throw new Error(`history is broken: a transfer begins with ${event.type}`);
    return event.type === 'AccountTransferCompleted'
      ? { ...state, status: 'completed' }
      : { ...state, status: 'refused', refused: event.data.code };
  },
};

/** Asks for a transfer. */
export const RequestAccountTransfer = defineCommand({
  type: 'RequestAccountTransfer',
  decider: accountTransfer,
  schema: z.strictObject({
    fromAccountId: z.uuid(),
    successorId: z.uuid('must be the other account’s id, a UUID'),
    kind: z.enum(['merger', 'transfer']),
    moves: Moves.default('all'),
    newPayBillNumber: z.boolean().default(false),
    reason: ReasonCode,
  }),
  decide(body, state, { at }): AccountTransferEvent[] {
    if (state.status !== 'new') refuse('TRANSFER_EXISTS', 'this transfer was asked for already');
    return [{ type: 'AccountTransferRequested', data: { ...body, effectiveAt: at } }];
  },
});

/** Says what a transfer came to; said again it changes nothing. */
export const FinishAccountTransfer = defineCommand({
  type: 'FinishAccountTransfer',
  decider: accountTransfer,
  schema: z.strictObject({ refused: z.string().optional() }),
  decide({ refused: code }, { status }, { at: effectiveAt }): AccountTransferEvent[] {
    if (status !== 'requested') return [];
    return code === undefined
      ? [{ type: 'AccountTransferCompleted', data: { effectiveAt } }]
      : [{ type: 'AccountTransferRefused', data: { code, effectiveAt } }];
  },
});
