import { type Activity } from './bill-document.js';

/* How bills write money, days and what happened: US English. */

const LOCALE = 'en-US';
const MINUS = '\u2212';

/** `$1,234.50`, `−$25.00`; a decimal text goes in as it is, so that no cent is lost to a binary number. */
export function money(amount: string, currency: string): string {
  const format = new Intl.NumberFormat(LOCALE, { style: 'currency', currency });
  return withMinus(format.format(amount as Intl.StringNumericLiteral));
}

/** Of a price or discount, which may be finer than the minor unit: `$0.0235`. */
export function price(amount: string, currency: string): string {
  const format = new Intl.NumberFormat(LOCALE, { style: 'currency', currency, maximumFractionDigits: 12 });
  return withMinus(format.format(amount as Intl.StringNumericLiteral));
}

/** `1,024.5` */
export function quantity(amount: string): string {
  const format = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 12 });
  return withMinus(format.format(amount as Intl.StringNumericLiteral));
}

/** `7.25%` of `0.0725`. */
export function rate(fraction: string): string {
  const format = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 10 });
  return format.format(fraction as Intl.StringNumericLiteral);
}

/** `January 31, 2026` */
export function day(text: string): string {
  return dayIn(text, { dateStyle: 'long' });
}

/** `Jan 31, 2026` */
export function shortDay(text: string): string {
  return dayIn(text, { dateStyle: 'medium' });
}

/** `1234 5678 9012 34` */
export function payBillNumber(figures: string): string {
  return figures.replace(/^(.{4})(.{4})(.{4})(.{2})$/, '$1 $2 $3 $4');
}

/** Of what kind changes of the balance are, in the summary. */
export const CHANGES: Readonly<Record<Activity['kind'], string>> = {
  payment: 'Payments received \u2013 thank you',
  'returned-payment': 'Payments returned',
  'reinstated-payment': 'Returned payments made good',
  refund: 'Refunds',
  credit: 'Credits',
  reversal: 'Charges reversed',
  'late-fee': 'Late fees',
  'write-off': 'Written off',
  'reinstated-debt': 'Written off before and owed again',
  transfer: 'Transfers between accounts',
};

const CHANNELS: Readonly<Record<string, string>> = {
  online: 'online',
  phone: 'by phone',
  'in-person': 'in person',
  'mail-in': 'by mail',
  autopay: 'by autopay',
};

/** One change of the balance, told. */
export function activity({ kind, channel, reason, reference }: Activity): string {
  switch (kind) {
    case 'payment':
      return joined(
        `Payment received ${CHANNELS[channel ?? ''] ?? channel ?? ''}`.trim(),
        reference && `confirmation ${reference}`,
      );
    case 'returned-payment':
      return joined('Payment returned by the bank', words(reason));
    case 'reinstated-payment':
      return joined('Returned payment made good by the bank', words(reason));
    case 'refund':
      return joined('Refund', words(reason));
    case 'credit':
      return joined('Credit', words(reason));
    case 'reversal':
      return joined(`Charge reversed, bill ${reference ?? ''}`, words(reason));
    case 'write-off':
      return joined('Written off', words(reason));
    case 'reinstated-debt':
      return joined('Written off before and owed again', words(reason));
    case 'late-fee':
      return `Late fee, bill ${reference ?? ''}`;
    case 'transfer':
      return joined('Transfer', words(reason), reference && `bill ${reference}`);
  }
}

/** `internet-plus` is a service's code and a heading. */
export function heading(code: string): string {
  const text = words(code) ?? '';
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function words(code: string | undefined): string | undefined {
  return code?.replaceAll(/[-_]/g, ' ');
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' \u00b7 ');
}

function withMinus(text: string): string {
  return text.replace('-', MINUS);
}

function dayIn(text: string, style: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(LOCALE, { ...style, timeZone: 'UTC' }).format(new Date(`${text}T00:00:00Z`));
}
