import fc from 'fast-check';
import { type CommandContext, type CommandDefinition, Rejected } from '#libs/event-sourcing';
import { fold } from '#testing/event-sourcing';
import { type z } from 'zod';
import { ReceiveBalance } from '../src/account-transfers/receive-balance.js';
import { TransferBalance } from '../src/account-transfers/transfer-balance.js';
import { CloseAccount } from '../src/accounts/close-account.js';
import { OpenAccount } from '../src/accounts/open-account.js';
import { AdvanceAutopay } from '../src/autopay/advance-autopay.js';
import { enrolling } from '../src/autopay/autopay-examples.js';
import { CancelAutopay, ResumeAutopay } from '../src/autopay/cancel-autopay.js';
import { EnrollAutopay } from '../src/autopay/enroll-autopay.js';
import { AssessLateFee } from '../src/collections/assess-late-fee.js';
import { type CollectionPolicyVersion } from '../src/collections/collection-policy.js';
import { CollectAccount } from '../src/collections/collect-account.js';
import { RestoreService, SuspendService } from '../src/collections/suspend-service.js';
import { ReinstateDebt, WriteOffDebt } from '../src/collections/write-off-debt.js';
import { WaiveLateFee } from '../src/collections/waive-late-fee.js';
import { ApproveAdjustment, RefuseAdjustment } from '../src/adjustments/decide-adjustment.js';
import { ProposeAdjustment } from '../src/adjustments/propose-adjustment.js';
import { AgreeArrangement } from '../src/arrangements/agree-arrangement.js';
import { AssessArrangement } from '../src/arrangements/assess-arrangement.js';
import { CancelArrangement } from '../src/arrangements/cancel-arrangement.js';
import { ChangeBillDelivery } from '../src/contacts/change-bill-delivery.js';
import { ChangeContact } from '../src/contacts/change-contact.js';
import { ChangeNotificationPreferences } from '../src/contacts/change-notification-preferences.js';
import { OpenDispute } from '../src/disputes/open-dispute.js';
import { ResolveDispute } from '../src/disputes/resolve-dispute.js';
import { addDays } from '../src/importing/calendar.js';
import { allocate } from '../src/money/allocate.js';
import { formatMinor } from '../src/money/minor-units.js';
import { ChangePayBillNumber } from '../src/pay-bill-numbers/change-pay-bill-number.js';
import { candidatePayBillNumber } from '../src/pay-bill-numbers/pay-bill-number.js';
import { account } from '../src/billing/account.js';
import { type AccountEvent } from '../src/billing/account-events.js';
import { type AccountState } from '../src/billing/account-state.js';
import { ApplyCredit } from '../src/billing/apply-credit.js';
import { ApplyPayment } from '../src/billing/apply-payment.js';
import { IssueBill } from '../src/billing/issue-bill.js';
import { IssueCredit } from '../src/billing/issue-credit.js';
import { HoldPayments } from '../src/billing/hold-payments.js';
import { RecordFailedPayment } from '../src/billing/record-failed-payment.js';
import { RecordReturn } from '../src/billing/record-return.js';
import { RefundPayment } from '../src/billing/refund-payment.js';
import { ReinstatePayment } from '../src/billing/reinstate-payment.js';
import { ReleaseHold } from '../src/billing/release-hold.js';
import { ReverseCharge } from '../src/billing/reverse-charge.js';
import { UnapplyPayment } from '../src/billing/unapply-payment.js';

/* Random histories of one account: valid and invalid commands, each decided on all that came before it. */

type AnyCommand = CommandDefinition<string, z.ZodType, AccountState, AccountEvent>;
export type Step = (past: readonly AccountEvent[], at: string) => readonly [AnyCommand, unknown];

export const step = <Schema extends z.ZodType>(
  command: CommandDefinition<string, Schema, AccountState, AccountEvent>,
  body: z.input<Schema>,
) => [command as unknown as AnyCommand, body] as const;

export const CURRENCY_DIGITS = { USD: 2, JPY: 0, BHD: 3 } as const;
type Currency = keyof typeof CURRENCY_DIGITS;

export const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

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

export const billLine = fc.record(
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
    const open = openBills.reduce((sum, { billNumber: number }) => sum + bills.get(number)!.open, 0n);
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

export function histories(lengths: fc.ArrayConstraints) {
  return fc
    .constantFrom<Currency>('USD', 'JPY', 'BHD')
    .chain((currency) => fc.record({ currency: fc.constant(currency), steps: fc.array(stepsIn(currency), lengths) }));
}
export const history = histories({ maxLength: 25, size: 'max' });

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
export function run(
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
