import { z } from 'zod';

/*
 * What a payment gateway is to Paybill. Everything it is asked is answered by a report: how the payment stands, whole, as
 * far as the gateway knows. So an answer, a repair and a webhook are one and the same thing, and neither repeats nor
 * disorder of webhooks matter: a webhook only says that it is time to ask.
 */

const At = z.iso.datetime().optional();
/** Minor units. */
const Minor = z.string().regex(/^\d{1,18}$/);

/** How a payment stands at its gateway. */
export const GatewayReport = z.strictObject({
  /** The gateway's own id of the payment. */
  reference: z.string().min(1),
  status: z.enum(['pending', 'authorized', 'settled', 'failed', 'voided']),
  /** When it came to be so, as the gateway says. */
  at: At,
  /** What has come in, once it is settled. Another amount than was asked for is not recorded: a person has to look. */
  captured: Minor.optional(),
  /** Why it failed: `insufficient_funds`. */
  declineCode: z
    .string()
    .regex(/^[a-z0-9]+([_-][a-z0-9]+)*$/)
    .optional(),
  /** What was found out about the payer (VE2): `match`, `no_match`, `unavailable`; absent when it was not checked. */
  verification: z
    .strictObject({ cvv: z.string().optional(), avs: z.string().optional(), threeDSecure: z.string().optional() })
    .optional(),
  /** Set when a void was asked for and cannot be done. */
  voidRefused: z.string().optional(),
  refunds: z.array(
    z.strictObject({
      refundId: z.uuid(),
      reference: z.string(),
      status: z.enum(['pending', 'settled', 'failed']),
      failureCode: z.string().optional(),
      at: At,
    }),
  ),
  /** The bank gave the debit back (ACH). As of a chargeback, what is reported is of the whole payment or not recorded. */
  return: z
    .strictObject({ code: z.string().optional(), reason: z.string(), amount: Minor.optional(), at: At })
    .optional(),
  chargeback: z
    .strictObject({
      chargebackId: z.string().min(1),
      reasonCode: z.string(),
      status: z.enum(['open', 'represented', 'won', 'lost']),
      amount: Minor.optional(),
      /** When the money was taken. */
      at: At,
    })
    .optional(),
});
export type GatewayReport = z.output<typeof GatewayReport>;

/** A payment as its gateway is asked about it. The key tells a repeat; the reference is there once it has answered. */
export interface AskedPayment {
  readonly paymentId: string;
  readonly idempotencyKey: string;
  readonly reference: string | undefined;
}

export interface Charge extends AskedPayment {
  readonly accountId: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
  readonly method: { readonly kind: 'card' | 'bank-account'; readonly token: string };
}

export interface RefundOrder extends AskedPayment {
  readonly refundId: string;
  readonly refundKey: string;
  /** Minor units. */
  readonly amount: bigint;
}

export type WebhookHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The gateway has surely not done what it was asked: it could not be reached, or will not now. It is asked again later. */
export class GatewayUnavailable extends Error {
  override readonly name = 'GatewayUnavailable';
}

/** The gateway may have done what it was asked, or not: no answer came. */
export class GatewayTimedOut extends Error {
  override readonly name = 'GatewayTimedOut';
}

/** A webhook is not signed as it has to be, or is too old: nothing is believed of it. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
}

/**
 * A payment gateway. Every request carries a key, and a gateway that gets the same key again answers the same and does
 * nothing twice. Each method may throw {@link GatewayUnavailable} or {@link GatewayTimedOut}; a request that the gateway
 * refuses for good is a report that says so.
 */
export interface PaymentGateway {
  /** Stored with every payment: `stripe`. */
  readonly name: string;
  /** Asks for the money. */
  charge(charge: Charge): Promise<GatewayReport>;
  /** Asks how a payment stands; undefined when the gateway has never heard of it. */
  find(payment: AskedPayment): Promise<GatewayReport | undefined>;
  void(payment: AskedPayment): Promise<GatewayReport>;
  refund(order: RefundOrder): Promise<GatewayReport>;
  /** Contests a chargeback; the evidence is a reference or a text that holds no personal data. */
  represent(payment: AskedPayment, chargebackId: string, evidence: string): Promise<GatewayReport>;
  /**
   * The payments a webhook is about: their ids, possibly none.
   * @param body the raw body, byte for byte as it was signed
   * @throws WebhookRefused
   */
  readWebhook(body: string, headers: WebhookHeaders): Promise<readonly string[]>;
}
