import { type Command } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import {
  AccountAsOf,
  AgedAccount,
  Aging,
  Explanation,
  RolledAccount,
  RollForward,
  Statement,
  TrialBalance,
} from './audit-answers.js';
import {
  accountAsOfText,
  agingText,
  explanationText,
  rollForwardText,
  statementText,
  trialBalanceText,
} from './audit-texts.js';
import { ExitCode } from './failure.js';
import { currency, day, moment, requireOrder, uuid, WrongOption } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { type ApiOptions, onApi } from './target.js';

interface ReportOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
  readonly recordedAt?: string;
}

interface MomentOptions extends ReportOptions {
  readonly effectiveAt?: string;
}

interface PeriodOptions extends ReportOptions {
  readonly from?: string;
  readonly to?: string;
}

interface ListOptions {
  readonly currency?: string;
  readonly perAccount?: boolean;
}

const RECORDED_AT = 'only what had been recorded up to then: a day or an instant';
const ACCOUNT = 'its id, or its pay bill number';

/** Adds what finance asks to `paybill audit`: balances as of a moment, and the reports made of them. */
export function addReports(audit: Command): void {
  atMoments(onApi(audit.command('as-of')))
    .description('print what an account owed at a moment; without an account, the trial balance')
    .argument('[account]', ACCOUNT)
    .addHelpText(
      'after',
      '\nExamples:\n  paybill audit as-of 10000000000075 --effective-at 2026-04-30 --recorded-at 2026-05-03\n  paybill audit as-of --effective-at 2026-04-30',
    )
    .action(asOf);
  inPeriod(onApi(audit.command('statement')))
    .description('print an account’s statement of a period: opening balance, each line, closing balance')
    .argument('<account>', ACCOUNT)
    .addHelpText('after', '\nExample:\n  paybill audit statement 10000000000075 --from 2026-04-01 --to 2026-04-30')
    .action(statement);
  listed(atMoments(onApi(audit.command('aging'))))
    .description('print receivables by days past due')
    .addHelpText('after', '\nExample:\n  paybill audit aging --effective-at 2026-04-30 --per-account')
    .action(aging);
  listed(inPeriod(onApi(audit.command('roll-forward'))))
    .description('print how what was owed at the beginning of a period became what was owed at its end')
    .addHelpText('after', '\nExample:\n  paybill audit roll-forward --from 2026-04-01 --to 2026-04-30')
    .action(rollForward);
  atMoments(onApi(audit.command('explain')))
    .description('print why an account’s balance is what it is: each cent traced to events')
    .argument('<account>', ACCOUNT)
    .addHelpText('after', '\nExample:\n  paybill audit explain 10000000000075')
    .action(explain);
}

function atMoments(command: Command): Command {
  return command
    .option('--effective-at <moment>', 'what counts for the customer up to then: a day or an instant', moment)
    .option('--recorded-at <moment>', RECORDED_AT, moment);
}

function inPeriod(command: Command): Command {
  return command
    .option('--from <day>', 'the first day; from the beginning unless told', day)
    .option('--to <day>', 'the last day; no end unless told', day)
    .option('--recorded-at <moment>', RECORDED_AT, moment);
}

function listed(command: Command): Command {
  return command
    .option('--currency <code>', 'only this currency: USD', currency)
    .option('--per-account', 'also each account');
}

async function asOf(account: string | undefined, options: MomentOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  if (account === undefined) {
    const books = await api.ask(TrialBalance, `/journal/trial-balance${asked(options, MOMENTS)}`);
    answer(options, books, () => trialBalanceText(books));
    sayNoUnless(books.currencies.every(({ difference }) => isZero(difference)));
    return;
  }
  const path = `/accounts/${await accountIdOf(api, account)}/as-of${asked(options, MOMENTS)}`;
  const then = await api.ask(AccountAsOf, path);
  answer(options, then, () => accountAsOfText(then));
}

async function statement(account: string, options: PeriodOptions): Promise<void> {
  requireOrder(options);
  const api = await PaybillApi.of(options);
  const path = `/accounts/${await accountIdOf(api, account)}/statement${asked(options, PERIOD)}`;
  const made = await api.ask(Statement, path);
  answer(options, made, () => statementText(made));
  sayNoUnless(isZero(made.difference));
}

async function aging(options: MomentOptions & ListOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const query = asked(options, [...MOMENTS, 'currency']);
  const totals = await api.ask(Aging, `/aging${query}`);
  const accounts = options.perAccount ? await api.all(AgedAccount, `/aging/accounts${query}`) : undefined;
  answer(options, { ...totals, ...(accounts && { accounts }) }, () => agingText(totals, accounts ?? []));
}

async function rollForward(options: PeriodOptions & ListOptions): Promise<void> {
  requireOrder(options);
  const api = await PaybillApi.of(options);
  const query = asked(options, [...PERIOD, 'currency']);
  const totals = await api.ask(RollForward, `/roll-forward${query}`);
  const accounts = options.perAccount ? await api.all(RolledAccount, `/roll-forward/accounts${query}`) : undefined;
  answer(options, { ...totals, ...(accounts && { accounts }) }, () => rollForwardText(totals, accounts ?? []));
  sayNoUnless([...totals.currencies, ...(accounts ?? [])].every(({ difference }) => isZero(difference)));
}

async function explain(account: string, options: MomentOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const path = `/accounts/${await accountIdOf(api, account)}/explain${asked(options, MOMENTS)}`;
  const explained = await api.ask(Explanation, path);
  answer(options, explained, () => explanationText(explained));
}

const MOMENTS = ['effectiveAt', 'recordedAt'] as const;
const PERIOD = ['from', 'to', 'recordedAt'] as const;

/** The options that the API is asked with, as a query string. */
function asked(options: object, names: readonly string[]): string {
  const given = Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given as [string, string][]).toString()}`;
}

/** The account that an id or a pay bill number names. @throws WrongOption when it is neither, RefusedByPaybill */
async function accountIdOf(api: PaybillApi, text: string): Promise<string> {
  // As it is printed on the bill, it has blanks.
  const number = text.replace(/[\s-]/g, '');
  if (/^\d{14}$/.test(number)) {
    return (await api.ask(z.object({ accountId: z.string() }), `/pay-bill-numbers/${number}`)).accountId;
  }
  try {
    return uuid(text);
  } catch {
    throw new WrongOption('account must be an account’s id, a UUID, or a pay bill number, 14 digits');
  }
}

function isZero({ amount }: { readonly amount: string }): boolean {
  return !/[1-9]/.test(amount);
}

/** Books that do not add up are an answer, and it is no. */
function sayNoUnless(well: boolean): void {
  if (!well) process.exitCode = ExitCode.no;
}
