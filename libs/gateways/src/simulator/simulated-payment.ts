import { type GatewayReport } from '#libs/ledger';

/** A request the simulator does not take, with the status it is answered. */
export class RequestRefused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a real card or bank account would do, by the token it is known by. */
export const SIMULATED_METHODS = {
  sim_ok: 'settles at once',
  sim_authorized: 'is authorized, and settles later',
  sim_late: 'is accepted, and settles later',
  sim_late_decline: 'is accepted, and declined later',
  sim_decline: 'is declined',
  sim_insufficient_funds: 'is declined for insufficient funds',
  sim_timeout: 'settles, but the answer never comes',
  sim_timeout_lost: 'is lost on its first way, and settles when it is sent again',
  sim_return: 'settles, and the bank returns it later (R01)',
  sim_dispute: 'settles, and is charged back later; evidence that begins with "winning" wins',
  sim_refund_late: 'settles; a refund takes its time',
  sim_refund_fails: 'settles; a refund fails',
} as const;
export type SimulatedMethod = keyof typeof SIMULATED_METHODS;

/** A payment as the simulator knows it: how it stands, and what will come of it without anybody's doing. */
export class SimulatedPayment {
  #report: GatewayReport;
  readonly #later: ((report: GatewayReport) => GatewayReport)[] = [];

  constructor(
    readonly paymentId: string,
    /** Minor units. */
    readonly amount: bigint,
    private readonly method: SimulatedMethod,
    private readonly now: () => string,
  ) {
    const report: GatewayReport = { reference: `sim_${paymentId}`, status: 'settled', refunds: [], at: now() };
    this.#report = report;
    this.#begin(method);
  }

  get report(): GatewayReport {
    const captured = String(this.amount);
    const { return: returned, chargeback, ...report } = this.#report;
    return {
      ...report,
      ...(report.status === 'settled' && { captured }),
      ...(returned && { return: { ...returned, amount: captured } }),
      ...(chargeback && { chargeback: { ...chargeback, amount: captured } }),
    };
  }

  /** Minor units that have come in and not gone again. */
  get held(): bigint {
    const { status, refunds, return: returned, chargeback } = this.#report;
    if (status !== 'settled' || returned || (chargeback && chargeback.status !== 'won')) return 0n;
    return refunds.reduce(
      (held, { refundId, status: at }) => held - (at === 'failed' ? 0n : this.#refunded.get(refundId)!),
      this.amount,
    );
  }

  /** Lets the next thing happen that was going to. @returns whether there was one. */
  advance(): boolean {
    const change = this.#later.shift();
    if (change) this.#report = { ...change(this.#report), at: this.now() };
    return change !== undefined;
  }

  void(): void {
    const { status } = this.#report;
    if (status === 'voided') return;
    if (status === 'authorized' || status === 'pending') {
      this.#later.length = 0;
      this.#report = { ...this.#report, status: 'voided', at: this.now() };
    } else this.#report = { ...this.#report, voidRefused: `payment-${status}` };
  }

  readonly #refunded = new Map<string, bigint>();

  refund(refundId: string, amount: bigint): void {
    if (this.#refunded.has(refundId)) return;
    if (amount > this.held) throw new RequestRefused(422, 'more is to be refunded than is there');
    this.#refunded.set(refundId, amount);
    const outcome = { sim_refund_late: 'pending', sim_refund_fails: 'failed' } as const;
    const status = outcome[this.method as keyof typeof outcome] ?? 'settled';
    const refund = { refundId, reference: `sim_refund_${refundId}`, status, at: this.now() };
    const failure = status === 'failed' ? { failureCode: 'account_closed' } : {};
    this.#report = { ...this.#report, refunds: [...this.#report.refunds, { ...refund, ...failure }] };
    if (status === 'pending') this.#later.push((report) => ({ ...report, refunds: report.refunds.map(settledRefund) }));
  }

  represent(chargebackId: string, evidence: string): void {
    const { chargeback } = this.#report;
    if (chargeback?.chargebackId !== chargebackId) throw new RequestRefused(404, 'there is no such chargeback');
    if (chargeback.status !== 'open') return;
    this.#report = { ...this.#report, chargeback: { ...chargeback, status: 'represented' } };
    const status = evidence.startsWith('winning') ? 'won' : 'lost';
    this.#later.push((report) => ({ ...report, chargeback: { ...chargeback, status } }));
  }

  #begin(method: SimulatedMethod): void {
    const settles = (report: GatewayReport): GatewayReport => ({ ...report, status: 'settled' });
    const declined =
      (declineCode: string) =>
      (report: GatewayReport): GatewayReport => ({ ...report, status: 'failed', declineCode });
    const verified = { cvv: 'match', avs: 'match' };
    switch (method) {
      case 'sim_authorized':
        this.#report = { ...this.#report, status: 'authorized', verification: verified };
        return void this.#later.push(settles);
      case 'sim_late':
        this.#report = { ...this.#report, status: 'pending' };
        return void this.#later.push(settles);
      case 'sim_late_decline':
        this.#report = { ...this.#report, status: 'pending' };
        return void this.#later.push(declined('account_closed'));
      case 'sim_decline':
        this.#report = declined('card_declined')({ ...this.#report, verification: { cvv: 'no_match' } });
        return;
      case 'sim_insufficient_funds':
        this.#report = declined('insufficient_funds')(this.#report);
        return;
      case 'sim_return':
        return void this.#later.push((report) => ({
          ...report,
          return: { code: 'R01', reason: 'insufficient-funds', at: this.now() },
        }));
      case 'sim_dispute':
        return void this.#later.push((report) => ({
          ...report,
          chargeback: {
            chargebackId: `dp_${this.paymentId}`,
            reasonCode: 'fraudulent',
            status: 'open',
            at: this.now(),
          },
        }));
      default:
        this.#report = { ...this.#report, verification: verified };
    }
  }
}

function settledRefund(refund: GatewayReport['refunds'][number]): GatewayReport['refunds'][number] {
  return refund.status === 'pending' ? { ...refund, status: 'settled' } : refund;
}
