import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type z } from 'zod';
import { CommandHandling, CommandIdReused, Rejected } from '#libs/event-sourcing';
import { type Call, type Caller, Problem } from '#libs/platform';
import { account } from '../billing/account.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { type Method } from '../billing/payment-fields.js';
import { made } from '../command-answers.js';
import { CommandDoor, metadataOf } from '../command-door.js';
import { ReceiveConsolidatedPayment } from '../consolidated-payments/consolidated-payment.js';
import { payeeOf, refuseBeforeTaking } from '../consolidated-payments/payee.job.js';
import { formatMinor } from '../money/minor-units.js';
import { type MoneyJson } from '../money/money.js';
import { IdentityChecks } from '../verification/identity-checks.job.js';
import { CallSessions } from './call-sessions.js';
import {
  answered,
  compared,
  hear,
  notTaken,
  paid,
  paidBefore,
  type Payee,
  type PhoneCall,
  type Turn,
} from './phone-call.js';

type PaymentMethod = z.output<typeof Method>;

interface Session {
  readonly method: PaymentMethod;
  /** The number of the turn that waits for keys. */
  number: number;
  /** What was said before it. Failed when something was away; the turn then waits for the same keys again. */
  latest: Promise<Turn>;
}

/** Where a call stands, and the number of the turn that waits for keys. */
export interface Numbered extends Turn {
  readonly number: number;
}

/**
 * Calls of payers with their keypad. A call is a conversation in the memory of this process; all that counts is elsewhere:
 * attempts in the verification stream, the payment in the account's, under an id made from the call's.
 */
@Injectable()
export class PhoneCalls {
  readonly #sessions = new CallSessions<Session>();

  constructor(
    @Inject(CommandDoor) private readonly door: CommandDoor,
    @Inject(CommandHandling) private readonly handling: CommandHandling,
    @Inject(IdentityChecks) private readonly checks: IdentityChecks,
  ) {}

  /** A call begins, or goes on when it has begun already. @throws Problem IVR_BUSY */
  async begin(callId: string, method: PaymentMethod): Promise<Numbered> {
    const going = this.#sessions.find(callId, Date.now());
    const session = going ?? { method, number: 1, latest: Promise.resolve(answered()) };
    if (!going && !this.#sessions.begin(callId, session, Date.now())) {
      throw new Problem(503, 'IVR_BUSY', 'too many calls are going on; try again', { retryAfterSeconds: 30 });
    }
    return { ...(await session.latest), number: session.number };
  }

  /**
   * The caller has pressed keys. The same turn again is answered as before, whatever was pressed.
   * @throws Problem IVR_CALL_UNKNOWN, IVR_TURN_PASSED
   */
  async press(callId: string, number: number, keys: string, caller: Caller): Promise<Numbered> {
    const session = this.#sessions.find(callId, Date.now());
    if (!session) {
      throw new Problem(404, 'IVR_CALL_UNKNOWN', 'no such call is going on; it took too long, or begin one first');
    }
    if (number === session.number) this.#hear(callId, session, keys, caller);
    else if (number !== session.number - 1) {
      throw new Problem(409, 'IVR_TURN_PASSED', 'send the turn that the last answer named');
    }
    return { ...(await session.latest), number: number + 1 };
  }

  #hear(callId: string, session: Session, keys: string, caller: Caller): void {
    const before = session.latest;
    session.number++;
    session.latest = before.then(({ call }) => this.#next(callId, session.method, call, keys, caller));
    session.latest.catch(() => {
      session.number--;
      session.latest = before;
    });
  }

  async #next(callId: string, method: PaymentMethod, call: PhoneCall, keys: string, caller: Caller): Promise<Turn> {
    const heard = hear(call, keys);
    if (heard.kind === 'turn') return heard.turn;
    // All that one call leads to has one correlation, and each attempt at a PIN is one of its own.
    const { actor, onBehalfOf, traceparent } = caller;
    const by = {
      actor,
      ...(onBehalfOf !== undefined && { onBehalfOf }),
      ...(traceparent !== undefined && { traceparent }),
    };
    const as = (idempotencyKey: string) => ({
      ...{ ...by, idempotencyKey, correlationId: callId },
      markReplayed: () => undefined,
    });
    if (heard.kind === 'verify') {
      const accountId = await this.checks.accountOf(heard.payBillNumber, heard.pin, as(randomUUID()));
      return accountId === undefined
        ? compared(call, undefined)
        : this.#recognised(call, accountId, heard.payBillNumber);
    }
    const { payee, amount } = heard;
    const { currency, digits } = payee;
    const body = { amount: { amount: formatMinor(amount, digits), currency }, channel: 'phone' as const, method };
    try {
      return paid(call, await this.#pay(callId, payee, body, as(callId)), amount, payee);
    } catch (error) {
      if (error instanceof Rejected) return notTaken(call);
      // It had paid before its process died.
      if (error instanceof CommandIdReused) return paidBefore(call);
      throw error;
    }
  }

  /** @returns the confirmation number. @throws Rejected | CommandIdReused */
  async #pay(
    callId: string,
    { payBillNumber, accountId }: Payee,
    body: { amount: MoneyJson; channel: 'phone'; method: PaymentMethod },
    call: Call,
  ): Promise<string> {
    const scope = `ivrCall-${callId}`;
    const metadata = metadataOf(call, scope);
    const payee = (await payeeOf(this.handling, payBillNumber, metadata.commandId)) ?? { accountId };
    if (!payee.together) {
      const done = await this.door.send(ApplyPayment, payee.accountId, body, call, scope);
      return made(done, 'PaymentApplied').confirmationNumber;
    }
    await refuseBeforeTaking(this.handling, payee.together, body, metadata);
    const data = { payBillNumber, ...body };
    const done = await this.door.send(ReceiveConsolidatedPayment, metadata.commandId, data, call, scope);
    return made(done, 'ConsolidatedPaymentReceived').confirmationNumber;
  }

  /** Says at once that nothing can be taken, before somebody keys an amount. */
  async #recognised(call: PhoneCall, accountId: string, payBillNumber: string): Promise<Turn> {
    const { currency, digits, holds, status, open } = (await this.handling.current(accountId, account)).state;
    if (holds.length > 0 || (status === 'closed' && open === 0n)) return notTaken(call);
    const payee: Payee = { payBillNumber, accountId, currency, digits };
    return compared(call, payee);
  }
}
