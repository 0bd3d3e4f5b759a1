import { type SourceMovement } from '../balances/movements.js';

export const PAYMENT_STATES = ['applied', 'partially_applied', 'unapplied', 'returned'] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/** The money of one source, in minor units: what of it lies on bills, and what is held as credit. */
export interface SourceState {
  applied: bigint;
  unapplied: bigint;
  returned: boolean;
}

export function paymentState({ applied, unapplied, returned }: SourceState): PaymentState {
  if (returned) return 'returned';
  if (unapplied === 0n) return 'applied';
  return applied === 0n ? 'unapplied' : 'partially_applied';
}

/** Throws when more is taken than is there. */
export function moveSource(state: SourceState, { sourceId, applied, unapplied }: SourceMovement): void {
  state.applied += applied;
  state.unapplied += unapplied;
  if (state.applied < 0n || state.unapplied < 0n) throw new Error(`more is taken from ${sourceId} than it has`);
}
