import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import { countedText, Money, moneyText } from './money.js';
import { day, today, uuid, whole } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { FAILURES, runAnswer, type RunOptions, runsOfAccounts } from './run-of-accounts.js';
import { properties, table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface AutopayOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
}

interface DayOptions extends RunOptions {
  readonly date: string;
}

const Report = z.object({
  accounts: z.int(),
  announced: z.int(),
  presented: z.int(),
  totals: z.array(Money),
  rescheduled: z.int(),
  dropped: z.array(z.object({ reason: z.string(), debits: z.int() })),
  suspended: z.int(),
  stopped: z.int(),
  cardsExpiring: z.int(),
  ...FAILURES,
});

const runs = runsOfAccounts({
  schema: runAnswer({ date: z.string() }, {}, Report),
  path: '/autopay-runs',
  nameOf: ({ date }) => date,
  doing: ['debiting', 'trying'],
  title: ({ date }) => `Autopay run of ${date}`,
  without: 'doing',
  figures: ({ accounts, presented, totals, announced, rescheduled, dropped, suspended, stopped, cardsExpiring }) => [
    ['accounts', accounts.toLocaleString('en')],
    ['debited', countedText({ count: presented, totals })],
    ['announced', announced.toLocaleString('en')],
    ['to be tried again', rescheduled.toLocaleString('en')],
    ...dropped.map(({ reason, debits }): [string, string] => [
      'not debited',
      `${debits.toLocaleString('en')} ${reason}`,
    ]),
    ['autopay suspended', suspended.toLocaleString('en')],
    ['autopay stopped', stopped.toLocaleString('en')],
    ['cards expiring', cardsExpiring.toLocaleString('en')],
  ],
});

const Method = z.object({ kind: z.string(), lastFour: z.string().optional(), expires: z.string().optional() });
const Autopay = z.object({
  accountId: z.string(),
  enrollment: z
    .object({
      enrollmentId: z.string(),
      status: z.string(),
      code: z.string().nullable(),
      method: Method,
      daysBeforeDue: z.int(),
      consent: z.object({ by: z.string(), agreedAt: z.string(), wording: z.string(), means: z.string() }),
      since: z.string(),
    })
    .nullable(),
  debits: z.array(
    z.object({
      debitId: z.string(),
      payOn: z.string(),
      status: z.string(),
      amount: Money,
      bills: z.array(z.object({ billNumber: z.string(), amount: Money })),
      presentments: z.int(),
      paymentId: z.string().nullable(),
      code: z.string().nullable(),
      reason: z.string().nullable(),
    }),
  ),
});
const Enrollment = z.object({
  accountId: z.string(),
  enrollmentId: z.string(),
  status: z.string(),
  code: z.string().nullable(),
  method: Method,
  daysBeforeDue: z.int(),
  enrolledAt: z.string(),
});
const Receipt = z.object({ accountId: z.string(), revision: z.string(), position: z.string(), repeated: z.boolean() });

const ACCOUNT = '0e37c1d2-6a35-4b5e-9d0c-2f1a7c1b9e10';

/** `paybill autopay …`: bills debited as they fall due. */
export function autopayCommand(): Command {
  const autopay = new Command('autopay').description(
    'bills debited as they fall due: the run of a day, and who has it',
  );
  onApi(autopay.command('run'))
    .description('do what is due on a day: answer returns, collect debits, announce the next, warn of cards')
    .option('--date <day>', 'the day; today, in UTC, when it is left out', day)
    .option('--dry-run', 'say what would be done, and do nothing')
    .addHelpText(
      'after',
      `
Ctrl-C ends the watching and not the work. A run that was interrupted, by kill -9 or whatever else, is resumed by the same
command, and nothing is debited twice. Days on which no run was made are made up for by the next. The exit code is 1 when
accounts failed; what they lack is printed with them.

Examples:
  paybill autopay run --dry-run
  paybill autopay run`,
    )
    .action(({ date = today(), ...options }: Partial<DayOptions> & RunOptions) => runs.run({ date }, options));
  onApi(autopay.command('status'))
    .description('print how the run of a day stands, or what it came to')
    .requiredOption('--date <day>', 'the day', day)
    .addHelpText('after', '\nExample:\n  paybill autopay status --date 2026-02-20')
    .action(({ date, ...options }: DayOptions) => runs.status(date, options));
  onApi(autopay.command('list'))
    .description('print who has autopay, the latest enrolled first')
    .addOption(new Option('--status <status>', 'only these').choices(['active', 'suspended', 'cancelled', 'stopped']))
    .option('--expires-until <month>', 'only cards that are good until then at the longest, such as 2027-03')
    .option('--limit <n>', 'at most so many', whole(1, 100_000), 1_000)
    .addHelpText('after', '\nExample:\n  paybill autopay list --status suspended')
    .action(list);
  ofAccount(autopay, 'show', 'print the autopay of an account, with every debit announced', '').action(show);
  ofAccount(autopay, 'enroll', 'take down a customer’s authorization', '--token sim_ok --wording autopay-2026-01')
    .requiredOption('--token <token>', 'the gateway’s token for the card or bank account; never its number')
    .option('--expires <month>', 'of a card, such as 2027-03; without it, the token is of a bank account')
    .option('--last-four <figures>', 'as the customer knows it by')
    .requiredOption('--wording <version>', 'the version of the wording they agreed to')
    .addOption(new Option('--means <means>', 'how they agreed').choices(['online', 'phone', 'paper']).default('phone'))
    .option('--evidence <reference>', 'where the recording or signature is kept')
    .option('--agreed-at <instant>', 'when they agreed; now unless given')
    .option('--days-before-due <n>', 'debit so many days before bills are due', whole(0, 31), 0)
    .action(enroll);
  ofAccount(autopay, 'cancel', 'end autopay because the customer says so', '--reason customer-asked')
    .requiredOption('--reason <code>', 'a code such as customer-asked')
    .action((account: string, options: AutopayOptions & { reason: string }) =>
      tell(`/accounts/${account}/autopay/cancel`, { reason: options.reason }, options, 'autopay is cancelled'),
    );
  ofAccount(autopay, 'resume', 'go on with an autopay that was suspended', '--reason customer-called')
    .requiredOption('--reason <code>', 'a code such as customer-called')
    .action((account: string, options: AutopayOptions & { reason: string }) =>
      tell(`/accounts/${account}/autopay/resume`, { reason: options.reason }, options, 'autopay goes on'),
    );
  ofAccount(autopay, 'stop', 'stop one debit, three business days ahead at the latest', '7')
    .argument('<debit>', 'its number', debitNumber)
    .action((account: string, debit: string, options: AutopayOptions) =>
      tell(`/accounts/${account}/autopay/debits/${debit}/stop`, {}, options, `debit ${debit} is stopped`),
    );
  return autopay;
}

function ofAccount(autopay: Command, name: string, description: string, example: string): Command {
  return onApi(autopay.command(name))
    .description(description)
    .argument('<account>', 'the account', uuid)
    .addHelpText('after', `\nExample:\n  ${`paybill autopay ${name} ${ACCOUNT} ${example}`.trim()}`);
}

async function list(options: AutopayOptions & { status?: string; expiresUntil?: string; limit: number }) {
  const { status: wanted, expiresUntil, limit } = options;
  const query = new URLSearchParams({
    ...(wanted !== undefined && { status: wanted }),
    ...(expiresUntil !== undefined && { expiresUntil }),
  });
  const api = await PaybillApi.of(options);
  const path = `/autopay/enrollments${query.size === 0 ? '' : `?${query.toString()}`}`;
  const enrollments = await api.all(Enrollment, path, limit);
  answer(options, { enrollments }, () => {
    if (enrollments.length === 0) return 'nobody has such an autopay';
    const rows = enrollments.map(({ accountId, status: is, code, method, enrolledAt }) => [
      ...[accountId, is, code ?? '', methodText(method), enrolledAt],
    ]);
    return table([['account', 'status', 'code', 'method', 'enrolled'], ...rows]);
  });
}

async function show(account: string, options: AutopayOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const autopay = await api.ask(Autopay, `/accounts/${account}/autopay`);
  answer(options, autopay, () => shown(autopay));
}

function shown({ enrollment, debits }: z.output<typeof Autopay>): string {
  if (enrollment === null) return 'the account has no autopay';
  const { status: is, code, method, consent, since, daysBeforeDue } = enrollment;
  const facts: [string, string][] = [
    ['status', code === null ? is : `${is}: ${code}`],
    ['method', methodText(method)],
    ['debited', daysBeforeDue === 0 ? 'on the due day' : `${daysBeforeDue} days before the due day`],
    ['agreed', `${consent.agreedAt} by ${consent.by}, ${consent.means}, ${consent.wording}`],
    ['bills due from', since],
  ];
  const rows = debits.map(({ debitId, payOn, status: state, amount, presentments, code: why, reason }) => [
    ...[debitId, payOn, moneyText(amount), state, String(presentments), [reason, why].filter(Boolean).join(' ')],
  ]);
  const headings = ['debit', 'on', 'amount', 'state', 'presented', 'why'];
  return `${properties(facts)}${rows.length === 0 ? '' : `\n\n${table([headings, ...rows], [2, 4])}`}`;
}

interface EnrollOptions extends AutopayOptions {
  readonly token: string;
  readonly expires?: string;
  readonly lastFour?: string;
  readonly wording: string;
  readonly means: string;
  readonly evidence?: string;
  readonly agreedAt?: string;
  readonly daysBeforeDue: number;
}

async function enroll(account: string, options: EnrollOptions): Promise<void> {
  const { token, expires, lastFour, wording, means, evidence, daysBeforeDue } = options;
  const { agreedAt = new Date().toISOString() } = options;
  const body = {
    method: {
      kind: expires === undefined ? 'bank-account' : 'card',
      token,
      ...(expires !== undefined && { expires }),
      ...(lastFour !== undefined && { lastFour }),
    },
    daysBeforeDue,
    consent: { by: 'account-holder', agreedAt, wording, means, ...(evidence !== undefined && { evidence }) },
  };
  await tell(`/accounts/${account}/autopay`, body, options, 'autopay is set up');
}

async function tell(path: string, body: object, options: AutopayOptions, words: string): Promise<void> {
  const api = await PaybillApi.of(options);
  const receipt = await api.ask(Receipt, path, { method: 'POST', body });
  answer(options, receipt, () => words);
}

function debitNumber(text: string): string {
  if (/^\d{1,9}$/.test(text)) return text;
  throw new InvalidArgumentError('must be the number of a debit, such as 7');
}

function methodText({ kind, lastFour, expires }: z.output<typeof Method>): string {
  return [kind, ...(lastFour === undefined ? [] : [`…${lastFour}`]), ...(expires === undefined ? [] : [expires])].join(
    ' ',
  );
}
