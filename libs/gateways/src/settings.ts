import { z } from 'zod';
import { type Collecting, type PaymentGateway } from '#libs/ledger';
import { WrongConfiguration } from '#libs/platform';
import { SimulatorGateway } from './simulator/simulator-gateway.js';
import { StripeGateway } from './stripe/stripe-gateway.js';

const Secret = z.string().regex(/^whsec_[A-Za-z0-9+/=]{24,}$/, 'must be a secret such as whsec_… in base 64');

/** What the simulator signs its webhooks with unless told otherwise. Known to all, as befits what moves no money. */
export const SIMULATOR_SECRET = `whsec_${Buffer.from('paybill gateway simulator').toString('base64')}`;

/** Which gateway collects payments; none unless set. */
export const GatewaySettings = z.object({
  PAYBILL_GATEWAY: z
    .enum(['none', 'simulator', 'stripe'], { error: 'must be none, simulator or stripe' })
    .default('none'),
  /** Stripe's secret or restricted key. */
  PAYBILL_STRIPE_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_\w+$/, 'must be a secret or restricted key of Stripe')
    .optional(),
  /** Of the webhook endpoint `<API>/gateway-webhooks/stripe`. */
  PAYBILL_STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\w+$/, 'must be the secret of a webhook endpoint of Stripe')
    .optional(),
  /** Another address than Stripe's own: a double of it, for tests. */
  PAYBILL_STRIPE_URL: z.url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:12111' }).optional(),
  /** Where the simulator answers: `paybill gateway simulate` starts one. */
  PAYBILL_SIMULATOR_URL: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:3900' })
    .default('http://127.0.0.1:3900'),
  PAYBILL_SIMULATOR_WEBHOOK_SECRET: Secret.default(SIMULATOR_SECRET),
  /** So long a gateway is waited for before what it did is unknown. */
  PAYBILL_GATEWAY_TIMEOUT_MS: z
    .string()
    .regex(/^[1-9]\d{2,5}$/, 'must be a whole number of milliseconds from 100 to 999999')
    .transform(Number)
    .default(10_000),
  /** What has to have happened at the gateway before a payment counts on its account. */
  PAYBILL_APPLY_PAYMENTS_ON: z
    .enum(['authorized', 'settled'], { error: 'must be authorized or settled' })
    .default('settled'),
});

type Settings = z.output<typeof GatewaySettings>;

/** The policy of payments as the code has it; a change of its meaning is a new version. */
const POLICY = 'payments/1';

/** How payments are collected by the settings. */
export function collectingBy(settings: Settings): Collecting {
  const policy = { version: POLICY, applyOn: settings.PAYBILL_APPLY_PAYMENTS_ON };
  return { gateways: gatewaysOf(settings), policy };
}

function gatewaysOf(settings: Settings): PaymentGateway[] {
  switch (settings.PAYBILL_GATEWAY) {
    case 'none':
      return [];
    case 'simulator':
      return [
        new SimulatorGateway(
          settings.PAYBILL_SIMULATOR_URL,
          settings.PAYBILL_SIMULATOR_WEBHOOK_SECRET,
          settings.PAYBILL_GATEWAY_TIMEOUT_MS,
        ),
      ];
    case 'stripe':
      return [stripeBy(settings)];
  }
}

/** @throws WrongConfiguration when a secret is missing */
function stripeBy(settings: Settings): PaymentGateway {
  const { PAYBILL_STRIPE_KEY: key, PAYBILL_STRIPE_WEBHOOK_SECRET: webhookSecret } = settings;
  const missing = Object.entries({ PAYBILL_STRIPE_KEY: key, PAYBILL_STRIPE_WEBHOOK_SECRET: webhookSecret });
  const names = missing.flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (key === undefined || webhookSecret === undefined) {
    throw new WrongConfiguration(`wrong configuration: ${names.join(' and ')} must be set for PAYBILL_GATEWAY=stripe`);
  }
  const { PAYBILL_GATEWAY_TIMEOUT_MS: timeoutMs, PAYBILL_STRIPE_URL: url } = settings;
  return new StripeGateway({ key, webhookSecret, timeoutMs, url });
}
