import { readCatalogue } from '#libs/ledger';
import { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { answer } from './answer.js';
import { countedText, Money, moneyText } from './money.js';
import { day, jsonOption, uuid, whole } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { FAILURES, runAnswer, type RunOptions, runsOfAccounts } from './run-of-accounts.js';
import { properties, table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface BillingOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
}

interface CycleOptions extends RunOptions {
  readonly date: string;
  readonly cycle?: number;
}

const Report = z.object({
  accounts: z.int(),
  billed: z.int(),
  totals: z.array(Money),
  givenBack: z.array(Money).optional(),
  skipped: z.array(z.object({ code: z.string(), accounts: z.int() })),
  ...FAILURES,
  toCorrect: z.array(z.string()),
});

const ofCycle = runsOfAccounts({
  schema: runAnswer({ runId: z.string(), date: z.string(), cycle: z.int() }, { catalogue: z.string() }, Report),
  path: '/billing-runs',
  nameOf: ({ runId }) => runId,
  doing: ['billing', 'computing'],
  title: ({ runId }) => `Billing run ${runId}`,
  without: 'writing',
  terms: ({ catalogue }) => [['catalogue', catalogue]],
  figures: ({ accounts, billed, totals, givenBack = [], skipped }, { dryRun }) => [
    ['accounts', accounts.toLocaleString('en')],
    [dryRun ? 'to be billed' : 'billed', countedText({ count: billed, totals })],
    ...givenBack.map((sum): [string, string] => ['given back', moneyText(sum)]),
    ...skipped.map((one): [string, string] => ['skipped', `${one.accounts.toLocaleString('en')} ${one.code}`]),
  ],
  toLookAt: ({ toCorrect }) => ({
    heading: 'changed behind the last bill: to be corrected',
    accounts: toCorrect,
  }),
});

const Runs = z.object({
  items: z.array(
    z.object({
      runId: z.string(),
      begunAt: z.string(),
      finishedAt: z.string().nullable(),
      report: z.object({ accounts: z.int(), billed: z.int(), failed: z.int(), totals: z.array(Money) }).nullable(),
    }),
  ),
});

const Preview = z.object({
  billNumber: z.string(),
  issuedOn: z.string(),
  dueOn: z.string(),
  period: z.object({ from: z.string(), to: z.string() }),
  catalogue: z.string(),
  lines: z.array(
    z.object({
      description: z.string(),
      quantity: z.string(),
      unitPrice: z.string(),
      net: z.string(),
      taxes: z.array(z.object({ jurisdiction: z.string(), rate: z.string(), amount: z.string() })),
      total: z.string(),
    }),
  ),
  total: Money,
  residue: z.string(),
  givenBack: z.array(
    z.object({
      billNumber: z.string(),
      lineId: z.string(),
      days: z.array(z.object({ from: z.string(), to: z.string() })),
      amount: Money,
    }),
  ),
  creditApplied: Money,
  toPay: Money,
});
const Correction = Preview.extend({ corrects: z.string(), bill: z.record(z.string(), z.unknown()) });
const Corrected = z.object({ billNumber: z.string(), corrects: z.string(), reversed: Money, total: Money });

const EXAMPLE_ACCOUNT = '0e37c1d2-6a35-4b5e-9d0c-2f1a7c1b9e10';

/** `paybill billing …`: bills from what accounts subscribe to. */
export function billingCommand(): Command {
  const billing = new Command('billing').description(
    'bills from subscriptions: the run of a cycle, previews, corrections',
  );
  onRun(billing.command('run'))
    .description('bill the accounts of a cycle; a run that ended early is gone on with')
    .option('--dry-run', 'compute all bills and write nothing')
    .addHelpText(
      'after',
      `
Ctrl-C ends the watching and not the work. A run that was interrupted, by kill -9 or whatever else, is resumed by the same
command: it goes on where it was by the catalogue it was begun with, and nobody is billed twice. The exit code is 1 when
accounts failed; what they lack is printed with them.

Examples:
  paybill billing run --date 2026-02-15 --dry-run
  paybill billing run --date 2026-02-15
  paybill billing run --date 2026-02-17 --cycle 15`,
    )
    .action(run);
  onRun(billing.command('status'))
    .description('print how a run stands, or what it came to')
    .addHelpText('after', '\nExample:\n  paybill billing status --date 2026-02-15')
    .action(status);
  onApi(billing.command('runs'))
    .description('list the billing runs, the latest begun first')
    .option('--limit <n>', 'at most so many', whole(1, 100), 20)
    .addHelpText('after', '\nExample:\n  paybill billing runs --limit 5')
    .action(runs);
  onApi(billing.command('preview'))
    .description('print an account’s next bill as a run would issue it; nothing is written')
    .argument('<account>', 'the account', uuid)
    .option('--on <day>', 'the day of issue (default: the next day the account is billed)', day)
    .addHelpText('after', `\nExample:\n  paybill billing preview ${EXAMPLE_ACCOUNT} --on 2026-02-15`)
    .action(preview);
  onApi(billing.command('correct'))
    .description('reverse an account’s latest bill and issue it as it has to be by what is known now')
    .argument('<account>', 'the account', uuid)
    .argument('<bill>', 'the number of the bill')
    .requiredOption('--reason <code>', 'a code such as billed-in-error')
    .option('--dry-run', 'print the bill that would be issued, and write nothing')
    .addHelpText(
      'after',
      `\nExample:\n  paybill billing correct ${EXAMPLE_ACCOUNT} 2026-02-15 --reason plan-recorded-late`,
    )
    .action(correct);
  const catalogue = new Command('catalogue').description('the file that says what is sold and how it is billed');
  catalogue
    .command('check')
    .description('say whether a catalogue file would be taken, and if not, why, with its lines')
    .argument('<file>', 'the catalogue (YAML)')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  paybill billing catalogue check my-catalogue.yaml')
    .action(checkCatalogue);
  billing.addCommand(catalogue);
  return billing;
}

async function checkCatalogue(file: string, options: { json?: boolean }): Promise<void> {
  const { versions } = await readCatalogue(file);
  const value = { file, versions: versions.map(({ version, validFrom }) => ({ version, validFrom })) };
  const named = value.versions.map(({ version, validFrom }) => `${version} from ${validFrom}`).join(', ');
  answer(options, value, () => `${file} would be taken: ${named}`);
}

function onRun(command: Command): Command {
  return onApi(command)
    .requiredOption('--date <day>', 'the day the bills are issued', day)
    .option('--cycle <day>', 'cycle day of the accounts (default: that of the date)', whole(1, 28));
}

function run({ date, cycle, ...options }: CycleOptions): Promise<void> {
  return ofCycle.run({ date, ...(cycle !== undefined && { cycle }) }, options);
}

function status({ date, cycle = Number(date.slice(8)), ...options }: CycleOptions): Promise<void> {
  return ofCycle.status(`${date}-cycle-${String(cycle).padStart(2, '0')}`, options);
}

async function runs({ limit, ...options }: BillingOptions & { limit: number }): Promise<void> {
  const api = await PaybillApi.of(options);
  const { items } = await api.ask(Runs, `/billing-runs?limit=${limit}`);
  answer(options, items, () => {
    if (items.length === 0) return 'no billing run has been begun';
    const rows = items.map(({ runId, begunAt, finishedAt, report }) => [
      ...[runId, begunAt, finishedAt ?? 'not finished'],
      ...[report?.accounts, report?.billed, report?.failed].map((count) => count?.toLocaleString('en') ?? ''),
      (report?.totals ?? []).map(moneyText).join(', '),
    ]);
    return table([['run', 'begun', 'finished', 'accounts', 'billed', 'failed', 'total'], ...rows], [3, 4, 5, 6]);
  });
}

async function preview(account: string, { on, ...options }: BillingOptions & { on?: string }): Promise<void> {
  const api = await PaybillApi.of(options);
  const bill = await api.ask(Preview, `/accounts/${account}/bill-preview${on === undefined ? '' : `?on=${on}`}`);
  answer(options, bill, () => billText(bill));
}

async function correct(
  account: string,
  billNumber: string,
  { reason, dryRun, ...options }: BillingOptions & { reason: string; dryRun?: boolean },
): Promise<void> {
  const api = await PaybillApi.of(options);
  const bills = `/accounts/${account}/bills/${encodeURIComponent(billNumber)}`;
  const computed = await api.ask(Correction, `${bills}/correction-preview`);
  if (dryRun) return answer(options, computed, () => billText(computed));
  const body = { reason, bill: computed.bill };
  const done = await api.ask(Corrected, `${bills}/correction`, { method: 'POST', body, idempotencyKey: randomUUID() });
  answer(
    options,
    done,
    () =>
      `bill ${done.corrects} is reversed over ${moneyText(done.reversed)}; ${done.billNumber} is issued over ${moneyText(done.total)}`,
  );
}

function billText(bill: z.output<typeof Preview>): string {
  const { billNumber, period, issuedOn, dueOn, catalogue, lines, total, givenBack, creditApplied, toPay, residue } =
    bill;
  const back = givenBack.map(({ billNumber: on, lineId, days, amount }) => [
    `bill ${on}, ${lineId}: ${days.map(({ from, to }) => `${from} to ${to}`).join(', ')}`,
    moneyText(amount),
  ]);
  const rows = lines.map(({ description, quantity, unitPrice, net, taxes, total: line }) => [
    ...[description, quantity, unitPrice, net],
    ...[taxes.map(({ jurisdiction, amount }) => `${jurisdiction} ${amount}`).join(', '), line],
  ]);
  const sums = [
    ['total', moneyText(total)],
    ['credit', moneyText(creditApplied)],
    ['to pay', moneyText(toPay)],
    ['rounding', residue],
  ] as const;
  return [
    `Bill ${billNumber} for ${period.from} to ${period.to}, issued on ${issuedOn}, due on ${dueOn} (catalogue ${catalogue})`,
    table([['charge', 'quantity', 'price', 'net', 'taxes', 'total'], ...rows], [1, 2, 3, 5]),
    ...(back.length > 0 ? [table([['given back, as charged in advance and not used', 'amount'], ...back], [1])] : []),
    properties(sums),
  ].join('\n\n');
}
