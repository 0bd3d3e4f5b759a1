import { CommandHandling, EventStore, Rejected } from '#libs/event-sourcing';
import { Receipts, type ReceiptView } from '#libs/ledger';
import { Command, InvalidArgumentError, Option } from 'commander';
import { answer } from './answer.js';
import { actorOption, uuid, WrongOption } from './options.js';
import { findPayments } from './payments-found.js';
import { PaybillApi } from './paybill-api.js';
import { table } from './table.js';
import { type ApiOptions, type EventStoreOptions, onPaybill, target } from './target.js';

type ReceiptOptions = ApiOptions & EventStoreOptions & { readonly json?: boolean; readonly actor?: string };
interface AssignOptions extends ReceiptOptions {
  readonly number?: string;
  readonly payment?: string;
  readonly receipt?: string;
}

/** `paybill receipts …`: money that nobody could be found for. */
export function receiptsCommand(): Command {
  const command = new Command('receipts').description(
    'money that names no account, or none that takes it: the work list',
  );
  onPaybill(command.command('list'))
    .description('list the receipts that wait for somebody to say whose they are')
    .option('--all', 'those that were applied or sent back, too')
    .addHelpText(
      'after',
      `
What payer and bank wrote is not stored: the bank's file has it, at the record that is named. Of a payment over several
accounts that were closed before they took it, the payment is named.

Example:
  paybill receipts list --json`,
    )
    .action(list);
  onPaybill(command.command('assign').addOption(actorOption()))
    .description('say whose a receipt is, and apply it')
    .argument('<receipt>', 'its id', uuid)
    .addOption(
      new Option('--number <pay bill number>', 'of the account the money is for').conflicts(['payment', 'receipt']),
    )
    .addOption(
      new Option('--payment <confirmation number>', 'of the payment that a return took back')
        .argParser(confirmationNumber)
        .conflicts('receipt'),
    )
    .addOption(
      new Option('--receipt <receipt>', 'of a return: what came back; of money: what had gone out twice').argParser(
        uuid,
      ),
    )
    .addHelpText(
      'after',
      `
When it was interrupted, it is asked for again with the same words: nothing is applied twice.

Examples:
  paybill receipts assign 7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b01 --number 12345678901244
  paybill receipts assign 7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b02 --payment 4KZ0M2W7Q1XA
  paybill receipts assign 7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b02 --receipt 7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b01`,
    )
    .action(assign);
  onPaybill(command.command('return').addOption(actorOption()))
    .description('note that the money of a receipt was sent back to where it came from')
    .argument('<receipt>', 'its id', uuid)
    .requiredOption('--reason <code>', 'why, as a code such as not-our-customer')
    .addHelpText(
      'after',
      `
Example:
  paybill receipts return 7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b01 --reason not-our-customer`,
    )
    .action(sendBack);
  describeSettle(onPaybill(command.command('settle').addOption(actorOption())));
  return command;
}

function describeSettle(command: Command): void {
  command
    .description('end the claim on the payer of a receipt that was sent back, and that the bank took as well')
    .argument('<receipt>', 'its id', uuid)
    .requiredOption(
      '--as <end>',
      'recovered (the payer paid, or what was sent back never left), or written-off',
      claimEnd,
    )
    .requiredOption('--reason <code>', 'why, as a code such as cheque-stopped')
    .addHelpText(
      'after',
      `
Example:
  paybill receipts settle 7b0c2f4e-5a53-4c1b-9d5e-0f7d0a1c2b01 --as recovered --reason cheque-stopped`,
    )
    .action(settle);
}

/** What somebody has to do something about. */
const WAITING: readonly ReceiptView['status'][] = ['unidentified', 'assigned', 'returned-twice'];

async function list(options: ReceiptOptions & { readonly all?: true }): Promise<void> {
  await withReceipts(options, async (receipts) => {
    const items = (await receipts.all()).filter(({ status }) => options.all === true || WAITING.includes(status));
    answer(options, { items: items.map(asJson) }, () => asText(items));
  });
}

async function assign(receiptId: string, options: AssignOptions): Promise<void> {
  const { number, payment, receipt } = options;
  if ([number, payment, receipt].every((one) => one === undefined)) {
    throw new WrongOption('give --number, or --payment or --receipt for a return');
  }
  await withReceipts(options, async (receipts, { api, store }) => {
    if (receipt !== undefined) {
      await receipts.assignToReceipt(receiptId, receipt);
      answer(options, { receiptId, matched: receipt }, () => `receipt ${receiptId} is matched with receipt ${receipt}`);
      return;
    }
    const { paymentId } =
      number === undefined
        ? await receipts.assignToPayment(receiptId, await paymentOf(api, store, receipts, payment!))
        : await receipts.assignTo(receiptId, number);
    answer(options, { receiptId, paymentId }, () => `receipt ${receiptId} is applied: payment ${paymentId}`);
  });
}

async function paymentOf(api: PaybillApi, store: EventStore, receipts: Receipts, confirmationNumber: string) {
  const found = await findPayments(api, [confirmationNumber], await store.lastOf('account'));
  const payment = found.get(confirmationNumber) ?? (await receipts.paymentsLeft()).get(confirmationNumber);
  if (payment) return payment;
  throw new Rejected('PAYMENT_UNKNOWN', 'no payment has this confirmation number; read it again');
}

async function sendBack(receiptId: string, options: ReceiptOptions & { readonly reason: string }): Promise<void> {
  requireCode(options.reason);
  await withReceipts(options, async (receipts) => {
    const status = await receipts.sendBack(receiptId, options.reason);
    answer(options, { receiptId, status }, () => `receipt ${receiptId} is ${status}`);
  });
}

async function settle(
  receiptId: string,
  options: ReceiptOptions & { readonly as: 'recovered' | 'written-off'; readonly reason: string },
): Promise<void> {
  requireCode(options.reason);
  await withReceipts(options, async (receipts) => {
    await receipts.settleClaim(receiptId, options.as, options.reason);
    answer(options, { receiptId, status: 'claim-settled' }, () => `the claim of receipt ${receiptId} is ${options.as}`);
  });
}

function requireCode(reason: string): void {
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(reason)) return;
  throw new WrongOption('--reason: must be a code such as not-our-customer: lower-case letters, figures, hyphens');
}

function claimEnd(text: string): 'recovered' | 'written-off' {
  if (text === 'recovered' || text === 'written-off') return text;
  throw new InvalidArgumentError('must be recovered or written-off');
}

async function withReceipts(
  options: ReceiptOptions,
  action: (receipts: Receipts, paybill: { api: PaybillApi; store: EventStore }) => Promise<void>,
): Promise<void> {
  const paybill = await target(options);
  const store = new EventStore(paybill.eventStoreUrl);
  try {
    const { actor = 'cli' } = options;
    const receipts = new Receipts(store, new CommandHandling(store), actor);
    await action(receipts, { api: new PaybillApi(paybill.url, actor), store });
  } finally {
    await store.close();
    await paybill.stop();
  }
}

function asJson({ receiptId, status, recorded, assignment }: ReceiptView): object {
  return { receiptId, status, ...recorded, ...(assignment && { assignment }) };
}

function asText(items: readonly ReceiptView[]): string {
  if (items.length === 0) return 'no receipt waits';
  const rows = items.map(({ receiptId, status, recorded }) => {
    if (!recorded) throw new Error(`receipt ${receiptId} was never recorded`);
    const { kind, amount, because, effectiveAt, source, leftOf } = recorded;
    const money = `${amount.amount} ${amount.currency}`;
    const place = source
      ? `${source.format} ${source.digest.slice(0, 12)} record ${source.record}`
      : `payment ${String(leftOf)}`;
    return [receiptId, status, kind, money, effectiveAt.slice(0, 10), because, place];
  });
  return table([['receipt', 'state', 'kind', 'amount', 'day', 'why', 'where it stands'], ...rows], [3]);
}

/** Reads a confirmation number; whether there is such a payment, the API knows. */
function confirmationNumber(text: string): string {
  if (/^[0-9A-Za-z]{12}$/.test(text)) return text.toUpperCase();
  throw new InvalidArgumentError('must be a confirmation number: 12 letters and figures');
}
