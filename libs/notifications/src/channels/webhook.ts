import { Webhook } from 'standardwebhooks';
import { postJson } from './http-post.js';

interface WebhookCall {
  /** Of the delivery: `webhook-id`, by which a receiver recognises a repeat. */
  readonly id: string;
  readonly url: string;
  /** `whsec_…` */
  readonly secret: string;
  readonly type: string;
  /** When the customer was told online. */
  readonly at: Date;
  readonly data: object;
}

/**
 * Calls a webhook, signed as Standard Webhooks has it: HMAC-SHA256 over id, time of this attempt and body.
 *
 * @throws DeliveryFailed
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function callWebhook({ id, url, secret, type, at, data }: WebhookCall, publicOnly: boolean): Promise<void> {
  const body = JSON.stringify({ type, timestamp: at.toISOString(), data });
  // The signature's time is the attempt's: receivers refuse what is older than some minutes.
  const attempted = new Date();
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(attempted.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, attempted, body),
  };
  return postJson({ url, headers, body, publicOnly });
}
