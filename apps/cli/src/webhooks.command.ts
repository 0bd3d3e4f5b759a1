import { Command } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import { uuid } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface WebhooksOptions extends ApiOptions {
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
  onApi(webhooks.command('add'))
    .description('add a webhook and print its secret, which is told this once')
    .argument('<url>', 'where to post to')
    .option('--types <list>', 'types to be told of, separated by commas (default: all)', (text) => text.split(','))
    .option('--key <key>', 'the same key again, when the answer was lost, adds nothing and prints the secret')
    .addHelpText(
      'after',
      '\nExample:\n  paybill webhooks add https://shop.example/paybill --types payment-confirmation',
    )
    .action(add);
  onApi(webhooks.command('list'))
    .description('print the webhooks that are called')
    .addHelpText('after', '\nExample:\n  paybill webhooks list --json')
    .action(list);
  onApi(webhooks.command('remove'))
    .description('remove a webhook; what waits for it is not sent any more')
    .argument('<id>', 'the webhook’s id', uuid)
    .addHelpText('after', '\nExample:\n  paybill webhooks remove 0ed954cc-2b3d-5599-81f8-84c49e0c8930')
    .action(remove);
  return webhooks;
}

async function add(url: string, { types, key, ...options }: AddOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const body = { url, ...(types && { types }) };
  const added = await api.ask(Added, '/webhook-endpoints', {
    method: 'POST',
    body,
    ...(key !== undefined && { idempotencyKey: key }),
  });
  const { id, secret } = added;
  answer(options, added, () => `webhook  ${id}\nsecret   ${secret}\n\nKeep the secret: it is not told again.`);
}

async function list(options: WebhooksOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const webhooks = await api.all(Endpoint, '/webhook-endpoints');
  answer(options, { webhooks }, () => {
    if (webhooks.length === 0) return 'there is no webhook';
    const rows = webhooks.map(({ id, url, types, addedBy, addedAt }) => {
      return [id, types?.join(',') ?? 'all', addedBy, addedAt.slice(0, 10), url];
    });
    return table([['id', 'types', 'added by', 'on', 'url'], ...rows]);
  });
}

async function remove(id: string, options: WebhooksOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  await api.tell(`/webhook-endpoints/${id}`, { method: 'DELETE' });
  answer(options, { id, removed: true }, () => `${id} is removed`);
}
