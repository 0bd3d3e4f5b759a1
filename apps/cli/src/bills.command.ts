import { Command } from 'commander';
import { answer } from './answer.js';
import { path, uuid } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { type ApiOptions, onApi } from './target.js';
import { refuseOccupied, writeWhole } from './whole-file.js';

interface PdfOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
  readonly out: string;
  readonly force?: true;
}

/** `paybill bills …` */
export function billsCommand(): Command {
  const command = new Command('bills').description('bills as their customers get them');
  onApi(command.command('pdf'))
    .description('write a bill to a file, as a PDF with its coupon')
    .argument('<account>', 'the account’s id', uuid)
    .argument('<bill>', 'the bill’s number')
    .requiredOption('--out <path>', 'the file', path)
    .option('--force', 'take the place of a file that is there')
    .addHelpText(
      'after',
      `
The bill is printed as it was issued, and carries the whole pay bill number and the customer's name: the file is for nobody's
eyes but its owner's. One that has been reversed as a whole says so.

Example:
  paybill bills pdf 0ed954cc-2b3d-5599-81f8-84c49e0c8930 B-2026-001 --out bill.pdf`,
    )
    .action(writePdf);
  return command;
}

async function writePdf(account: string, bill: string, options: PdfOptions): Promise<void> {
  const { out, force } = options;
  await refuseOccupied(out, 'file', force === true);
  const api = await PaybillApi.of(options);
  const { body } = await api.stream(`/accounts/${account}/bills/${encodeURIComponent(bill)}/document`);
  const pdf = Buffer.from(await new Response(body).arrayBuffer());
  // It names a customer.
  await writeWhole(out, pdf, 0o600);
  answer(options, { out, bytes: pdf.length }, () => `bill ${bill} is in ${out}`);
}
