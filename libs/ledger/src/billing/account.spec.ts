import fc from 'fast-check';
import { type CommandContext, type CommandDefinition, Rejected } from '#libs/event-sourcing';
import { fold } from '#testing/event-sourcing';
import { type z } from 'zod';
import { ReceiveBalance } from '../account-transfers/receive-balance.js';
import { TransferBalance } from '../account-transfers/transfer-balance.js';
import { CloseAccount } from '../accounts/close-account.js';
import { OpenAccount } from '../accounts/open-account.js';
import { AdvanceAutopay } from '../autopay/advance-autopay.js';
import { enrolling } from '../autopay/autopay-examples.js';
import { CancelAutopay, ResumeAutopay } from '../autopay/cancel-autopay.js';
import { EnrollAutopay } from '../autopay/enroll-autopay.js';
import { AssessLateFee } from '../collections/assess-late-fee.js';
import { type CollectionPolicyVersion } from '../collections/collection-policy.js';
import { CollectAccount } from '../collections/collect-account.js';
import { RestoreService, SuspendService } from '../collections/suspend-service.js';
import { ReinstateDebt, WriteOffDebt } from '../collections/write-off-debt.js';
import { pastDueBills } from '../collections/past-due.js';
import { WaiveLateFee } from '../collections/waive-late-fee.js';
import { ApproveAdjustment, RefuseAdjustment } from '../adjustments/decide-adjustment.js';
import { ProposeAdjustment } from '../adjustments/propose-adjustment.js';
import { AgreeArrangement } from '../arrangements/agree-arrangement.js';
import { AssessArrangement } from '../arrangements/assess-arrangement.js';
import { CancelArrangement } from '../arrangements/cancel-arrangement.js';
import { ChangeBillDelivery } from '../contacts/change-bill-delivery.js';
import { ChangeContact } from '../contacts/change-contact.js';
import { ChangeNotificationPreferences } from '../contacts/change-notification-preferences.js';
import { OpenDispute } from '../disputes/open-dispute.js';
import { ResolveDispute } from '../disputes/resolve-dispute.js';
import { postingsOf } from '../journal/postings.js';
import { addDays } from '../importing/calendar.js';
import { allocate } from '../money/allocate.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { ChangePayBillNumber } from '../pay-bill-numbers/change-pay-bill-number.js';
import { candidatePayBillNumber } from '../pay-bill-numbers/pay-bill-number.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, openOf } from './account-state.js';
import { ApplyCredit } from './apply-credit.js';
import { ApplyPayment } from './apply-payment.js';
import { IssueBill } from './issue-bill.js';
import { IssueCredit } from './issue-credit.js';
import { HoldPayments } from './hold-payments.js';
import { RecordFailedPayment } from './record-failed-payment.js';
import { RecordReturn } from './record-return.js';
import { RefundPayment } from './refund-payment.js';
import { ReinstatePayment } from './reinstate-payment.js';
import { ReleaseHold } from './release-hold.js';
import { ReverseCharge } from './reverse-charge.js';
import { collectibleOf } from './collectible.js';
import { UnapplyPayment } from './unapply-payment.js';

/*
 * The laws of an account, whatever is done to it: random histories of valid and invalid commands, checked after every
 * step against a model that is slow and obvious and shares nothing with the code but the stored events.
 */

type AnyCommand = CommandDefinition<string, z.ZodType, AccountState, AccountEvent>;
type Step = (past: readonly AccountEvent[], at: string) => readonly [AnyCommand, unknown];

const step = <Schema extends z.ZodType>(
  command: CommandDefinition<string, Schema, AccountState, AccountEvent>,
  body: z.input<Schema>,
) => [command as unknown as AnyCommand, body] as const;

const CURRENCY_DIGITS = { USD: 2, JPY: 0, BHD: 3 } as const;
type Currency = keyof typeof CURRENCY_DIGITS;

const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function amountIn(currency: Currency) {
  const digits = CURRENCY_DIGITS[currency];
  return fc.nat(20_000).map((minor) => {
    const text = String(minor).padStart(digits + 1, '0');
    return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  });
}

const billNumber = fc.constantFrom('B-1', 'B-2', 'B-3', 'B-4', 'B-5');
const lineId = fc.constantFrom('L1', 'L2', 'L3', 'late-fee');
const fraction = (most: number) => fc.nat(most).map((n) => `0.${String(n).padStart(4, '0')}`);

const billLine = fc.record(
  {
    service: fc.constantFrom('internet', 'phone'),
    description: fc.constant('Service'),
    unitPrice: fc.nat(99_999).map((n) => `${Math.floor(n / 1000)}.${String(n % 1000).padStart(3, '0')}`),
    quantity: fc.constantFrom('1', '3', '0.5', '1.337'),
    discounts: fc.array(
      fc
        .nat(1100)
        .map((n) => ({ kind: 'percent' as const, description: 'Off', percent: `${Math.floor(n / 10)}.${n % 10}` })),
      { maxLength: 2 },
    ),
    taxes: fc.array(fc.record({ jurisdiction: fc.constantFrom('US-PA', 'US-NY'), rate: fraction(1500) }), {
      maxLength: 2,
    }),
    priority: fc.constantFrom(1, 100),
  },
  { requiredKeys: ['service', 'description', 'unitPrice'] },
);

const issueBill = fc
  .record({
    billNumber,
    issuedOn: fc.constant('2026-01-01'),
    dueOn: fc.constantFrom('2026-01-21', '2026-02-21', '2026-03-21'),
    lines: fc.array(billLine, { minLength: 1, maxLength: 3 }),
    rounding: fc.constantFrom('line' as const, 'bill' as const),
  })
  .map(
    (body): Step =>
      () =>
        step(IssueBill, body),
  );

/** The id of one of the payments so far; an unknown one when there are none. */
function somePayment(past: readonly AccountEvent[], which: number): string {
  const ids = past.flatMap((event) => (event.type === 'PaymentApplied' ? [event.data.paymentId] : []));
  return ids[which % (ids.length + 1)] ?? uuid(999_999);
}

/** The id of one of the disputes so far; an unknown one when there are none. */
function someDispute(past: readonly AccountEvent[], which: number): string {
  const ids = past.flatMap((event) => (event.type === 'DisputeOpened' ? [event.data.disputeId] : []));
  return ids[which % (ids.length + 1)] ?? uuid(999_999);
}

const BY_CARD = { channel: 'online' as const, method: { kind: 'card' as const } };

const hold = fc.nat(1).map(
  (which): Step =>
    () =>
      step(HoldPayments, { holdId: uuid(800_000 + which), reason: 'card-testing' }),
);
/** Twice as often as a hold, so that most histories go on. */
const release = fc.nat(1).map(
  (which): Step =>
    () =>
      step(ReleaseHold, { holdId: uuid(800_000 + which), reason: 'dismissed' }),
);
const contact = fc.constantFrom('v1.a', 'v1.b', null).map(
  (email): Step =>
    () =>
      step(ChangeContact, { email }),
);
const POLICY: Omit<z.input<typeof CollectionPolicyVersion>, 'currency'> = {
  version: 'test/1',
  validFrom: '2020-01-01',
  lateFee: { graceDays: 5, charge: { kind: 'greater-of', amount: '3', percent: '1.25' } },
  dunning: {
    steps: [
      { step: 'notice', kind: 'final-notice', daysPastDue: 1 },
      { step: 'cut', kind: 'suspension', daysPastDue: 2 },
      { step: 'gone', kind: 'write-off', daysPastDue: 30 },
    ],
  },
};
/** Days on which some of the bills, and later all, are past due. */
const on = fc.constantFrom('2026-01-22', '2026-02-25', '2026-03-27', '2026-05-01', '2026-08-01');
const assess = (currency: Currency) =>
  fc.tuple(billNumber, on).map(
    ([bill, day]): Step =>
      () =>
        step(AssessLateFee, { billNumber: bill, on: day, policy: { ...POLICY, currency } }),
  );
/** The day of a history's step: they go on from one to the next, so that a step of dunning can follow another. */
const collect = (currency: Currency) =>
  on.map(
    (day): Step =>
      () =>
        step(CollectAccount, { on: day, policy: { ...POLICY, currency } }),
  );
const suspend = fc.constantFrom(SuspendService, RestoreService).map(
  (command): Step =>
    () =>
      step(command, { reason: 'unsafe-equipment' }),
);
const writeOff = fc.tuple(fc.constantFrom(WriteOffDebt, ReinstateDebt), fc.option(billNumber, { nil: undefined })).map(
  ([command, bill]): Step =>
    () =>
      step(command, { billNumber: bill, reason: 'bankruptcy' }),
);
const waive = billNumber.map(
  (bill): Step =>
    () =>
      step(WaiveLateFee, { billNumber: bill, reason: 'goodwill' }),
);
const billDelivery = fc.boolean().map(
  (paperless): Step =>
    () =>
      step(ChangeBillDelivery, { paperless, consent: 'electronic-records-2026-01' }),
);
const preferences = fc.constantFrom('en-US', 'es-MX').map(
  (locale): Step =>
    () =>
      step(ChangeNotificationPreferences, { locale, timeZone: 'America/New_York', channels: {} }),
);

const METHODS = [
  { kind: 'bank-account' as const, token: 'ba_1' },
  { kind: 'card' as const, token: 'tok_1', expires: '2026-03' },
];
const CODES = ['insufficient_funds', 'account_closed', 'stolen_card', 'no_answer'];

/** Whatever comes next of autopay as the account stands; debits come back more often than they are paid. */
function autopayStep(past: readonly AccountEvent[], which: number, currency: Currency): ReturnType<Step> {
  const { enrollment, debits } = fold(account, past).autopay;
  if (which < 2) return step(CancelAutopay, { reason: 'customer-asked' });
  if (enrollment?.status === 'suspended' && which % 2 === 0) return step(ResumeAutopay, { reason: 'customer-called' });
  if (enrollment?.status !== 'active') {
    const noticeRange = { from: '1', to: '1000000' };
    return step(EnrollAutopay, enrolling({ method: METHODS[which % METHODS.length]!, noticeRange }));
  }
  const attemptId = debits.find(({ status }) => status === 'presented')?.presented?.paymentId;
  if (attemptId !== undefined && which % 3 !== 0) {
    const failed = { attemptId, amount: { amount: '1', currency }, declineCode: CODES[which % CODES.length]! };
    return step(RecordFailedPayment, { ...BY_CARD, ...failed });
  }
  const date = debits.find(({ status }) => status === 'scheduled')?.payOn ?? '2026-01-15';
  return step(AdvanceAutopay, { date, run: date });
}

const isSome = ({ amount }: { amount: string }) => /[1-9]/.test(amount);

function stepsIn(currency: Currency) {
  const amount = amountIn(currency);
  const money = amount.map((text) => ({ amount: text, currency }));
  const allocation = fc.option(
    fc.array(fc.record({ billNumber, lineId, amount }, { requiredKeys: ['billNumber', 'amount'] }), {
      minLength: 1,
      maxLength: 2,
    }),
    { nil: undefined, freq: 2 },
  );
  const pay = fc.record({ amount: money, allocation }).map(
    (body): Step =>
      () =>
        step(ApplyPayment, { ...BY_CARD, ...body }),
  );
  const credit = money.map(
    (value): Step =>
      () =>
        step(IssueCredit, { amount: value, reason: 'goodwill' }),
  );
  const reverse = fc
    .record({ billNumber, lineId, amount: fc.option(money, { nil: undefined, freq: 2 }), reason: fc.constant('error') })
    .map(
      (body): Step =>
        () =>
          step(ReverseCharge, body),
    );
  const applyCredit = allocation.map(
    (body): Step =>
      () =>
        step(ApplyCredit, { allocation: body }),
  );
  const unapply = fc.tuple(fc.nat(20), fc.option(billNumber, { nil: undefined })).map(
    ([which, bill]): Step =>
      (past) =>
        step(UnapplyPayment, { paymentId: somePayment(past, which), billNumber: bill, reason: 'error' }),
  );
  const recordReturn = fc.nat(20).map(
    (which): Step =>
      (past) =>
        step(RecordReturn, { paymentId: somePayment(past, which), reason: 'error' }),
  );
  const reinstate = fc.nat(20).map(
    (which): Step =>
      (past) =>
        step(ReinstatePayment, { paymentId: somePayment(past, which), reason: 'chargeback-won' }),
  );
  const refund = fc.tuple(fc.nat(20), fc.option(money, { nil: undefined, freq: 2 })).map(
    ([which, value]): Step =>
      (past) =>
        step(RefundPayment, { paymentId: somePayment(past, which), amount: value, reason: 'customer-asked' }),
  );
  const fail = money.map(
    (value): Step =>
      () =>
        step(RecordFailedPayment, { ...BY_CARD, amount: value, declineCode: 'insufficient_funds' }),
  );
  const autopay = fc.nat(19).map(
    (which): Step =>
      (past) =>
        autopayStep(past, which, currency),
  );
  const dispute = fc
    .tuple(
      fc.constantFrom('bill', 'charge', 'payment'),
      billNumber,
      lineId,
      fc.nat(20),
      fc.option(money, { nil: undefined }),
    )
    .map(([kind, number, line, which, value]): Step => (past) => {
      const subjects = {
        bill: { kind: 'bill', billNumber: number },
        charge: { kind: 'charge', billNumber: number, lineId: line },
        payment: { kind: 'payment', paymentId: somePayment(past, which) },
      } as const;
      return step(OpenDispute, { subject: subjects[kind], amount: value, reason: 'not-received' });
    });
  const resolve = fc
    .tuple(fc.nat(20), fc.boolean(), fc.option(money, { nil: undefined, freq: 2 }))
    .map(([which, isRight, value]): Step => (past) => {
      const decision = isRight ? { outcome: 'customer' as const, amount: value } : { outcome: 'company' as const };
      return step(ResolveDispute, { disputeId: someDispute(past, which), ...decision, reason: 'checked' });
    });
  const by = fc.constantFrom(
    { actor: 'agent:1', role: 'agent' as const },
    { actor: 'finance:1', role: 'finance' as const },
    { actor: 'finance:2', role: 'finance' as const },
  );
  const adjust = fc
    .tuple(fc.constantFrom('credit', 'charge-reversal', 'dispute'), by, money, billNumber, lineId, fc.nat(9))
    .map(([kind, who, value, number, line, which]): Step => (past) => {
      const adjustments = {
        credit: { kind: 'credit', amount: value, reason: 'goodwill' },
        'charge-reversal': { kind: 'charge-reversal', billNumber: number, lineId: line, reason: 'error' },
        dispute: { kind: 'dispute', disputeId: someDispute(past, which), reason: 'checked' },
      } as const;
      return step(ProposeAdjustment, { adjustment: adjustments[kind], by: who });
    });
  const decide = fc.tuple(fc.nat(3), fc.boolean(), by).map(([which, isApproved, who]): Step => (past) => {
    const ids = past.flatMap((event) => (event.type === 'AdjustmentProposed' ? [event.data.adjustmentId] : []));
    const adjustmentId = ids[ids.length - 1 - which] ?? uuid(999_999);
    return isApproved
      ? step(ApproveAdjustment, { adjustmentId, by: who })
      : step(RefuseAdjustment, { adjustmentId, reason: 'checked', by: who });
  });
  const agree = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(4)).map(([count, days]): Step => (past, at) => {
    // Of the very state: an arrangement comes to what is open, or it is refused.
    const { openBills, bills, digits } = fold(account, past);
    const open = total(openBills.map((one) => bills.get(one.billNumber)!.open));
    const instalments = allocate(open, new Array<bigint>(count).fill(1n)).map((part, index) => ({
      dueOn: addDays(at.slice(0, 10), days + index),
      amount: formatMinor(part, digits),
    }));
    return step(AgreeArrangement, { instalments });
  });
  const assessArrangement = fc.constant<Step>(() => step(AssessArrangement, {}));
  const cancel = fc.constant<Step>((past) => {
    const { arrangement } = fold(account, past);
    return step(CancelArrangement, {
      arrangementId: arrangement?.arrangementId ?? uuid(999_999),
      reason: 'agreed-anew',
    });
  });
  const number = fc.nat(3).map(
    (which): Step =>
      () =>
        step(ChangePayBillNumber, {
          payBillNumber: candidatePayBillNumber(uuid(0), which),
          because: 'new-number',
          reason: 'misused',
        }),
  );
  const transfer = fc.constantFrom('all' as const, 'debt' as const, 'credit' as const).map(
    (moves): Step =>
      (past) =>
        step(TransferBalance, {
          transferId: uuid(700_000 + past.length),
          successorId: uuid(1),
          kind: 'merger',
          moves,
          reason: 'duplicate-account',
        }),
  );
  const arrive = fc
    .tuple(billNumber, money.filter(isSome), fc.boolean(), fc.boolean())
    .map(([number, { amount }, withCredit, isLate]): Step => (past) => {
      const line = { lineId: 'L1', service: 'internet', kind: 'recurring' as const, description: 'Internet' };
      const fee = { lineId: 'late-fee', service: 'late-fee', kind: 'one-time' as const, description: 'Late fee' };
      const lines = [line, ...(isLate ? [fee] : [])].map((one) => ({ ...one, priority: 100, net: amount, taxes: [] }));
      const lateFee = isLate && { lateFee: { lineId: fee.lineId } };
      const bill = { billNumber: number, issuedOn: '2025-12-01', dueOn: '2026-01-20', lines, ...lateFee };
      return step(ReceiveBalance, {
        transferId: uuid(800_000 + past.length),
        accountId: uuid(1),
        bills: [bill],
        ...(withCredit && { credit: amount }),
        reason: 'duplicate-account',
        effectiveAt: '2026-01-15T12:00:00.000Z',
      });
    });
  const close = fc.constant<Step>(() => step(CloseAccount, { reason: 'error' }));
  return fc.oneof(
    { weight: 5, arbitrary: issueBill },
    { weight: 5, arbitrary: pay },
    { weight: 2, arbitrary: credit },
    { weight: 3, arbitrary: reverse },
    { weight: 2, arbitrary: applyCredit },
    { weight: 3, arbitrary: unapply },
    { weight: 2, arbitrary: recordReturn },
    { weight: 2, arbitrary: reinstate },
    { weight: 3, arbitrary: refund },
    { weight: 3, arbitrary: dispute },
    { weight: 2, arbitrary: resolve },
    { weight: 2, arbitrary: adjust },
    { weight: 2, arbitrary: decide },
    { weight: 4, arbitrary: agree },
    { weight: 5, arbitrary: assessArrangement },
    { weight: 1, arbitrary: cancel },
    { weight: 1, arbitrary: fail },
    { weight: 1, arbitrary: hold },
    { weight: 2, arbitrary: release },
    { weight: 1, arbitrary: contact },
    { weight: 1, arbitrary: preferences },
    { weight: 12, arbitrary: autopay },
    { weight: 3, arbitrary: assess(currency) },
    { weight: 3, arbitrary: collect(currency) },
    { weight: 1, arbitrary: suspend },
    { weight: 2, arbitrary: writeOff },
    { weight: 1, arbitrary: waive },
    { weight: 1, arbitrary: billDelivery },
    { weight: 1, arbitrary: number },
    { weight: 1, arbitrary: transfer },
    { weight: 1, arbitrary: arrive },
    { weight: 1, arbitrary: close },
  );
}

function histories(lengths: fc.ArrayConstraints) {
  return fc
    .constantFrom<Currency>('USD', 'JPY', 'BHD')
    .chain((currency) => fc.record({ currency: fc.constant(currency), steps: fc.array(stepsIn(currency), lengths) }));
}
const history = histories({ maxLength: 25, size: 'max' });

/** What a command answers: its events, or the code it is refused with. */
function answer(command: AnyCommand, body: unknown, state: AccountState, context: CommandContext) {
  try {
    return { events: command.decide(command.schema.parse(body), state, context), refused: undefined };
  } catch (error) {
    if (error instanceof Rejected) return { events: [], refused: error.code };
    throw error;
  }
}

/** Runs a history, calling back after every command. */
function run(
  { currency, steps }: { currency: Currency; steps: readonly Step[] },
  each: (past: readonly AccountEvent[], state: AccountState, emitted: readonly AccountEvent[]) => void,
): void {
  const open: Step = () => step(OpenAccount, { payBillNumber: '12345678901244', currency });
  let state = account.initialState;
  const past: AccountEvent[] = [];
  for (const [index, next] of [open, ...steps].entries()) {
    const context = {
      id: uuid(0),
      commandId: uuid(index + 1),
      at: `${addDays('2026-01-15', 4 * index)}T12:00:00.000Z`,
    };
    const [command, body] = next(past, context.at);
    const { events } = answer(command, body, state, context);
    expect(answer(command, body, state, context).events).toEqual(events);
    for (const event of events) {
      account.events.check(event);
      state = account.evolve(state, event);
      past.push(event);
    }
    each(past, state, events);
  }
}

function unusedCredit(minor: number, digits: number): AccountEvent {
  const amount = formatMinor(BigInt(minor), digits);
  const data = { creditId: uuid(888_888), amount: { amount, currency: 'any' }, reason: 'goodwill', allocations: [] };
  const policy = { allocationPolicy: 'x/1', effectiveAt: '2026-01-15T12:00:00.000Z' };
  return { type: 'CreditIssued', data: { ...data, unapplied: amount, ...policy } };
}

/** What was announced, or presented once, and neither paid, failed nor dropped, by bill. */
function firstDebits(events: readonly AccountEvent[], digits: number): Map<string, bigint> {
  const underway = new Map<string, { paymentId?: string; bills: { billNumber: string; amount: string }[] }>();
  for (const { type, data } of events) {
    if (type === 'AutopayDebitAnnounced') underway.set(data.debitId, data);
    if (type === 'AutopayDebitDropped') underway.delete(data.debitId);
    if (type === 'AutopayDebitPresented' && data.presentment === 1) underway.set(data.debitId, data);
    const known = type === 'PaymentFailed' ? data.attemptId : type === 'PaymentApplied' ? data.paymentId : undefined;
    for (const [debitId, { paymentId }] of underway)
      if (paymentId !== undefined && paymentId === known) underway.delete(debitId);
  }
  const sums = new Map<string, bigint>();
  for (const { billNumber, amount } of [...underway.values()].flatMap(({ bills }) => bills)) {
    sums.set(billNumber, (sums.get(billNumber) ?? 0n) + parseMinor(amount, digits));
  }
  return sums;
}

/** The reference model: every share that ever moved in one list, and every figure a sum over it. */
function model(events: readonly AccountEvent[], digits: number) {
  const minor = (text: string) => parseMinor(text, digits);
  const charges = new Map<string, bigint>();
  /** What is written off, as a negative amount. */
  const owedOff = new Map<string, bigint>();
  const received = new Map<string, bigint>();
  const moves: { line: string; source: string; amount: bigint }[] = [];
  const lay = (share: { billNumber: string; lineId: string; amount: string }, source: string, sign: bigint) =>
    moves.push({ line: `${share.billNumber}/${share.lineId}`, source, amount: sign * minor(share.amount) });
  const add = (map: Map<string, bigint>, key: string, amount: bigint) => map.set(key, (map.get(key) ?? 0n) + amount);
  for (const { type, data } of events) {
    if (type === 'BillIssued') {
      for (const line of data.lines) add(charges, `${data.billNumber}/${line.lineId}`, minor(line.total));
    } else if (type === 'DebtWrittenOff' || type === 'DebtReinstated') {
      const sign = type === 'DebtWrittenOff' ? -1n : 1n;
      for (const line of data.lines) add(owedOff, `${line.billNumber}/${line.lineId}`, sign * minor(line.amount));
    } else if (type === 'LateFeeAssessed') {
      add(charges, `${data.billNumber}/${data.lineId}`, minor(data.amount.amount));
    } else if (type === 'PaymentApplied') {
      add(received, data.paymentId, minor(data.amount.amount));
      for (const share of data.allocations) lay(share, data.paymentId, 1n);
    } else if (type === 'CreditIssued') {
      add(received, data.creditId, minor(data.amount.amount));
      for (const share of data.allocations) lay(share, data.creditId, 1n);
    } else if (type === 'CreditApplied') {
      for (const share of data.allocations) lay(share, share.sourceId, 1n);
    } else if (type === 'PaymentUnapplied') {
      for (const share of data.released) lay(share, data.paymentId, -1n);
    } else if (type === 'PaymentReturned') {
      // What had been refunded had left before; the rest leaves now.
      add(received, data.paymentId, minor(data.alreadyRefunded ?? '0') - minor(data.amount.amount));
      for (const share of data.released) lay(share, data.paymentId, -1n);
    } else if (type === 'PaymentReinstated') {
      add(received, data.paymentId, minor(data.amount.amount) - minor(data.claimSettled ?? '0'));
      for (const share of data.allocations) lay(share, data.paymentId, 1n);
    } else if (type === 'CreditTransferred') {
      for (const { sourceId, amount } of data.taken) add(received, sourceId, -minor(amount));
    } else if (type === 'PaymentRefunded') {
      add(received, data.paymentId, -minor(data.amount.amount));
    } else if (type === 'ChargeReversed') {
      add(charges, `${data.billNumber}/${data.lineId}`, -minor(data.amount.amount));
      for (const share of data.released) lay(share, share.sourceId, -1n);
    }
  }
  const sum = (pick: (move: (typeof moves)[number]) => boolean) =>
    moves.filter(pick).reduce((total, move) => total + move.amount, 0n);
  return {
    charges,
    openByLine: new Map(
      [...charges].map(([line, charge]) => [
        line,
        charge + (owedOff.get(line) ?? 0n) - sum((move) => move.line === line),
      ]),
    ),
    unappliedBySource: new Map([...received].map(([id, amount]) => [id, amount - sum((move) => move.source === id)])),
  };
}

/** What of a source is credit of another account. */
function movedOf(events: readonly AccountEvent[], sourceId: string, digits: number): bigint {
  const taken = events.flatMap((event) => (event.type === 'CreditTransferred' ? event.data.taken : []));
  return total(taken.filter((one) => one.sourceId === sourceId).map(({ amount }) => parseMinor(amount, digits)));
}

/** By how much an event moves what the other account owes: it is more by a debt that leaves, and less by a credit. */
function leftAndNotCome({ type, data }: AccountEvent, digits: number): bigint {
  if (type === 'CreditTransferred') return -parseMinor(data.amount.amount, digits);
  if (type === 'BillIssued') return data.transferredFrom ? -parseMinor(data.total.amount, digits) : 0n;
  if (type !== 'CreditIssued') return 0n;
  return (data.transferredFrom ?? data.transferredTo) ? parseMinor(data.amount.amount, digits) : 0n;
}

const total = (amounts: Iterable<bigint>) => [...amounts].reduce((sum, amount) => sum + amount, 0n);

describe('The account, whatever is done to it', () => {
  it('goes through every kind of event in these histories, so that the laws are not kept by doing nothing', () => {
    const seen = new Set<string>();
    for (const given of fc.sample(histories({ maxLength: 60, size: 'max' }), { seed: 2026, numRuns: 600 })) {
      run(given, (_past, _state, emitted) => {
        for (const event of emitted) seen.add(event.type);
      });
    }
    expect([...seen].sort()).toEqual(Object.keys(account.events.definitions).sort());
  });

  it('has applied + unapplied + refunded = received for every source, and no line open below zero, at every step (AQ2)', () => {
    fc.assert(
      fc.property(history, (given) => {
        run(given, (past, state) => {
          const expected = model(past, CURRENCY_DIGITS[given.currency]);
          for (const bill of state.bills.values()) {
            for (const line of bill.lines) {
              const open = expected.openByLine.get(`${bill.billNumber}/${line.lineId}`);
              expect(openOf(line)).toBe(open);
              expect(open).toBeGreaterThanOrEqual(0n);
              expect(total(line.paidBy.map(({ amount }) => amount))).toBe(line.paid);
              expect(total(line.taxesLeft.map(({ amount }) => amount)) + line.netLeft).toBe(line.total - line.reversed);
            }
          }
          for (const source of state.sources.values()) {
            expect(source.unapplied).toBe(expected.unappliedBySource.get(source.id));
            const applied = total(source.allocations.map(({ amount }) => amount));
            expect(applied + source.unapplied).toBe(source.returned ? 0n : source.amount - source.refunded);
            expect(source.refunded).toBeGreaterThanOrEqual(0n);
            expect(source.refunded).toBeLessThanOrEqual(source.amount);
            if (source.kind === 'credit') expect(source.refunded).toBe(movedOf(past, source.id, state.digits));
          }
          expect(state.open).toBe(total(expected.openByLine.values()));
          expect(state.credit).toBe(total(expected.unappliedBySource.values()));
        });
      }),
      { numRuns: 200 },
    );
  });

  it('lists exactly the open bills, oldest due first, and exactly the sources with credit, first in first out', () => {
    fc.assert(
      fc.property(history, (given) => {
        run(given, (past, state) => {
          const order = past.flatMap((event) => (event.type === 'BillIssued' ? [event.data] : []));
          const open = order
            .filter(({ billNumber: number }) => (state.bills.get(number)?.open ?? 0n) > 0n)
            .sort((left, right) => left.dueOn.localeCompare(right.dueOn))
            .map(({ billNumber: number }) => number);
          expect(state.openBills.map(({ billNumber: number }) => number)).toEqual(open);
          const credit = [...state.sources.values()]
            .filter(({ unapplied }) => unapplied > 0n)
            .sort((left, right) => left.sequence - right.sequence)
            .map(({ id }) => id);
          expect(state.creditSources.map(({ id }) => id)).toEqual(credit);
        });
      }),
    );
  });

  it('posts a balanced entry for every event, and its balance is what the postings say (AQ3)', () => {
    fc.assert(
      fc.property(history, (given) => {
        const digits = CURRENCY_DIGITS[given.currency];
        const accounts = new Map<string, bigint>();
        run(given, (past, state, emitted) => {
          for (const event of emitted) {
            const postings = postingsOf(event);
            expect(total(postings.map(({ amount }) => parseMinor(amount, digits)))).toBe(0n);
            expect(new Set(postings.map(({ account: name }) => name)).size).toBe(postings.length);
            for (const { account: name, amount, currency } of postings) {
              expect(currency).toBe(given.currency);
              accounts.set(name, (accounts.get(name) ?? 0n) + parseMinor(amount, digits));
            }
          }
          const sumOf = (...names: string[]) => total(names.map((name) => accounts.get(name) ?? 0n));
          expect(sumOf('Accounts Receivable')).toBe(state.open);
          expect(sumOf('Unapplied Cash', 'Customer Credits')).toBe(-state.credit);
          const creditOf = (kind: string) =>
            total([...state.sources.values()].filter((one) => one.kind === kind).map((one) => one.unapplied));
          expect(sumOf('Unapplied Cash')).toBe(-creditOf('payment'));
          expect(sumOf('Customer Credits')).toBe(-creditOf('credit'));
          const payments = [...state.sources.values()].filter(({ kind }) => kind === 'payment');
          const kept = payments.filter(({ returned }) => !returned);
          const cameBack = payments.filter(({ returned }) => returned);
          expect(sumOf('Cash Clearing')).toBe(total(kept.map((one) => one.amount)));
          const repaid = payments.map(({ id, refunded }) => refunded - movedOf(past, id, digits));
          expect(sumOf('Refunds Payable')).toBe(-total(repaid));
          expect(sumOf('Account Transfers')).toBe(total(past.map((event) => leftAndNotCome(event, digits))));
          expect(sumOf('Chargeback Receivable')).toBe(total(cameBack.map(({ refunded }) => refunded)));
        });
      }),
    );
  });

  it('takes no payment while a hold stands, and knows each hold once', () => {
    fc.assert(
      fc.property(history, (given) => {
        let heldBefore = false;
        run(given, (_past, { holds }, emitted) => {
          if (heldBefore) expect(emitted.map(({ type }) => type)).not.toContain('PaymentApplied');
          expect(new Set(holds).size).toBe(holds.length);
          heldBefore = holds.length > 0;
        });
      }),
    );
  });

  it('disputes no cent twice and none that is gone, and of each bill what is open is collectible or in dispute (CS2)', () => {
    fc.assert(
      fc.property(history, (given) => {
        const minor = (text: string) => parseMinor(text, CURRENCY_DIGITS[given.currency]);
        run(given, (past, state) => {
          const disputed = new Map<string, bigint>();
          const add = (place: string, amount: bigint) => disputed.set(place, (disputed.get(place) ?? 0n) + amount);
          for (const { type, data } of past) {
            if (type === 'DisputeOpened') {
              expect(minor(data.amount.amount)).toBeGreaterThan(0n);
              for (const share of data.shares) add(`${share.billNumber}/${share.lineId}`, minor(share.amount));
            } else if (type === 'DisputeResolved') {
              for (const share of data.released) add(`${share.billNumber}/${share.lineId}`, -minor(share.amount));
            } else if (type === 'ChargeReversed') {
              for (const settled of data.disputes ?? []) {
                add(`${data.billNumber}/${data.lineId}`, -minor(settled.amount));
              }
            }
          }
          for (const bill of state.bills.values()) {
            let inDispute = 0n;
            for (const line of bill.lines) {
              const onLine = disputed.get(`${bill.billNumber}/${line.lineId}`) ?? 0n;
              expect(onLine).toBeGreaterThanOrEqual(0n);
              expect(onLine).toBeLessThanOrEqual(line.total - line.reversed);
              inDispute += onLine;
            }
            // Long after every respite.
            const {
              open,
              disputed: held,
              arranged,
              debited,
              covered,
              collectible,
            } = collectibleOf(state, bill.billNumber, '2027-01-01');
            expect(held).toBe(inDispute < open ? inDispute : open);
            expect(collectible + covered + debited + arranged).toBe(open - held);
            expect([collectible, covered, debited, arranged].every((part) => part >= 0n)).toBe(true);
          }
        });
      }),
    );
  });

  it('asks for what it holds no credit for, and credit covers what was due first (AQ2; 52 Pa. Code §56.24)', () => {
    fc.assert(
      fc.property(history, fc.nat(200), fc.nat(30_000), (given, days, more) => {
        const digits = CURRENCY_DIGITS[given.currency];
        run(given, (_past, before) => {
          const on = addDays('2026-01-15', days);
          // Histories leave little credit beside open bills; so there is some more.
          const state = before.status === 'unknown' ? before : account.evolve(before, unusedCredit(more, digits));
          let [left, asked] = [state.credit, 0n];
          const byAge = [...state.bills.values()].sort((one, other) =>
            one.dueOn === other.dueOn ? one.sequence - other.sequence : one.dueOn < other.dueOn ? -1 : 1,
          );
          for (const { billNumber } of byAge) {
            const { open, disputed, arranged, debited, covered, collectible } = collectibleOf(state, billNumber, on);
            const due = open - disputed - arranged - debited;
            expect(covered).toBe(left < due ? left : due);
            expect(collectible).toBe(due - covered);
            left -= covered;
            asked += collectible;
          }
          expect(left === 0n || asked === 0n).toBe(true);
        });
      }),
    );
  });

  it('pursues nothing that autopay debits for the first time, until it is known what came of it (PA6)', () => {
    fc.assert(
      fc.property(history, fc.nat(200), (given, days) => {
        run(given, (past, state) => {
          const onItsWay = firstDebits(past, CURRENCY_DIGITS[given.currency]);
          for (const { bill, pursued } of pastDueBills(state, addDays('2026-01-15', days))) {
            const left = bill.open - (onItsWay.get(bill.billNumber) ?? 0n);
            expect(pursued).toBeLessThanOrEqual(left);
          }
        });
      }),
    );
  });

  it('is the same when replayed from its events as it was live, also through their stored form', () => {
    fc.assert(
      fc.property(history, (given) => {
        run(given, (past, state) => {
          const stored = past.map((event) =>
            account.events.read(
              event.type,
              account.events.versionOf(event.type),
              JSON.parse(JSON.stringify(event.data)),
            ),
          );
          expect(fold(account, stored)).toEqual(state);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('leaves an earlier state as it was when a later one is made from it', () => {
    fc.assert(
      fc.property(history, (given) => {
        const kept: { state: AccountState; events: number }[] = [];
        let all: readonly AccountEvent[] = [];
        run(given, (past, state) => {
          kept.push({ state, events: past.length });
          all = past;
        });
        for (const { state, events } of kept) expect(state).toEqual(fold(account, all.slice(0, events)));
      }),
      { numRuns: 40 },
    );
  });

  it('issues bills whose lines, nets and taxes sum exactly to the total, by either rounding policy (BR-CO-10)', () => {
    fc.assert(
      fc.property(history, (given) => {
        const minor = (text: string) => parseMinor(text, CURRENCY_DIGITS[given.currency]);
        run(given, (_past, _state, emitted) => {
          for (const event of emitted) {
            if (event.type !== 'BillIssued') continue;
            const { lines, total: whole } = event.data;
            expect(total(lines.map((line) => minor(line.total)))).toBe(minor(whole.amount));
            for (const line of lines) {
              const parts = [line.net, ...line.taxes.map(({ amount }) => amount)].map(minor);
              expect(total(parts)).toBe(minor(line.total));
              expect(parts.every((part) => part >= 0n)).toBe(true);
            }
          }
        });
      }),
    );
  });

  it('reverses a bill to its amounts to the cent, in however many parts (a full credit note)', () => {
    const parts = fc.array(fc.nat(5_000), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(billLine, { minLength: 1, maxLength: 3 }), parts, (lines, cents) => {
        const taken = new Map<string, bigint>();
        const reversals: Step[] = lines.flatMap((_, index) => [
          ...cents.map(
            (part): Step =>
              () =>
                step(ReverseCharge, {
                  billNumber: 'B-1',
                  lineId: `L${index + 1}`,
                  amount: {
                    amount: `${Math.floor(part / 100)}.${String(part % 100).padStart(2, '0')}`,
                    currency: 'USD',
                  },
                  reason: 'error',
                }),
          ),
          (): ReturnType<Step> => step(ReverseCharge, { billNumber: 'B-1', lineId: `L${index + 1}`, reason: 'error' }),
        ]);
        const issue: Step = () =>
          step(IssueBill, { billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: '2026-01-21', lines });
        run({ currency: 'USD', steps: [issue, ...reversals] }, (_past, state, emitted) => {
          for (const { account: name, amount } of emitted.flatMap(postingsOf)) {
            taken.set(name, (taken.get(name) ?? 0n) + parseMinor(amount, 2));
          }
          expect(state.credit).toBe(0n);
        });
        // Every account the bill posted to is back at zero.
        expect([...taken.values()].every((balance) => balance === 0n)).toBe(true);
      }),
    );
  });

  it('stops loudly on a history that cannot be', () => {
    const state = fold(account, []);
    const share = { billNumber: 'B-1', lineId: 'L1', amount: '1.00' };
    const data = {
      amount: { amount: '1.00', currency: 'USD' },
      reason: 'error',
      effectiveAt: '2026-01-15T12:00:00.000Z',
    };
    expect(() =>
      account.evolve(state, { type: 'PaymentUnapplied', data: { ...data, paymentId: uuid(1), released: [share] } }),
    ).toThrow('history is broken');
  });
});
