import { type BankFileItem, type CheckedBankFile } from '#libs/bank-files';
import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { BankImport, type BankImportOutcome, type BankItem } from '#libs/ledger';
import { Command } from 'commander';
import { answer } from './answer.js';
import { checkedOrRefused } from './bank-files-check.js';
import { findPayments } from './payments-found.js';
import { PaybillApi } from './paybill-api.js';
import { progress } from './progress.js';
import { inColour } from './style.js';
import { table } from './table.js';
import { type ApiOptions, type EventStoreOptions, onPaybill, target } from './target.js';

type ImportOptions = ApiOptions & EventStoreOptions & { readonly json?: boolean };

/** `paybill bank-files import`: a bank's file into the ledger. */
export function bankFilesImport(): Command {
  return onPaybill(new Command('import'))
    .description('apply a bank file: payments, returns, and unidentified receipts')
    .argument('<file>', 'the file as the bank sent it')
    .addHelpText(
      'after',
      `
The file is verified as a whole before anything is applied, and one that was applied before is refused. May be killed
and run again at any time: nothing is applied twice. What names no account becomes an unidentified receipt: see
paybill receipts list.

Works on the Paybill that --url and --eventstore name, else on the one running on --data, else starts one there
for as long as it takes.

Example:
  paybill bank-files import lockbox-20261124.bai --data ./data`,
    )
    .action(importFile);
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const checked = await checkedOrRefused(file, options);
  if (!checked) return;
  const paybill = await target(options);
  const store = new EventStore(paybill.eventStoreUrl);
  const shown = progress('importing', Math.max(checked.items, 1), 'items');
  try {
    const api = new PaybillApi(paybill.url);
    // A return is of days ago; but the read models may be behind, and then its payment would be taken for unknown.
    const after = await store.lastOf('account');
    const bankImport = new BankImport(store, new CommandHandling(store, { cachedEvents: 20_000 }), {
      actor: 'bank-file',
      findPayments: (numbers) => findPayments(api, numbers, after),
      onProgress: (items) => shown.update(items, items),
    });
    const { header, digest, items } = checked;
    const outcome = await bankImport.run({ ...header, digest, items }, bankItems(checked));
    answer(options, { ...header, digest, ...outcome }, () => sentences(outcome, checked));
  } finally {
    shown.stop();
    await store.close();
    await paybill.stop();
  }
}

async function* bankItems(checked: CheckedBankFile): AsyncGenerator<BankItem> {
  for await (const item of checked.read()) yield bankItem(item);
}

/** What an item of a file is to the ledger. */
function bankItem(item: BankFileItem): BankItem {
  switch (item.kind) {
    case 'credit':
      return { ...common(item), kind: 'credit', ...(item.reversal && { needsPerson: 'REVERSAL' }) };
    case 'return':
      if (item.of === 'payout') return { ...common(item), kind: 'credit', needsPerson: 'PAYOUT_RETURNED' };
      return {
        ...common(item),
        kind: 'return',
        returnCode: item.returnCode,
        ...(item.stage !== 'return' && { needsPerson: 'DISPUTED_RETURN' }),
      };
    default:
      return { kind: 'other' };
  }
}

function common(item: Extract<BankFileItem, { kind: 'credit' | 'return' }>) {
  const { item: number, record, amount, settledOn, references, bankReference, accountEnding } = item;
  return { item: number, record, amount, settledOn, references, bankReference, accountEnding };
}

function sentences(outcome: BankImportOutcome, { totals }: CheckedBankFile): string {
  const { resumed, payments, returns, receipts, passedOver } = outcome;
  const figure = (count: number) => count.toLocaleString('en');
  const rows = [
    ['payments applied', figure(payments)],
    ['returns recorded', figure(returns)],
    ['unidentified receipts', figure(receipts)],
    ['nothing to apply', figure(passedOver)],
  ];
  const changes = totals.get('notification-of-change')?.count ?? 0;
  const notes = [
    ...(receipts > 0 ? ['Say whose the receipts are: paybill receipts list'] : []),
    ...(changes > 0 ? [`${figure(changes)} notifications of change are not stored: correct the debits by hand.`] : []),
  ];
  const verdict = inColour('green', resumed ? 'applied, where an earlier run had ended' : 'applied');
  return [verdict, table([['items', 'number'], ...rows], [1]), ...notes].join('\n\n');
}
