import { type LineMovement } from '../balances/movements.js';

/** One line of a bill, in minor units. */
export interface BillLineState {
  readonly lineId: string;
  readonly service: string;
  readonly description: string;
  readonly net: bigint;
  readonly total: bigint;
  paid: bigint;
  reversed: bigint;
  writtenOff: bigint;
}

/** What a late fee is called where the lines of a bill are listed. */
export const LATE_FEE_DESCRIPTION = 'Late fee';

/** A partial payment never marks a bill paid; of a paid, reversed or written-off one nothing is left to pay. */
export const BILL_STATES = ['issued', 'partially_paid', 'paid', 'reversed', 'written_off'] as const;
export type BillState = (typeof BILL_STATES)[number];

/** What has been charged, paid, taken back and written off on a whole bill. */
export interface BillSums {
  readonly total: bigint;
  readonly paid: bigint;
  readonly reversed: bigint;
  readonly writtenOff: bigint;
}

export function billSums(lines: readonly BillLineState[]): BillSums {
  let [total, paid, reversed, writtenOff] = [0n, 0n, 0n, 0n];
  for (const line of lines) {
    total += line.total;
    paid += line.paid;
    reversed += line.reversed;
    writtenOff += line.writtenOff;
  }
  return { total, paid, reversed, writtenOff };
}

/** Lays a movement on its line. Throws when the line is not there or has less to give than is taken. */
export function moveLine(lines: readonly BillLineState[], { billNumber, lineId, ...by }: LineMovement): void {
  const line = lines.find((candidate) => candidate.lineId === lineId);
  if (!line) throw new Error(`bill ${billNumber} has no line ${lineId}`);
  line.paid += by.paid;
  line.reversed += by.reversed;
  line.writtenOff += by.writtenOff;
  if (line.paid < 0n) throw new Error(`more is taken off line ${lineId} of bill ${billNumber} than was paid on it`);
}
