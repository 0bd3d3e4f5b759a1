const WEIGHTS = [3, 7, 1, 3, 7, 1, 3, 7] as const;

/** The check digit of eight digits of an ABA routing number: weights 3, 7, 1, to the next ten (ABA Key to Routing Numbers). */
function routingCheckDigit(eight: string): number {
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * (eight.charCodeAt(index) - 48), 0);
  return (10 - (sum % 10)) % 10;
}

/** Whether nine digits are a routing number whose check digit holds. */
export function isRoutingNumber(nine: string): boolean {
  return /^\d{9}$/.test(nine) && nine !== '000000000' && routingCheckDigit(nine) === nine.charCodeAt(8) - 48;
}
