import { ApplyPayment } from '../src/billing/apply-payment.js';
import { IssueBill } from '../src/billing/issue-bill.js';
import { RecordReturn } from '../src/billing/record-return.js';
import { formatMinor } from '../src/money/minor-units.js';
import {
  kindOf,
  noFigures,
  type PaymentKind,
  type PlannedCommand,
  type SourceCustomer,
  type SourceFigures,
  type Tally,
  tally,
} from '../src/importing/biller-plan.js';
import { addDays, monthsBefore } from '../src/importing/calendar.js';
import { type Random, seededRandom } from '../src/importing/random.js';

const USD = 'USD';
const LAST_BILL = '2026-06-01';
const DAYS_TO_PAY = 21;

/** Prices in cents; tax rates in hundred-thousandths, so that this file's own sums need no decimals. */
const PLANS = [
  { service: 'internet', description: 'Internet 300', price: 4_999n },
  { service: 'internet', description: 'Internet 1000', price: 8_995n },
  { service: 'mobile', description: 'Mobile Unlimited', price: 3_500n },
  { service: 'cable', description: 'Cable Family', price: 7_449n },
] as const;
const EXTRAS = [
  { service: 'internet', description: 'Modem rental', price: 1_200n },
  { service: 'cable', description: 'Sports package', price: 1_099n },
] as const;
const JURISDICTIONS = [
  { jurisdiction: 'US-PA', rate: 6_000n },
  { jurisdiction: 'US-NY-NYC', rate: 8_875n },
  { jurisdiction: 'US-CA-LA', rate: 9_500n },
  undefined,
] as const;
const KINDS: readonly PaymentKind[] = [
  { channel: 'autopay', method: 'card' },
  { channel: 'autopay', method: 'bank-account' },
  { channel: 'online', method: 'card' },
  { channel: 'mail-in', method: 'check' },
  { channel: 'phone', method: 'card' },
  { channel: 'in-person', method: 'cash' },
];
const HABITS = ['punctual', 'punctual', 'punctual', 'late', 'partial', 'over', 'returned'] as const;

interface Charge {
  readonly service: string;
  readonly description: string;
  readonly price: bigint;
}

/** One thing that happens on a day; what it adds to the figures is counted here and not by the ledger. */
interface Happening {
  readonly day: string;
  readonly command: PlannedCommand;
  readonly bill?: bigint;
  readonly payment?: bigint;
  readonly returned?: bigint;
}

/**
 * A small provider of internet, mobile and cable, made up from a seed, for tests and benches that import a history: plans, taxes, a promotion, customers who pay in
 * time, late, in part, too much, or whose payment comes back. The same seed gives the same history on every machine.
 */
export function* madeUpBiller(options: { accounts: number; months: number; seed: number }): Generator<SourceCustomer> {
  const random = seededRandom(options.seed);
  for (let number = 1; number <= options.accounts; number++) {
    yield customer(`DEMO-${String(number).padStart(6, '0')}`, options.months, random);
  }
}

function customer(reference: string, months: number, random: Random): SourceCustomer {
  const charges: Charge[] = [random.pick(PLANS), ...(random.percent(30) ? [random.pick(EXTRAS)] : [])];
  const tax = random.pick(JURISDICTIONS);
  const promotion = random.percent(25) ? BigInt(random.between(5, 20)) : 0n;
  const kind = random.pick(KINDS);
  const habit = random.pick(HABITS);
  const happenings: Happening[] = [];
  for (let month = 1; month <= months; month++) {
    const issuedOn = monthsBefore(LAST_BILL, months - month);
    const percent = month <= 3 ? promotion : 0n;
    const bill = billOf(`${reference}-${String(month).padStart(3, '0')}`, issuedOn, charges, percent, tax);
    // Some leave their last bill open, so that there is something to collect.
    const pays = month < months || random.percent(85);
    happenings.push(bill, ...(pays ? payments(bill, habit, kind, reference, random) : []));
  }
  return inOrder(reference, monthsBefore(LAST_BILL, months - 1), kind, happenings);
}

function billOf(
  billNumber: string,
  issuedOn: string,
  charges: readonly Charge[],
  percent: bigint,
  tax: { jurisdiction: string; rate: bigint } | undefined,
): Happening & { bill: bigint } {
  const totals = charges.map(({ price }) => {
    const net = percentage(price, 100_000n - percent * 1_000n);
    return net + (tax ? percentage(net, tax.rate) : 0n);
  });
  const lines = charges.map(({ price, ...charge }) => ({
    ...charge,
    unitPrice: formatMinor(price, 2),
    ...(percent > 0n && { discounts: [{ kind: 'percent', description: 'Welcome offer', percent: String(percent) }] }),
    ...(tax && { taxes: [{ jurisdiction: tax.jurisdiction, rate: formatMinor(tax.rate, 5) }] }),
  }));
  return {
    day: issuedOn,
    command: { definition: IssueBill, body: { billNumber, issuedOn, dueOn: addDays(issuedOn, DAYS_TO_PAY), lines } },
    bill: tally(totals).minor,
  };
}

/** So many hundred-thousandths of an amount, rounded half up. */
function percentage(amount: bigint, rate: bigint): bigint {
  return (amount * rate + 50_000n) / 100_000n;
}

function payments(
  bill: Happening & { bill: bigint },
  habit: (typeof HABITS)[number],
  kind: PaymentKind,
  reference: string,
  random: Random,
): Happening[] {
  const dueOn = addDays(bill.day, DAYS_TO_PAY);
  const pay = (minor: bigint, day: string): Happening => ({
    day,
    payment: minor,
    command: { definition: ApplyPayment, body: paymentBody(minor, day, kind, reference) },
  });
  switch (habit) {
    case 'punctual':
      return [pay(bill.bill, kind.channel === 'autopay' ? dueOn : addDays(dueOn, -random.between(1, 10)))];
    case 'late':
      return [pay(bill.bill, addDays(dueOn, random.between(1, 25)))];
    case 'partial': {
      const first = (bill.bill * 3n) / 5n;
      return [pay(first, addDays(dueOn, -2)), pay(bill.bill - first, addDays(dueOn, random.between(10, 20)))];
    }
    case 'over':
      return [pay(((bill.bill + 999n) / 1_000n) * 1_000n, addDays(dueOn, -3))];
    case 'returned':
      return random.percent(20) ? bounced(bill.bill, dueOn, pay) : [pay(bill.bill, addDays(dueOn, -1))];
  }
}

/** A payment that the bank returns three days later, and the customer's second try. */
function bounced(minor: bigint, dueOn: string, pay: (minor: bigint, day: string) => Happening): Happening[] {
  const first = pay(minor, addDays(dueOn, -1));
  const returned: Happening = {
    day: addDays(dueOn, 2),
    returned: minor,
    command: { definition: RecordReturn, body: { returnCode: 'R01', reason: 'insufficient-funds', of: first.command } },
  };
  return [first, returned, pay(minor, addDays(dueOn, 6))];
}

function paymentBody(
  minor: bigint,
  day: string,
  { channel, method }: PaymentKind,
  reference: string,
): Readonly<Record<string, unknown>> {
  const token = method === 'card' || method === 'bank-account' ? { token: `tok_${reference}` } : {};
  return {
    amount: { amount: formatMinor(minor, 2), currency: USD },
    channel,
    method: { kind: method, ...token },
    effectiveAt: `${day}T15:00:00.000Z`,
  };
}

/** Puts what happens in the order of its days, and lets a return find the payment that came back. */
function inOrder(reference: string, openedOn: string, kind: PaymentKind, happenings: Happening[]): SourceCustomer {
  const sorted = [...happenings].sort((left, right) => (left.day < right.day ? -1 : left.day > right.day ? 1 : 0));
  const places = new Map(sorted.map(({ command }, place) => [command, place]));
  const commands = sorted.map(({ command, day }): PlannedCommand => {
    if (command.definition !== RecordReturn) return command;
    const { of, ...body } = command.body as { readonly of: PlannedCommand };
    const effectiveAt = `${day}T09:00:00.000Z`;
    const place = places.get(of)!;
    return { ...command, body: (commandId) => ({ ...body, paymentId: commandId(place), effectiveAt }) };
  });
  const figures: SourceFigures = {
    ...noFigures(USD),
    accounts: 1,
    bills: sum(sorted, 'bill'),
    payments: sum(sorted, 'payment'),
    paymentsByKind: new Map([[kindOf(kind), sum(sorted, 'payment')]]),
    returns: sum(sorted, 'returned'),
  };
  return { plan: { reference, currency: USD, openedAt: `${openedOn}T00:00:00.000Z`, commands }, figures };
}

function sum(happenings: readonly Happening[], what: 'bill' | 'payment' | 'returned'): Tally {
  return tally(happenings.flatMap((happening) => happening[what] ?? []));
}
