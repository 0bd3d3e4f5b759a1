import { z } from 'zod';
import { defineCommand, type Decider, type EventOf, eventRegistry, Rejected } from '#libs/event-sourcing';
import { isPayBillNumber, maskPayBillNumber } from './pay-bill-number.js';

/* Storage format, as account-events.ts. */
const Assigned = z.strictObject({ payBillNumber: z.string(), accountId: z.uuid(), effectiveAt: z.iso.datetime() });

export const payBillNumberEvents = eventRegistry({
  PayBillNumberAssigned: { version: 1, schema: Assigned },
  /** A payment to the number is allocated over this account as well from now on. */
  AccountConsolidated: { version: 1, schema: Assigned.extend({ reason: z.string() }) },
  /** No longer. */
  AccountSeparated: { version: 1, schema: Assigned.extend({ reason: z.string() }) },
});

export type PayBillNumberEvent = EventOf<typeof payBillNumberEvents>;

interface PayBillNumberState {
  /** The account that holds the number; none before it is first assigned. */
  readonly accountId?: string;
  /** The accounts consolidated under it besides, in the order they joined. */
  readonly others: readonly string[];
  /** Whether there has ever been one. */
  readonly wasShared: boolean;
}

/**
 * A pay bill number's own stream (`payBillNumber-<14 digits>`): its first append claims the number for one account, so
 * that the event store itself keeps it unique without any table to look in.
 */
export const payBillNumber: Decider<PayBillNumberState, PayBillNumberEvent> = {
  category: 'payBillNumber',
  events: payBillNumberEvents,
  initialState: { others: [], wasShared: false },
  evolve(state, { type, data: { accountId } }) {
    switch (type) {
      case 'PayBillNumberAssigned':
        return { ...state, accountId };
      case 'AccountConsolidated':
        return { ...state, others: [...state.others, accountId], wasShared: true };
      case 'AccountSeparated':
        return { ...state, others: state.others.filter((other) => other !== accountId) };
    }
  },
};

/** Claims the number that is the stream's id for an account; doing it again for the same account changes nothing. */
export const AssignPayBillNumber = defineCommand({
  type: 'AssignPayBillNumber',
  decider: payBillNumber,
  schema: z.strictObject({ accountId: z.uuid('must be the account’s id, a UUID') }),
  decide({ accountId }, state, context): PayBillNumberEvent[] {
    if (!isPayBillNumber(context.id)) {
      throw new Rejected('PAY_BILL_NUMBER_INVALID', 'the check digits do not hold; read the number again');
    }
    if (state.accountId === accountId) return [];
    if (state.accountId !== undefined) {
      throw new Rejected(
        'PAY_BILL_NUMBER_TAKEN',
        `${maskPayBillNumber(context.id)} belongs to another account; take another number`,
      );
    }
    return [{ type: 'PayBillNumberAssigned', data: { payBillNumber: context.id, accountId, effectiveAt: context.at } }];
  },
});
