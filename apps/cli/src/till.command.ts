import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import { Money, moneyText } from './money.js';
import { amount, uuid, whole } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { properties, table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface TillOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
}

const MEANS = ['cash', 'check', 'card'];
const STATES = ['open', 'awaiting-approval', 'closed', 'deposited'];
const Total = z.object({
  means: z.string(),
  payments: z.int(),
  expected: Money,
  counted: Money.nullable(),
  difference: Money.nullable(),
});
const Batch = z.object({
  batchId: z.string(),
  location: z.string(),
  till: z.string(),
  number: z.int(),
  agent: z.string(),
  state: z.string(),
  openedAt: z.string(),
  totals: z.array(Total),
  countedBy: z.string().nullable(),
  depositReference: z.string().nullable(),
});
const WholeBatch = Batch.extend({
  approvedBy: z.string().nullable(),
  payments: z.array(
    z.object({
      paymentId: z.string(),
      confirmationNumber: z.string(),
      amount: Money,
      means: z.string(),
      status: z.string(),
      at: z.string(),
      refused: z.string().nullable(),
    }),
  ),
});
const Standing = z.object({ nextNumber: z.int(), openBatchId: z.string().nullable() });
const Receipt = z.object({ batchId: z.string(), position: z.string(), repeated: z.boolean() });
const Paid = Receipt.extend({
  paymentId: z.string(),
  confirmationNumber: z.string(),
  amount: Money,
  status: z.string(),
});
const Counted = Receipt.extend({ state: z.string(), totals: z.array(Total) });
const Deposited = Receipt.extend({ reference: z.string(), amounts: z.array(Money) });

const EXAMPLE = 'c65f08d1-a46c-5dcf-b1c6-06926f10e99e';

/** `paybill till …`: payments in person, in an agent's batch. */
export function tillCommand(): Command {
  const till = new Command('till').description('payments in person: batches of tills, from opening to the deposit');
  const add = (name: string, description: string, example: string) =>
    onApi(till.command(name))
      .description(description)
      .addHelpText('after', `\nExample:\n  paybill till ${name} ${example}`);
  const ofBatch = (name: string, description: string, example = '') =>
    add(name, description, `${EXAMPLE} ${example}`.trim()).argument('<batch>', 'the batch', uuid);
  add('list', 'print batches, the latest opened first', '--state awaiting-approval')
    .option('--location <name>', 'only of this location')
    .addOption(new Option('--state <state>', 'only these').choices(STATES))
    .option('--limit <n>', 'at most so many', whole(1, 100_000), 1_000)
    .action(list);
  add('open', 'open the next batch of a till; --actor is its agent', 'harrisburg-01 till-2 --actor agent-7')
    .argument('<location>', 'where the till is')
    .argument('<till>', 'which one')
    .action(open);
  ofBatch('show', 'print a batch with its payments and totals').action(show);
  ofBatch('pay', 'take a payment by pay bill number', '12345678901244 57.23 --actor agent-7')
    .argument('<number>', 'the pay bill number')
    .argument('<amount>', 'how much, such as 57.23', amount)
    .option('--currency <code>', 'of the account', 'USD')
    .addOption(new Option('--means <means>', 'what it is paid with').choices(MEANS).default('cash'))
    .option('--token <token>', 'of a card: what the terminal gave for the charge; never its number')
    .action(pay);
  ofBatch('void', 'take a payment of an open batch back', `${EXAMPLE} --reason wrong-amount --actor agent-7`)
    .argument('<payment>', 'the payment', uuid)
    .requiredOption('--reason <code>', 'a code such as wrong-amount')
    .action(takeBack);
  ofBatch('close', 'close a batch with what was counted', 'cash=512.40 check=80.00 --actor agent-7')
    .argument('[counts...]', 'what was counted, such as cash=512.40 or cash=20.00:EUR', counted, [])
    .action((batch: string, counts: readonly Count[], options: TillOptions) => count('close', batch, counts, options));
  ofBatch('recount', 'count again while the difference waits for its approval', 'cash=512.40 --actor agent-7')
    .argument('[counts...]', 'what was counted, such as cash=512.40 or cash=20.00:EUR', counted, [])
    .action((batch: string, counts: readonly Count[], options: TillOptions) =>
      count('recount', batch, counts, options),
    );
  ofBatch('approve', 'approve a difference, as a supervisor', '--reason drawer-left-open --actor supervisor-1')
    .requiredOption('--reason <code>', 'a code such as drawer-left-open')
    .action(approve);
  ofBatch('deposit', 'record by which slip cash and checks went to the bank', '--reference SLIP-4711 --actor agent-7')
    .requiredOption('--reference <number>', 'of the deposit slip or bag')
    .action(deposit);
  return till;
}

async function list(options: TillOptions & { location?: string; state?: string; limit: number }): Promise<void> {
  const { location, state, limit } = options;
  const query = new URLSearchParams({ ...(location !== undefined && { location }), ...(state && { state }) });
  const api = await PaybillApi.of(options);
  const path = `/till-batches${query.size === 0 ? '' : `?${query.toString()}`}`;
  const batches = await api.all(Batch, path, limit);
  answer(options, { batches }, () => (batches.length === 0 ? 'there is no such batch' : listing(batches)));
}

function listing(batches: readonly z.output<typeof Batch>[]): string {
  const rows = batches.map(({ batchId, location, till, number, agent, state, depositReference, totals }) => [
    ...[batchId, `${location} ${till} ${number}`, agent, state],
    totals.map(({ means, expected }) => `${means} ${moneyText(expected)}`).join(', '),
    depositReference ?? '',
  ]);
  return table([['batch', 'till', 'agent', 'state', 'expected', 'deposit'], ...rows]);
}

async function open(location: string, till: string, options: TillOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const at = `/tills/${encodeURIComponent(location)}/${encodeURIComponent(till)}`;
  const { nextNumber: number } = await api.ask(Standing, at);
  const done = await api.ask(Receipt, '/till-batches', { method: 'POST', body: { location, till, number } });
  answer(options, done, () => `batch ${number} of ${location} ${till} is open: ${done.batchId}`);
}

async function show(batch: string, options: TillOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const whole = await api.ask(WholeBatch, `/till-batches/${batch}`);
  answer(options, whole, () => shown(whole));
}

function shown(batch: z.output<typeof WholeBatch>): string {
  const facts: [string, string][] = [
    ['batch', batch.batchId],
    ['till', `${batch.location} ${batch.till}, batch ${batch.number}`],
    ['agent', batch.agent],
    ['state', batch.state],
    ['counted by', batch.countedBy ?? ''],
    ['approved by', batch.approvedBy ?? ''],
    ['deposit', batch.depositReference ?? ''],
  ];
  const payments = batch.payments.map(({ paymentId, confirmationNumber, amount: sum, means, status, refused }) => [
    ...[paymentId, confirmationNumber, moneyText(sum), means, status, refused ?? ''],
  ]);
  const headings = ['payment', 'confirmation', 'amount', 'means', 'state', 'refused'];
  return `${properties(facts)}\n\n${totals(batch.totals)}\n\n${table([headings, ...payments])}`;
}

function totals(all: readonly z.output<typeof Total>[]): string {
  const rows = all.map(({ means, payments, expected, counted, difference }) => [
    ...[
      means,
      String(payments),
      moneyText(expected),
      counted ? moneyText(counted) : '',
      difference ? moneyText(difference) : '',
    ],
  ]);
  return table([['means', 'payments', 'expected', 'counted', 'over or short'], ...rows], [1]);
}

async function pay(
  batch: string,
  payBillNumber: string,
  sum: string,
  options: TillOptions & { currency: string; means: string; token?: string },
): Promise<void> {
  const { currency, means: kind, token } = options;
  const method = { kind, ...(token !== undefined && { token }) };
  const body = { payBillNumber, amount: { amount: sum, currency }, method };
  const api = await PaybillApi.of(options);
  const done = await api.ask(Paid, `/till-batches/${batch}/payments`, { method: 'POST', body });
  answer(options, done, () => `${moneyText(done.amount)} taken; confirmation number ${done.confirmationNumber}`);
}

async function takeBack(batch: string, payment: string, options: TillOptions & { reason: string }): Promise<void> {
  const api = await PaybillApi.of(options);
  const path = `/till-batches/${batch}/payments/${payment}/void`;
  const done = await api.ask(Paid, path, { method: 'POST', body: { reason: options.reason } });
  answer(options, done, () => `payment ${payment} is voided: give ${moneyText(done.amount)} back`);
}

async function count(
  what: 'close' | 'recount',
  batch: string,
  counts: readonly Count[],
  options: TillOptions,
): Promise<void> {
  const api = await PaybillApi.of(options);
  const done = await api.ask(Counted, `/till-batches/${batch}/${what}`, { method: 'POST', body: { counts } });
  const waits = done.state === 'awaiting-approval' ? '; the difference waits for a supervisor' : '';
  answer(options, done, () => `${totals(done.totals)}\n\nthe batch is closed${waits}`);
}

async function approve(batch: string, options: TillOptions & { reason: string }): Promise<void> {
  const api = await PaybillApi.of(options);
  const body = { reason: options.reason };
  const done = await api.ask(Receipt, `/till-batches/${batch}/approval`, { method: 'POST', body });
  answer(options, done, () => `the difference of batch ${batch} is approved and in the books`);
}

async function deposit(batch: string, options: TillOptions & { reference: string }): Promise<void> {
  const api = await PaybillApi.of(options);
  const body = { reference: options.reference };
  const done = await api.ask(Deposited, `/till-batches/${batch}/deposit`, { method: 'POST', body });
  answer(options, done, () => `${done.amounts.map(moneyText).join(' and ')} went to the bank by ${done.reference}`);
}

interface Count {
  readonly means: string;
  readonly amount: Money;
}

/** Reads `cash=512.40` or `cash=20.00:EUR`, one after the other. */
function counted(text: string, before: readonly Count[]): readonly Count[] {
  const [, means, sum = '', currency = 'USD'] =
    /^(cash|check|card)=(\d{1,15}(?:\.\d{1,4})?)(?::([A-Z]{3}))?$/.exec(text) ?? [];
  if (means !== undefined) return [...before, { means, amount: { amount: sum, currency } }];
  throw new InvalidArgumentError('must be a count such as cash=512.40 or cash=20.00:EUR');
}
