import { type Biller, type BillDocument } from '#libs/bill-documents';

export const exampleBiller: Biller = {
  name: 'Lakeside Fiber',
  address: ['410 Harbor Street', 'Burlington, VT 05401'],
  remitTo: ['P.O. Box 4100', 'Burlington, VT 05402-4100'],
  contact: '1-800-555-0142 \u00b7 help@lakeside.example',
  payNote: 'Pay online at lakeside.example/pay, by phone at 1-800-555-0143, or with the part below.',
};

/** A bill of so many lines of 49.99 with a tax of 2.50 each, after one of 120.00 that was paid; other parts as given. */
export function exampleBill({
  lines = 1,
  ...given
}: Partial<Omit<BillDocument, 'lines'>> & { lines?: number } = {}): BillDocument {
  const text = (cents: number) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
  return {
    payBillNumber: '12345678901244',
    billNumber: 'B-2026-0042',
    issuedOn: '2026-01-26',
    dueOn: '2026-02-15',
    period: { from: '2026-01-01', to: '2026-01-31' },
    currency: 'USD',
    addressee: ['Jane Q. Public', '17 Maple Avenue, Apt. 4', 'Winooski, VT 05404'],
    previous: { billNumber: 'B-2025-0912', issuedOn: '2025-12-26' },
    previousBalance: '120.00',
    activity: [
      { on: '2026-01-12', kind: 'payment', channel: 'online', reference: '7K2M-9QXD-4TRA', amount: '-120.00' },
    ],
    changes: { payment: '-120.00' },
    lines: Array.from({ length: lines }, (_, index) => ({
      service: ['internet', 'phone', 'tv-plus'][Math.floor((index * 3) / lines)]!,
      description:
        index % 7 === 5 ? `Add-on ${index + 1} with a name that is longer than others are` : `Plan ${index + 1}`,
      quantity: '1',
      unitPrice: index % 5 === 3 ? '54.99' : '49.99',
      discounts: index % 5 === 3 ? [{ description: 'loyal customer', amount: '5.00' }] : [],
      net: '49.99',
    })),
    charges: text(lines * 4999),
    taxes: [
      { jurisdiction: 'Vermont', rate: '0.04', amount: text(lines * 200) },
      { jurisdiction: 'Burlington', rate: '0.01', amount: text(lines * 50) },
    ],
    taxTotal: text(lines * 250),
    total: text(lines * 5249),
    amountDue: text(lines * 5249),
    pastDue: '0.00',
    ...given,
  };
}
