import { type CommandHandling } from '#libs/event-sourcing';
import { type ProcessOptions, StreamProcess } from '../processes/stream-process.job.js';
import { type WorkOf } from '../processes/stream-work.job.js';
import { payment } from './payment.js';
import { type PaymentGateway } from './payment-gateway.js';
import { PaymentWorker } from './payment-worker.job.js';

interface PaymentProcessOptions extends ProcessOptions {
  /** The process's own, so that all of its commands queue and cache together. */
  readonly handling: CommandHandling;
  /** The gateways payments were asked of, by name. */
  readonly gateways: readonly PaymentGateway[];
  /** From 0 up to 1. */
  readonly random?: () => number;
}

/** Where the payment process keeps which payments it has to look at. */
export const PAYMENT_WORK: WorkOf = { schema: 'payment_process', id: 'payment_id' };

/**
 * Carries money from a payment to its account and back: asks the gateway, posts what settled, takes off what was returned
 * or charged back, sets refunds aside and has them paid; and asks again about what is unknown or overdue, with back-off.
 * A command's id follows from the event that made its step due, and the gateway is sent the same key.
 */
export class PaymentProcess extends StreamProcess {
  constructor(options: PaymentProcessOptions) {
    const { store, handling, gateways, clock = () => new Date(), random = Math.random } = options;
    const worker = new PaymentWorker(store, handling, gateways, clock, random);
    super(options, { category: payment.category, work: PAYMENT_WORK, lock: 'paymentProcess', atOnce: 8, worker });
  }
}
