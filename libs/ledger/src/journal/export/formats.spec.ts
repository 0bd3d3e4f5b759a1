import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { accountLog } from '#testing/ledger';
import { type JournalEntry } from '../journal-entry.js';
import { csv } from './csv.js';
import { journalOf, written } from './entry-examples.js';
import { escaped } from './escaped.js';
import { byAccount, exportedEntries } from './exported-entry.js';
import { jsonLines } from './json-lines.js';
import { PlainText } from './plain-text.js';

const anyText = fc.string({ unit: 'binary', minLength: 1 });
const signs = fc.string({ unit: fc.constantFrom(...'\'"=+-@,;\r\n\t x1') });

const CUSTOMER = '0e37c1d2-6a35-4b5e-9d0c-2f1a7c1b9e10';
const EVENT = '8a4f1b2c-0000-8000-8000-00000000000';
let revision = 0;

function entry(kind: JournalEntry['kind'], day: string, reference: string, postings: string[], currency = 'USD') {
  revision += 1;
  return {
    position: `${revision * 700}`,
    accountId: CUSTOMER,
    revision: `${revision}`,
    eventId: `${EVENT}${revision}`,
    kind,
    reference,
    reason: kind === 'charge-reversed' ? 'billed-in-error' : null,
    effectiveAt: `${day}T12:00:00.000Z`,
    recordedAt: `2026-06-01T00:00:00.000Z`,
    postings: postings.map((posting) => {
      const [account = '', amount = ''] = posting.split(/ (?=\S+$)/);
      return { account, amount: { amount, currency } };
    }),
  } as const;
}

describe('A journal', () => {
  let account: readonly JournalEntry[];
  beforeEach(() => {
    revision = 0;
    account = [
      entry('bill-issued', '2026-01-01', 'B-1', [
        'Accounts Receivable 10.60',
        'Revenue:TV; Sport -10.00',
        'Tax Payable:US-PA -0.60',
      ]),
      entry('payment-applied', '2026-01-20', '7ZK4', [
        'Cash Clearing 12.00',
        'Accounts Receivable -10.60',
        'Unapplied Cash -1.40',
      ]),
      entry('charge-reversed', '2026-02-03', 'B-1', [
        'Revenue:TV; Sport 10.00',
        'Tax Payable:US-PA 0.60',
        'Unapplied Cash -10.60',
      ]),
    ];
  });

  it('as text declares what it names, and asserts each customer’s balances at the end of a month and of all', () => {
    const text = written(new PlainText(undefined), account);
    expect(text).toBe(`; Journal of Paybill up to position 0 of its log: 3 entries

tag event
tag revision
tag reason

commodity USD
  format 1000.00 USD
payee Bill issued
payee Payment applied
payee Charge reversed
payee Closing balances
account Income:Revenue:TV%3B Sport
account Liabilities:Tax Payable:US-PA
account Assets:Cash Clearing
account Assets:Accounts Receivable:${CUSTOMER}
account Liabilities:Unapplied Cash:${CUSTOMER}

2026-01-01 * (B-1) Bill issued
    ; event: ${EVENT}1
    ; revision: 1
    Assets:Accounts Receivable:${CUSTOMER}  10.60 USD
    Income:Revenue:TV%3B Sport  -10.00 USD
    Liabilities:Tax Payable:US-PA  -0.60 USD

2026-01-20 * (7ZK4) Payment applied
    ; event: ${EVENT}2
    ; revision: 2
    Assets:Cash Clearing  12.00 USD
    Assets:Accounts Receivable:${CUSTOMER}  -10.60 USD = 0.00 USD
    Liabilities:Unapplied Cash:${CUSTOMER}  -1.40 USD = -1.40 USD

2026-02-03 * (B-1) Charge reversed
    ; event: ${EVENT}3
    ; revision: 3
    ; reason: billed-in-error
    Income:Revenue:TV%3B Sport  10.00 USD
    Liabilities:Tax Payable:US-PA  0.60 USD
    Liabilities:Unapplied Cash:${CUSTOMER}  -10.60 USD = -12.00 USD

2026-02-28 * Closing balances
    Assets:Accounts Receivable:${CUSTOMER}  0.00 USD = 0.00 USD
    Liabilities:Unapplied Cash:${CUSTOMER}  0.00 USD = -12.00 USD

; The end: all 3 entries stand above.
`);
  });

  it('of a period begins with the balances until then, and ends with those of its last day', () => {
    const text = written(new PlainText('2026-12-31'), account, '2026-02-01');
    expect(text).toContain(`
2026-02-01 * Opening balances
    Liabilities:Tax Payable:US-PA  -0.60 USD
    Assets:Cash Clearing  12.00 USD
    Liabilities:Unapplied Cash:${CUSTOMER}  -1.40 USD
    Equity:Opening Balances  -10.00 USD
`);
    expect(text).not.toContain('Bill issued\n  ');
    expect(text).toContain('\n2026-12-31 * Closing balances\n');
  });

  it('writes currencies with the digits they have', () => {
    const yen = [entry('bill-issued', '2026-01-01', 'B-1', ['Accounts Receivable 1200', 'Revenue:tv -1200'], 'JPY')];
    expect(written(new PlainText(undefined), yen)).toContain('commodity JPY\npayee');
    const dinar = [
      entry('bill-issued', '2026-01-01', 'B-1', ['Accounts Receivable 1.500', 'Revenue:tv -1.500'], 'BHD'),
    ];
    expect(written(new PlainText(undefined), dinar)).toContain('commodity BHD\n  format 1000.000 BHD\n');
  });

  it('carries balances forward and results into equity, so that every period closes as all of it does', () => {
    const days = fc.array(fc.nat(200), { minLength: 1, maxLength: 7 });
    const from = fc.constantFrom('2025-12-31', '2026-01-01', '2026-03-01', '2026-05-05', '2026-12-31');
    fc.assert(
      fc.property(accountLog, days, from, (log, after, day) => {
        for (const entries of byAccount(journalOf(log, after))) {
          const exported = exportedEntries(entries, day);
          const opening = exported.filter(({ kind }) => kind === 'opening-balances');
          expect(opening.length).toBeLessThanOrEqual(1);
          expect(exported.slice(opening.length)).toEqual(entries.filter(({ effectiveAt }) => effectiveAt >= day));
          const sum = opening
            .flatMap(({ postings }) => postings)
            .reduce((all, { amount }) => all + minorOf(amount.amount), 0n);
          expect(sum).toBe(0n);
        }
      }),
    );
  });

  it('as CSV has a line for each posting, and gives back every text', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, signs), (reference) => {
        const [first] = account as [JournalEntry];
        const [header, ...rows] = parse(written(csv, [{ ...first, reference, reason: reference }]));
        const cells = rows.map((row) => Object.fromEntries(header!.map((name, index) => [name, row[index]])));
        expect(cells.map(({ line, gl_account: name, amount }) => [line, name, amount])).toEqual([
          ['1', 'Accounts Receivable', '10.60'],
          ['2', 'Revenue:TV; Sport', '-10.00'],
          ['3', 'Tax Payable:US-PA', '-0.60'],
        ]);
        for (const { reference: code, reason } of cells) {
          expect(code).not.toMatch(/^[=+\-@\t\r\n]/);
          expect([code, reason].map((cell) => cell!.replace(/^'/, ''))).toEqual([reference, reference]);
        }
      }),
    );
  });

  it('as JSON Lines is a line for each entry, just as it is', () => {
    const lines = written(jsonLines, account, '2026-02-01').trimEnd().split('\n');
    const [opening, ...entries] = lines.map((line) => JSON.parse(line) as JournalEntry);
    expect(opening).toMatchObject({ kind: 'opening-balances', accountId: CUSTOMER, revision: null, eventId: null });
    expect(entries).toEqual(account.slice(2));
  });

  it('never leaves an account out for want of a place in the chart', () => {
    const unknown = [entry('bill-issued', '2026-01-01', 'B-1', ['Petty Cash 1.00', 'Revenue:tv -1.00'])];
    expect(() => written(csv, unknown)).toThrow('the chart of accounts has no account Petty Cash');
  });
});

describe('An escaped text', () => {
  it('can be read back, and holds nothing that a journal would take for its own', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, signs), (text) => {
        const written = escaped(text);
        expect(decodeURIComponent(written)).toBe(text);
        expect(written).not.toMatch(/[;:,()[\]{}<>"*!=@|\p{C}]|^ | $| {2}|\p{Z}(?<! )/u);
      }),
    );
  });

  it('is as it was where it is an ordinary name', () => {
    for (const name of ['internet', 'Fibre 500', 'TV & Phone', 'US-PA', 'Île-de-France', '東京都', 'B-2026/001']) {
      expect(escaped(name)).toBe(name);
    }
  });
});

/** Minor units of whatever currency: a sum of zero is zero in all. */
function minorOf(amount: string): bigint {
  return BigInt(amount.replace('.', ''));
}
