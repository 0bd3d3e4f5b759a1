// Digits as a card shows them: 13 to 19 (ISO/IEC 7812), perhaps in groups, and not part of a longer run of digits.
const DIGIT_RUNS = /(?<!\d)\d(?:[ .-]?\d){12,18}(?!\d)/g;
// A UUID or a digest in hexadecimal may hold such a run by chance and is no card number.
const HEXADECIMAL = /^(?=.*[a-f])[0-9a-f]{8}(-?[0-9a-f]{4,}){3,}$/i;

/**
 * Whether a text holds what looks like a card number: a run of digits whose Luhn check digit holds (ISO/IEC 7812-1). Such
 * a text is refused wherever a payment method's token belongs, so that no card number is ever stored (PCI DSS, SE4).
 */
export function holdsCardNumber(text: string): boolean {
  if (HEXADECIMAL.test(text)) return false;
  return (text.match(DIGIT_RUNS) ?? []).some((run) => passesLuhn(run.replace(/\D/g, '')));
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits.charAt(digits.length - 1 - place));
    const weighted = place % 2 === 0 ? digit : digit * 2;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}
