import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';
import { type CommandDefinition, type Recorded, Rejected } from '#libs/event-sourcing';
import {
  account,
  type AccountEvent,
  type AccountState,
  ApplyCredit,
  ApplyPayment,
  candidatePayBillNumber,
  ChangeContact,
  ChangePayBillNumber,
  ChangeNotificationPreferences,
  CloseAccount,
  CorrectBill,
  HoldPayments,
  IssueBill,
  IssueCredit,
  OpenAccount,
  RecordFailedPayment,
  RecordReturn,
  RefundPayment,
  ReinstatePayment,
  ReleaseHold,
  ReverseBill,
  ReceiveBalance,
  ReverseCharge,
  TransferBalance,
  UnapplyPayment,
} from '#libs/ledger';
import { type z } from 'zod';

type AnyCommand = CommandDefinition<string, z.ZodType, AccountState, AccountEvent>;

/** What happens often stands here more than once. */
const ATTEMPTS = [
  'bill',
  'bill',
  'bill',
  'pay',
  'pay',
  'pay',
  'credit',
  'apply-credit',
  'reverse',
  'reverse',
  'reverse',
  'reverse-bill',
  'correct',
  'unapply',
  'refund',
  'refund',
  'return',
  'reinstate',
  'fail',
  'hold',
  'release',
  'release',
  'contact',
  'preferences',
  'number',
  'transfer',
  'transfer',
  'arrive',
  'close',
] as const;

/** One thing somebody tries on one of the accounts; what the ledger refuses is left out of the log. */
interface Attempt {
  readonly account: number;
  readonly what: (typeof ATTEMPTS)[number];
  readonly cents: number;
  readonly which: number;
}

const ACCOUNTS = 4;
const NAMESPACE = '5b8f2c3e-7d55-5f0e-9a86-0c3a0e1f7a11';
const AT = '2026-01-15T12:00:00.000Z';
const id = (name: string) => uuidv5(name, NAMESPACE);

const attempt = fc.record<Attempt>({
  account: fc.nat(ACCOUNTS - 1),
  what: fc.constantFrom(...ATTEMPTS),
  cents: fc.integer({ min: 1, max: 20_000 }),
  which: fc.nat(4),
});

/** A log of several accounts, two of them in currencies without or with three decimals, made by the real deciders. */
export const accountLog: fc.Arbitrary<Recorded<AccountEvent>[]> = fc
  .array(attempt, { minLength: 1, maxLength: 60, size: 'max' })
  .map((attempts) => {
    const log = new Log();
    for (const [index, one] of attempts.entries()) log.attempt(one, index);
    return log.events;
  });

const DAY_IN_MS = 24 * 60 * 60 * 1000;

/**
 * The same with times as no clock would give them: each event counts from some moment before or after it was recorded, in no
 * order at all, and each account is recorded by a clock of its own, days apart from the others' and never going backwards.
 */
export const scatteredAccountLog: fc.Arbitrary<Recorded<AccountEvent>[]> = fc
  .tuple(
    accountLog,
    fc.array(fc.integer({ min: -8 * DAY_IN_MS, max: 8 * DAY_IN_MS }), { minLength: 5, maxLength: 40 }),
    fc.array(fc.integer({ min: 0, max: DAY_IN_MS }), { minLength: 5, maxLength: 40 }),
  )
  .map(([log, shifts, steps]) => {
    const clocks = new Map<string, number>();
    return log.map((event, index) => {
      const shift = shifts[index % shifts.length]!;
      const clock = (clocks.get(event.entityId) ?? Date.parse(AT) + shift) + steps[index % steps.length]!;
      clocks.set(event.entityId, clock);
      const recordedAt = new Date(clock).toISOString();
      const effectiveAt = new Date(Date.parse(AT) + shift).toISOString();
      const data = { ...event.data, effectiveAt };
      return { ...event, data, metadata: { ...event.metadata, recordedAt } } as Recorded<AccountEvent>;
    });
  });

/** Moments around those times: days, instants to the millisecond, and none. */
const moment = fc.option(
  fc.oneof(
    fc
      .integer({ min: -9, max: 40 })
      .map((days) => new Date(Date.parse(AT) + days * DAY_IN_MS).toISOString().slice(0, 10)),
    fc
      .integer({ min: -9 * DAY_IN_MS, max: 30 * DAY_IN_MS })
      .map((time) => new Date(Date.parse(AT) + time).toISOString()),
  ),
  { nil: undefined },
);
export const someMoments = fc.record({ effectiveAt: moment, recordedAt: moment });

/** An account somebody tries things on. */
interface Owner {
  readonly id: string;
  readonly currency: 'USD' | 'JPY' | 'BHD';
  readonly payments: string[];
  state: AccountState;
  revision: bigint;
}

class Log {
  readonly events: Recorded<AccountEvent>[] = [];
  readonly #accounts = Array.from({ length: ACCOUNTS }, (_, index): Owner => ({
    id: id(`account ${index}`),
    currency: (['USD', 'USD', 'JPY', 'BHD'] as const)[index]!,
    state: account.initialState,
    revision: -1n,
    payments: [],
  }));

  attempt({ account: index, what, cents, which }: Attempt, attemptNumber: number): void {
    const owner = this.#accounts[index]!;
    if (owner.revision < 0n) {
      const payBillNumber = candidatePayBillNumber(owner.id, 0);
      this.#send(
        owner,
        OpenAccount,
        { payBillNumber, currency: owner.currency, customerReference: `C-${index}` },
        'open',
      );
    }
    const digits = { USD: 2, JPY: 0, BHD: 3 }[owner.currency];
    const text = String(cents).padStart(digits + 1, '0');
    const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
    const money = { amount: decimal, currency: owner.currency };
    const paymentId = owner.payments[which % Math.max(owner.payments.length, 1)] ?? id('no payment');
    const byCard = { channel: 'online', method: { kind: 'card', token: 'tok_1' } };
    const hold = { holdId: id(`hold ${which % 2}`) };
    const sealed = `v1.${which}`;
    const channels = which === 0 ? {} : { 'bill-ready': ['email'] };
    const quiet = { channels, ...(which > 2 && { quietHours: { from: '22:00', to: '07:00' } }) };
    const place = { billNumber: `B-${which}`, lineId: `L${(cents % 2) + 1}` };
    const lines = [decimal, '1.5'].map((unitPrice) => ({
      service: 'internet',
      description: 'Internet',
      unitPrice,
      taxes: [{ jurisdiction: 'US-PA', rate: '0.06' }],
    }));
    const bill = { billNumber: `B-${which}`, issuedOn: '2026-01-01', dueOn: `2026-02-0${which + 1}`, lines };
    const [command, body]: [AnyCommand, unknown] = (
      {
        bill: () => [IssueBill, bill],
        pay: () => [ApplyPayment, { amount: money, ...byCard }],
        fail: () => [RecordFailedPayment, { amount: money, ...byCard, declineCode: 'insufficient_funds' }],
        hold: () => [HoldPayments, { ...hold, reason: 'card-testing' }],
        release: () => [ReleaseHold, { ...hold, reason: 'dismissed' }],
        // What is left of it, or part of what may be left.
        refund: () => [RefundPayment, { paymentId, reason: 'overpaid', ...(cents % 2 === 0 && { amount: money }) }],
        contact: () => [ChangeContact, { [['name', 'email', 'phone'][which % 3]!]: cents % 4 === 0 ? null : sealed }],
        preferences: () => [ChangeNotificationPreferences, { locale: 'en-US', timeZone: 'Asia/Tokyo', ...quiet }],
        credit: () => [IssueCredit, { amount: money, reason: 'goodwill' }],
        'apply-credit': () => [ApplyCredit, {}],
        reverse: () => [ReverseCharge, { ...place, reason: 'error', ...(cents % 3 === 0 && { amount: money }) }],
        'reverse-bill': () => [ReverseBill, { billNumber: bill.billNumber, reason: 'error' }],
        correct: () => {
          const corrected = { ...bill, billNumber: `${bill.billNumber}-${attemptNumber}` };
          return [CorrectBill, { billNumber: bill.billNumber, reason: 'error', bill: corrected }];
        },
        unapply: () => [UnapplyPayment, { paymentId, reason: 'error' }],
        return: () => [RecordReturn, { paymentId, returnCode: 'R01', reason: 'insufficient-funds' }],
        reinstate: () => [ReinstatePayment, { paymentId, reason: 'chargeback-won' }],
        number: () => [
          ChangePayBillNumber,
          { payBillNumber: candidatePayBillNumber(owner.id, which), because: 'new-number', reason: 'misused' },
        ],
        transfer: () => [
          TransferBalance,
          {
            transferId: id(`transfer ${attemptNumber}`),
            successorId: id('account elsewhere'),
            kind: 'merger',
            moves: (['all', 'debt', 'credit', 'credit', 'debt'] as const)[which]!,
            reason: 'duplicate-account',
          },
        ],
        arrive: () => [
          ReceiveBalance,
          {
            transferId: id(`transfer ${attemptNumber}`),
            accountId: id('account elsewhere'),
            bills: [
              {
                ...{ billNumber: bill.billNumber, issuedOn: '2025-12-01', dueOn: `2026-01-0${which + 1}` },
                lines: [
                  {
                    ...{ lineId: 'L1', service: 'internet', kind: 'recurring', description: 'Internet', priority: 100 },
                    ...{ net: decimal, taxes: [{ jurisdiction: 'US-PA', rate: '0.06', amount: decimal }] },
                  },
                ],
              },
            ],
            ...(cents % 2 === 0 && { credit: decimal }),
            ...{ reason: 'duplicate-account', effectiveAt: AT },
          },
        ],
        close: () => [CloseAccount, { reason: 'moved-away' }],
      } as unknown as Record<Attempt['what'], () => [AnyCommand, unknown]>
    )[what]();
    this.#send(owner, command, body, `attempt ${attemptNumber}`);
  }

  #send(owner: Owner, command: unknown, body: unknown, name: string): void {
    const definition = command as AnyCommand;
    const commandId = id(`${owner.id} ${name}`);
    try {
      for (const event of definition.decide(definition.schema.parse(body), owner.state, {
        id: owner.id,
        commandId,
        at: AT,
      })) {
        owner.state = account.evolve(owner.state, event);
        if (event.type === 'PaymentApplied') owner.payments.push(event.data.paymentId);
        this.events.push(this.#record(event, owner.id, ++owner.revision));
      }
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
    }
  }

  #record(event: AccountEvent, entityId: string, revision: bigint): Recorded<AccountEvent> {
    const position = BigInt(this.events.length + 1) * 700n;
    const eventId = id(`event ${position}`);
    const metadata = {
      commandId: eventId,
      correlationId: eventId,
      causationId: eventId,
      actor: 'test',
      commandHash: '',
      schemaVersion: 1,
      recordedAt: new Date(Date.parse(AT) + this.events.length).toISOString(),
      previousHash: '',
      hash: '',
    };
    return { ...event, id: eventId, entityId, revision, position, metadata };
  }
}
