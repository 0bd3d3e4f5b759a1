import { z } from 'zod';
import { type CommandContext, defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, requireKnown } from '../billing/account-state.js';
import { collectibleOf } from '../billing/collectible.js';
import { Day, Identifier } from '../billing/command-fields.js';
import { addDays } from '../importing/calendar.js';
import { businessDayFrom, businessDayUpTo } from '../payment-lifecycle/business-days.js';
import { type AutopayDebit, type AutopayEvent, type BillShare, awaitsDebit, type Enrollment } from './autopay.js';
import { debitable, dropped, stated, sumOf, whyNothing } from './autopay-debits.js';
import { answerTo, type AutopayPolicy, autopayPolicyOn } from './autopay-policy.js';
import { scheduledOf } from './cancel-autopay.js';
import { isCardGoodOn, lastDayOfCard } from './card-expiry.js';

/**
 * Whatever is due of an account's autopay on a day, in one decision: debits that came back are answered, cards that expire
 * are warned of, debits whose day has come are presented, and bills that are to be debited are announced. What follows from
 * it at the gateway is done by whoever asked (ADR 0035). Asked again it does nothing again.
 */
export const AdvanceAutopay = advanceAutopayBy();

/**
 * The same by a policy that is not the one of the day: a run goes on by the one it was begun with. The policy is no part of the
 * body, so that a run which was begun by an older build is gone on with.
 */
export function advanceAutopayBy(policy?: AutopayPolicy) {
  return defineCommand({
    type: 'AdvanceAutopay',
    decider: account,
    schema: z.strictObject({
      date: Day,
      /** The run that asks, recorded with what it debits. */
      run: Identifier,
    }),
    decide({ date, run }, state, context): AccountEvent[] {
      requireKnown(state);
      const advance = new Advance(state, policy ?? autopayPolicyOn(date), { date, run }, context);
      advance.expire();
      advance.answer();
      advance.warn();
      // First what was announced before, so that its amount is known to what is announced now; then what may go at once.
      advance.present();
      advance.announce();
      advance.present();
      return advance.events;
    },
  });
}

/** A run for a day that has passed makes up for it today: notice is given from now on, and not from then. */
export function dayOfRun(date: string, now: string): string {
  const today = now.slice(0, 10);
  return today > date ? today : date;
}

/** Gathers events, each seeing what the ones before it have made of the account. */
class Advance {
  readonly events: AutopayEvent[] = [];
  readonly #today: string;
  #presented = 0;

  constructor(
    private state: AccountState,
    private readonly policy: AutopayPolicy,
    private readonly turn: { readonly date: string; readonly run: string },
    private readonly context: CommandContext,
  ) {
    this.#today = dayOfRun(turn.date, context.at);
  }

  /** Nothing is debited by a card that is not good any more; what was announced is dropped. */
  expire(): void {
    const { enrollment } = this.state.autopay;
    const expires = enrollment?.status === 'active' ? enrollment.method.expires : undefined;
    if (expires !== undefined && !isCardGoodOn(expires, this.#today)) this.#pause('suspend', 'card-expired');
  }

  answer(): void {
    for (const debit of this.state.autopay.debits) if (debit.status === 'failed') this.#answer(debit);
  }

  warn(): void {
    const { enrollment } = this.state.autopay;
    const { expires, lastFour } = enrollment?.method ?? {};
    if (enrollment?.status !== 'active' || expires === undefined) return;
    const last = lastDayOfCard(expires);
    const daysAhead = this.policy.cardExpiryWarnings.findLast((days) => this.#today >= addDays(last, -days));
    if (daysAhead === undefined || (enrollment.warned !== undefined && enrollment.warned <= daysAhead)) return;
    const { enrollmentId } = enrollment;
    const card = { enrollmentId, expires, ...(lastFour !== undefined && { lastFour }) };
    this.#tell({ type: 'AutopayCardExpiring', data: { ...card, daysAhead, ...this.#byPolicy } });
  }

  /** While payments are held none is asked for; the debit waits, and is dropped when it has waited for too long. */
  present(): void {
    const { enrollment } = this.state.autopay;
    for (const debit of scheduledOf(this.state)) {
      if (debit.payOn > this.turn.date || !enrollment) continue;
      if (this.#today > addDays(debit.payOn, this.policy.latestDays)) this.#drop(debit, { reason: 'too-late' });
      else if (this.state.holds.length === 0) this.#present(debit, enrollment);
    }
  }

  announce(): void {
    const { autopay, openBills, status } = this.state;
    const { enrollment } = autopay;
    if (status !== 'open' || enrollment?.status !== 'active') return;
    const byDay = new Map<string, BillShare[]>();
    for (const bill of openBills) {
      const { billNumber, dueOn } = bill;
      const amount = this.#openOf(billNumber);
      if (amount === 0n || !awaitsDebit(autopay, bill)) continue;
      const chosen = dayUpTo(enrollment, addDays(dueOn, -enrollment.daysBeforeDue));
      byDay.set(chosen, [...(byDay.get(chosen) ?? []), { billNumber, amount }]);
    }
    for (const [chosen, bills] of byDay) this.#announce(enrollment, chosen, bills);
  }

  #answer(debit: AutopayDebit): void {
    const { enrollment } = this.state.autopay;
    const { presented, code = '' } = debit;
    if (!presented || !enrollment) return;
    // The customer has given another method meanwhile: what the one before came to is no word on it.
    if (presented.enrollmentId !== enrollment.enrollmentId) {
      return this.#drop(debit, { reason: 'enrollment-replaced', code });
    }
    const answer = answerTo(this.policy, presented.method.kind, code);
    if (answer === 'present-again') return this.#presentAgain(debit, enrollment, code);
    this.#drop(debit, { reason: 'not-paid', code });
    const { status } = enrollment;
    if (answer === 'stop' && (status === 'active' || status === 'suspended')) this.#pause('stop', code);
    if (answer === 'suspend' && status === 'active') this.#pause('suspend', code);
  }

  /** The same amount once more, as often and as long as the policy allows. */
  #presentAgain(debit: AutopayDebit, enrollment: Enrollment, code: string): void {
    const { status } = enrollment;
    const { most, withinDays, afterDays } = this.policy.presentments;
    const { debitId, presentments, firstPresentedOn = this.#today, presented } = debit;
    const wait = afterDays[Math.min(presentments, afterDays.length) - 1] ?? 0;
    const payOn = dayFrom(enrollment, addDays(this.#today, wait));
    if (status !== 'active') return this.#drop(debit, { reason: `enrollment-${status}`, code });
    if (presentments >= most) return this.#drop(debit, { reason: 'presentments-used-up', code });
    if (payOn > addDays(firstPresentedOn, withinDays)) return this.#drop(debit, { reason: 'presented-too-long', code });
    const what = stated(presented?.bills ?? debit.bills, this.state);
    this.#tell({ type: 'AutopayDebitRescheduled', data: { debitId, ...what, code, payOn, ...this.#byPolicy } });
  }

  #present(debit: AutopayDebit, { enrollmentId, method: { kind, token } }: Enrollment): void {
    const { debitId, presentments, presented, firstPresentedOn = this.#today } = debit;
    if (this.#today > addDays(firstPresentedOn, this.policy.presentments.withinDays)) {
      return this.#drop(debit, { reason: 'presented-too-long' });
    }
    const wanted = presented?.bills ?? debit.bills;
    const bills = debitable(wanted, this.state, this.#today);
    if (bills.length === 0) {
      // What came back once is not announced as if it were new.
      const reason = presentments === 0 ? whyNothing(wanted, this.state, this.#today) : 'nothing-open';
      return this.#drop(debit, { reason });
    }
    // A debit is presented again for the same amount or not at all (Nacha, reinitiation of returned entries).
    if (presentments > 0 && sumOf(bills) < sumOf(wanted)) return this.#drop(debit, { reason: 'amount-changed' });
    const paymentId = numbered(this.context.commandId, this.#presented++);
    const what = { debitId, ...stated(bills, this.state), enrollmentId, paymentId, method: { kind, token } };
    const data = { ...what, presentment: presentments + 1, run: this.turn.run, ...this.#byPolicy };
    this.#tell({ type: 'AutopayDebitPresented', data });
  }

  #announce(enrollment: Enrollment, chosen: string, bills: readonly BillShare[]): void {
    const { enrollmentId, method, noticeRange } = enrollment;
    const notice = this.#noticeOf(sumOf(bills), enrollmentId, noticeRange);
    const earliest = dayFrom(enrollment, addDays(this.#today, notice.required ? this.policy.noticeDays : 0));
    const { token: _, ...shown } = method;
    const data = {
      debitId: String(this.state.autopay.debits.length + 1),
      ...stated(bills, this.state),
      ...{ enrollmentId, payOn: chosen > earliest ? chosen : earliest, method: shown, notice },
      ...this.#byPolicy,
    };
    this.#tell({ type: 'AutopayDebitAnnounced', data });
  }

  /** Whether the amount differs from the transfer before it under the same authorization (12 CFR 1005.10(d)). */
  #noticeOf(amount: bigint, enrollmentId: string, range: Enrollment['noticeRange']) {
    const notice = (required: boolean, because: Notice['because']): Notice => ({ required, because });
    if (range) {
      const isWithin = amount >= range.from && amount <= range.to;
      return isWithin ? notice(false, 'within-range') : notice(true, 'outside-range');
    }
    const { debits } = this.state.autopay;
    // Until it is presented nobody knows what it will come to.
    if (debits.some(({ status, presentments }) => status === 'scheduled' && presentments === 0)) {
      return notice(true, 'previous-pending');
    }
    const before = debits.findLast(({ presented, neverMade }) => presented?.enrollmentId === enrollmentId && !neverMade)
      ?.presented?.amount;
    if (before === undefined) return notice(true, 'first-debit');
    return before === amount ? notice(false, 'amount-unchanged') : notice(true, 'amount-varies');
  }

  /** Suspends or stops the enrolment. What was announced is not made. */
  #pause(how: 'suspend' | 'stop', code: string): void {
    const { enrollment } = this.state.autopay;
    if (!enrollment) return;
    const [type, reason] =
      how === 'stop'
        ? (['AutopayStopped', 'enrollment-stopped'] as const)
        : (['AutopaySuspended', 'enrollment-suspended'] as const);
    for (const debit of scheduledOf(this.state)) this.#drop(debit, { reason });
    this.#tell({ type, data: { enrollmentId: enrollment.enrollmentId, code, ...this.#byPolicy } });
  }

  #drop(debit: AutopayDebit, why: { readonly reason: string; readonly code?: string }): void {
    this.#tell(dropped(debit, why, this.policy, this.state, this.context.at));
  }

  /** What may be debited of a bill: not what is in dispute, nor what an arrangement has put off, nor what there is credit for. */
  #openOf(billNumber: string): bigint {
    return collectibleOf(this.state, billNumber, this.#today).collectible;
  }

  get #byPolicy() {
    return { policy: this.policy.version, effectiveAt: this.context.at };
  }

  #tell(event: AutopayEvent): void {
    this.events.push(event);
    this.state = account.evolve(this.state, event);
  }
}

type Notice = Extract<AutopayEvent, { type: 'AutopayDebitAnnounced' }>['data']['notice'];

/** Bank accounts are debited on business days, cards on any. */
function dayFrom({ method }: Enrollment, day: string): string {
  return method.kind === 'bank-account' ? businessDayFrom(day) : day;
}

function dayUpTo({ method }: Enrollment, day: string): string {
  return method.kind === 'bank-account' ? businessDayUpTo(day) : day;
}

/** Ids of what one command makes: its own, and those that follow it when they are counted up in the last figures. */
function numbered(commandId: string, index: number): string {
  const last = (Number.parseInt(commandId.slice(-4), 16) + index) % 0x10000;
  return commandId.slice(0, -4) + last.toString(16).padStart(4, '0');
}
