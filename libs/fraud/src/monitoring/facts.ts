import { type Message, type MessageData } from '#libs/contracts';
import { unitsOf } from '../rules/units.js';

/** What happened, as far as any rule cares. */
export type FactKind = 'payment' | 'failure' | 'return' | 'refund' | 'contact';

/** Money in ten-thousandths of its unit, with the digits it was written with. */
interface Amount {
  readonly units: bigint;
  readonly currency: string;
  readonly digits: number;
}

/** A message as the rules see it. */
export interface Fact {
  readonly kind: FactKind;
  readonly messageId: string;
  readonly accountId: string;
  /** When it counts, in milliseconds: what windows are measured by. Imports of history carry old moments. */
  readonly at: number;
  /** When it was recorded. */
  readonly recordedAt: number;
  readonly amount?: Amount;
  readonly channel?: string;
  readonly token?: string;
  readonly paymentId?: string;
}

/** What a message says to the rules; undefined when it says nothing. */
export function factOf(message: Message): Fact | undefined {
  switch (message.type) {
    case 'payment.applied': {
      const { amount, channel, method, paymentId } = message.data;
      return { ...about(message, 'payment'), amount: read(amount), channel, token: method.token, paymentId };
    }
    case 'payment.failed': {
      const { amount, channel, method } = message.data;
      return { ...about(message, 'failure'), amount: read(amount), channel, token: method.token };
    }
    case 'payment.returned':
      return { ...about(message, 'return'), amount: read(message.data.amount), paymentId: message.data.paymentId };
    case 'payment.refunded':
      return { ...about(message, 'refund'), amount: read(message.data.amount), paymentId: message.data.paymentId };
    case 'contact.changed':
      return isOtherAddress(message.data) ? about(message, 'contact') : undefined;
    default:
      return undefined;
  }
}

/**
 * Whether the customer is reached elsewhere than before. Whoever takes an account over sees to that; a new name does not,
 * and neither does the first address of a new customer. One that was taken away before had its own message.
 */
function isOtherAddress({ changed, first }: MessageData<'contact.changed'>): boolean {
  return !first && (changed.includes('email') || changed.includes('phone'));
}

function about(message: Message, kind: FactKind): Fact {
  const at = Date.parse(message.data.effectiveAt);
  const recordedAt = Date.parse(message.time);
  if (Number.isNaN(at) || Number.isNaN(recordedAt)) throw new Error(`message ${message.id} has no readable time`);
  return { kind, messageId: message.id, accountId: message.key, at, recordedAt };
}

function read({ amount, currency }: { amount: string; currency: string }): Amount {
  const units = unitsOf(amount);
  if (units === undefined) throw new Error('an amount is finer than any currency or too large');
  const point = amount.indexOf('.');
  return { units, currency, digits: point < 0 ? 0 : amount.length - point - 1 };
}
