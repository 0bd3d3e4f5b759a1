import { SIMULATOR_SECRET, startSimulator } from '#libs/gateways';
import { askedToStop } from '#libs/platform';
import { Command, InvalidArgumentError } from 'commander';
import { answer } from './answer.js';
import { jsonOption, whole } from './options.js';

interface SimulateOptions {
  readonly port: number;
  readonly webhook?: string;
  readonly secret?: string;
  readonly pace: number;
  readonly json?: boolean;
}

/** `paybill gateway …`: the payment gateway simulator. */
export function gatewayCommand(): Command {
  const gateway = new Command('gateway').description('the payment gateway simulator, for trying payments out');
  gateway
    .command('simulate')
    .description('run a payment gateway that moves no money, until it is stopped')
    .option('--port <port>', 'where it listens', whole(0, 65_535), 3900)
    .option('--webhook <url>', 'where it sends webhooks: <API>/gateway-webhooks/simulator', url)
    .option('--secret <secret>', 'what it signs them with; that of PAYBILL_SIMULATOR_WEBHOOK_SECRET')
    .option('--pace <seconds>', 'how long things take that take their time', whole(1, 86_400), 5)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Tokens say what becomes of a payment: sim_ok, sim_authorized, sim_late, sim_late_decline, sim_decline, sim_insufficient_funds, sim_timeout, sim_timeout_lost, sim_return, sim_dispute, sim_refund_late, sim_refund_fails; see docs/guides/payments.md.

Example:
  paybill gateway simulate --webhook http://127.0.0.1:3000/gateway-webhooks/simulator`,
    )
    .action(simulate);
  return gateway;
}

async function simulate({ port, webhook, secret, pace, ...options }: SimulateOptions): Promise<void> {
  const simulator = await startSimulator({
    port,
    paceMs: pace * 1000,
    ...(webhook !== undefined && { webhook: { url: webhook, secret: secret ?? SIMULATOR_SECRET } }),
  });
  answer(options, { url: simulator.url }, () => `the gateway simulator is up at ${simulator.url}`);
  await askedToStop();
  await simulator.close();
}

function url(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new InvalidArgumentError('must be a URL such as http://127.0.0.1:3000/gateway-webhooks/simulator');
}
