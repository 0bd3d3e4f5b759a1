import { Command, Option } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import { Money, moneyText } from './money.js';
import { amount, day, uuid, whole } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { properties, table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface PaymentsOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
}

const STATES = [
  ...['scheduled', 'pending', 'unknown', 'authorized', 'settled', 'failed'],
  ...['voided', 'refunded', 'returned', 'charged_back'],
];
const Life = z.object({
  paymentId: z.string(),
  accountId: z.string(),
  confirmationNumber: z.string(),
  state: z.string(),
  amount: Money,
  held: Money,
  channel: z.string(),
  method: z.object({ kind: z.string() }),
  gateway: z.string(),
  payOn: z.string().nullable(),
  posting: z.string(),
  postingRefused: z.string().nullable(),
  declineCode: z.string().nullable(),
  askedAt: z.string(),
  changedAt: z.string(),
});
const WholeLife = Life.extend({
  gatewayReference: z.string().nullable(),
  captured: Money,
  refunded: Money,
  returned: Money,
  chargedBack: Money,
  refunds: z.array(
    z.object({ refundId: z.string(), by: z.string(), reason: z.string(), status: z.string(), amount: Money }),
  ),
  chargeback: z.object({ chargebackId: z.string(), reasonCode: z.string(), status: z.string() }).nullable(),
  events: z.array(
    z.object({
      what: z.string(),
      detail: z.string().nullable(),
      effectiveAt: z.string(),
      recordedAt: z.string(),
      actor: z.string(),
    }),
  ),
});
const Receipt = z.object({ paymentId: z.string(), revision: z.string(), position: z.string(), repeated: z.boolean() });
const Collected = Receipt.extend({
  accountId: z.string(),
  confirmationNumber: z.string(),
  state: z.string(),
  amount: Money,
  payOn: z.string().nullable(),
});
const Refunded = Receipt.extend({ refundId: z.string() });

const EXAMPLE = 'c65f08d1-a46c-5dcf-b1c6-06926f10e99e';

/** `paybill payments …`: payments that a gateway collects. */
export function paymentsCommand(): Command {
  const payments = new Command('payments').description('payments that a gateway collects, and what becomes of them');
  const add = (name: string, description: string, example: string) =>
    onApi(payments.command(name))
      .description(description)
      .addHelpText('after', `\nExample:\n  paybill payments ${name} ${example}`);
  add('list', 'print payments, the latest asked for first', '--state unknown')
    .option('--account <id>', 'only of this account', uuid)
    .addOption(new Option('--state <state>', 'only these').choices(STATES))
    .option('--refused', 'only those that their account would not take')
    .option('--limit <n>', 'at most so many', whole(1, 100_000), 1_000)
    .action(list);
  add('show', 'print one payment with everything that has happened to it', EXAMPLE)
    .argument('<id>', 'the payment', uuid)
    .action(show);
  add('collect', 'collect a payment for an account, now or on a day ahead', `${EXAMPLE} --amount 57.23 --token sim_ok`)
    .argument('<account>', 'the account', uuid)
    .requiredOption('--amount <amount>', 'how much, such as 57.23', amount)
    .option('--currency <code>', 'of the account', 'USD')
    .requiredOption('--token <token>', 'the gateway’s token for the card or bank account; never its number')
    .addOption(new Option('--method <kind>', 'what the token is of').choices(['card', 'bank-account']).default('card'))
    .option('--on <day>', 'the day to pay on; now unless given', day)
    .action(collect);
  add('void', 'take a payment back before it settles, or off the schedule', `${EXAMPLE} --reason payer-asked`)
    .argument('<id>', 'the payment', uuid)
    .requiredOption('--reason <code>', 'a code such as payer-asked')
    .action((id: string, options: PaymentsOptions & { reason: string }) =>
      tell(`/payments/${id}/void`, { reason: options.reason }, options, `payment ${id} is being voided`),
    );
  add('refund', 'pay a settled payment back, or part of it', `${EXAMPLE} --amount 12.50 --reason overpaid`)
    .argument('<id>', 'the payment', uuid)
    .option('--amount <amount>', 'how much; all that is there unless given', amount)
    .option('--currency <code>', 'of the payment', 'USD')
    .option('--cheque', 'by cheque, not by the method it came by')
    .requiredOption('--reason <code>', 'a code such as overpaid')
    .action(refund);
  add('cheque', 'record that the cheque of a refund was sent', `${EXAMPLE} ${EXAMPLE} --number 100217`)
    .argument('<id>', 'the payment', uuid)
    .argument('<refund>', 'the refund', uuid)
    .requiredOption('--number <number>', 'of the cheque')
    .action((id: string, refundId: string, options: PaymentsOptions & { number: string }) => {
      const body = { chequeNumber: options.number };
      return tell(`/payments/${id}/refunds/${refundId}/cheque`, body, options, `refund ${refundId} is paid by cheque`);
    });
  add('contest', 'contest a chargeback (representment)', `${EXAMPLE} --evidence case-4711`)
    .argument('<id>', 'the payment', uuid)
    .requiredOption('--evidence <reference>', 'where the evidence is filed; a reference, no personal data')
    .action((id: string, options: PaymentsOptions & { evidence: string }) => {
      const body = { evidence: options.evidence };
      return tell(`/payments/${id}/representment`, body, options, `the chargeback of payment ${id} is contested`);
    });
  return payments;
}

async function list(
  options: PaymentsOptions & { account?: string; state?: string; refused?: boolean; limit: number },
): Promise<void> {
  const { account, state, refused, limit } = options;
  const query = new URLSearchParams({
    ...(account !== undefined && { accountId: account }),
    ...(state !== undefined && { state }),
    ...(refused && { refused: 'true' }),
  });
  const api = await PaybillApi.of(options);
  const payments = await api.all(Life, `/payments/lives${query.size === 0 ? '' : `?${query.toString()}`}`, limit);
  answer(options, { payments }, () => (payments.length === 0 ? 'there is no such payment' : listing(payments)));
}

function listing(payments: readonly z.output<typeof Life>[]): string {
  const rows = payments.map(({ paymentId, accountId, state, amount: { amount: sum, currency }, ...one }) => [
    ...[paymentId, accountId, state, sum, currency, one.posting, one.postingRefused ?? one.declineCode ?? ''],
    one.payOn ?? instant(one.changedAt),
  ]);
  const headings = ['payment', 'account', 'state', 'amount', 'currency', 'posting', 'reason', 'since, or on'];
  return table([headings, ...rows], [3]);
}

async function show(id: string, options: PaymentsOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const life = await api.ask(WholeLife, `/payments/${id}/life`);
  answer(options, life, () => shown(life));
}

function shown(life: z.output<typeof WholeLife>): string {
  const facts: [string, string][] = [
    ['payment', life.paymentId],
    ['account', life.accountId],
    ['confirmation', life.confirmationNumber],
    ['state', life.state],
    ['amount', moneyText(life.amount)],
    ['held', moneyText(life.held)],
    [
      'on the account',
      life.postingRefused === null ? life.posting : `${life.posting}, refused: ${life.postingRefused}`,
    ],
    ['gateway', `${life.gateway} ${life.gatewayReference ?? ''}`],
  ];
  const refunds = life.refunds.map(({ refundId, amount: sum, by, status }) => [refundId, moneyText(sum), by, status]);
  const refunded = refunds.length === 0 ? '' : `\n\n${table([['refund', 'amount', 'by', 'state'], ...refunds])}`;
  const events = life.events.map(({ what, detail, recordedAt, actor }) => [
    ...[instant(recordedAt), what, detail ?? '', actor],
  ]);
  return `${properties(facts)}${refunded}\n\n${table([['recorded', 'what', 'detail', 'by'], ...events])}`;
}

async function collect(
  account: string,
  options: PaymentsOptions & { amount: string; currency: string; token: string; method: string; on?: string },
): Promise<void> {
  const { amount: sum, currency, token, method: kind, on } = options;
  const body = {
    amount: { amount: sum, currency },
    channel: 'phone',
    method: { kind, token },
    ...(on !== undefined && { payOn: on }),
  };
  const api = await PaybillApi.of(options);
  const done = await api.ask(Collected, `/accounts/${account}/payments/collect`, { method: 'POST', body });
  answer(
    options,
    done,
    () => `payment ${done.paymentId} is ${done.state}; confirmation number ${done.confirmationNumber}`,
  );
}

async function refund(
  id: string,
  options: PaymentsOptions & { amount?: string; currency: string; cheque?: boolean; reason: string },
): Promise<void> {
  const { amount: sum, currency, cheque, reason } = options;
  const body = {
    reason,
    ...(cheque && { by: 'cheque' }),
    ...(sum !== undefined && { amount: { amount: sum, currency } }),
  };
  const api = await PaybillApi.of(options);
  const done = await api.ask(Refunded, `/payments/${id}/refund`, { method: 'POST', body });
  answer(options, done, () => `refund ${done.refundId} of payment ${id} is asked for`);
}

async function tell(path: string, body: object, options: PaymentsOptions, words: string): Promise<void> {
  const api = await PaybillApi.of(options);
  const receipt = await api.ask(Receipt, path, { method: 'POST', body });
  answer(options, receipt, () => words);
}

function instant(text: string): string {
  return text.replace(/\.\d+Z$/, 'Z');
}
