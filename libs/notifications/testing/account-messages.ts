import { randomUUID } from 'node:crypto';
import { type Message, type MessageData, type MessageType } from '#libs/contracts';

/** The messages of one account, numbered as they come. */
export class AccountMessages {
  readonly accountId: string = randomUUID();
  #sequence = 0n;

  /** @param time when all of it counts and is recorded, unless said otherwise */
  constructor(private readonly time = new Date().toISOString()) {}

  of<Type extends MessageType>(
    type: Type,
    data: Omit<MessageData<Type>, 'accountId' | 'effectiveAt'>,
    effectiveAt = this.time,
  ): Message {
    const sequence = this.#sequence++;
    const about = { accountId: this.accountId, effectiveAt };
    return {
      id: randomUUID(),
      type,
      version: 1,
      key: this.accountId,
      sequence,
      position: sequence,
      time: this.time,
      correlationId: 'test',
      causationId: 'test',
      data: { ...about, ...data },
    } as unknown as Message;
  }

  opened(): Message {
    return this.of('account.opened', { currency: 'USD', payBillNumberEnding: '4711' });
  }

  bill(billNumber: string, dueOn: string, amount: string, effectiveAt?: string): Message {
    const total = usd(amount);
    const line = { lineId: '1', service: 'voice', kind: 'recurring' as const, description: 'Plan', net: total };
    const lines = [{ ...line, taxes: [], total }];
    return this.of('bill.issued', { billNumber, issuedOn: '2026-01-01', dueOn, total, lines }, effectiveAt);
  }

  /** A payment laid on one bill; without one it is all credit. */
  payment(amount: string, billNumber?: string, effectiveAt?: string): Message {
    const laid = billNumber === undefined ? [] : [{ billNumber, lineId: '1', amount: usd(amount) }];
    const how = { channel: 'online' as const, method: { kind: 'card' as const } };
    const where = { allocations: laid, unapplied: usd(billNumber === undefined ? amount : '0.00') };
    const confirmationNumber = `C-${this.#sequence}`;
    return this.of(
      'payment.applied',
      { paymentId: randomUUID(), confirmationNumber, amount: usd(amount), ...how, ...where },
      effectiveAt,
    );
  }

  returned(payment: Message): Message {
    if (payment.type !== 'payment.applied') throw new Error('only a payment is returned');
    const { paymentId, amount, allocations, unapplied } = payment.data;
    const reason = 'insufficient-funds';
    return this.of('payment.returned', {
      paymentId,
      amount,
      reason,
      released: allocations,
      unappliedRemoved: unapplied,
    });
  }
}

function usd(amount: string) {
  return { amount, currency: 'USD' };
}
