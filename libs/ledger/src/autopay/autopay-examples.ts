import { type z } from 'zod';
import { type CommandContext } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { accountOpened } from '../billing/account-examples.js';
import { AdvanceAutopay } from './advance-autopay.js';
import { EnrollAutopay } from './enroll-autopay.js';

/* An account whose autopay is lived through day by day, for the specs. */

type Enrolling = z.input<typeof EnrollAutopay.schema>;
type Event<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

export const enrolling = (more: Partial<Enrolling> = {}): Enrolling => ({
  method: { kind: 'bank-account', token: 'ba_1', lastFour: '6789' },
  consent: { by: 'account-holder', agreedAt: '2026-01-01T09:00:00Z', wording: 'autopay-2026-01', means: 'online' },
  ...more,
});

/** Commands and facts of one account in the order of their days, each decided on all before it. */
export class Days {
  readonly events: AccountEvent[] = [accountOpened()];
  #commands = 0;

  constructor(more: Partial<Enrolling> = {}, day = '2026-01-02') {
    this.do(EnrollAutopay, enrolling(more), day);
  }

  get state() {
    return this.events.reduce((state, event) => account.evolve(state, event), account.initialState);
  }

  /** What is decided on a day; the types of what it tells. */
  do<Schema extends z.ZodType>(
    command: {
      schema: Schema;
      decide(
        data: z.output<Schema>,
        state: typeof account.initialState,
        context: CommandContext,
      ): readonly AccountEvent[];
    },
    body: z.input<Schema>,
    day: string,
  ): string[] {
    const commandId = `00000000-0000-4000-8000-0000${String(++this.#commands).padStart(4, '0')}0000`;
    const context = { id: '00000000-0000-4000-8000-00000000000a', commandId, at: `${day}T12:00:00.000Z` };
    const made = command.decide(command.schema.parse(body), this.state, context);
    for (const event of made) account.events.check(event);
    this.events.push(...made);
    return made.map(({ type }) => type);
  }

  run(day: string): string[] {
    return this.do(AdvanceAutopay, { date: day, run: day }, day);
  }

  happens(...events: AccountEvent[]): this {
    this.events.push(...events);
    return this;
  }

  /** The latest event of a type. */
  last<Type extends AccountEvent['type']>(type: Type): Event<Type>['data'] {
    const found = this.events.findLast((event) => event.type === type);
    if (!found) throw new Error(`there was no ${type}`);
    return found.data as Event<Type>['data'];
  }

  /** The debit presented last is returned or declined; it is applied first where it is returned. */
  comesBack(code: string, day: string): this {
    const { paymentId, amount, bills } = this.last('AutopayDebitPresented');
    const effectiveAt = `${day}T12:00:00.000Z`;
    const method = { kind: 'card' as const };
    if (!/^R\d\d$/.test(code)) {
      const data = {
        attemptId: paymentId,
        amount,
        channel: 'autopay' as const,
        method,
        declineCode: code,
        effectiveAt,
      };
      return this.happens({ type: 'PaymentFailed', data });
    }
    const shares = bills.map(({ billNumber, amount: of }) => ({ billNumber, lineId: 'L1', amount: of }));
    const returned = { paymentId, amount, returnCode: code, reason: 'returned', released: shares, effectiveAt };
    return this.paid(day).happens({ type: 'PaymentReturned', data: { ...returned, unappliedRemoved: '0.00' } });
  }

  /** The debit presented last is paid. */
  paid(day: string): this {
    const { paymentId, amount, bills } = this.last('AutopayDebitPresented');
    return this.happens({
      type: 'PaymentApplied',
      data: {
        ...{ paymentId, amount, confirmationNumber: '0123456789AB', channel: 'autopay', method: { kind: 'card' } },
        allocations: bills.map(({ billNumber, amount: of }) => ({ billNumber, lineId: 'L1', amount: of })),
        ...{ unapplied: '0.00', allocationPolicy: 'x/1', effectiveAt: `${day}T12:00:00.000Z` },
      },
    });
  }
}
