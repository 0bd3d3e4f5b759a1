import { type z } from 'zod';
import {
  type AccountAsOf,
  type AgedAccount,
  type Aging,
  type Entry,
  type Explanation,
  type RolledAccount,
  type RollForward,
  type Statement,
  type TrialBalance,
} from './audit-answers.js';
import { type Money } from './money.js';
import { properties, table } from './table.js';

/* How each of finance's reports is laid out for people: what it is of, then its figures, read from the right. */

const PARTS = ['billed', 'paid', 'returned', 'refunded', 'claimed', 'adjusted', 'writtenOff', 'reinstated'] as const;
const STANDING = [...PARTS, 'balance', 'open', 'credit'] as const;
const ROLLED = ['opening', ...PARTS, 'closing', 'difference'] as const;

/** A figure's name as people say it: `written off`. */
function spoken(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

interface Asked {
  readonly effectiveAt?: string | null;
  readonly from?: string | null;
  readonly to?: string | null;
  readonly recordedAt: string | null;
}

/** What the report is of: the first lines of each. */
function heading(asked: Asked, more: readonly (readonly [string, string])[] = []): string {
  const { effectiveAt, from, to, recordedAt } = asked;
  const effective =
    effectiveAt === undefined ? `from ${from ?? 'the beginning'} to ${to ?? 'the end'}` : upTo(effectiveAt);
  return properties([...more, ['effective', effective], ['recorded', upTo(recordedAt)]]);
}

function upTo(moment: string | null): string {
  return moment === null ? 'everything' : `up to ${moment}`;
}

function counted(accounts: number): string {
  return accounts === 1 ? '1 account' : `${accounts} accounts`;
}

/** Figures of accounts and their totals, after what they are of and their currency. */
function figuresTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'there is no account';
  return table([headings, ...rows], headings.map((_, index) => index).slice(2));
}

/** Amounts below each other, with what they are of. */
function amounts(currency: string, rows: readonly (readonly [string, Money])[]): string {
  return table([['', currency], ...rows.map(([name, { amount }]) => [name, amount])], [1]);
}

export function accountAsOfText(answer: z.output<typeof AccountAsOf>): string {
  const { accountId, currency, openBills } = answer;
  const ofBills = [['past due', answer.pastDue] as const, ['in dispute', answer.disputed] as const];
  const bills = openBills.map(({ billNumber, issuedOn, dueOn, daysPastDue, total, open }) => [
    ...[billNumber, issuedOn, dueOn, String(daysPastDue), total.amount, open.amount],
  ]);
  return [
    heading(answer, [['account', accountId]]),
    amounts(currency, [...STANDING.map((name) => [spoken(name), answer[name]] as const), ...ofBills]),
    bills.length === 0
      ? 'no bill is open'
      : table([['open bill', 'issued', 'due', 'days past due', 'total', 'open'], ...bills], [3, 4, 5]),
  ].join('\n\n');
}

export function trialBalanceText(answer: z.output<typeof TrialBalance>): string {
  const books = answer.currencies.map(({ currency, debit, credit, difference, accounts }) => {
    const rows = accounts.map((one) => [one.account, one.debit.amount, one.credit.amount, one.balance.amount]);
    const total = ['total', debit.amount, credit.amount, difference.amount];
    return table([[currency, 'debit', 'credit', 'balance'], ...rows, total], [1, 2, 3]);
  });
  return [heading(answer), ...(books.length === 0 ? ['nothing was posted'] : books)].join('\n\n');
}

type Aged = z.output<typeof Aging>['currencies'][number] | z.output<typeof AgedAccount>;

export function agingText(answer: z.output<typeof Aging>, accounts: readonly z.output<typeof AgedAccount>[]): string {
  const figures = ({ buckets, open, prepaid, receivable, unapplied, balance }: Aged) =>
    [...Object.values(buckets), open, prepaid, receivable, unapplied, balance].map(({ amount }) => amount);
  const headings = [
    ...['', 'currency', 'current', '1–30', '31–60', '61–90', '91–120', 'over 120'],
    ...['open', 'prepaid', 'receivable', 'unapplied', 'balance'],
  ];
  const rows = [
    ...accounts.map((one) => [one.accountId, one.currency, ...figures(one)]),
    ...answer.currencies.map((one) => [counted(one.accounts), one.currency, ...figures(one)]),
  ];
  return [heading(answer, [['days past due on', answer.agedOn]]), figuresTable(headings, rows)].join('\n\n');
}

export function rollForwardText(
  answer: z.output<typeof RollForward>,
  accounts: readonly z.output<typeof RolledAccount>[],
): string {
  const headings = ['', 'currency', ...ROLLED.map(spoken)];
  const rows = [
    ...accounts.map((one) => [one.accountId, one.currency, ...ROLLED.map((name) => one[name].amount)]),
    ...answer.currencies.map((one) => [
      ...[counted(one.accounts), one.currency, ...ROLLED.map((name) => one[name].amount)],
    ]),
  ];
  return [heading(answer), figuresTable(headings, rows)].join('\n\n');
}

export function statementText(answer: z.output<typeof Statement>): string {
  const { accountId, currency, opening, closing, lines } = answer;
  const rows = lines.map(({ effectiveAt, recordedAt, kind, reference, reason, amount, balance }) => [
    ...[toMinute(effectiveAt), toMinute(recordedAt), kind, reference ?? '', reason ?? ''],
    ...[amount.amount, balance.amount],
  ]);
  return [
    heading(answer, [['account', accountId]]),
    table(
      [
        ['effective', 'recorded', 'what', 'reference', 'reason', currency, 'balance'],
        ['', '', 'opening', '', '', '', opening.amount],
        ...rows,
        ['', '', 'closing', '', '', '', closing.amount],
      ],
      [5, 6],
    ),
    amounts(
      currency,
      PARTS.map((name) => [spoken(name), answer[name]]),
    ),
  ].join('\n\n');
}

export function explanationText(answer: z.output<typeof Explanation>): string {
  const { accountId, currency, balance, lines, sources } = answer;
  const ofLines = lines.map(({ billNumber, lineId, description, dueOn, left, entries }) =>
    itemText(
      `${left.amount} left of ${billNumber}/${lineId} (${description}, due ${dueOn})`,
      currency,
      entries.map((one) => ({ ...one, where: one.sourceId === null ? '' : `${one.sourceKind} ${one.sourceId}` })),
    ),
  );
  const ofSources = sources.map(({ sourceKind, sourceId, left, entries }) =>
    itemText(
      `${left.amount} left of ${sourceKind} ${sourceId}, to the customer’s good`,
      currency,
      entries.map((one) => ({ ...one, where: one.billNumber === null ? '' : `${one.billNumber}/${one.lineId}` })),
    ),
  );
  const first = heading(answer, [
    ['account', accountId],
    ['balance', `${balance.amount} ${currency}`],
  ]);
  return [first, ...ofLines, ...ofSources, ...(lines.length + sources.length === 0 ? ['nothing is left'] : [])].join(
    '\n\n',
  );
}

function itemText(title: string, currency: string, entries: readonly (Entry & { readonly where: string })[]): string {
  const rows = entries.map(({ what, amount, where, event }) => {
    const by = event.onBehalfOf === null ? event.actor : `${event.actor} for ${event.onBehalfOf}`;
    const times = [toMinute(event.effectiveAt), toMinute(event.recordedAt)];
    const policy = event.allocationPolicy ?? (event.rounding === null ? '' : `rounded by ${event.rounding.policy}`);
    const cause = [`${event.type} ${event.revision}`, by, event.commandId, policy];
    return [amount.amount, what, where, ...times, ...cause];
  });
  const headings = [currency, 'what', 'from or to', 'effective', 'recorded', 'event', 'by', 'command', 'policy'];
  return `${title}\n${table([headings, ...rows], [0])}`;
}

/** `2026-01-31T12:00:00.000Z` as `2026-01-31 12:00`. */
function toMinute(instant: string): string {
  return instant.slice(0, 16).replace('T', ' ');
}
