import { Command } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import { uuid, whole, WrongOption } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { type ApiOptions, onApi } from './target.js';
import { refuseOccupied, writeWhole } from './whole-file.js';

interface ProveOptions extends ApiOptions {
  readonly actor: string;
  readonly event?: string;
  readonly account?: string;
  readonly from?: number;
  readonly to?: number;
  readonly out?: string;
  readonly force?: boolean;
}

const Events = z.looseObject({
  checkpoint: z.string(),
  events: z.array(z.unknown()),
  notSigned: z.int(),
  next: z.string().nullable(),
});
const Consistency = z.looseObject({ kind: z.literal('consistency') });

export function proveCommand(): Command {
  return onApi(new Command('prove'))
    .description(
      'get a proof that an event, or all of an account, is in the signed log; or that one checkpoint extends another',
    )
    .option('--event <id>', 'the event', uuid)
    .option('--account <id>', 'the account', uuid)
    .option('--from <size>', 'size of the earlier checkpoint', whole(0, 9_999_999_999))
    .option('--to <size>', 'size of the later checkpoint', whole(0, 9_999_999_999))
    .option('--out <file>', 'write the proof into a file')
    .option('--force', 'with --out: replace a file that is there')
    .addHelpText(
      'after',
      `
The proof is JSON, to be checked without Paybill: node infra/audit/verify-proof.mjs PROOF --key VKEY

Examples:
  paybill audit prove --event 0e37c1d2-6a35-8b5e-9d0c-2f1a7c1b9e10 --out event.proof.json
  paybill audit prove --account 7bd87904-84de-581a-ae72-7d548b71318b --out account.proof.json
  paybill audit prove --from 470000 --to 480211`,
    )
    .action(prove);
}

async function prove({ event, account, from, to, out, force = false, ...options }: ProveOptions): Promise<void> {
  const consistency = from !== undefined || to !== undefined;
  if ([event !== undefined, account !== undefined, consistency].filter(Boolean).length !== 1) {
    throw new WrongOption('give one of --event, --account, or --from with --to');
  }
  if (consistency && (from === undefined || to === undefined)) throw new WrongOption('--from and --to go together');
  if (out !== undefined) await refuseOccupied(out, 'file', force);
  const api = await PaybillApi.of(options);
  const proof = consistency
    ? await api.ask(Consistency, `/audit/consistency?from=${from}&to=${to}`)
    : event !== undefined
      ? await api.ask(Events, `/audit/proofs/events/${event}`)
      : await accountProof(api, account!);
  if (out === undefined) answer({ json: true }, proof, () => '');
  else {
    await writeWhole(out, `${JSON.stringify(proof, undefined, 2)}\n`);
    console.error(`the proof is in ${out}`);
  }
  if ('notSigned' in proof && Number(proof['notSigned']) > 0) {
    const later = `${String(proof['notSigned'])} later event(s) of the account are not signed yet`;
    console.error(`${later}: paybill audit checkpoint --sign-now, and prove again`);
  }
}

/** All pages of an account's proof as one, by one checkpoint. */
async function accountProof(api: PaybillApi, account: string): Promise<z.output<typeof Events>> {
  const path = `/audit/proofs/accounts/${account}`;
  let page = await api.ask(Events, path);
  // The second line of a checkpoint is its size.
  const size = page.checkpoint.split('\n')[1] ?? '';
  const events = [...page.events];
  while (page.next !== null) {
    page = await api.ask(Events, `${path}?checkpoint=${size}&from=${page.next}`);
    events.push(...page.events);
  }
  return { ...page, events };
}
