import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Intent = Record<string, unknown> & {
  id: string;
  status: string;
  amount: number;
  metadata: Record<string, string>;
};

export interface StripeDouble {
  readonly url: string;
  /** Each request that did something: method, path and Idempotency-Key. */
  readonly effects: readonly string[];
  /** Has the next request of a path answered by nothing, by an error of Stripe's own, or by too many requests. */
  next(path: string, what: 'hang' | 'hang-after' | 500 | 429): void;
  /** Gives a payment a dispute, as of a card or of a debit. */
  dispute(intent: string, status: string, reason?: string): string;
  /** The body of a webhook about an object, and its signature header, as Stripe makes them. */
  webhook(object: object, secret: string): { body: string; signature: string };
  close(): Promise<void>;
}

const KEY = 'sk_test_double';

/**
 * The part of Stripe's API that Paybill uses, on this machine: it checks the secret key, wants an Idempotency-Key with
 * every POST, answers a key again with its first answer, and refuses one that comes with other parameters.
 */
export async function startStripeDouble(): Promise<StripeDouble> {
  const double = new Double();
  const server = createServer((request, response) => void double.answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    effects: double.effects,
    next: (path, what) => void double.faults.set(path, what),
    dispute: (intent, status, reason = 'fraudulent') => double.dispute(intent, status, reason),
    webhook(object, secret) {
      const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'charge.updated', data: { object } });
      const seconds = Math.floor(Date.now() / 1000);
      const signed = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
      return { body, signature: `t=${seconds},v1=${signed}` };
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

class Refused extends Error {
  constructor(
    readonly status: number,
    readonly error: Record<string, unknown>,
  ) {
    super('refused');
  }
}

class Double {
  readonly effects: string[] = [];
  readonly faults = new Map<string, 'hang' | 'hang-after' | 500 | 429>();
  readonly #intents = new Map<string, Intent>();
  readonly #refunds: Record<string, unknown>[] = [];
  readonly #disputes: (Record<string, unknown> & { id: string; status: string })[] = [];
  readonly #answers = new Map<string, { asked: string; status: number; body: object }>();

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const { pathname, searchParams } = new URL(url, 'http://stripe');
    const body = await text(request);
    const fault = this.faults.get(pathname);
    this.faults.delete(pathname);
    if (fault === 'hang') return;
    if (typeof fault === 'number') return send(response, fault, { error: { type: 'api_error', message: 'fault' } });
    const { status, body: answer } = this.#answered(request, method, pathname, searchParams, body);
    if (fault !== 'hang-after') send(response, status, answer);
  }

  dispute(intent: string, status: string, reason: string): string {
    const id = `dp_${this.#disputes.length + 1}`;
    const { amount } = this.#intent(intent);
    const dispute = { id, object: 'dispute', status, reason, amount, payment_intent: intent, created: 1_768_500_000 };
    this.#disputes.push(dispute);
    return id;
  }

  #answered(request: IncomingMessage, method: string, path: string, query: URLSearchParams, body: string) {
    if (request.headers.authorization !== `Bearer ${KEY}`) {
      return { status: 401, body: { error: { type: 'invalid_request_error', message: 'Invalid API Key' } } };
    }
    if (method === 'GET') return this.#tried(() => this.#read(path, query));
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string') throw new Error('a POST came without Idempotency-Key');
    const asked = `${path}?${body}`;
    const before = this.#answers.get(key);
    if (before && before.asked !== asked) {
      return { status: 400, body: { error: { type: 'idempotency_error', message: 'other parameters' } } };
    }
    if (before) return before;
    this.effects.push(`${method} ${path} ${key}`);
    const answer = { asked, ...this.#tried(() => this.#write(path, new URLSearchParams(body))) };
    this.#answers.set(key, answer);
    return answer;
  }

  #tried(work: () => object): { status: number; body: object } {
    try {
      return { status: 200, body: work() };
    } catch (error) {
      if (error instanceof Refused) return { status: error.status, body: { error: error.error } };
      throw error;
    }
  }

  #read(path: string, query: URLSearchParams): object {
    const list = (data: readonly unknown[]) => ({ object: 'list', has_more: false, data });
    const of = query.get('payment_intent');
    if (path === '/v1/refunds') return list(this.#refunds.filter((one) => one['payment_intent'] === of));
    if (path === '/v1/disputes') return list(this.#disputes.filter((one) => one['payment_intent'] === of));
    if (path === '/v1/payment_intents/search') {
      const wanted = /:'([^']+)'/.exec(query.get('query') ?? '')?.[1];
      const found = [...this.#intents.values()].filter(({ metadata }) => metadata['paybill_payment_id'] === wanted);
      return { ...list(found), object: 'search_result' };
    }
    return this.#intent(path.split('/')[3] ?? '');
  }

  #write(path: string, given: URLSearchParams): object {
    const [, , place, id = '', action] = path.split('/');
    if (place === 'payment_intents' && action === 'cancel') return this.#cancel(id);
    if (place === 'payment_intents') return this.#charge(given);
    if (place === 'refunds') return this.#refund(given);
    const dispute = this.#disputes.find((one) => one.id === id);
    if (place !== 'disputes' || !dispute) throw new Refused(404, { type: 'invalid_request_error' });
    if (given.get('submit') === 'true' && given.get('evidence[uncategorized_text]')) dispute.status = 'under_review';
    return dispute;
  }

  #charge(given: URLSearchParams): Intent {
    const token = given.get('payment_method') ?? '';
    const type = given.get('allowed_payment_method_types[0]') ?? 'card';
    const id = `pi_${this.#intents.size + 1}`;
    const metadata = Object.fromEntries(
      [...given].flatMap(([name, value]) => {
        const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
        return key === undefined ? [] : [[key, value]];
      }),
    );
    const card = { checks: { cvc_check: 'pass', address_postal_code_check: 'fail' }, three_d_secure: null };
    const intent: Intent = {
      ...{
        id,
        object: 'payment_intent',
        amount: Number(given.get('amount')),
        amount_received: type === 'card' ? Number(given.get('amount')) : 0,
        currency: given.get('currency'),
        metadata,
      },
      status: type === 'card' ? 'succeeded' : 'processing',
      latest_charge: {
        id: `ch_${id}`,
        object: 'charge',
        payment_method_details: type === 'card' ? { type, card } : { type },
      },
    };
    if (token === 'pm_unknown') {
      throw new Refused(400, { type: 'invalid_request_error', code: 'resource_missing', message: 'No such method' });
    }
    this.#intents.set(id, intent);
    if (token !== 'pm_card_visa_chargeDeclinedInsufficientFunds') return intent;
    const error = {
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      message: 'declined',
    };
    Object.assign(intent, { status: 'requires_payment_method', last_payment_error: error });
    throw new Refused(402, { ...error, payment_intent: intent });
  }

  #cancel(id: string): Intent {
    const intent = this.#intent(id);
    if (intent.status === 'succeeded') {
      throw new Refused(400, { type: 'invalid_request_error', code: 'payment_intent_unexpected_state' });
    }
    intent.status = 'canceled';
    return intent;
  }

  #refund(given: URLSearchParams): object {
    const intent = this.#intent(given.get('payment_intent') ?? '');
    const amount = Number(given.get('amount'));
    const before = this.#refunds.reduce((sum, one) => sum + Number(one['amount']), 0);
    if (before + amount > intent.amount)
      throw new Refused(400, { type: 'invalid_request_error', code: 'charge_already_refunded' });
    const metadata = { paybill_refund_id: given.get('metadata[paybill_refund_id]') };
    const refund = { id: `re_${this.#refunds.length + 1}`, object: 'refund', status: 'succeeded', amount, metadata };
    this.#refunds.push({ ...refund, payment_intent: intent.id });
    return refund;
  }

  #intent(id: string): Intent {
    const intent = this.#intents.get(id);
    if (!intent) throw new Refused(404, { type: 'invalid_request_error', code: 'resource_missing' });
    return intent;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1' }).end(JSON.stringify(body));
}
