import { Command } from 'commander';
import { z } from 'zod';
import { dataOption, uuid } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { table } from './table.js';
import { runningApi } from './target.js';

interface WebhooksOptions {
  readonly data: string;
  readonly actor: string;
  readonly json?: boolean;
}

interface AddOptions extends WebhooksOptions {
  readonly types?: readonly string[];
  readonly key?: string;
}

const Endpoint = z.object({
  id: z.string(),
  url: z.string(),
  types: z.array(z.string()).nullable(),
  addedBy: z.string(),
  addedAt: z.string(),
});
const Added = z.object({ id: z.string(), secret: z.string() });

/** `paybill webhooks …`: where notifications are posted to. */
export function webhooksCommand(): Command {
  const webhooks = new Command('webhooks').description(
    'where notifications are posted to, signed as Standard Webhooks',
  );
  onPaybill(webhooks.command('add'))
    .description('add a webhook and print its secret, which is told this once')
    .argument('<url>', 'where to post to')
    .option('--types <list>', 'types to be told of, separated by commas (default: all)', (text) => text.split(','))
    .option('--key <key>', 'the same key again, when the answer was lost, adds nothing and prints the secret')
    .addHelpText(
      'after',
      '\nExample:\n  paybill webhooks add https://shop.example/paybill --types payment-confirmation',
    )
    .action(add);
  onPaybill(webhooks.command('list')).description('print the webhooks that are called').action(list);
  onPaybill(webhooks.command('remove'))
    .description('remove a webhook; what waits for it is not sent any more')
    .argument('<id>', 'the webhook’s id', uuid)
    .action(remove);
  return webhooks;
}

function onPaybill(command: Command): Command {
  return command
    .addOption(dataOption())
    .option('--actor <id>', 'in whose name; an opaque id', 'cli')
    .option('--json', 'print JSON');
}

async function add(url: string, { data, actor, json, types, key }: AddOptions): Promise<void> {
  const api = new PaybillApi(await runningApi(data), actor);
  const body = { url, ...(types && { types }) };
  const added = await api.ask(Added, '/webhook-endpoints', {
    method: 'POST',
    body,
    ...(key !== undefined && { idempotencyKey: key }),
  });
  if (json) console.log(JSON.stringify(added, undefined, 2));
  else console.log(`webhook  ${added.id}\nsecret   ${added.secret}\n\nKeep the secret: it is not told again.`);
}

async function list({ data, actor, json }: WebhooksOptions): Promise<void> {
  const endpoints = await new PaybillApi(await runningApi(data), actor).all(Endpoint, '/webhook-endpoints');
  if (json) {
    console.log(JSON.stringify({ webhooks: endpoints }, undefined, 2));
    return;
  }
  const rows = endpoints.map(({ id, url, types, addedBy, addedAt }) => {
    return [id, types?.join(',') ?? 'all', addedBy, addedAt.slice(0, 10), url];
  });
  console.log(rows.length === 0 ? 'there is no webhook' : table([['id', 'types', 'added by', 'on', 'url'], ...rows]));
}

async function remove(id: string, { data, actor, json }: WebhooksOptions): Promise<void> {
  await new PaybillApi(await runningApi(data), actor).tell(`/webhook-endpoints/${id}`, { method: 'DELETE' });
  console.log(json ? JSON.stringify({ id, removed: true }, undefined, 2) : `${id} is removed`);
}
