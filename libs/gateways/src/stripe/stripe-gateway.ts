import Stripe from 'stripe';
import {
  type AskedPayment,
  type Charge,
  type GatewayReport,
  GatewayTimedOut,
  GatewayUnavailable,
  type PaymentGateway,
  type RefundOrder,
  type WebhookHeaders,
  WebhookRefused,
} from '#libs/ledger';
import { declineCodeOf, METADATA, reportOf } from './stripe-report.js';

export interface StripeOptions {
  /** A secret or restricted key; never logged. */
  readonly key: string;
  /** `whsec_…`, of the webhook endpoint. */
  readonly webhookSecret: string;
  /** After it an answer does not come any more. */
  readonly timeoutMs: number;
  /** Another address than Stripe's own, for tests. */
  readonly url?: string | undefined;
}

/** The library takes a number. Stripe takes no more than twelve figures, and so many are exact. */
const MOST = 999_999_999_999n;
const EXPAND = ['latest_charge'];
/** The request has surely not arrived. */
const NOT_CONNECTED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];
/** The account at Stripe or its key is not in order: an operator mends that, and the request is sent again. */
const NOT_NOW = ['StripeAuthenticationError', 'StripePermissionError', 'StripeRateLimitError'];

/**
 * Stripe, by its official library. A token is the id of a payment method (`pm_…`) that Stripe keeps; it is charged off
 * session and captured at once. Stripe answers a key it has seen with its first answer for 24 hours at least, so that a
 * request whose answer was lost is sent again and not doubled.
 *
 * @see https://docs.stripe.com/api/idempotent_requests
 */
export class StripeGateway implements PaymentGateway {
  readonly name = 'stripe';
  readonly #stripe: Stripe;
  readonly #webhookSecret: string;

  constructor({ key, webhookSecret, timeoutMs, url }: StripeOptions) {
    const { protocol, hostname, port } = new URL(url ?? 'https://api.stripe.com');
    this.#webhookSecret = webhookSecret;
    this.#stripe = new Stripe(key, {
      timeout: timeoutMs,
      // Trying again is the payment process's to decide, which notes first that the outcome is unknown.
      maxNetworkRetries: 0,
      telemetry: false,
      protocol: protocol === 'http:' ? 'http' : 'https',
      host: hostname,
      ...(port !== '' && { port }),
    });
  }

  async charge({ paymentId, accountId, idempotencyKey, amount, currency, method }: Charge): Promise<GatewayReport> {
    if (amount > MOST) return refused(paymentId, 'amount_too_large');
    const intent: Stripe.PaymentIntentCreateParams = {
      amount: Number(amount),
      currency: currency.toLowerCase(),
      payment_method: method.token,
      allowed_payment_method_types: [method.kind === 'card' ? 'card' : 'us_bank_account'],
      confirm: true,
      off_session: true,
      metadata: { [METADATA.payment]: paymentId, [METADATA.account]: accountId },
      expand: EXPAND,
    };
    try {
      const created = await this.#stripe.paymentIntents.create(intent, { idempotencyKey });
      return reportOf({ intent: created, refunds: [], disputes: [] });
    } catch (error) {
      return failedReport(error, paymentId) ?? fail(error);
    }
  }

  find({ paymentId, reference }: AskedPayment): Promise<GatewayReport | undefined> {
    return asking(async () => {
      const found = reference ?? (await this.#search(paymentId));
      return found === undefined ? undefined : this.#report(found);
    });
  }

  void({ reference = '', idempotencyKey }: AskedPayment): Promise<GatewayReport> {
    return asking(async () => {
      try {
        await this.#stripe.paymentIntents.cancel(reference, {}, { idempotencyKey: `${idempotencyKey}/void` });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { ...(await this.#report(reference)), voidRefused: declineCodeOf(error) };
      }
      return this.#report(reference);
    });
  }

  refund({ reference = '', refundId, refundKey: idempotencyKey, amount }: RefundOrder): Promise<GatewayReport> {
    return asking(async () => {
      const order = {
        payment_intent: reference,
        amount: Number(amount),
        metadata: { [METADATA.refund]: refundId },
      };
      try {
        await this.#stripe.refunds.create(order, { idempotencyKey });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const report = await this.#report(reference);
        const refused = { refundId, reference: 'none', status: 'failed', failureCode: declineCodeOf(error) } as const;
        return { ...report, refunds: [...report.refunds, refused] };
      }
      return this.#report(reference);
    });
  }

  represent({ reference = '' }: AskedPayment, chargebackId: string, evidence: string): Promise<GatewayReport> {
    return asking(async () => {
      const answer = { evidence: { uncategorized_text: evidence }, submit: true };
      try {
        await this.#stripe.disputes.update(chargebackId, answer, { idempotencyKey: `${chargebackId}/represent` });
      } catch (error) {
        // Its time is over, say: what becomes of the dispute then is told by the dispute.
        if (!isRefusal(error)) throw error;
      }
      return this.#report(reference);
    });
  }

  readWebhook(body: string, headers: WebhookHeaders): Promise<readonly string[]> {
    return asking(async () => {
      const object = this.#verified(body, headers).data.object as {
        readonly metadata?: Readonly<Record<string, string>> | null;
        readonly payment_intent?: string | { readonly id: string } | null;
      };
      const named = object.metadata?.[METADATA.payment];
      if (named !== undefined) return [named];
      // Disputes and refunds carry no metadata of ours, but say whose they are.
      const intent = typeof object.payment_intent === 'object' ? object.payment_intent?.id : object.payment_intent;
      if (intent === undefined) return [];
      const { metadata } = await this.#stripe.paymentIntents.retrieve(intent);
      const paymentId = metadata[METADATA.payment];
      return paymentId === undefined ? [] : [paymentId];
    });
  }

  #verified(body: string, headers: WebhookHeaders): Stripe.Event {
    try {
      return this.#stripe.webhooks.constructEvent(body, String(headers['stripe-signature'] ?? ''), this.#webhookSecret);
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError) throw new WebhookRefused('signature');
      throw error;
    }
  }

  async #report(reference: string): Promise<GatewayReport> {
    const intent = await this.#stripe.paymentIntents.retrieve(reference, { expand: EXPAND });
    const { data: refunds } = await this.#stripe.refunds.list({ payment_intent: reference, limit: 100 });
    const { data: disputes } = await this.#stripe.disputes.list({ payment_intent: reference, limit: 10 });
    return reportOf({ intent, refunds, disputes });
  }

  /** Behind by up to a minute; whoever finds nothing sends the charge again under its key. */
  async #search(paymentId: string): Promise<string | undefined> {
    const query = `metadata['${METADATA.payment}']:'${paymentId}'`;
    const { data } = await this.#stripe.paymentIntents.search({ query, limit: 1 });
    return data[0]?.id;
  }
}

function refused(paymentId: string, declineCode: string): GatewayReport {
  return { reference: `none_${paymentId}`, status: 'failed', declineCode, refunds: [] };
}

/** What a charge that is refused for good comes to; undefined for an error that says nothing for certain. */
function failedReport(error: unknown, paymentId: string): GatewayReport | undefined {
  if (!isRefusal(error)) return undefined;
  const report = refused(paymentId, declineCodeOf(error));
  return { ...report, reference: error.payment_intent?.id ?? report.reference };
}

type Refusal = InstanceType<typeof Stripe.errors.StripeError>;

/** Stripe has understood the request and will not do it. That a key was sent with another request is a fault of ours. */
function isRefusal(error: unknown): error is Refusal {
  const { StripeCardError, StripeInvalidRequestError } = Stripe.errors;
  return error instanceof StripeCardError || error instanceof StripeInvalidRequestError;
}

async function asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    return fail(error);
  }
}

/** Tells what surely was not done from what may have been. The messages are ours: Stripe's may repeat what was sent. */
function fail(error: unknown): never {
  const { StripeError, StripeConnectionError, StripeAPIError } = Stripe.errors;
  if (!(error instanceof StripeError)) throw error;
  if (NOT_NOW.includes(error.type)) throw new GatewayUnavailable(`Stripe refuses: ${error.type}`);
  if (error instanceof StripeConnectionError) {
    const { code } = (error.detail ?? {}) as { code?: string };
    if (NOT_CONNECTED.includes(code ?? '')) throw new GatewayUnavailable('Stripe cannot be reached');
    throw new GatewayTimedOut('Stripe gave no answer');
  }
  if (error instanceof StripeAPIError) throw new GatewayTimedOut(`Stripe answers ${error.statusCode ?? 'in error'}`);
  throw error;
}
