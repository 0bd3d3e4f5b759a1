import { type z } from 'zod';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, openOf } from '../billing/account-state.js';
import { heldBill } from '../billing/money-moves.js';
import { allocate } from '../money/allocate.js';
import { formatMinor } from '../money/minor-units.js';
import { type MovedBill, type ReceiveBalance } from './receive-balance.js';

/**
 * What the other account receives, from what has left this one: the same bills line by line, what is open of each divided
 * into net and taxes as the line is.
 * @param before the account as it was when the events were decided
 * @param events of its {@link TransferBalance}
 */
export function movedBalance(
  before: AccountState,
  accountId: string,
  events: readonly AccountEvent[],
): z.output<typeof ReceiveBalance.schema> | undefined {
  const debt = events.find((event) => event.type === 'CreditIssued')?.data;
  const credit = events.find((event) => event.type === 'CreditTransferred')?.data;
  const { transferredTo, reason, effectiveAt } = debt ?? {};
  const transferId = transferredTo?.transferId ?? credit?.transferId;
  if (transferId === undefined) return undefined;
  return {
    transferId,
    accountId,
    bills: debt ? before.openBills.map(({ billNumber }) => movedBill(before, billNumber)) : [],
    ...(credit && { credit: credit.amount.amount }),
    reason: reason ?? credit?.reason ?? '',
    effectiveAt: effectiveAt ?? credit?.effectiveAt ?? '',
  };
}

function movedBill(state: AccountState, billNumber: string): MovedBill {
  const { issuedOn, dueOn, lines, hadLateFee } = heldBill(state, billNumber);
  const written = (minor: bigint) => formatMinor(minor, state.digits);
  const open = lines.filter((line) => openOf(line) > 0n);
  const fee = open.find(({ isLateFee }) => isLateFee);
  return {
    billNumber,
    issuedOn,
    dueOn,
    lines: open.map((line) => {
      const { lineId, service, kind, description, priority, netLeft, taxesLeft } = line;
      const [net = 0n, ...taxes] = allocate(openOf(line), [netLeft, ...taxesLeft.map(({ amount }) => amount)]);
      const divided = taxesLeft.map(({ jurisdiction, rate }, index) => ({
        jurisdiction,
        rate,
        amount: written(taxes[index] ?? 0n),
      }));
      return { lineId, service, kind, description, priority, net: written(net), taxes: divided };
    }),
    ...(hadLateFee && { lateFee: fee ? { lineId: fee.lineId } : {} }),
  };
}
