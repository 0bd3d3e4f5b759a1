import { ApplyPayment } from '../billing/apply-payment.js';
import { IssueBill } from '../billing/issue-bill.js';
import { formatMinor, isFinerThan, parseMinor } from '../money/minor-units.js';
import { kindOf, noFigures, type PaymentKind, type PlannedCommand, type SourceCustomer, tally } from './biller-plan.js';
import { addDays, monthsBefore } from './calendar.js';

/** A row of the source that cannot be used, with the column to blame. */
export class RowRefused extends Error {
  override readonly name = 'RowRefused';

  constructor(
    readonly column: string,
    message: string,
  ) {
    super(`${column}: ${message}`);
  }
}

/** The columns of IBM's telco customer churn data set that an import reads. */
export const TELCO_COLUMNS = [
  'customerID',
  'tenure',
  'PhoneService',
  'InternetService',
  'PaymentMethod',
  'MonthlyCharges',
  'TotalCharges',
] as const;

type TelcoRow = Readonly<Record<(typeof TELCO_COLUMNS)[number], string>>;

const USD = 'USD';
/** The data have no dates; every customer's last bill is put in the month the file was published. */
const LAST_BILL = '2019-09-01';
const DAYS_TO_PAY = 21;
const MAX_TENURE = 1_200;

const PAYMENT_KINDS: Readonly<Record<string, PaymentKind>> = {
  'Mailed check': { channel: 'mail-in', method: 'check' },
  'Electronic check': { channel: 'online', method: 'bank-account' },
  'Bank transfer (automatic)': { channel: 'autopay', method: 'bank-account' },
  'Credit card (automatic)': { channel: 'autopay', method: 'card' },
};

/**
 * Rule A of telco-figures.json: divides what a customer was charged in all (T) over the months (t) so that the last bill
 * is the monthly charge (m) and the others are as equal as cents allow. t = 0: no bill; t = 1: one bill of T.
 */
export function billAmounts(tenure: number, total: bigint, monthly: bigint): bigint[] {
  if (tenure === 0) return [];
  if (tenure === 1) return [total];
  const months = BigInt(tenure - 1);
  const quotient = (total - monthly) / months;
  const larger = Number((total - monthly) % months);
  const earlier = Array.from({ length: tenure - 1 }, (_, month) => (month < larger ? quotient + 1n : quotient));
  return [...earlier, monthly];
}

/** The account, bills and payments of one row. @throws RowRefused */
export function telcoCustomer(row: TelcoRow): SourceCustomer {
  const reference = row.customerID.trim();
  if (!/^[\w-]{1,64}$/.test(reference)) throw new RowRefused('customerID', 'is missing or not an identifier');
  const tenure = readTenure(row.tenure);
  const kind = PAYMENT_KINDS[row.PaymentMethod];
  if (!kind) throw new RowRefused('PaymentMethod', 'is none of the four methods');
  const monthly = readCents(row.MonthlyCharges, 'MonthlyCharges');
  // The eleven customers of tenure 0 have a blank here: they have not been billed yet.
  const total = tenure === 0 && row.TotalCharges.trim() === '' ? 0n : readCents(row.TotalCharges, 'TotalCharges');
  const amounts = billAmounts(tenure, total, monthly);
  if (amounts.some((amount) => amount <= 0n)) {
    throw new RowRefused('TotalCharges', 'leaves a month without a charge at this tenure and monthly charge');
  }
  const service = readService(row);
  const figures = { ...noFigures(USD), accounts: 1, bills: tally(amounts), payments: tally(amounts) };
  return {
    plan: {
      reference,
      currency: USD,
      openedAt: `${monthsBefore(LAST_BILL, Math.max(tenure - 1, 0))}T00:00:00.000Z`,
      commands: amounts.flatMap((amount, month) => monthOf(reference, service, kind, amount, month, tenure)),
    },
    figures: { ...figures, paymentsByKind: new Map([[kindOf(kind), figures.payments]]) },
  };
}

/** A month's bill and its payment in full. */
function monthOf(
  reference: string,
  service: string,
  kind: PaymentKind,
  minor: bigint,
  month: number,
  tenure: number,
): PlannedCommand[] {
  const issuedOn = monthsBefore(LAST_BILL, tenure - 1 - month);
  const dueOn = addDays(issuedOn, DAYS_TO_PAY);
  const amount = formatMinor(minor, 2);
  const billNumber = `${reference}-${String(month + 1).padStart(3, '0')}`;
  const paidOn = kind.channel === 'autopay' ? dueOn : addDays(dueOn, -3);
  const token = kind.method === 'check' ? undefined : `tok_${reference}`;
  return [
    {
      definition: IssueBill,
      body: {
        billNumber,
        issuedOn,
        dueOn,
        lines: [{ service, description: `Monthly ${service} service`, unitPrice: amount }],
      },
    },
    {
      definition: ApplyPayment,
      body: {
        amount: { amount, currency: USD },
        channel: kind.channel,
        method: { kind: kind.method, ...(token ? { token } : {}) },
        effectiveAt: `${paidOn}T12:00:00.000Z`,
      },
    },
  ];
}

function readService(row: TelcoRow): string {
  if (row.InternetService === 'DSL' || row.InternetService === 'Fiber optic') return 'internet';
  if (row.InternetService !== 'No') throw new RowRefused('InternetService', 'is none of DSL, Fiber optic and No');
  if (row.PhoneService === 'Yes') return 'phone';
  throw new RowRefused('PhoneService', 'a customer with neither internet nor phone has nothing to be billed for');
}

function readTenure(text: string): number {
  const tenure = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (tenure <= MAX_TENURE) return tenure;
  throw new RowRefused('tenure', `must be a whole number of months from 0 to ${MAX_TENURE}`);
}

function readCents(text: string, column: string): bigint {
  const fraction = text.split('.')[1] ?? '';
  if (!/^\d{1,12}(\.\d+)?$/.test(text) || isFinerThan(fraction, 2)) {
    throw new RowRefused(column, 'must be an amount in dollars with at most two decimals');
  }
  return parseMinor(text, 2);
}
