import { type Message } from '#libs/contracts';
import { backtest, type RuleSet } from '#libs/fraud';
import { idOf, MessageMaker } from './messages.js';
import { PATTERNS, type Pattern, type Step } from './patterns.js';
import { Dice } from './dice.js';

export interface SimulationOptions {
  /** The same seed gives the same messages. */
  readonly seed: number;
  readonly accounts?: number;
  readonly days?: number;
  /** How often each pattern is injected. */
  readonly patterns?: number;
}

/** Messages of honest payers with their habits, and of frauds whose place is known. */
export interface Simulation {
  readonly messages: readonly Message[];
  /** The messages of each injected fraud, and which rules are meant to find it. */
  readonly frauds: readonly { readonly pattern: Pattern; readonly messageIds: ReadonlySet<string> }[];
}

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

export function simulate({ seed, accounts = 1_000, days = 360, patterns = 5 }: SimulationOptions): Simulation {
  const dice = new Dice(seed);
  const steps: { step: Step; fraud: number }[] = [];
  for (let index = 0; index < accounts; index++) {
    for (const step of honestPayer(dice, `payer ${seed} ${index}`, days)) steps.push({ step, fraud: -1 });
  }
  const injected = PATTERNS.flatMap((pattern) => Array.from({ length: patterns }, () => pattern));
  for (const [fraud, pattern] of injected.entries()) {
    // Not in the first half: what is unusual only shows once there is a habit.
    const at = START + Math.floor(days * DAY * (0.5 + 0.4 * dice.share()));
    for (const step of pattern.inject(dice, `fraud ${seed} ${fraud}`, at)) steps.push({ step, fraud });
  }
  steps.sort((a, b) => a.step.at - b.step.at);
  const maker = new MessageMaker(`simulation ${seed}`);
  const frauds = injected.map((pattern) => ({ pattern, messageIds: new Set<string>() }));
  const messages = steps.map(({ step, fraud }) => {
    const message = step.make(maker);
    frauds[fraud]?.messageIds.add(message.id);
    return message;
  });
  return { messages, frauds };
}

/** Pays once a month about the same, now and then is declined first, pays late, moves house, or is taken back by the bank. */
function honestPayer(dice: Dice, name: string, days: number): Step[] {
  const account = idOf(name);
  const usual = 2_000 + dice.below(18_000);
  const channel = dice.of(['online', 'autopay', 'phone', 'mail-in'] as const);
  const token = channel === 'mail-in' ? undefined : `tok_${name.replaceAll(' ', '_')}`;
  const steps: Step[] = [];
  for (let month = START + dice.below(28) * DAY; month < START + days * DAY; month += 30 * DAY) {
    const at = month + dice.below(5 * DAY);
    const cents = Math.round(usual * (0.92 + 0.16 * dice.share()) * (dice.chance(0.01) ? 2 : 1));
    const paying = { amount: (cents / 100).toFixed(2), channel, token };
    const iso = (moment: number) => new Date(moment).toISOString();
    if (dice.chance(0.03))
      steps.push({ at: at - 60_000, make: (maker) => maker.failure(account, iso(at - 60_000), paying) });
    let payment: ReturnType<MessageMaker['payment']> | undefined;
    steps.push({ at, make: (maker) => (payment = maker.payment(account, iso(at), paying)) });
    const back = at + (5 + dice.below(10)) * DAY;
    if (dice.chance(0.01)) steps.push({ at: back, make: (maker) => maker.returned(payment!, iso(back)) });
    else if (dice.chance(0.005)) steps.push({ at: back, make: (maker) => maker.refund(payment!, iso(back)) });
    if (dice.chance(0.01)) steps.push({ at: at + DAY, make: (maker) => maker.contactChanged(account, iso(at + DAY)) });
  }
  return steps;
}

/** How well a rule did. */
export interface RuleScore {
  readonly ruleId: string;
  readonly alerts: number;
  /** Share of its alerts that were set off by a message of a fraud, of whatever pattern; 1 without alerts. */
  readonly precision: number;
  /** Frauds it is meant to find. */
  readonly frauds: number;
  /** Share of those it found. */
  readonly recall: number;
}

/** Runs rules over a simulation and compares what they found with what is there. */
export async function score(rules: RuleSet, { messages, frauds }: Simulation): Promise<RuleScore[]> {
  const alerted = new Map<string, Set<string>>(rules.rules.map(({ id }) => [id, new Set<string>()]));
  await backtest({
    rules,
    messages: oneByOne(messages),
    onAlert: ({ ruleId, messageId }) => alerted.get(ruleId)!.add(messageId),
  });
  const fraudulent = new Set(frauds.flatMap(({ messageIds }) => [...messageIds]));
  return rules.rules.map((rule) => {
    const found = alerted.get(rule.id)!;
    const right = [...found].filter((id) => fraudulent.has(id)).length;
    const mine = frauds.filter(({ pattern }) => pattern.meantFor(rule));
    const caught = mine.filter(({ messageIds }) => [...found].some((id) => messageIds.has(id))).length;
    return {
      ruleId: rule.id,
      alerts: found.size,
      precision: found.size === 0 ? 1 : right / found.size,
      frauds: mine.length,
      recall: mine.length === 0 ? 1 : caught / mine.length,
    };
  });
}

async function* oneByOne(messages: readonly Message[]): AsyncGenerator<Message> {
  for (const message of messages) yield await Promise.resolve(message);
}
