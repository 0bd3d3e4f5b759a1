import { type Money } from './notification.js';

interface Laid {
  readonly billNumber: string;
  readonly amount: Money;
}

/** Adds up what lies on the lines of each bill, in the order the bills are first met. */
export function perBill(laid: readonly Laid[]): Laid[] {
  const bills = new Map<string, Money>();
  for (const { billNumber, amount } of laid) {
    const sum = bills.get(billNumber);
    bills.set(billNumber, sum === undefined ? amount : { ...sum, amount: add(sum.amount, amount.amount) });
  }
  return [...bills].map(([billNumber, amount]) => ({ billNumber, amount }));
}

export function isNothing(amount: string): boolean {
  return !/[1-9]/.test(amount);
}

/** The exact sum of two decimals that are not negative, with as many digits after the point as the finer of them. */
function add(left: string, right: string): string {
  const digits = Math.max(decimals(left), decimals(right));
  const sum = String(scaled(left, digits) + scaled(right, digits)).padStart(digits + 1, '0');
  return digits === 0 ? sum : `${sum.slice(0, -digits)}.${sum.slice(-digits)}`;
}

function decimals(amount: string): number {
  return amount.split('.')[1]?.length ?? 0;
}

function scaled(amount: string, digits: number): bigint {
  const [whole = '', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(digits, '0'));
}
