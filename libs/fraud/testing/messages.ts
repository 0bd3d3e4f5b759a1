import { type Message, type MessageData, type MessageType } from '#libs/contracts';
import { v5 as uuidv5 } from 'uuid';

const NAMESPACE = '3d9a5a1e-2f4b-5c43-8b7d-5f0c2b9e7a66';

type Channel = MessageData<'payment.applied'>['channel'];

export interface Paying {
  readonly amount: string;
  readonly currency?: string;
  readonly channel?: Channel;
  readonly token?: string | undefined;
  /** When it was recorded, when that is not when it counts. */
  readonly recordedAt?: string;
}

/** The id a name stands for in tests and simulations: the same on every run. */
export function idOf(name: string): string {
  return uuidv5(name, NAMESPACE);
}

/** Makes public messages as the ledger would: one id each, numbered within their account. */
export class MessageMaker {
  #count = 0;
  readonly #sequences = new Map<string, bigint>();

  constructor(private readonly seed = 'messages') {}

  payment(accountId: string, at: string, paying: Paying) {
    const { amount, currency = 'USD', channel = 'online', token } = paying;
    const money = { amount, currency };
    return this.#make('payment.applied', accountId, at, paying.recordedAt, {
      paymentId: idOf(`${this.seed} payment ${this.#count}`),
      confirmationNumber: '0123456789AB',
      amount: money,
      channel,
      method: { kind: 'card', ...(token !== undefined && { token }) },
      allocations: [],
      unapplied: money,
    });
  }

  failure(accountId: string, at: string, paying: Paying) {
    const { amount, currency = 'USD', channel = 'online', token } = paying;
    return this.#make('payment.failed', accountId, at, paying.recordedAt, {
      attemptId: idOf(`${this.seed} attempt ${this.#count}`),
      amount: { amount, currency },
      channel,
      method: { kind: 'card', ...(token !== undefined && { token }) },
      declineCode: 'insufficient_funds',
    });
  }

  refund(of: ReturnType<MessageMaker['payment']>, at: string, amount = of.data.amount.amount) {
    const { paymentId, amount: paid } = of.data;
    const refundId = idOf(`${this.seed} refund ${this.#count}`);
    const money = { amount, currency: paid.currency };
    return this.#make('payment.refunded', of.key, at, undefined, {
      paymentId,
      refundId,
      amount: money,
      reason: 'asked-for',
    });
  }

  returned(of: ReturnType<MessageMaker['payment']>, at: string) {
    const { paymentId, amount } = of.data;
    return this.#make('payment.returned', of.key, at, undefined, {
      ...{ paymentId, amount, returnCode: 'R01', reason: 'insufficient-funds', released: [] },
      unappliedRemoved: amount,
    });
  }

  contactChanged(accountId: string, at: string, how: Partial<MessageData<'contact.changed'>> = {}) {
    return this.#make('contact.changed', accountId, at, undefined, { contact: {}, changed: ['email'], ...how });
  }

  closed(accountId: string, at: string) {
    return this.#make('account.closed', accountId, at, undefined, { reason: 'moved-away' });
  }

  #make<Type extends MessageType>(
    type: Type,
    accountId: string,
    at: string,
    recordedAt: string | undefined,
    data: Omit<MessageData<Type>, 'accountId' | 'effectiveAt'>,
  ) {
    const id = idOf(`${this.seed} message ${this.#count++}`);
    const sequence = (this.#sequences.get(accountId) ?? -1n) + 1n;
    this.#sequences.set(accountId, sequence);
    return {
      id,
      type,
      version: 1,
      key: accountId,
      sequence,
      position: BigInt(this.#count) * 700n,
      time: recordedAt ?? at,
      correlationId: id,
      causationId: id,
      data: { accountId, effectiveAt: at, ...data },
    } as unknown as Extract<Message, { type: Type }>;
  }
}
