import { type TextMessage } from './messages.js';
import { postJson } from './http-post.js';

/** Text messages by an HTTP gateway: POST {to, text}, with the delivery's id as Idempotency-Key. */
export class SmsGateway {
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
  ) {}

  /** @throws DeliveryFailed */
  send({ id, to, text }: TextMessage): Promise<void> {
    const authorization = this.token === undefined ? undefined : { authorization: `Bearer ${this.token}` };
    const headers = { 'idempotency-key': id, ...authorization };
    return postJson({ url: this.url, headers, body: JSON.stringify({ to, text }), publicOnly: false });
  }
}
