/* Secrets that are refused when they are set, because whoever guesses tries them first. */

/** The middle column of the keypad, downwards and upwards. */
const COLUMNS = ['2580', '0852'];

/**
 * Whether a PIN is among those that are tried first: one figure repeated, figures in sequence, a group repeated (1212,
 * 123123), a column of the keypad, a year of somebody's life, or figures that are printed on the bill.
 *
 * @param payBillNumber of the account: nothing on the bill proves who somebody is (47 CFR 64.2010(b))
 * @see https://doi.org/10.1007/978-3-642-32946-3_3 Bonneau, Preibusch, Anderson, "A birthday present every eleven wallets?"
 */
export function isSimplePin(pin: string, payBillNumber: string): boolean {
  return (
    isSequence(pin) ||
    /^(\d{1,4})\1+$/.test(pin) ||
    /^(19|20)\d\d$/.test(pin) ||
    COLUMNS.includes(pin) ||
    payBillNumber.includes(pin)
  );
}

/** Each figure one more than the one before, or one less; 0 comes after 9. */
function isSequence(pin: string): boolean {
  const steps = [...pin].slice(1).map((figure, at) => (Number(figure) - Number(pin.charAt(at)) + 10) % 10);
  return steps.every((step) => step === 1) || steps.every((step) => step === 9);
}

/** An answer as it is compared: however it is written, accented, spaced or punctuated. */
export function normalAnswer(answer: string): string {
  return answer
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
