import { isPayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { VERIFICATION_POLICY } from '../verification/verification-policy.js';
import { GOODBYE, prompts } from './prompts.js';

/** Wrong inputs of all kinds after which a call ends. */
const MOST_BAD_INPUTS = 3;
const MOST_AMOUNT_FIGURES = 9;
const { leastDigits, mostDigits } = VERIFICATION_POLICY.pin;
const PIN = new RegExp(`^\\d{${leastDigits},${mostDigits}}$`);

export const CALL_STATES = ['pay-bill-number', 'pin', 'amount', 'confirmation', 'paid', 'ended'] as const;

/** What the caller owes money to, once they have shown who they are. */
export interface Payee {
  /** The number they keyed: several accounts may be under it. */
  readonly payBillNumber: string;
  readonly accountId: string;
  readonly currency: string;
  /** Digits of the currency's minor unit. */
  readonly digits: number;
}

/** Where a call stands. Nothing of a PIN is kept. */
export type PhoneCall = { readonly badInputs: number } & (
  | { readonly state: 'pay-bill-number' }
  | { readonly state: 'pin'; readonly payBillNumber: string }
  | { readonly state: 'amount'; readonly payee: Payee }
  | { readonly state: 'confirmation'; readonly payee: Payee; readonly amount: bigint }
  | { readonly state: 'paid'; readonly confirmationNumber: string }
  | { readonly state: 'ended' }
);

/** What the caller is to hear next, and where the call stands then. */
export interface Turn {
  readonly call: PhoneCall;
  readonly say: string;
}

/** What keys come to: a next turn at once, or something to be found out or done first. */
export type Heard =
  | { readonly kind: 'turn'; readonly turn: Turn }
  | { readonly kind: 'verify'; readonly payBillNumber: string; readonly pin: string }
  | { readonly kind: 'pay'; readonly payee: Payee; readonly amount: bigint };

/** A call begins. */
export function answered(): Turn {
  return { call: { state: 'pay-bill-number', badInputs: 0 }, say: prompts.welcome };
}

/**
 * Makes out what a caller has keyed.
 * @param keys figures, with `#` at the end or without
 */
export function hear(call: PhoneCall, keys: string): Heard {
  const figures = keys.replace(/#$/, '');
  switch (call.state) {
    case 'pay-bill-number':
      // Check digits hold or not whether or not anybody has the number: saying so tells nothing about an account (VE1, ID5).
      return isPayBillNumber(figures)
        ? turn({ state: 'pin', payBillNumber: figures, badInputs: call.badInputs }, prompts.pin)
        : bad(call, prompts.badNumber);
    case 'pin':
      return PIN.test(figures)
        ? { kind: 'verify', payBillNumber: call.payBillNumber, pin: figures }
        : bad(call, prompts.badPin(leastDigits, mostDigits));
    case 'amount':
      return hearAmount(call, figures);
    case 'confirmation':
      if (figures === '1') return { kind: 'pay', payee: call.payee, amount: call.amount };
      if (figures === '2') return turn({ ...call, state: 'amount' }, prompts.amount(call.payee));
      return bad(call, prompts.confirm(call.amount, call.payee));
    case 'paid':
    case 'ended':
      return turn(call, GOODBYE);
  }
}

function hearAmount(call: Extract<PhoneCall, { state: 'amount' }>, figures: string): Heard {
  const { payee, badInputs } = call;
  const amount = /^\d+$/.test(figures) && figures.length <= MOST_AMOUNT_FIGURES ? BigInt(figures) : 0n;
  if (amount === 0n) return bad(call, prompts.badAmount(payee));
  return turn({ state: 'confirmation', payee, amount, badInputs }, prompts.confirm(amount, payee));
}

/**
 * The turn after number and PIN were compared.
 * @param payee whom they belong to; undefined when they do not go together, for whatever reason
 */
export function compared({ badInputs }: PhoneCall, payee: Payee | undefined): Turn {
  if (payee) return { call: { state: 'amount', payee, badInputs }, say: prompts.amount(payee) };
  // Which of the two was wrong is not for the caller to know, so both are asked for again.
  return afterBad({ state: 'pay-bill-number', badInputs }, prompts.notTogether);
}

/** The turn after the money was taken. */
export function paid({ badInputs }: PhoneCall, confirmationNumber: string, amount: bigint, payee: Payee): Turn {
  const say = prompts.paid(confirmationNumber, amount, payee);
  return { call: { state: 'paid', confirmationNumber, badInputs }, say };
}

/** The turn after a payment was refused, or cannot be taken: the call ends, and says no more than whom to ask. */
export function notTaken({ badInputs }: PhoneCall): Turn {
  return { call: { state: 'ended', badInputs }, say: prompts.notTaken };
}

/** The turn after a call asked to pay another amount than it has paid before: one call pays once. */
export function paidBefore({ badInputs }: PhoneCall): Turn {
  return { call: { state: 'ended', badInputs }, say: prompts.paidBefore };
}

/** How many keys are expected next, and which ends them; null when the call is over. */
export function expected({ state }: PhoneCall): { readonly digits: number; readonly terminator: '#' | null } | null {
  switch (state) {
    case 'pay-bill-number':
      return { digits: 14, terminator: '#' };
    case 'pin':
      return { digits: mostDigits, terminator: '#' };
    case 'amount':
      return { digits: MOST_AMOUNT_FIGURES, terminator: '#' };
    case 'confirmation':
      return { digits: 1, terminator: null };
    case 'paid':
    case 'ended':
      return null;
  }
}

function turn(call: PhoneCall, say: string): Heard {
  return { kind: 'turn', turn: { call, say } };
}

function bad(call: PhoneCall, say: string): Heard {
  return { kind: 'turn', turn: afterBad(call, say) };
}

function afterBad(call: PhoneCall, say: string): Turn {
  const badInputs = call.badInputs + 1;
  if (badInputs >= MOST_BAD_INPUTS) return { call: { state: 'ended', badInputs }, say: prompts.tooManyBad };
  return { call: { ...call, badInputs }, say };
}
