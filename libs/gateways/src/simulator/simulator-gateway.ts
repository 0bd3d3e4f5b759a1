import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { z } from 'zod';
import {
  type AskedPayment,
  type Charge,
  GatewayReport,
  GatewayTimedOut,
  GatewayUnavailable,
  type PaymentGateway,
  type RefundOrder,
  type WebhookHeaders,
  WebhookRefused,
} from '#libs/ledger';

/** The request has surely not arrived. */
const NOT_CONNECTED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];
const Notice = z.object({ data: z.object({ paymentId: z.uuid() }) });

/** The gateway simulator as Paybill sees it: see {@link startSimulator}. */
export class SimulatorGateway implements PaymentGateway {
  readonly name = 'simulator';
  readonly #webhook: Webhook;

  constructor(
    private readonly url: string,
    /** `whsec_…`, as the simulator signs its webhooks. */
    webhookSecret: string,
    /** After it an answer does not come any more. */
    private readonly timeoutMs: number,
  ) {
    this.#webhook = new Webhook(webhookSecret);
  }

  async charge({ paymentId, idempotencyKey, amount, currency, method }: Charge): Promise<GatewayReport> {
    const body = { paymentId, amount: String(amount), currency, token: method.token };
    const report = await this.#ask('/payments', idempotencyKey, body, { 402: 'refused' });
    // A token that the gateway does not know will never pay.
    return report ?? { reference: `sim_${paymentId}`, status: 'failed', declineCode: 'invalid_method', refunds: [] };
  }

  find({ paymentId }: AskedPayment): Promise<GatewayReport | undefined> {
    return this.#ask(`/payments/${paymentId}`, undefined, undefined, { 404: 'unknown' });
  }

  void({ paymentId, idempotencyKey }: AskedPayment): Promise<GatewayReport> {
    return this.#told(`/payments/${paymentId}/void`, `${idempotencyKey}/void`, {});
  }

  async refund(order: RefundOrder): Promise<GatewayReport> {
    const { paymentId, refundId, refundKey, amount } = order;
    const body = { refundId, amount: String(amount) };
    const report = await this.#ask(`/payments/${paymentId}/refunds`, refundKey, body, { 422: 'refused' });
    if (report) return report;
    const refused = { refundId, reference: 'none', status: 'failed', failureCode: 'refused' } as const;
    const found = await this.#known(this.find(order));
    return { ...found, refunds: [...found.refunds, refused] };
  }

  represent({ paymentId }: AskedPayment, chargebackId: string, evidence: string): Promise<GatewayReport> {
    const body = { chargebackId, evidence };
    return this.#told(`/payments/${paymentId}/representment`, `${chargebackId}/represent`, body);
  }

  readWebhook(body: string, headers: WebhookHeaders): Promise<readonly string[]> {
    const signed: Record<string, string> = {};
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      signed[name] = String(headers[name] ?? '');
    try {
      return Promise.resolve([Notice.parse(this.#webhook.verify(body, signed)).data.paymentId]);
    } catch (error) {
      if (error instanceof WebhookVerificationError) return Promise.reject(new WebhookRefused(error.message));
      throw error;
    }
  }

  #told(path: string, key: string, body: object): Promise<GatewayReport> {
    return this.#known(this.#ask(path, key, body, {}));
  }

  async #known(asked: Promise<GatewayReport | undefined>): Promise<GatewayReport> {
    const report = await asked;
    if (!report) throw new GatewayUnavailable('the simulator does not know the payment');
    return report;
  }

  /** @param definite statuses that are an answer: nothing more will come of it. */
  async #ask(
    path: string,
    key: string | undefined,
    body: object | undefined,
    definite: Readonly<Record<number, string>>,
  ): Promise<GatewayReport | undefined> {
    const answer = await this.#fetch(path, key, body);
    if (answer.ok) return GatewayReport.parse(await answer.json());
    if (answer.status in definite) return undefined;
    if (answer.status >= 500) throw new GatewayTimedOut(`the simulator answers ${answer.status}`);
    throw new GatewayUnavailable(`the simulator answers ${answer.status}`);
  }

  async #fetch(path: string, key: string | undefined, body: object | undefined): Promise<Response> {
    try {
      return await fetch(this.url + path, {
        method: body ? 'POST' : 'GET',
        headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(this.timeoutMs),
      });
    } catch (error) {
      const { cause, name } = error as Error & { cause?: { code?: string } };
      if (NOT_CONNECTED.includes(cause?.code ?? '')) throw new GatewayUnavailable('the simulator cannot be reached');
      throw new GatewayTimedOut(`no answer came: ${name}`);
    }
  }
}
