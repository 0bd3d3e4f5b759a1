import { z } from 'zod';
import { AmountText, readPositiveAmount } from '../money/money.js';
import { formatMinor } from '../money/minor-units.js';
import { type AccountState, openOf, requireBill, requireLine, type Share, type SourcedShare } from './account-state.js';
import { Identifier } from './command-fields.js';
import { disputedOf, disputedOnLine } from './disputed.js';
import { heldBill, heldSource } from './money-moves.js';
import { refuse } from './rejections.js';

/**
 * How money finds its bills: as instructed in writing, and the rest on the oldest due bill first, prior service before
 * current (52 Pa. Code §56.24); inside a bill by the lines' priority, then as they stand (AQ2). What is in dispute comes after
 * all that is not, because it need not be paid (12 CFR 1026.13(d)). Recorded in the events, so that a later policy never
 * reinterprets an earlier payment; version 1 knew no disputes.
 */
export const ALLOCATION_POLICY = 'instructed-then-oldest-due-first/2';

/** The payer's own words on what the money is for; a bill, or one line of it. In the currency of the payment. */
export const AllocationInstruction = z
  .array(z.strictObject({ billNumber: Identifier, lineId: Identifier.optional(), amount: AmountText }))
  .max(200, 'has at most 200 instructions');

type Instruction = z.output<typeof AllocationInstruction>;

/** Lays money on the open lines of an account, keeping count of what is left of both. */
class Allocator {
  private readonly laid = new Map<string, Share>();

  constructor(
    private readonly state: AccountState,
    private left: bigint,
  ) {}

  instructed(instruction: Instruction): void {
    for (const [index, { billNumber, lineId, amount: text }] of instruction.entries()) {
      const field = `allocation/${index}`;
      const bill = requireBill(this.state, billNumber, `${field}/billNumber`);
      const lines = lineId === undefined ? bill.lines : [requireLine(bill, lineId, `${field}/lineId`)];
      const amount = readPositiveAmount(text, this.state.currency, `${field}/amount`);
      if (amount > this.left) {
        refuse(
          'ALLOCATION_EXCEEDS_PAYMENT',
          'the instructions come to more than there is; lower them',
          `${field}/amount`,
        );
      }
      let wanted = amount;
      for (const line of lines) wanted -= this.lay(billNumber, line.lineId, this.stillOpen(billNumber, line), wanted);
      if (wanted > 0n) {
        const open = formatMinor(amount - wanted, this.state.digits);
        refuse(
          'ALLOCATION_EXCEEDS_OPEN',
          `only ${open} is open there; leave the rest to the other bills`,
          `${field}/amount`,
        );
      }
    }
  }

  oldestDueFirst(): void {
    for (const { billNumber } of this.state.openBills) {
      if (this.left === 0n) return;
      this.undisputedOf(billNumber);
    }
    if (this.state.disputes.length === 0) return;
    for (const { billNumber } of this.state.openBills) {
      if (this.left === 0n) return;
      this.onBill(billNumber);
    }
  }

  onBill(billNumber: string): void {
    for (const line of heldBill(this.state, billNumber).lines) {
      this.lay(billNumber, line.lineId, this.stillOpen(billNumber, line), this.left);
    }
  }

  /** Lines that are not in dispute first, as far as the bill is not. */
  private undisputedOf(billNumber: string): void {
    const bill = heldBill(this.state, billNumber);
    const disputed = disputedOf(this.state, bill);
    if (disputed === 0n) return this.onBill(billNumber);
    let due = bill.open - disputed;
    for (const line of bill.lines) due -= this.laid.get(keyOf(billNumber, line.lineId))?.amount ?? 0n;
    for (const ofLine of [(lineId: string) => disputedOnLine(this.state, billNumber, lineId), () => 0n]) {
      for (const line of bill.lines) {
        const open = this.stillOpen(billNumber, line) - ofLine(line.lineId);
        const most = least(open, due);
        if (most > 0n) due -= this.lay(billNumber, line.lineId, most, this.left);
      }
    }
  }

  result(): { shares: Share[]; unapplied: bigint } {
    return { shares: [...this.laid.values()], unapplied: this.left };
  }

  private stillOpen(billNumber: string, line: Parameters<typeof openOf>[0]): bigint {
    return openOf(line) - (this.laid.get(keyOf(billNumber, line.lineId))?.amount ?? 0n);
  }

  /** As much of what is wanted as fits; says how much that was. */
  private lay(billNumber: string, lineId: string, open: bigint, wanted: bigint): bigint {
    const amount = wanted < open ? wanted : open;
    if (amount === 0n) return 0n;
    const key = keyOf(billNumber, lineId);
    this.laid.set(key, { billNumber, lineId, amount: amount + (this.laid.get(key)?.amount ?? 0n) });
    this.left -= amount;
    return amount;
  }
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

// Identifiers hold no line break, so the two parts cannot run into each other.
function keyOf(billNumber: string, lineId: string): string {
  return `${billNumber}\n${lineId}`;
}

/** By {@link ALLOCATION_POLICY}. Shares and unapplied together are the amount, always. */
export function allocateMoney(
  state: AccountState,
  amount: bigint,
  instruction: Instruction = [],
  { andTheRest } = { andTheRest: true },
) {
  const allocator = new Allocator(state, amount);
  allocator.instructed(instruction);
  if (andTheRest) allocator.oldestDueFirst();
  return allocator.result();
}

/** As much as fits on one bill. */
export function allocateOntoBill(state: AccountState, amount: bigint, billNumber: string) {
  const allocator = new Allocator(state, amount);
  allocator.onBill(billNumber);
  return allocator.result();
}

/** Takes what the shares need from the account's credit, first in first out. */
export function drawCredit(state: AccountState, shares: readonly Share[]): SourcedShare[] {
  const drawn: SourcedShare[] = [];
  const credit = state.creditSources.map(({ id }) => ({ id, left: heldSource(state, id).unapplied }));
  let at = 0;
  for (const share of shares) {
    let needed = share.amount;
    while (needed > 0n) {
      const source = credit[at];
      if (!source) throw new Error('more credit was to be used than there is');
      const amount = needed < source.left ? needed : source.left;
      drawn.push({ ...share, sourceId: source.id, amount });
      needed -= amount;
      source.left -= amount;
      if (source.left === 0n) at += 1;
    }
  }
  return drawn;
}

/** Shares as events store them. */
export function storedShares(shares: readonly Share[], digits: number) {
  return shares.map(({ billNumber, lineId, amount }) => ({ billNumber, lineId, amount: formatMinor(amount, digits) }));
}

/** The same with where each comes from. */
export function storedSourcedShares(state: AccountState, shares: readonly SourcedShare[]) {
  return shares.map(({ sourceId, billNumber, lineId, amount }) => ({
    billNumber,
    lineId,
    amount: formatMinor(amount, state.digits),
    sourceId,
    sourceKind: heldSource(state, sourceId).kind,
  }));
}

export function sumOf(shares: readonly Share[]): bigint {
  return shares.reduce((sum, { amount }) => sum + amount, 0n);
}
