import { type PaymentPolicy } from './collect-payment.js';
import { type PaymentGateway } from './payment-gateway.js';

/** How payments are collected: given by the app, which knows the gateways. */
export abstract class Collecting {
  /** The first collects new payments; all finish those they began. */
  abstract readonly gateways: readonly PaymentGateway[];
  abstract readonly policy: PaymentPolicy;
}
