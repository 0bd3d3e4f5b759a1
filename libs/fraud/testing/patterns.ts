import { type Message } from '#libs/contracts';
import { type RuleSet } from '#libs/fraud';
import { type Dice } from './dice.js';
import { idOf, type MessageMaker } from './messages.js';

/** One thing that happens, at a moment. */
export interface Step {
  readonly at: number;
  make(maker: MessageMaker): Message;
}

type Rule = RuleSet['rules'][number];

/** A kind of fraud: what the fraudster does from a moment on, and which rules are meant to find it. */
export interface Pattern {
  readonly name: string;
  meantFor(rule: Rule): boolean;
  inject(dice: Dice, name: string, at: number): Step[];
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const iso = (moment: number) => new Date(moment).toISOString();
const money = (cents: number) => (cents / 100).toFixed(2);

const times = <Made>(count: number, step: (index: number) => Made): Made[] =>
  Array.from({ length: count }, (_, index) => step(index));

const counts = (rule: Rule, scope: string, failures: boolean) =>
  rule.kind === 'velocity-count' && rule.scope === scope && (rule.of === 'failures') === failures;
const sums = (rule: Rule, scope: string) => rule.kind === 'velocity-sum' && rule.scope === scope;
const tests = (rule: Rule, scope: string) => rule.kind === 'card-testing' && rule.scope === scope;

/** Amounts, distances in time and numbers vary around what makes each pattern: some are at the edge and are not found. */
export const PATTERNS: readonly Pattern[] = [
  {
    name: 'many payments on one account',
    meantFor: (rule) => counts(rule, 'account', false),
    inject: (dice, name, at) =>
      times(6 + dice.below(6), (index): Step => {
        const moment = at + index * (2 + dice.below(6)) * MINUTE;
        const paying = { amount: money(5_000 + dice.below(2_000)), token: `tok_${idOf(name)}` };
        return { at: moment, make: (maker) => maker.payment(idOf(name), iso(moment), paying) };
      }),
  },
  {
    name: 'guessing with one card',
    meantFor: (rule) => counts(rule, 'account', true),
    inject: (dice, name, at) =>
      times(10 + dice.below(10), (index): Step => {
        const moment = at + index * 40_000;
        const paying = { amount: money(5_000 + dice.below(2_000)), token: `tok_${idOf(name)}` };
        return { at: moment, make: (maker) => maker.failure(idOf(name), iso(moment), paying) };
      }),
  },
  {
    name: 'overpaying one account within a day',
    meantFor: (rule) => sums(rule, 'account'),
    inject: (dice, name, at) =>
      times(4, (index): Step => {
        const moment = at + index * 200 * MINUTE;
        const paying = { amount: money(120_000 + dice.below(40_000)), token: `tok_${idOf(name)}` };
        return { at: moment, make: (maker) => maker.payment(idOf(name), iso(moment), paying) };
      }),
  },
  {
    name: 'one card on account after account, large amounts',
    meantFor: (rule) => sums(rule, 'token') || counts(rule, 'token', false),
    inject: (dice, name, at) =>
      times(10, (index): Step => {
        const moment = at + index * 5 * MINUTE;
        const paying = { amount: money(100_100 + dice.below(50_000)), token: `tok_${idOf(name)}` };
        return { at: moment, make: (maker) => maker.payment(idOf(`${name} ${index}`), iso(moment), paying) };
      }),
  },
  {
    name: 'cards tried on one account',
    meantFor: (rule) => tests(rule, 'account'),
    inject: (dice, name, at) =>
      times(5 + dice.below(8), (index): Step => {
        const moment = at + index * MINUTE;
        const paying = { amount: money(50 + dice.below(300)), token: `tok_${idOf(`${name} ${index}`)}` };
        const declined = dice.chance(0.6);
        return { at: moment, make: attempt(declined, idOf(name), iso(moment), paying) };
      }),
  },
  {
    name: 'one card tried on many accounts',
    meantFor: (rule) => tests(rule, 'token'),
    inject: (dice, name, at) =>
      times(4 + dice.below(6), (index): Step => {
        const moment = at + index * (1 + dice.below(4)) * MINUTE;
        const paying = { amount: money(100), token: `tok_${idOf(name)}` };
        const declined = dice.chance(0.6);
        return { at: moment, make: attempt(declined, idOf(`${name} ${index}`), iso(moment), paying) };
      }),
  },
  {
    name: 'cards by the hundred through the payment page',
    meantFor: (rule) => tests(rule, 'channel') || counts(rule, 'channel', true),
    inject: (dice, name, at) =>
      times(320, (index): Step => {
        const moment = at + index * 1_500 + dice.below(1_000);
        const paying = { amount: money(100 + dice.below(900)), token: `tok_${idOf(`${name} ${index}`)}` };
        return { at: moment, make: (maker) => maker.failure(idOf(`${name} ${index}`), iso(moment), paying) };
      }),
  },
  {
    name: 'a flood of money through one channel',
    meantFor: (rule) => sums(rule, 'channel'),
    inject: (dice, name, at) =>
      times(200, (index): Step => {
        const moment = at + index * 1_000;
        const paying = { amount: money(55_000 + dice.below(10_000)), token: `tok_${idOf(`${name} ${index}`)}` };
        return { at: moment, make: (maker) => maker.payment(idOf(`${name} ${index}`), iso(moment), paying) };
      }),
  },
  {
    name: 'paid and asked back',
    meantFor: ({ kind }) => kind === 'quick-refund',
    inject: (dice, name, at) => {
      const back = at + (1 + dice.below(90)) * 60 * MINUTE;
      let payment: ReturnType<MessageMaker['payment']> | undefined;
      const paying = { amount: money(40_000 + dice.below(40_000)) };
      return [
        { at, make: (maker) => (payment = maker.payment(idOf(name), iso(at), paying)) },
        { at: back, make: (maker) => maker.refund(payment!, iso(back)) },
      ];
    },
  },
  {
    name: 'an account taken over',
    meantFor: ({ kind }) => kind === 'large-payment-after-contact-change',
    inject: (dice, name, at) => {
      const later = at + (1 + dice.below(16)) * DAY;
      const paying = { amount: money(100_000 + dice.below(100_000)) };
      return [
        { at, make: (maker) => maker.contactChanged(idOf(name), iso(at)) },
        { at: later, make: (maker) => maker.payment(idOf(name), iso(later), paying) },
      ];
    },
  },
  {
    name: 'an amount unlike all before',
    meantFor: ({ kind }) => kind === 'unusual-amount',
    inject: (dice, name, at) =>
      times(8, (index): Step => {
        const moment = at - (7 - index) * 20 * DAY;
        const cents = index < 7 ? 5_000 + dice.below(500) : 20_000 + dice.below(40_000);
        const paying = { amount: money(cents) };
        return { at: moment, make: (maker) => maker.payment(idOf(name), iso(moment), paying) };
      }),
  },
  {
    name: 'payment after payment taken back',
    meantFor: ({ kind }) => kind === 'repeated-returns',
    inject: (dice, name, at) =>
      times(4, (index) => index).flatMap((index): Step[] => {
        const paid = at + index * (6 + dice.below(9)) * DAY;
        const back = paid + 3 * DAY;
        let payment: ReturnType<MessageMaker['payment']> | undefined;
        return [
          { at: paid, make: (maker) => (payment = maker.payment(idOf(name), iso(paid), { amount: money(9_000) })) },
          { at: back, make: (maker) => maker.returned(payment!, iso(back)) },
        ];
      }),
  },
];

function attempt(
  declined: boolean,
  account: string,
  at: string,
  paying: { amount: string; token: string },
): Step['make'] {
  return (maker) => (declined ? maker.failure(account, at, paying) : maker.payment(account, at, paying));
}
