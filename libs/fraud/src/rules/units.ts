/*
 * Amounts are compared and added as whole ten-thousandths of a currency's unit: no currency of ISO 4217 has a finer minor
 * unit (CLF and UYW have four decimals), and whole numbers are exact.
 */

const DECIMALS = 4;
const DECIMAL = /^(-?)(\d{1,18})(?:\.(\d{1,4}))?$/;

/** An exact decimal in ten-thousandths, or undefined when it is none or is finer than that. */
export function unitsOf(amount: string): bigint | undefined {
  const found = DECIMAL.exec(amount);
  if (!found) return undefined;
  const [, sign, whole = '', fraction = ''] = found;
  const units = BigInt(whole + fraction.padEnd(DECIMALS, '0'));
  return sign === '-' ? -units : units;
}

/** Ten-thousandths as a decimal with at least this many digits after the point. */
export function decimalOf(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(DECIMALS + 1, '0');
  const fraction = text.slice(-DECIMALS).replace(/0+$/, '').padEnd(digits, '0');
  return `${units < 0n ? '-' : ''}${text.slice(0, -DECIMALS)}${fraction === '' ? '' : `.${fraction}`}`;
}
