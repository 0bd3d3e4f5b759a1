import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { RequestRefused, SIMULATED_METHODS, type SimulatedMethod, SimulatedPayment } from './simulated-payment.js';

export interface SimulatorOptions {
  readonly host?: string;
  /** 0 for any free one. */
  readonly port?: number;
  /** Where webhooks go, signed with a `whsec_…` secret (Standard Webhooks); nowhere unless given. */
  readonly webhook?: { readonly url: string; readonly secret: string };
  /** How long things take that take their time; never by themselves, but by `POST /simulator/advance`, unless given. */
  readonly paceMs?: number;
}

export interface Simulator {
  readonly url: string;
  /** Lets the next thing happen to every payment. */
  advance(): void;
  close(): Promise<void>;
}

const Minor = z.string().regex(/^[1-9]\d{0,17}$/);
const ChargeBody = z.strictObject({
  paymentId: z.uuid(),
  amount: Minor,
  currency: z.string().length(3),
  token: z.string(),
});
const RefundBody = z.strictObject({ refundId: z.uuid(), amount: Minor });
const RepresentBody = z.strictObject({ chargebackId: z.string(), evidence: z.string() });

const WEBHOOK_TRIES = 8;
const LARGEST_BODY = 64 * 1024;

/**
 * A payment gateway that behaves as real ones do, for tests and demonstrations: idempotent by key, told what to do by
 * test tokens, with webhooks that come twice and the later before the earlier. No money moves. It is a server of its own,
 * so that Paybill may crash while it goes on.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, paceMs } = options;
  const gateway = new SimulatedGateway(options.webhook);
  const server = createServer((request, response) => void answer(gateway, request, response));
  server.listen(port, host);
  await once(server, 'listening');
  const pace = paceMs === undefined ? undefined : setInterval(() => gateway.advance(), paceMs).unref();
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    advance: () => gateway.advance(),
    close: async () => {
      clearInterval(pace);
      gateway.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

class SimulatedGateway {
  readonly #payments = new Map<string, SimulatedPayment>();
  /** What was answered to each key, with a digest of what was asked. */
  readonly #answered = new Map<string, { readonly asked: string; readonly paymentId: string }>();
  readonly #lost = new Set<string>();
  readonly #webhooks: { readonly id: string; readonly body: string }[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #sent = 0;

  constructor(private readonly webhook: SimulatorOptions['webhook']) {}

  /** @returns undefined when no answer comes. */
  charge(key: string, body: z.output<typeof ChargeBody>): SimulatedPayment | undefined {
    if (this.#isRepeat(key, body)) return this.payment(body.paymentId);
    const { paymentId, token } = body;
    if (!(token in SIMULATED_METHODS)) throw new RequestRefused(402, 'no such payment method');
    if (token === 'sim_timeout_lost' && !this.#lost.has(key)) {
      this.#lost.add(key);
      return undefined;
    }
    if (this.#payments.has(paymentId)) throw new RequestRefused(409, 'this payment has another key');
    const method = token as SimulatedMethod;
    const payment = new SimulatedPayment(paymentId, BigInt(body.amount), method, () => new Date().toISOString());
    this.#payments.set(paymentId, payment);
    this.#keep(key, body, paymentId);
    this.#tell(payment);
    return method === 'sim_timeout' ? undefined : payment;
  }

  /** Does something to a payment, once for each key. */
  change(key: string, paymentId: string, body: object, what: (payment: SimulatedPayment) => void): SimulatedPayment {
    const payment = this.payment(paymentId);
    if (this.#isRepeat(key, body)) return payment;
    what(payment);
    this.#keep(key, body, paymentId);
    this.#tell(payment);
    return payment;
  }

  payment(paymentId: string): SimulatedPayment {
    const payment = this.#payments.get(paymentId);
    if (!payment) throw new RequestRefused(404, 'no such payment');
    return payment;
  }

  /** Every payment with what is held of it. */
  all(): { paymentId: string; held: string; status: string }[] {
    return [...this.#payments.values()].map(({ paymentId, held, report: { status } }) => {
      return { paymentId, held: String(held), status };
    });
  }

  advance(): void {
    for (const payment of this.#payments.values()) if (payment.advance()) this.#tell(payment);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #isRepeat(key: string, body: object): boolean {
    const before = this.#answered.get(key);
    if (!before) return false;
    if (before.asked !== digest(body)) throw new RequestRefused(409, 'this key was sent with another request');
    return true;
  }

  #keep(key: string, body: object, paymentId: string): void {
    this.#answered.set(key, { asked: digest(body), paymentId });
  }

  /** Webhooks wait for the turn of the loop to end, and then go the last first, each twice: as bad as it gets. */
  #tell({ paymentId, report }: SimulatedPayment): void {
    if (!this.webhook) return;
    const body = JSON.stringify({ type: `payment.${report.status}`, timestamp: report.at, data: { paymentId } });
    if (this.#webhooks.push({ id: `msg_${++this.#sent}`, body }) > 1) return;
    this.#later(0, () => {
      for (const { id, body: content } of this.#webhooks.splice(0).reverse()) {
        for (let copy = 0; copy < 2; copy++) void this.#send(id, content, 1);
      }
    });
  }

  async #send(id: string, body: string, tries: number): Promise<void> {
    const { url, secret } = this.webhook!;
    const at = new Date();
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    };
    const signal = AbortSignal.timeout(5_000);
    const taken = await fetch(url, { method: 'POST', headers, body, signal }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (!taken && tries < WEBHOOK_TRIES) this.#later(100 * 2 ** tries, () => void this.#send(id, body, tries + 1));
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms).unref();
    this.#timers.add(timer);
  }
}

function digest(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}

async function answer(gateway: SimulatedGateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const found = await answered(gateway, request);
    // A time-out is no answer at all: whoever asks gives up some time.
    if (found !== undefined) send(response, 200, found);
  } catch (error) {
    if (error instanceof RequestRefused) send(response, error.status, { error: error.message });
    else if (error instanceof z.ZodError || error instanceof SyntaxError) send(response, 400, { error: error.message });
    else send(response, 500, { error: (error as Error).message });
  }
}

async function answered(gateway: SimulatedGateway, request: IncomingMessage): Promise<object | undefined> {
  const { method = 'GET', url = '/' } = request;
  const [, place, id = '', action = ''] = new URL(url, 'http://simulator').pathname.split('/');
  if (place === 'simulator' && id === 'payments') return gateway.all();
  if (place === 'simulator' && id === 'advance' && method === 'POST') {
    gateway.advance();
    return {};
  }
  if (place !== 'payments') throw new RequestRefused(404, 'there is nothing here');
  if (method === 'GET') return gateway.payment(id).report;
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') throw new RequestRefused(400, 'send an Idempotency-Key');
  const body = await bodyOf(request);
  if (id === '') return gateway.charge(key, ChargeBody.parse(body))?.report;
  return changed(gateway, key, id, action, body).report;
}

function changed(gateway: SimulatedGateway, key: string, id: string, action: string, body: unknown): SimulatedPayment {
  switch (action) {
    case 'void':
      return gateway.change(key, id, { void: id }, (payment) => payment.void());
    case 'refunds': {
      const refund = RefundBody.parse(body);
      return gateway.change(key, id, refund, (payment) => payment.refund(refund.refundId, BigInt(refund.amount)));
    }
    case 'representment': {
      const { chargebackId, evidence } = RepresentBody.parse(body);
      return gateway.change(key, id, { chargebackId, evidence }, (payment) =>
        payment.represent(chargebackId, evidence),
      );
    }
    default:
      throw new RequestRefused(404, 'there is nothing here');
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) throw new RequestRefused(413, 'too large');
  return JSON.parse(await text(request)) as unknown;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
