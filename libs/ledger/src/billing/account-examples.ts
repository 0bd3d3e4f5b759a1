import { type AccountEvent } from './account-events.js';

/* Short histories for the specs of the account's commands. Amounts in USD. */

export const at = '2026-01-15T12:00:00.000Z';
export const USD = (amount: string) => ({ amount, currency: 'USD' });

type Data<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];
type Example<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

export function accountOpened(currency = 'USD'): Example<'AccountOpened'> {
  return {
    type: 'AccountOpened',
    data: {
      accountId: '00000000-0000-4000-8000-00000000000a',
      payBillNumber: '12345678901244',
      currency,
      effectiveAt: '2025-12-01T00:00:00.000Z',
    },
  };
}

/** A bill with lines L1, L2 … of these totals, untaxed; a line is `amount` or `amount@priority`. */
export function billIssued(billNumber: string, dueOn: string, lines: readonly string[]): Example<'BillIssued'> {
  const stated = lines.map((line) => line.split('@'));
  const cents = stated.reduce((sum, [amount = '']) => sum + BigInt(amount.replace('.', '')), 0n);
  const total = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
  return {
    type: 'BillIssued',
    data: {
      billNumber,
      issuedOn: '2026-01-01',
      dueOn,
      lines: stated.map(([amount = '', priority = '100'], index) => ({
        lineId: `L${index + 1}`,
        service: 'internet',
        kind: 'recurring',
        description: 'Internet 100',
        quantity: '1',
        unitPrice: amount,
        discounts: [],
        net: amount,
        taxes: [],
        total: amount,
        priority: Number(priority),
      })),
      total: USD(total),
      rounding: { policy: 'line', residue: '0' },
      effectiveAt: '2026-01-01T00:00:00.000Z',
    },
  };
}

/** `B-1/L1 10.00` as the events write it. */
export function share(text: string) {
  const [place = '', amount = ''] = text.split(' ');
  const [billNumber = '', lineId = ''] = place.split('/');
  return { billNumber, lineId, amount };
}

export function paymentApplied(
  paymentId: string,
  amount: string,
  allocations: readonly string[],
  unapplied = '0.00',
): Example<'PaymentApplied'> {
  return {
    type: 'PaymentApplied',
    data: {
      paymentId,
      confirmationNumber: '0123456789AB',
      amount: USD(amount),
      channel: 'online',
      method: { kind: 'card', token: 'tok_1' },
      allocations: allocations.map(share),
      unapplied,
      allocationPolicy: 'instructed-then-oldest-due-first/2',
      effectiveAt: at,
    },
  };
}

/** Credit that no bill has taken yet. */
export function creditIssued(creditId: string, amount: string, effectiveAt = at): Example<'CreditIssued'> {
  return {
    type: 'CreditIssued',
    data: {
      creditId,
      amount: USD(amount),
      reason: 'goodwill',
      allocations: [],
      unapplied: amount,
      allocationPolicy: 'instructed-then-oldest-due-first/2',
      effectiveAt,
    },
  };
}

export const accountClosed: Example<'AccountClosed'> = {
  type: 'AccountClosed',
  data: { reason: 'moved-away', effectiveAt: at },
};

/** The data of an event that has to be of this type. */
export function dataOf<Type extends AccountEvent['type']>(event: AccountEvent | undefined, type: Type): Data<Type> {
  if (event?.type !== type) throw new Error(`a ${type} was expected`);
  return event.data as Data<Type>;
}
