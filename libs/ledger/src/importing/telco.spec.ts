import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { addFigures, noFigures, type SourceFigures } from './biller-plan.js';
import { billAmounts, RowRefused, telcoCustomer } from './telco.js';
import { telcoSource } from './telco-source.job.js';

const DATA = process.env['PAYBILL_TELCO_FILE'] ?? '../shared/data/telco-customer-churn.csv';

const row = {
  customerID: '5575-GNVDE',
  tenure: '34',
  PhoneService: 'Yes',
  InternetService: 'DSL',
  PaymentMethod: 'Mailed check',
  MonthlyCharges: '56.95',
  TotalCharges: '1889.5',
};

describe('A telco customer', () => {
  it('is billed once a month so that the bills sum to the total and the last is the monthly charge', () => {
    const amounts = billAmounts(34, 188_950n, 5_695n);
    expect(amounts).toHaveLength(34);
    expect(amounts.reduce((sum, amount) => sum + amount, 0n)).toBe(188_950n);
    expect(amounts.at(-1)).toBe(5_695n);
    expect(new Set(amounts.slice(0, -1)).size).toBeLessThanOrEqual(2);
  });

  it('of no tenure is not billed, of one month is billed the total', () => {
    expect(billAmounts(0, 0n, 2_000n)).toEqual([]);
    expect(billAmounts(1, 2_010n, 2_000n)).toEqual([2_010n]);
  });

  it('pays every bill in full by the method of the row', () => {
    const { plan, figures } = telcoCustomer(row);
    expect(plan.commands).toHaveLength(68);
    expect(figures.bills).toEqual({ count: 34, minor: 188_950n });
    expect([...figures.paymentsByKind]).toEqual([['mail-in/check', { count: 34, minor: 188_950n }]]);
  });

  it.each([
    ['customerID', { customerID: '' }],
    ['tenure', { tenure: '3.5' }],
    ['tenure', { tenure: '-1' }],
    ['PaymentMethod', { PaymentMethod: 'Cowrie shells' }],
    ['MonthlyCharges', { MonthlyCharges: '56.955' }],
    ['TotalCharges', { TotalCharges: ' ' }],
    ['TotalCharges', { TotalCharges: '12' }],
    ['InternetService', { InternetService: 'Pigeon' }],
    ['PhoneService', { InternetService: 'No', PhoneService: 'No' }],
  ])('with a broken %s is refused with that column named', (column, broken) => {
    expect(() => telcoCustomer({ ...row, ...broken })).toThrow(RowRefused);
    expect(() => telcoCustomer({ ...row, ...broken })).toThrow(column);
  });
});

// The file is outside input and never part of the repository; CI must have it.
const withFile = existsSync(DATA) || process.env['CI'] === 'true' ? describe : describe.skip;

withFile(`The telco data set (${DATA})`, () => {
  const expected = JSON.parse(readFileSync(DATA.replace('customer-churn.csv', 'figures.json'), 'utf8')) as {
    rule_A: { bills: number; total_cents: number; sha256_lines: string };
    by: { PaymentMethod: Record<string, { bills: number; total_cents: number }> };
  };

  it('comes to the figures that were published with it, line by line', async () => {
    const hash = createHash('sha256');
    let figures: SourceFigures = noFigures('USD');
    for await (const line of telcoSource(DATA)) {
      if ('reason' in line) throw new Error(`line ${line.line}: ${line.reason}`);
      figures = addFigures(figures, line.figures);
      const bills = line.plan.commands.flatMap(({ body }) =>
        'lines' in body ? [(body as { lines: [{ unitPrice: string }] }).lines[0].unitPrice.replace('.', '')] : [],
      );
      hash.update(`${line.plan.reference},${bills.map((cents) => cents.replace(/^0+/, '')).join(',')}\n`);
    }
    expect(figures.accounts).toBe(7_043);
    expect(figures.bills).toEqual({ count: expected.rule_A.bills, minor: BigInt(expected.rule_A.total_cents) });
    const { PaymentMethod } = expected.by;
    expect(figures.paymentsByKind.get('mail-in/check')).toEqual({
      count: PaymentMethod['Mailed check']!.bills,
      minor: BigInt(PaymentMethod['Mailed check']!.total_cents),
    });
    expect(hash.digest('hex')).toBe(expected.rule_A.sha256_lines);
  });
});
