import { Command } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import { day, uuid, whole } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface AccessesOptions extends ApiOptions {
  readonly from?: string;
  readonly to?: string;
  readonly by?: string;
  readonly account?: string;
  readonly limit: number;
  readonly actor: string;
  readonly json?: boolean;
}

const Access = z.object({
  position: z.string(),
  recordedAt: z.string(),
  actor: z.string(),
  onBehalfOf: z.string().nullable(),
  what: z.string(),
  accountId: z.string().nullable(),
  parameters: z.record(z.string(), z.string()),
  outcome: z.string(),
  correlationId: z.string(),
});

export function accessesCommand(): Command {
  return onApi(new Command('accesses'))
    .description('print who asked for figures, audits or personal data, the latest first')
    .option('--from <day>', 'first day (UTC)', day)
    .option('--to <day>', 'last day (UTC)', day)
    .option('--by <id>', 'only what this actor asked for')
    .option('--account <id>', 'only what was asked about this account', uuid)
    .option('--limit <count>', 'at most so many', whole(1, 1_000_000), 1_000)
    .addHelpText(
      'after',
      `
Examples:
  paybill audit accesses --from 2026-11-01 --to 2026-11-30
  paybill audit accesses --account 7bd87904-84de-581a-ae72-7d548b71318b --json`,
    )
    .action(accesses);
}

async function accesses({ from, to, by, account, limit, ...options }: AccessesOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const query = new URLSearchParams({
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(by !== undefined && { actor: by }),
    ...(account !== undefined && { accountId: account }),
  }).toString();
  const found = await api.all(Access, `/audit/accesses?${query}`, limit);
  answer(options, { accesses: found }, () => (found.length === 0 ? 'nobody has asked for anything' : listing(found)));
}

function listing(found: readonly z.output<typeof Access>[]): string {
  const rows = found.map(({ recordedAt, actor: who, onBehalfOf, what, accountId, parameters, outcome }) => [
    ...[
      recordedAt.replace(/\.\d+Z$/, 'Z'),
      onBehalfOf === null ? who : `${who} for ${onBehalfOf}`,
      what,
      accountId ?? '',
    ],
    Object.entries(parameters)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    outcome,
  ]);
  const headings = ['at', 'who', 'what', 'account', 'narrowed down to', 'outcome'];
  return table([headings, ...rows]);
}
