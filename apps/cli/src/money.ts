import { z } from 'zod';

/** Money as the API tells it. */
export const Money = z.object({ amount: z.string(), currency: z.string() });
export type Money = z.output<typeof Money>;

/** `1.77 USD` */
export function moneyText({ amount, currency }: Money): string {
  return `${amount} ${currency}`;
}

/** How often, and how much in each currency: `3, 1.77 USD`. */
export function countedText({ count, totals }: { readonly count: number; readonly totals: readonly Money[] }): string {
  return [count.toLocaleString('en'), ...totals.map(moneyText)].join(', ');
}
