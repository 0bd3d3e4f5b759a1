import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { autopayEnded, refuseDebitUnderway, refuseUndecided } from '../accounts/leaving.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, requireKnown, requireOpen } from '../billing/account-state.js';
import { ALLOCATION_POLICY, allocateMoney, storedShares } from '../billing/allocation.js';
import { ReasonCode } from '../billing/command-fields.js';
import { heldSource } from '../billing/money-moves.js';
import { refuse } from '../billing/rejections.js';
import { formatMinor } from '../money/minor-units.js';

/** What moves to the other account: all there is, and the account is closed; or what is open, or what is credit, alone. */
export const Moves = z.enum(['all', 'debt', 'credit']);

/**
 * The first half of a transfer (ID2, AC5): what is open on bills, or is credit, leaves the account for another. Bills that
 * leave are settled here by a credit that nobody granted, line by line; credit is taken from each source that has some left.
 * Where all of it moves the account is closed, and the other answers for it and for its pay bill numbers. The second half is
 * {@link ReceiveBalance}.
 */
export const TransferBalance = defineCommand({
  type: 'TransferBalance',
  decider: account,
  schema: z.strictObject({
    transferId: z.uuid(),
    successorId: z.uuid('must be the other account’s id, a UUID'),
    kind: z.enum(['merger', 'transfer']),
    moves: Moves,
    reason: ReasonCode,
  }),
  decide({ transferId, successorId, kind, moves, reason }, state, context): AccountEvent[] {
    requireKnown(state);
    // What a return reinstated on a closed account may still follow to the one that answers for it.
    if (moves === 'all') requireOpen(state);
    if (successorId === context.id) {
      refuse('TRANSFER_TO_ITSELF', 'an account cannot be transferred to itself; name the other account', 'successorId');
    }
    if (state.holds.length > 0) refuse('PAYMENTS_HELD', 'payments of the account are held; ask the fraud desk first');
    refuseUndecided(state);
    if (moves !== 'credit') refuseStayingDebt(state);
    const why = { transferId, accountId: successorId, reason, effectiveAt: effectiveAt(state, moves, context.at) };
    const events = [
      ...(moves !== 'credit' && state.open > 0n ? [debtOut(state, why)] : []),
      ...(moves !== 'debt' && state.credit > 0n ? [creditOut(state, why)] : []),
    ];
    if (moves !== 'all') {
      if (events.length === 0) refuse('NOTHING_TO_TRANSFER', 'the account has nothing of what is to move');
      return events;
    }
    const closing = { transferId, successorId, kind, reason, effectiveAt: why.effectiveAt };
    return [
      ...autopayEnded(state, 'account-transferred', context.at),
      ...events,
      { type: 'AccountTransferred', data: closing },
    ];
  },
});

/** What would go on about the debt here, when it is owed on the other account. */
function refuseStayingDebt(state: AccountState): void {
  const { arrangement } = state;
  if (arrangement) {
    const message = `arrangement ${arrangement.arrangementId} stands; cancel it first, and agree anew on the other account`;
    refuse('ARRANGEMENT_EXISTS', message);
  }
  refuseDebitUnderway(state);
}

interface Why {
  readonly transferId: string;
  readonly accountId: string;
  readonly reason: string;
  readonly effectiveAt: string;
}

/** Now, but not before the credit that moves was there: no balance of an earlier day may show it gone before it came. */
function effectiveAt(state: AccountState, moves: z.output<typeof Moves>, at: string): string {
  const sources = moves === 'debt' ? [] : state.creditSources.map(({ id }) => heldSource(state, id).availableFrom);
  return sources.reduce((last, next) => (next > last ? next : last), at);
}

function debtOut(state: AccountState, { transferId, accountId, reason, effectiveAt }: Why): AccountEvent {
  const { shares } = allocateMoney(state, state.open);
  return {
    type: 'CreditIssued',
    data: {
      creditId: transferId,
      amount: { amount: formatMinor(state.open, state.digits), currency: state.currency },
      reason,
      allocations: storedShares(shares, state.digits),
      unapplied: formatMinor(0n, state.digits),
      allocationPolicy: ALLOCATION_POLICY,
      transferredTo: { transferId, accountId },
      effectiveAt,
    },
  };
}

function creditOut(state: AccountState, { transferId, accountId, reason, effectiveAt }: Why): AccountEvent {
  const taken = state.creditSources.map(({ id: sourceId }) => {
    const { kind: sourceKind, unapplied } = heldSource(state, sourceId);
    return { sourceId, sourceKind, amount: formatMinor(unapplied, state.digits) };
  });
  const amount = { amount: formatMinor(state.credit, state.digits), currency: state.currency };
  return { type: 'CreditTransferred', data: { transferId, accountId, amount, taken, reason, effectiveAt } };
}
