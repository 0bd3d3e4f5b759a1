import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';
import { type CommandDefinition, type Recorded, Rejected } from '#libs/event-sourcing';
import {
  account,
  type AccountEvent,
  type AccountState,
  AdvanceAutopay,
  ApplyCredit,
  ApplyPayment,
  CancelAutopay,
  AssessLateFee,
  AgreeArrangement,
  ApproveAdjustment,
  AssessArrangement,
  CancelArrangement,
  candidatePayBillNumber,
  ChangeBillDelivery,
  ChangeContact,
  ChangePayBillNumber,
  ChangeNotificationPreferences,
  CloseAccount,
  CollectAccount,
  CorrectBill,
  EnrollAutopay,
  formatMinor,
  HoldPayments,
  IssueBill,
  IssueCredit,
  OpenAccount,
  OpenDispute,
  ProposeAdjustment,
  RecordFailedPayment,
  RecordReturn,
  RefundPayment,
  ReinstateDebt,
  ReinstatePayment,
  ReleaseHold,
  ResumeAutopay,
  RestoreService,
  RefuseAdjustment,
  ResolveDispute,
  ReverseBill,
  ReceiveBalance,
  ReverseCharge,
  TransferBalance,
  UnapplyPayment,
  WaiveLateFee,
  WriteOffDebt,
} from '#libs/ledger';
import { type z } from 'zod';

type AnyCommand = CommandDefinition<string, z.ZodType, AccountState, AccountEvent>;

/** What happens to the money of any account; what happens often stands here more than once. */
const MONEY = [
  ...(['bill', 'bill', 'bill', 'pay', 'pay', 'pay', 'credit', 'apply-credit'] as const),
  ...(['reverse', 'reverse', 'reverse', 'reverse-bill', 'correct', 'unapply'] as const),
  ...(['refund', 'refund', 'return', 'reinstate', 'close'] as const),
] as const;
/** What else may happen, by subject: a log is of some of these, so that in each there is enough for one thing to lead to another. */
const SUBJECTS = [
  ['fail', 'hold', 'release', 'release', 'contact', 'preferences', 'paperless'],
  [
    ...(['late-fee', 'late-fee', 'waive-late-fee', 'collect', 'collect', 'collect', 'restore', 'restore'] as const),
    ...(['write-off', 'reinstate-debt'] as const),
  ],
  ['dispute', 'dispute', 'resolve', 'resolve', 'adjust', 'adjust', 'approve', 'refuse'],
  ['agree', 'agree', 'assess', 'assess', 'assess', 'cancel'],
  ['number', 'transfer', 'transfer', 'arrive'],
  [
    ...(['autopay', 'autopay', 'autopay', 'debit-fails', 'debit-fails', 'debit-fails', 'debit-fails'] as const),
    ...(['cancel-autopay', 'resume-autopay', 'resume-autopay', 'resume-autopay'] as const),
  ],
] as const;
type What = (typeof MONEY)[number] | (typeof SUBJECTS)[number][number];

/** One thing somebody tries on one of the accounts; what the ledger refuses is left out of the log. */
interface Attempt {
  readonly account: number;
  readonly what: What;
  readonly cents: number;
  readonly which: number;
}

const ACCOUNTS = 4;
const NAMESPACE = '5b8f2c3e-7d55-5f0e-9a86-0c3a0e1f7a11';
/** By it, two of the five bills there may be draw late fees. */
const POLICY = (currency: string) => ({
  version: 'test/1',
  validFrom: '2020-01-01',
  currency,
  lateFee: { graceDays: 5, charge: { kind: 'percent', percent: '1.25' } },
  dunning: {
    steps: [
      { step: 'notice', kind: 'final-notice', daysPastDue: 1 },
      { step: 'cut', kind: 'suspension', daysPastDue: 2 },
    ],
  },
});
const COLLECTED_ON = ['2025-12-03', '2026-01-07', '2026-01-09', '2026-01-13', '2026-01-15'];
const AT = '2026-01-15T12:00:00.000Z';
const LATE = '2026-01-31T12:00:00.000Z';
const id = (name: string) => uuidv5(name, NAMESPACE);

const agreed = {
  consent: { by: 'account-holder', agreedAt: AT, wording: 'autopay-2026-01', means: 'online' },
  noticeRange: { from: '1', to: '1000000' },
};

const attempts = fc.subarray([...SUBJECTS], { maxLength: 3 }).chain((subjects) =>
  fc.array(
    fc.record<Attempt>({
      account: fc.nat(ACCOUNTS - 1),
      what: fc.constantFrom<What[]>(...MONEY, ...subjects.flat()),
      cents: fc.integer({ min: 1, max: 20_000 }),
      which: fc.nat(4),
    }),
    { minLength: 1, maxLength: 90, size: 'max' },
  ),
);

/** A log of several accounts, two of them in currencies without or with three decimals, made by the real deciders. */
export const accountLog: fc.Arbitrary<Recorded<AccountEvent>[]> = attempts.map((all) => {
  const log = new Log();
  for (const [index, one] of all.entries()) log.attempt(one, index);
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
  /** The payment of the debit presented last. */
  debited: string;
  readonly disputes: string[];
  readonly adjustments: string[];
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
    debited: id('no debit'),
    disputes: [],
    adjustments: [],
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
    const disputeId = owner.disputes[which % Math.max(owner.disputes.length, 1)] ?? id('no dispute');
    const adjustmentId = owner.adjustments.at(-1) ?? id('no adjustment');
    const byCard = { channel: 'online', method: { kind: 'card', token: 'tok_1' } };
    const hold = { holdId: id(`hold ${which % 2}`) };
    const sealed = `v1.${which}`;
    const channels = which === 0 ? {} : { 'bill-ready': ['email'] };
    const quiet = { channels, ...(which > 2 && { quietHours: { from: '22:00', to: '07:00' } }) };
    const place = { billNumber: `B-${which}`, lineId: `L${(cents % 2) + 1}` };
    const card = { kind: 'card', token: 'tok_1', expires: which === 0 ? '2026-02' : '2027-01' };
    const lines = [decimal, '1.5'].map((unitPrice) => ({
      service: 'internet',
      description: 'Internet',
      unitPrice,
      taxes: [{ jurisdiction: 'US-PA', rate: '0.06' }],
    }));
    const dueOn = ['2025-12-01', '2026-01-05', '2026-02-03', '2026-02-04', '2026-02-05'][which]!;
    const bill = { billNumber: `B-${which}`, issuedOn: which < 2 ? '2025-11-11' : '2026-01-01', dueOn, lines };
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
        dispute: () => {
          const { billNumber } = place;
          const ofBill = which % 2 === 0 ? { kind: 'bill', billNumber } : { kind: 'charge', ...place };
          const subject = cents % 5 === 0 ? { kind: 'payment', paymentId } : ofBill;
          return [OpenDispute, { subject, reason: 'error', ...(cents % 3 === 0 && { amount: money }) }];
        },
        resolve: () => {
          const isRight = cents % 2 === 0;
          const granted = isRight && cents % 3 === 0 && { amount: money };
          return [
            ResolveDispute,
            { disputeId, outcome: isRight ? 'customer' : 'company', reason: 'checked', ...granted },
          ];
        },
        adjust: () => {
          const kinds = {
            credit: { kind: 'credit', amount: money, reason: 'goodwill' },
            reversal: { kind: 'charge-reversal', ...place, reason: 'error' },
            dispute: { kind: 'dispute', disputeId, reason: 'checked' },
          };
          const adjustment = kinds[(['credit', 'reversal', 'dispute'] as const)[cents % 3]!];
          return [ProposeAdjustment, { adjustment, by: { actor: 'agent:1', role: 'agent' } }];
        },
        approve: () => [ApproveAdjustment, { adjustmentId, by: { actor: 'finance:1', role: 'finance' } }],
        refuse: () => [
          RefuseAdjustment,
          { adjustmentId, reason: 'checked', by: { actor: 'finance:1', role: 'finance' } },
        ],
        agree: () => {
          const { openBills, bills } = owner.state;
          const open = openBills.reduce((sum, { billNumber }) => sum + bills.get(billNumber)!.open, 0n);
          const [first, rest] = cents % 2 === 0 ? [open, 0n] : [open / 2n, open - open / 2n];
          const instalments = [first, rest]
            .map((part, index) => ({ dueOn: `2026-01-${16 + index}`, amount: formatMinor(part, digits) }))
            .filter((_, index) => index === 0 || rest > 0n);
          return [AgreeArrangement, { instalments }];
        },
        assess: () => [AssessArrangement, {}],
        cancel: () => {
          const arrangementId = owner.state.arrangement?.arrangementId ?? id('no arrangement');
          return [CancelArrangement, { arrangementId, reason: 'agreed-anew' }];
        },
        paperless: () => [ChangeBillDelivery, { paperless: cents % 2 === 0, consent: 'electronic-records-2026-01' }],
        credit: () => [IssueCredit, { amount: money, reason: 'goodwill' }],
        'apply-credit': () => [ApplyCredit, {}],
        reverse: () => [ReverseCharge, { ...place, reason: 'error', ...(cents % 3 === 0 && { amount: money }) }],
        'reverse-bill': () => [ReverseBill, { billNumber: bill.billNumber, reason: 'error' }],
        correct: () => {
          const corrected = { ...bill, billNumber: `${bill.billNumber}-${attemptNumber}` };
          return [CorrectBill, { billNumber: bill.billNumber, reason: 'error', bill: corrected }];
        },
        'late-fee': () => [AssessLateFee, { billNumber: bill.billNumber, policy: POLICY(owner.currency) }],
        // Day after day, up to one of them.
        collect: () => {
          const bodies = COLLECTED_ON.slice(0, which + 1).map((on) => ({ on, policy: POLICY(owner.currency) }));
          for (const body of bodies.slice(0, -1)) {
            this.#send(owner, CollectAccount, body, `collect ${body.on} ${attemptNumber}`);
          }
          return [CollectAccount, bodies.at(-1)];
        },
        'write-off': () => [WriteOffDebt, { billNumber: bill.billNumber, reason: 'bankruptcy' }],
        'reinstate-debt': () => [ReinstateDebt, { reason: 'in-error' }],
        restore: () => [RestoreService, { reason: 'goodwill' }],
        'waive-late-fee': () => [WaiveLateFee, { billNumber: bill.billNumber, reason: 'goodwill' }],
        unapply: () => [UnapplyPayment, { paymentId, reason: 'error' }],
        return: () => [RecordReturn, { paymentId, returnCode: 'R01', reason: 'insufficient-funds' }],
        reinstate: () => [ReinstatePayment, { paymentId, reason: 'chargeback-won' }],
        // Bills are announced, and debited on their day, which is one of the first in February.
        autopay: () => {
          const method = which % 2 === 0 ? card : { kind: 'bank-account', token: 'ba_1' };
          this.#send(owner, EnrollAutopay, { ...agreed, method }, `enroll ${attemptNumber}`);
          return this.#advance(owner, ['2026-01-15', '2026-02-05'], attemptNumber);
        },
        'debit-fails': () => {
          const declineCode = ['insufficient_funds', 'account_closed', 'stolen_card', 'no_answer'][which % 4];
          const failed = { attemptId: owner.debited, amount: money, ...byCard, declineCode };
          this.#send(owner, RecordFailedPayment, failed, `fail ${attemptNumber}`);
          return this.#advance(owner, ['2026-02-06'], attemptNumber);
        },
        'cancel-autopay': () => [CancelAutopay, { reason: 'customer-asked' }],
        'resume-autopay': () => [ResumeAutopay, { reason: 'customer-called' }],
        ...this.#transfers(owner, { cents, which }, attemptNumber, bill.billNumber, decimal),
        close: () => [CloseAccount, { reason: 'moved-away' }],
      } as unknown as Record<Attempt['what'], () => [AnyCommand, unknown]>
    )[what]();
    // Sometimes so late that what is not paid is missed.
    this.#send(owner, command, body, `attempt ${attemptNumber}`, what === 'assess' && which > 2 ? LATE : AT);
  }

  /** What moves to or from an account that is not in the log; where it comes from, there was a late fee for some. */
  #transfers(
    owner: Owner,
    { cents, which }: Pick<Attempt, 'cents' | 'which'>,
    attemptNumber: number,
    billNumber: string,
    decimal: string,
  ) {
    const [transferId, elsewhere] = [id(`transfer ${attemptNumber}`), id('account elsewhere')];
    const why = { transferId, reason: 'duplicate-account' };
    const line = { lineId: 'L1', service: 'internet', kind: 'recurring', description: 'Internet', priority: 100 };
    const fee = { lineId: 'late-fee', service: 'late-fee', kind: 'one-time', description: 'Late fee', priority: 1001 };
    const taxes = [{ jurisdiction: 'US-PA', rate: '0.06', amount: decimal }];
    return {
      number: () => [
        ChangePayBillNumber,
        { payBillNumber: candidatePayBillNumber(owner.id, which), because: 'new-number', reason: 'misused' },
      ],
      transfer: () => {
        const moves = (['all', 'debt', 'credit', 'credit', 'debt'] as const)[which];
        return [TransferBalance, { ...why, successorId: elsewhere, kind: 'merger', moves }];
      },
      arrive: () => {
        const lines = [{ ...line, net: decimal, taxes }, ...(which > 2 ? [{ ...fee, net: decimal, taxes: [] }] : [])];
        const lateFee = [undefined, undefined, {}, { lineId: fee.lineId }, { lineId: fee.lineId }][which];
        const dates = { issuedOn: '2025-12-01', dueOn: `2026-01-0${which + 1}` };
        const bills = [{ billNumber, ...dates, lines, ...(lateFee && { lateFee }) }];
        const credit = cents % 2 === 0 && { credit: decimal };
        return [ReceiveBalance, { ...why, accountId: elsewhere, bills, ...credit, effectiveAt: AT }];
      },
    };
  }

  /** Autopay is carried on to all of these days but the last, which is what is left to do. */
  #advance(owner: Owner, dates: readonly string[], attemptNumber: number): [unknown, unknown] {
    const bodies = dates.map((date) => ({ date, run: date }));
    for (const body of bodies.slice(0, -1)) {
      this.#send(owner, AdvanceAutopay, body, `advance ${body.date} ${attemptNumber}`);
    }
    return [AdvanceAutopay, bodies.at(-1)];
  }

  #send(owner: Owner, command: unknown, body: unknown, name: string, at = AT): void {
    const definition = command as AnyCommand;
    const commandId = id(`${owner.id} ${name}`);
    try {
      for (const event of definition.decide(definition.schema.parse(body), owner.state, {
        id: owner.id,
        commandId,
        at,
      })) {
        owner.state = account.evolve(owner.state, event);
        if (event.type === 'AdjustmentProposed') owner.adjustments.push(event.data.adjustmentId);
        if (event.type === 'DisputeOpened') owner.disputes.push(event.data.disputeId);
        if (event.type === 'PaymentApplied') owner.payments.push(event.data.paymentId);
        if (event.type === 'AutopayDebitPresented') owner.debited = event.data.paymentId;
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
