import { createHash } from 'node:crypto';
import {
  AddOneTimeCharge,
  addDays,
  type AccountState,
  AgreeArrangement,
  CancelArrangement,
  CancelAutopay,
  ChangeBillDelivery,
  ChangeContact,
  ChangeNotificationPreferences,
  ChangePlan,
  CollectPayment,
  EnrollAutopay,
  formatMinor,
  HoldPayments,
  AddNote,
  OpenDispute,
  OpenSupportCase,
  type Random,
  RecordUsage,
  ResumeAutopay,
  StartSubscription,
  StopSubscription,
  VoidPayment,
} from '#libs/ledger';
import { act, type Act } from './act.js';
import { diceFor } from './dice.js';
import { paymentsOf } from './payments-of.js';
import { idOf, meansToPay, type Subscriber, TAX_AREAS, wayOf } from './subscriber.js';

/** The version of the catalogue that comes with Paybill: what subscribers subscribe to. */
export const CATALOGUE = 'us-2020-01';
/** How payments are collected in a simulation. */
export const PAYMENT_POLICY = { version: 'payments/1', applyOn: 'settled' } as const;
export const GATEWAY = 'simulator';

/** How many of ten thousand days of a subscriber something is done on; at most one of these on one day. */
const OCCASIONS = {
  'gives a contact': 50,
  'changes preferences': 25,
  'changes paperless': 45,
  'opens a dispute': 45,
  'asks for instalments': 60,
  'drops an arrangement': 20,
  'enrolls in autopay': 20,
  'leaves autopay': 20,
  'resumes autopay': 150,
  'changes the plan': 15,
  'has a technician': 20,
  'uses data': 200,
  'schedules a payment': 30,
  'pays ahead': 35,
  'is suspected': 20,
  'asks for help': 60,
} as const;
export type Occasion =
  keyof typeof OCCASIONS | 'takes a payment back' | 'pays' | 'enrolls at first' | 'moves' | 'leaves';

/** What a subscriber may do on a day, drawn before anybody looks at the account: on most days nothing. */
export function occasionsOf(seed: number, subscriber: Subscriber, day: string): Occasion[] {
  const { index, opensOn, movesOn, leavesOn, way } = subscriber;
  const found: Occasion[] = [];
  if (way === 'autopay' && day === addDays(opensOn, 2)) found.push('enrolls at first');
  if (day === movesOn) found.push('moves');
  if (day === leavesOn) found.push('leaves');
  if (isByGateway(subscriber, day) && meansToPay(seed, subscriber, day)) found.push('pays');
  const drawnOn = (on: string) => occasionAt(diceFor(seed, 'occasion', index, on).between(0, 9_999));
  const drawn = drawnOn(day);
  if (drawnOn(addDays(day, -1)) === 'schedules a payment' && index % 2 === 0) found.push('takes a payment back');
  if (drawn && !(leavesOn !== undefined && day > leavesOn && drawn !== 'opens a dispute')) found.push(drawn);
  return found;
}

function occasionAt(thrown: number): Occasion | undefined {
  let below = 0;
  for (const [occasion, share] of Object.entries(OCCASIONS) as [keyof typeof OCCASIONS, number][]) {
    below += share;
    if (thrown < below) return occasion;
  }
  return undefined;
}

/** Whether payments of this subscriber go by a gateway: the others come by mail, over a counter or by keypad. */
function isByGateway(subscriber: Subscriber, day: string): boolean {
  const way = wayOf(subscriber, day);
  return way === 'autopay' || way === 'online' || way === 'phone';
}

/** What somebody is about to do something with. */
interface Occurrence {
  readonly seed: number;
  readonly occasion: Occasion;
  readonly subscriber: Subscriber;
  readonly day: string;
  readonly account: AccountState;
  readonly dice: Random;
}

const DEEDS: Readonly<Record<Occasion, (occurrence: Occurrence) => Act[]>> = {
  pays: payment,
  'enrolls at first': ({ subscriber, day, dice }) => [enrollment(subscriber, day, dice)],
  'enrolls in autopay': ({ subscriber, day, dice, account }) =>
    account.status === 'open' && account.open > 0n ? [enrollment(subscriber, day, dice)] : [],
  'leaves autopay': ({ subscriber, account }) =>
    isEnrolled(account) ? [act(CancelAutopay, subscriber.accountId, { reason: 'customer-asked' })] : [],
  'resumes autopay': ({ subscriber, account }) =>
    account.autopay.enrollment?.status === 'suspended'
      ? [act(ResumeAutopay, subscriber.accountId, { reason: 'customer-asked' })]
      : [],
  moves: (occurrence) => [...moving(occurrence), contact(occurrence)],
  leaves: ({ subscriber, day }) => [stop(subscriber.accountId, currentSubscription(subscriber, day), day)],
  'gives a contact': (occurrence) => [contact(occurrence)],
  'changes preferences': ({ subscriber, dice }) => [preferences(subscriber.accountId, dice)],
  'changes paperless': ({ subscriber, account }) => paperless(subscriber.accountId, account),
  'opens a dispute': ({ subscriber, account, dice }) => dispute(subscriber.accountId, account, dice),
  'asks for instalments': ({ subscriber, account, day, dice }) => arrangement(subscriber.accountId, account, day, dice),
  'drops an arrangement': ({ subscriber: { accountId }, account: { arrangement: standing } }) => {
    const reason = 'customer-asked';
    return standing ? [act(CancelArrangement, accountId, { arrangementId: standing.arrangementId, reason })] : [];
  },
  'changes the plan': ({ subscriber, day }) =>
    subscriber.plan.startsWith('fibre') ? changedPlan(subscriber, day) : [],
  'has a technician': ({ subscriber, day }) => {
    const subscriptionId = currentSubscription(subscriber, day);
    const visit = { subscriptionId, charge: 'technician', on: day, catalogue: CATALOGUE };
    return [act(AddOneTimeCharge, subscriber.accountId, visit)];
  },
  'uses data': ({ seed, subscriber, day, dice }) =>
    subscriber.plan === 'mobile-10' ? [usage(seed, subscriber, day, dice)] : [],
  'asks for help': askingForHelp,
  'schedules a payment': (occurrence) => {
    const { account, day } = occurrence;
    return account.open > 0n ? [collect(occurrence, account.open, addDays(day, 3))] : [];
  },
  'takes a payment back': ({ seed, subscriber, day }) => {
    const paymentId = paymentIdOf(seed, 'schedules a payment', subscriber, addDays(day, -1));
    return [act(VoidPayment, paymentId, { reason: 'customer-asked' })];
  },
  'pays ahead': (occurrence) => {
    const { account, subscriber, dice } = occurrence;
    if (account.status !== 'open' || !isByGateway(subscriber, occurrence.day)) return [];
    return [collect(occurrence, account.open + BigInt(dice.between(500, 6_000)))];
  },
  'is suspected': ({ seed, subscriber: { accountId, index }, day, account }) => {
    if (account.holds.length > 0) return [];
    const hold = { holdId: idOf(seed, 'hold', index, day), reason: 'suspected-fraud' };
    return [act(HoldPayments, accountId, hold, { actor: 'fraud-monitor' })];
  },
};

/** What comes of an occasion, given how the account stands; nothing where there is nothing to do. */
export function actsOn(
  seed: number,
  occasion: Occasion,
  subscriber: Subscriber,
  day: string,
  account: AccountState,
): Act[] {
  const dice = diceFor(seed, occasion, subscriber.index, day);
  return DEEDS[occasion]({ seed, occasion, subscriber, day, account, dice });
}

/** What somebody pays who sits down to pay; undefined when there is nothing to pay, or nothing to pay it with. */
export function paidBy({ habit }: Subscriber, account: AccountState): bigint | undefined {
  const owed = habit === 'insolvent' ? account.open + account.writtenOff : account.open;
  if (account.status === 'unknown' || owed === 0n) return undefined;
  switch (habit) {
    case 'partial':
      return owed > 2_000n ? (owed * 3n) / 5n : owed;
    case 'generous':
      return ((owed + 999n) / 1_000n) * 1_000n;
    default:
      return owed;
  }
}

/** The subscription that is charged on a day: another one since a move. */
function currentSubscription({ movesOn }: Subscriber, day: string): string {
  return movesOn !== undefined && day >= movesOn ? 'S-2' : 'S-1';
}

function payment(occurrence: Occurrence): Act[] {
  const { subscriber, day, account, dice } = occurrence;
  if (subscriber.way === 'autopay') {
    if (isEnrolled(account)) return [];
    if (account.status === 'open' && dice.percent(60)) return [enrollment(subscriber, day, dice)];
  }
  const amount = paidBy(subscriber, account);
  return amount === undefined ? [] : [collect(occurrence, amount)];
}

function isEnrolled({ autopay: { enrollment: found } }: AccountState): boolean {
  return found?.status === 'active' || found?.status === 'suspended';
}

/** What the gateway makes of a payment is told by the token. */
function tokenOf({ habit }: Subscriber, kind: 'card' | 'bank-account', dice: Random, oddPercent = 22): string {
  if (habit === 'bouncing' && dice.percent(45)) {
    return kind === 'bank-account' ? dice.pick(['sim_return', 'sim_insufficient_funds']) : 'sim_decline';
  }
  const odd =
    kind === 'bank-account'
      ? (['sim_late', 'sim_late', 'sim_return', 'sim_late_decline', 'sim_timeout', 'sim_timeout_lost'] as const)
      : ([
          'sim_authorized',
          'sim_dispute',
          'sim_dispute',
          'sim_decline',
          'sim_refund_late',
          'sim_refund_fails',
        ] as const);
  return dice.percent(oddPercent) ? dice.pick(odd) : 'sim_ok';
}

function collect({ seed, occasion, subscriber, day, dice }: Occurrence, amount: bigint, payOn?: string): Act {
  const { accountId, method, way } = subscriber;
  const body = {
    accountId,
    amount: usd(amount),
    channel: way === 'phone' ? ('phone' as const) : ('online' as const),
    method: { kind: method, token: tokenOf(subscriber, method, dice) },
    ...(payOn !== undefined && { payOn }),
    gateway: GATEWAY,
    policy: PAYMENT_POLICY,
  };
  return act(CollectPayment, paymentIdOf(seed, occasion, subscriber, day), body);
}

/** The payment that somebody asked for on an occasion of a day. */
function paymentIdOf(seed: number, occasion: Occasion, { index }: Subscriber, day: string): string {
  return idOf(seed, 'payment', occasion, index, day);
}

function enrollment(subscriber: Subscriber, day: string, dice: Random): Act {
  const { accountId, method: kind } = subscriber;
  const method = { kind, token: tokenOf(subscriber, kind, dice, 40), lastFour: String(dice.between(1_000, 9_999)) };
  const expires = addDays(day, dice.between(60, 900)).slice(0, 7);
  return act(EnrollAutopay, accountId, {
    method: { ...method, ...(kind === 'card' && { expires }) },
    daysBeforeDue: dice.pick([0, 0, 2, 5]),
    consent: {
      by: 'account-holder',
      agreedAt: `${day}T00:00:00.000Z`,
      wording: 'autopay-2021-01',
      means: dice.pick(['online', 'phone', 'paper'] as const),
    },
  });
}

function moving({ subscriber, day, dice }: Occurrence): Act[] {
  const { accountId, plan } = subscriber;
  const begin = { subscriptionId: 'S-2', plan, startsOn: day, taxArea: dice.pick(TAX_AREAS), catalogue: CATALOGUE };
  return [stop(accountId, 'S-1', day), act(StartSubscription, accountId, begin)];
}

function stop(accountId: string, subscriptionId: string, on: string): Act {
  return act(StopSubscription, accountId, { subscriptionId, on, reason: 'customer-asked' });
}

function changedPlan(subscriber: Subscriber, day: string): Act[] {
  const plan = subscriber.plan === 'fibre-300' ? 'fibre-1000' : 'fibre-300';
  const subscriptionId = currentSubscription(subscriber, day);
  return [act(ChangePlan, subscriber.accountId, { subscriptionId, plan, on: day, catalogue: CATALOGUE })];
}

function usage(seed: number, subscriber: Subscriber, day: string, dice: Random): Act {
  return act(RecordUsage, subscriber.accountId, {
    usageId: idOf(seed, 'usage', subscriber.index, day),
    subscriptionId: currentSubscription(subscriber, day),
    meter: 'data',
    quantity: `${dice.between(1, 9)}.${dice.between(1, 9)}`,
    usedOn: day,
  });
}

function contact({ seed, subscriber, day, dice }: Occurrence): Act {
  const email = { email: sealed(seed, subscriber.index, day, 'email') };
  const body = dice.percent(50) ? { ...email, name: sealed(seed, subscriber.index, day, 'name') } : email;
  return act(ChangeContact, subscriber.accountId, body);
}

/** Nobody is behind it: a sealed text that has no key is that of a customer who was erased. */
export function sealed(seed: number, index: number, day: string, part: string): string {
  return `v1.${createHash('sha256').update(`${seed}\n${index}\n${day}\n${part}`).digest('base64url')}`;
}

/** What somebody asks about is a case of its own, with what was said when it was opened. */
function askingForHelp({ seed, subscriber, day, dice }: Occurrence): Act[] {
  const { accountId, index } = subscriber;
  const caseId = caseIdOf(seed, subscriber, day);
  const channel = dice.pick(['phone', 'email', 'chat', 'letter'] as const);
  const topic = dice.pick(['bill-too-high', 'outage', 'moving', 'payment-missing'] as const);
  return [
    act(OpenSupportCase, caseId, { accountId, channel, topic }),
    act(AddNote, caseId, { accountId, channel, text: sealed(seed, index, day, 'said') }),
  ];
}

/** The case that somebody opens who asks for help on a day. */
export function caseIdOf(seed: number, { index }: Subscriber, day: string): string {
  return idOf(seed, 'case', index, day);
}

function preferences(accountId: string, dice: Random): Act {
  const channels = { 'bill-ready': dice.pick([['email'], ['sms'], ['email', 'sms']] as ('email' | 'sms')[][]) };
  const timeZone = dice.pick(['America/New_York', 'America/Chicago', 'America/Los_Angeles']);
  return act(ChangeNotificationPreferences, accountId, { locale: 'en-US', timeZone, channels });
}

function paperless(accountId: string, account: AccountState): Act[] {
  if (account.paperless) return [act(ChangeBillDelivery, accountId, { paperless: false })];
  if (account.contact.email === undefined) return [];
  return [act(ChangeBillDelivery, accountId, { paperless: true, consent: 'electronic-records-2021-01' })];
}

function dispute(accountId: string, account: AccountState, dice: Random): Act[] {
  const paid = paymentsOf(account).findLast(({ returned }) => !returned);
  if (paid && dice.percent(25)) {
    return [
      act(OpenDispute, accountId, {
        subject: { kind: 'payment', paymentId: paid.id },
        reason: 'payment-not-made-by-me',
      }),
    ];
  }
  const bill = account.bills.get(account.openBills.at(-1)?.billNumber ?? '');
  const line = bill?.lines[0];
  if (!bill || !line) return [];
  const subject = dice.percent(50)
    ? ({ kind: 'bill', billNumber: bill.billNumber } as const)
    : ({ kind: 'charge', billNumber: bill.billNumber, lineId: line.lineId } as const);
  return [act(OpenDispute, accountId, { subject, reason: 'not-ordered' })];
}

/** In two to four instalments, two weeks apart: the last takes what does not divide. */
function arrangement(accountId: string, account: AccountState, day: string, dice: Random): Act[] {
  const disputed = new Set(account.disputes.flatMap(({ shares }) => shares.map(({ billNumber }) => billNumber)));
  const bills = account.openBills.filter(({ billNumber }) => !disputed.has(billNumber));
  const owed = bills.reduce((sum, { billNumber }) => sum + (account.bills.get(billNumber)?.open ?? 0n), 0n);
  if (account.arrangement || owed < 1_000n) return [];
  const number = dice.between(2, 4);
  const each = owed / BigInt(number);
  const instalments = Array.from({ length: number }, (_, at) => ({
    dueOn: addDays(day, 14 * (at + 1)),
    amount: formatMinor(at === number - 1 ? owed - each * BigInt(number - 1) : each, 2),
  }));
  return [act(AgreeArrangement, accountId, { bills: bills.map(({ billNumber }) => billNumber), instalments })];
}

export function usd(minor: bigint): { amount: string; currency: 'USD' } {
  return { amount: formatMinor(minor, 2), currency: 'USD' };
}
