import {
  type AccountState,
  addDays,
  AddNote,
  ApplyCredit,
  ApproveAdjustment,
  AssessArrangement,
  AssignSupportCase,
  CloseAccount,
  CloseSupportCase,
  CorrectBill,
  IssueCredit,
  type PaymentState,
  ProposeAdjustment,
  type Random,
  RefundPayment,
  RefuseAdjustment,
  ReinstateDebt,
  ReleaseHold,
  ReopenSupportCase,
  RepresentChargeback,
  RequestRefund,
  ResolveDispute,
  RestoreService,
  ReverseCharge,
  type SupportCaseState,
  UnapplyPayment,
  UnlockVerification,
  WaiveLateFee,
  WriteOffDebt,
} from '#libs/ledger';
import { act, type Act } from './act.js';
import { sealed, usd } from './customers.js';
import { daysBetween, weekdayOf } from './days.js';
import { diceFor } from './dice.js';
import { paymentsOf } from './payments-of.js';
import { type Subscriber } from './subscriber.js';

const AGENT = { actor: 'agent:42', role: 'agent' } as const;
const FINANCE = { actor: 'finance:7', role: 'finance' } as const;
const byAgent = { actor: AGENT.actor };
const byFinance = { actor: FINANCE.actor };

/** Whether somebody of the staff looks at an account on a day: each has its day of the week. */
export function isLookedAt({ index }: Subscriber, day: string): boolean {
  return weekdayOf(day) === 1 + (index % 5);
}

/** What a member of the staff finds of an account, with its latest payments at the gateway. */
export interface Desk {
  readonly account: AccountState;
  /** By payment id; those that no gateway collected are not among them. */
  readonly payments: ReadonlyMap<string, PaymentState>;
  /** What the customer asked about lately, by case id. */
  readonly cases: ReadonlyMap<string, SupportCaseState>;
  /** What happened on the account last, for notes to be about. */
  readonly latest: EventLink | undefined;
  /** The customer has guessed at the PIN. */
  readonly hasGuessed: boolean;
}

interface EventLink {
  readonly stream: string;
  readonly revision: string;
  readonly eventId: string;
}

/** The payments that the staff has to know of: whose money has gone back, or is not used. */
export function paymentsToLookUp(account: AccountState): string[] {
  return paymentsOf(account)
    .filter(({ returned, unapplied }) => returned || unapplied > 0n)
    .map(({ id }) => id)
    .slice(-6);
}

/** What the staff does about an account on a day: what waits longest first, and one thing a week. */
export function workOn(seed: number, subscriber: Subscriber, day: string, desk: Desk): Act[] {
  const { account } = desk;
  const { accountId, index } = subscriber;
  const dice = diceFor(seed, 'staff', index, day);
  const looked = account.arrangement ? [act(AssessArrangement, accountId, {}, { actor: 'operations:1' })] : [];
  const work =
    decided(subscriber, account, dice) ??
    settled(subscriber, day, desk, dice) ??
    goodwill(subscriber, account, day, dice);
  const unlocked = desk.hasGuessed
    ? [act(UnlockVerification, accountId, { reason: 'identified-in-person' }, byAgent)]
    : [];
  return [...looked, ...unlocked, ...(work ? [work] : []), ...helped(seed, subscriber, day, desk)];
}

/** What is done about each matter that the customer has asked about: somebody is given it, writes down what was found, closes it. */
function helped(seed: number, { accountId, index }: Subscriber, day: string, { cases, latest }: Desk): Act[] {
  return [...cases].flatMap(([caseId, matter]) => {
    const dice = diceFor(seed, 'case', caseId, day);
    const as = (what: string) => ({ ...byAgent, about: `${what} ${caseId}` });
    if (matter.status === 'unknown') return [];
    if (matter.status === 'closed') {
      if (!dice.percent(15)) return [];
      return [act(ReopenSupportCase, caseId, { accountId, reason: 'customer-called-again' }, as('reopen'))];
    }
    if (matter.assignee === undefined) {
      return [act(AssignSupportCase, caseId, { accountId, assignee: AGENT.actor }, as('assign'))];
    }
    const text = sealed(seed, index, day, `found ${caseId}`);
    const note = { accountId, channel: 'internal', text, links: latest ? [latest] : [] } as const;
    const found = act(AddNote, caseId, note, as('note'));
    return dice.percent(70)
      ? [found, act(CloseSupportCase, caseId, { accountId, outcome: 'explained' }, as('close'))]
      : [found];
  });
}

/** What waits for somebody's decision. */
function decided({ accountId }: Subscriber, account: AccountState, dice: Random): Act | undefined {
  const [holdId] = account.holds;
  if (holdId !== undefined) {
    return act(ReleaseHold, accountId, { holdId, reason: 'customer-confirmed' }, { actor: 'fraud-analyst:3' });
  }
  const [proposed] = account.adjustments;
  if (proposed) {
    const { adjustmentId } = proposed;
    return dice.percent(70)
      ? act(ApproveAdjustment, accountId, { adjustmentId, by: FINANCE }, byFinance)
      : act(RefuseAdjustment, accountId, { adjustmentId, reason: 'not-justified', by: FINANCE }, byFinance);
  }
  const [dispute] = account.disputes;
  if (!dispute || dice.percent(40)) return undefined;
  const { disputeId, paymentId } = dispute;
  if (dice.percent(40)) {
    return act(ResolveDispute, accountId, { disputeId, outcome: 'company', reason: 'charge-is-right' }, byAgent);
  }
  if (paymentId === undefined && dice.percent(50)) {
    const adjustment = { kind: 'dispute', disputeId, reason: 'billed-in-error' } as const;
    return act(ProposeAdjustment, accountId, { adjustment, by: AGENT }, byAgent);
  }
  return act(ResolveDispute, accountId, { disputeId, outcome: 'customer', reason: 'billed-in-error' }, byFinance);
}

/** What is to be done with money, and with accounts that end. */
function settled(
  { accountId, leavesOn }: Subscriber,
  day: string,
  { account, payments }: Desk,
  dice: Random,
): Act | undefined {
  for (const [paymentId, payment] of payments) {
    if (payment.status === 'new' || payment.chargeback?.status !== 'open') continue;
    const evidence = dice.percent(50) ? 'winning-file' : 'losing-file';
    return act(RepresentChargeback, paymentId, { evidence }, byFinance);
  }
  const hasLeft = leavesOn !== undefined && daysBetween(leavesOn, day) > 35;
  if (hasLeft && account.status === 'open' && account.open === 0n && account.credit === 0n) {
    return act(CloseAccount, accountId, { reason: 'customer-left' }, byAgent);
  }
  if (account.open > 0n && account.credit > 0n) return act(ApplyCredit, accountId, {}, byAgent);
  const refunded = account.creditSources
    .map(({ id }) => account.sources.get(id)!)
    .find(({ kind, unapplied }) => kind === 'payment' && unapplied > 0n);
  if (refunded && account.holds.length === 0 && (hasLeft || dice.percent(25))) {
    const { id: paymentId, unapplied } = refunded;
    const body = { amount: usd(unapplied), reason: 'credit-balance' };
    return payments.has(paymentId)
      ? act(RequestRefund, paymentId, body, byFinance)
      : act(RefundPayment, accountId, { paymentId, ...body }, byFinance);
  }
  if (account.writtenOff > 0n && dice.percent(20)) {
    return act(ReinstateDebt, accountId, { reason: 'customer-found' }, byFinance);
  }
  if (account.suspended && dice.percent(15)) {
    return act(RestoreService, accountId, { reason: 'medical-certificate' }, byAgent);
  }
  return undefined;
}

/** What nobody waits for: goodwill, and mistakes put right. */
function goodwill({ accountId }: Subscriber, account: AccountState, day: string, dice: Random): Act | undefined {
  if (account.status !== 'open') return undefined;
  const bill = account.bills.get(account.openBills.at(-1)?.billNumber ?? '');
  const line = bill?.lines.find(({ isLateFee }) => !isLateFee);
  const fee = bill?.lines.find(
    ({ isLateFee, total, reversed, writtenOff }) => isLateFee && total > reversed + writtenOff,
  );
  if (bill && fee && dice.percent(25)) {
    return act(WaiveLateFee, accountId, { billNumber: bill.billNumber, reason: 'first-time' }, byAgent);
  }
  const thrown = dice.between(1, 100);
  if (thrown <= 3) {
    const adjustment = { kind: 'credit', amount: usd(BigInt(dice.between(500, 9_000))), reason: 'goodwill' } as const;
    return act(ProposeAdjustment, accountId, { adjustment, by: AGENT }, byAgent);
  }
  if (thrown === 4) {
    return act(
      IssueCredit,
      accountId,
      { amount: usd(BigInt(dice.between(300, 2_000))), reason: 'promotion' },
      byFinance,
    );
  }
  if (bill && line && thrown === 5) {
    const { billNumber } = bill;
    return act(ReverseCharge, accountId, { billNumber, lineId: line.lineId, reason: 'billed-in-error' }, byFinance);
  }
  if (bill && line && thrown === 6) return corrected(accountId, bill.billNumber, line.total, day);
  const paid = paymentsOf(account).findLast(({ returned, allocations }) => !returned && allocations.length > 0);
  if (paid && thrown === 7) {
    return act(UnapplyPayment, accountId, { paymentId: paid.id, reason: 'applied-in-error' }, byFinance);
  }
  if (account.open > 0n && thrown === 8 && account.openBills[0]!.dueOn < addDays(day, -60)) {
    return act(WriteOffDebt, accountId, { reason: 'bankruptcy' }, byFinance);
  }
  return undefined;
}

/** The bill once more with its first charge at nine tenths, and nothing else on it. */
function corrected(accountId: string, billNumber: string, total: bigint, day: string): Act {
  const unitPrice = usd((total * 9n) / 10n).amount;
  const bill = {
    billNumber: `${billNumber}-C`,
    issuedOn: day,
    dueOn: addDays(day, 20),
    lines: [{ lineId: 'L1', service: 'internet', description: 'Corrected charge', unitPrice }],
  };
  return act(CorrectBill, accountId, { billNumber, reason: 'billed-in-error', bill }, byFinance);
}
