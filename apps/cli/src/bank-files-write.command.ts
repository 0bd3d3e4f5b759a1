import { checkBankFile, effectiveEntryDate, type NachaFile, NachaNotWritable, writeNacha } from '#libs/bank-files';
import { minorUnitDigits, parseMinor } from '#libs/ledger';
import { Command } from 'commander';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { answer } from './answer.js';
import { jsonOption, path, WrongOption } from './options.js';
import { refuseOccupied, whole } from './whole-file.js';

interface WriteOptions {
  readonly out: string;
  readonly force?: true;
  readonly json?: boolean;
}

/** `paybill bank-files write`: a NACHA file of what a person asks for. */
export function bankFilesWrite(): Command {
  return new Command('write')
    .description('write a NACHA file of debits, prenotes or micro-deposits')
    .argument('<orders>', 'a JSON file that says what is to be written')
    .requiredOption('--out <path>', 'the file to write', path)
    .option('--force', 'take the place of a file that is there')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
The orders: originator, cut-off and time zone of the bank, batches with their entries; see docs/guides/bank-files.md.
Without effectiveOn a batch settles on the next banking day that the cut-off allows. The file gets its name when it is
whole and has been verified.

Example:
  paybill bank-files write prenotes.json --out prenotes-20261124.ach`,
    )
    .action(writeFile);
}

const Cents = z
  .string('must be a decimal string such as "12.34"')
  .regex(/^\d{1,8}(\.\d{1,2})?$/, 'must be dollars such as "12.34"')
  .transform((text) => parseMinor(text, 2));
const Account = z.strictObject({
  routingNumber: z.string(),
  accountNumber: z.string(),
  type: z.enum(['checking', 'savings']),
  holder: z.string(),
});
const Order = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('debit'),
    account: Account,
    identification: z.string(),
    amount: Cents,
    isRecurring: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('prenote'), account: Account, identification: z.string() }),
  z.strictObject({
    kind: z.literal('micro-deposits'),
    account: Account,
    identification: z.string(),
    credits: z.tuple([Cents, Cents]),
  }),
]);
const Orders = z.strictObject({
  originator: z.strictObject({
    destination: z.string(),
    destinationName: z.string(),
    origin: z.string(),
    originName: z.string(),
    companyName: z.string(),
    companyId: z.string(),
    odfi: z.string(),
  }),
  /** Of the originating bank, in whose time the cut-off is. */
  timeZone: z.string(),
  cutOff: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM'),
  modifier: z.string().default('A'),
  firstTrace: z.number().int(),
  batches: z
    .array(
      z.strictObject({
        secCode: z.enum(['PPD', 'WEB', 'TEL']),
        description: z.string(),
        effectiveOn: z.iso.date().optional(),
        orders: z.array(Order).min(1),
      }),
    )
    .min(1),
});

async function writeFile(orders: string, options: WriteOptions): Promise<void> {
  const file = nachaFile(await readOrders(orders), new Date());
  await refuseOccupied(options.out, 'file', options.force === true);
  const { records, items, digest } = await whole(options.out, async (temporary) => {
    const written = await open(temporary, 'wx', 0o600);
    try {
      for (const record of recordsOf(file)) await written.write(`${record}\n`);
      await written.sync();
    } finally {
      await written.close();
    }
    return checkBankFile(() => createReadStream(temporary), { minorUnitDigits });
  });
  const effectiveOn = [...new Set([...file.batches].map((batch) => batch.effectiveOn))];
  const said = { out: options.out, records, entries: items, effectiveOn, digest };
  answer(options, said, () => `${items} entries for ${effectiveOn.join(', ')} are in ${options.out}`);
}

async function readOrders(file: string): Promise<z.infer<typeof Orders>> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new WrongOption(`${file} cannot be read`);
  });
  const parsed = Orders.safeParse(jsonOf(text, file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new WrongOption(`${file}: /${issue?.path.join('/')}: ${issue?.message}`);
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WrongOption(`${file} is no JSON`);
  }
}

function nachaFile({ timeZone, cutOff, batches, ...orders }: z.infer<typeof Orders>, now: Date): NachaFile {
  const { day, time } = clock(now, timeZone);
  const next = effectiveEntryDate({ day, time, cutOff });
  return {
    ...orders,
    createdOn: day,
    createdAt: time.replace(':', ''),
    batches: batches.map((batch) => ({ ...batch, effectiveOn: batch.effectiveOn ?? next })),
  };
}

/** Day and time on the clocks of a time zone. */
function clock(now: Date, timeZone: string): { day: string; time: string } {
  try {
    const [day = '', time = ''] = now
      .toLocaleString('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
      .split(' ');
    return { day, time };
  } catch {
    throw new WrongOption(`timeZone: there is no time zone ${timeZone}`);
  }
}

function* recordsOf(file: NachaFile): Generator<string> {
  try {
    yield* writeNacha(file);
  } catch (error) {
    throw error instanceof NachaNotWritable ? new WrongOption(error.message) : error;
  }
}
