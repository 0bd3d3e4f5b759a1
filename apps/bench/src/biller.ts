import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { Import, type ImportOutcome, IssueBill, seededRandom, type SourceLine, telcoSource } from '#libs/ledger';
import { madeUpBiller } from '#testing/ledger';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

/** IBM's telco data set, when it is on this machine; it is not part of the repository. */
export function telcoFile(): string | undefined {
  const candidates = [process.env['PAYBILL_TELCO_FILE'], '../shared/data/telco-customer-churn.csv'];
  return candidates.find((file) => file && existsSync(file));
}

/** What a made-up biller must have to come to about the events of the telco file: 470,000. */
export const AS_TELCO = { accounts: 7_043, months: 32 };

const COLUMNS = 'customerID,tenure,PhoneService,InternetService,PaymentMethod,MonthlyCharges,TotalCharges';
const METHODS = ['Mailed check', 'Electronic check', 'Bank transfer (automatic)', 'Credit card (automatic)'] as const;

/** Writes a file as the telco one, with as many customers who are made up, and about as many months of all of them. */
export async function writeMadeUpTelcoFile(file: string): Promise<void> {
  const random = seededRandom(1);
  const line = (customer: number): string => {
    const tenure = random.between(1, 2 * AS_TELCO.months - 1);
    const cents = random.between(1_900, 11_900);
    const [monthly, total] = [(cents / 100).toFixed(2), ((cents * tenure) / 100).toFixed(2)];
    return `MADE-${String(customer).padStart(5, '0')},${tenure},Yes,DSL,${random.pick(METHODS)},${monthly},${total}`;
  };
  const lines = Array.from({ length: AS_TELCO.accounts }, (_, at) => line(at + 1));
  await writeFile(file, `${[COLUMNS, ...lines].join('\n')}\n`);
}

/** Accounts with two or three years of bills and payments: the telco file's first, else made up. */
export async function* accountsToImport(count: number): AsyncGenerator<SourceLine> {
  const file = telcoFile();
  let line = 0;
  for await (const source of file === undefined
    ? madeUp({ accounts: count, months: AS_TELCO.months })
    : telcoSource(file)) {
    if (line++ === count) return;
    yield source;
  }
}

/** A biller's history up to about so many events; `seed` makes each another biller. */
export function eventsToImport(events: number, seed: number): Generator<SourceLine> {
  const months = 24;
  // Two events a month, and three for the account and its number; habits add a few per cent.
  return madeUp({ accounts: Math.ceil(events / (2 * months + 3)), months, seed });
}

/** Accounts of the made-up biller, each with its first bill and nothing after it. */
export function* accountsWithOneBill(count: number): Generator<SourceLine> {
  for (const { line, plan, figures } of madeUp({ accounts: count, months: 1 })) {
    yield {
      line,
      plan: { ...plan, commands: plan.commands.filter(({ definition }) => definition === IssueBill) },
      figures,
    };
  }
}

/** Imports into the event store at an address, as the command line does. */
export async function importInto(
  eventStoreUrl: string,
  name: string,
  lines: AsyncIterable<SourceLine> | Iterable<SourceLine>,
): Promise<ImportOutcome> {
  const store = new EventStore(eventStoreUrl);
  try {
    const handling = new CommandHandling(store, { cachedEvents: 20_000 });
    return await new Import(store, handling, { name, currency: 'USD', actor: 'bench' }).run(lines);
  } finally {
    await store.close();
  }
}

/** A line that was not refused. */
type AcceptedLine = Extract<SourceLine, { readonly plan: unknown }>;

function* madeUp({ seed = 1, ...size }: { accounts: number; months: number; seed?: number }): Generator<AcceptedLine> {
  let line = 0;
  for (const customer of madeUpBiller({ ...size, seed })) yield { line: ++line, ...customer };
}
