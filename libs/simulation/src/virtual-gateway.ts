import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { RequestRefused, type SIMULATED_METHODS, SimulatedPayment } from '#libs/gateways';
import {
  type AskedPayment,
  type Charge,
  type GatewayReport,
  GatewayTimedOut,
  GatewayUnavailable,
  type PaymentGateway,
  type RefundOrder,
  WebhookRefused,
} from '#libs/ledger';
import { GATEWAY } from './customers.js';

type Method = keyof typeof SIMULATED_METHODS;

/** What was asked of the gateway, in the order it was asked: a line of its file each. */
type Asked = { readonly at: string } & (
  | { readonly kind: 'charge'; readonly paymentId: string; readonly amount: string; readonly token: Method }
  | { readonly kind: 'void'; readonly paymentId: string }
  | { readonly kind: 'refund'; readonly paymentId: string; readonly refundId: string; readonly amount: string }
  | {
      readonly kind: 'represent';
      readonly paymentId: string;
      readonly chargebackId: string;
      readonly evidence: string;
    }
  | { readonly kind: 'day' }
);

/**
 * The gateway of a simulated biller: the simulator's payments on the virtual clock. It keeps what it was asked in a file, as a
 * gateway remembers although its customer's process dies; read again it is as it was.
 */
export class VirtualGateway implements PaymentGateway {
  readonly name = GATEWAY;
  readonly #payments = new Map<string, SimulatedPayment>();
  #now = '';
  #day = '';

  constructor(
    private readonly file: string,
    private readonly clock: () => Date,
  ) {
    for (const line of linesOf(file)) this.#happen(JSON.parse(line) as Asked);
  }

  /** Lets the next thing happen to every payment, once a day. */
  nextDay(): void {
    const at = this.clock().toISOString();
    if (at.slice(0, 10) > this.#day) this.#note({ kind: 'day', at });
  }

  /** Minor units that are there of a payment: what came in and has not gone again. */
  heldOf(paymentId: string): bigint {
    return this.#payments.get(paymentId)?.held ?? 0n;
  }

  charge({ paymentId, amount, method: { token } }: Charge): Promise<GatewayReport> {
    if (!this.#payments.has(paymentId)) {
      if (token === 'sim_timeout_lost') return Promise.reject(new GatewayTimedOut('no answer came'));
      this.#note({ ...this.#at, kind: 'charge', paymentId, amount: String(amount), token: token as Method });
    }
    if (token === 'sim_timeout') return Promise.reject(new GatewayTimedOut('no answer came'));
    return this.#known(paymentId);
  }

  find({ paymentId }: AskedPayment): Promise<GatewayReport | undefined> {
    return Promise.resolve(this.#payments.get(paymentId)?.report);
  }

  void({ paymentId }: AskedPayment): Promise<GatewayReport> {
    if (this.#payments.has(paymentId)) this.#note({ ...this.#at, kind: 'void', paymentId });
    return this.#known(paymentId);
  }

  async refund({ paymentId, refundId, amount }: RefundOrder): Promise<GatewayReport> {
    try {
      this.#note({ ...this.#at, kind: 'refund', paymentId, refundId, amount: String(amount) });
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      const refused = { refundId, reference: 'none', status: 'failed', failureCode: 'refused' } as const;
      const found = await this.#known(paymentId);
      return { ...found, refunds: [...found.refunds, refused] };
    }
    return this.#known(paymentId);
  }

  represent({ paymentId }: AskedPayment, chargebackId: string, evidence: string): Promise<GatewayReport> {
    this.#note({ ...this.#at, kind: 'represent', paymentId, chargebackId, evidence });
    return this.#known(paymentId);
  }

  /** Nobody sends any: Paybill asks when it is time. */
  readWebhook(): Promise<readonly string[]> {
    return Promise.reject(new WebhookRefused('a simulated biller has no webhooks'));
  }

  get #at(): { readonly at: string } {
    return { at: this.clock().toISOString() };
  }

  #known(paymentId: string): Promise<GatewayReport> {
    const report = this.#payments.get(paymentId)?.report;
    return report ? Promise.resolve(report) : Promise.reject(new GatewayUnavailable('the payment is not known'));
  }

  #note(asked: Asked): void {
    this.#happen(asked);
    appendFileSync(this.file, `${JSON.stringify(asked)}\n`);
  }

  #happen(asked: Asked): void {
    this.#now = asked.at;
    if (asked.kind === 'day') {
      this.#day = asked.at.slice(0, 10);
      for (const payment of this.#payments.values()) payment.advance();
      return;
    }
    const { paymentId } = asked;
    if (asked.kind === 'charge') {
      const payment = new SimulatedPayment(paymentId, BigInt(asked.amount), asked.token, () => this.#now);
      this.#payments.set(paymentId, payment);
      return;
    }
    const payment = this.#payments.get(paymentId);
    if (asked.kind === 'void') payment?.void();
    else if (asked.kind === 'refund') payment?.refund(asked.refundId, BigInt(asked.amount));
    else payment?.represent(asked.chargebackId, asked.evidence);
  }
}

/** The whole lines of a file; half a line, of a process that was killed as it wrote it, is taken away. */
function linesOf(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  return whole.split('\n').filter((line) => line !== '');
}
