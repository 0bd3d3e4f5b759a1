import { formatMinor } from '../money/minor-units.js';

/* What callers hear, for a speech synthesiser: short sentences, figures one by one where they are to be noted down. */

interface In {
  readonly currency: string;
  readonly digits: number;
}

export const GOODBYE = 'Goodbye.';

export const prompts = {
  welcome: 'Welcome to payments by phone. Key the fourteen figures of your pay bill number, then the pound key.',
  badNumber: 'That is not a pay bill number. Look at your bill, and key its fourteen figures, then the pound key.',
  pin: 'Key your PIN, then the pound key.',
  badPin: (least: number, most: number) => `A PIN has ${least} to ${most} figures. Key your PIN, then the pound key.`,
  notTogether:
    'That number and that PIN were not accepted. Key the fourteen figures of your pay bill number, then the pound key.',
  amount: (unit: In) => `Thank you. Key the amount ${unitOf(unit)}, then the pound key.`,
  badAmount: (unit: In) => `Key an amount of more than nothing ${unitOf(unit)}, then the pound key.`,
  confirm: (amount: bigint, unit: In) =>
    `You pay ${spoken(amount, unit)}. To confirm, press 1. To key another amount, press 2.`,
  paid: (confirmationNumber: string, amount: bigint, unit: In) =>
    `Thank you. We have taken ${spoken(amount, unit)}. Your confirmation number is ${[...confirmationNumber].join(', ')}. ` +
    `Once more: ${[...confirmationNumber].join(', ')}. ${GOODBYE}`,
  notTaken: `We cannot take this payment by phone. Please ask customer service. No money was taken. ${GOODBYE}`,
  paidBefore: `This call has been paid for already. Please hang up, and call again to pay more. ${GOODBYE}`,
  tooManyBad: `We could not understand you. Please call again, or ask customer service. ${GOODBYE}`,
} as const;

function unitOf({ currency, digits }: In): string {
  if (digits === 0) return `in whole ${currency}`;
  if (currency === 'USD') return 'in cents: for five dollars and ten cents, key 5, 1, 0';
  return `in ${currency}, with ${digits} figures after the point and without the point`;
}

function spoken(amount: bigint, { currency, digits }: In): string {
  if (currency !== 'USD') return `${formatMinor(amount, digits)} ${currency}`;
  const [dollars, cents] = [amount / 100n, amount % 100n];
  const parts = [
    ...(dollars > 0n ? [`${dollars} ${dollars === 1n ? 'dollar' : 'dollars'}`] : []),
    ...(cents > 0n ? [`${cents} ${cents === 1n ? 'cent' : 'cents'}`] : []),
  ];
  return parts.join(' and ');
}
