import { backtest, readRules, type RuleSet } from '#libs/fraud';
import { type MessageLog } from '#libs/messaging';
import { Command, Option } from 'commander';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { eventsBetween, withLog } from './account-log.js';
import { answer } from './answer.js';
import { day, jsonOption, uuid, WrongOption } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { progress } from './progress.js';
import { table } from './table.js';
import { type ApiOptions, type EventStoreOptions, onApi, onEventStore } from './target.js';

interface BacktestOptions extends EventStoreOptions {
  readonly rules: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

interface CasesOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
}

const CaseView = z.object({
  caseId: z.string(),
  accountId: z.string(),
  state: z.string(),
  severity: z.string(),
  alertCount: z.int(),
  assignee: z.string().nullable(),
  reason: z.string().nullable(),
  openedAt: z.string(),
});
const CaseReceipt = z.object({ caseId: z.string(), revision: z.string(), position: z.string(), repeated: z.boolean() });

const EXAMPLE_CASE = 'c65f08d1-a46c-5dcf-b1c6-06926f10e99e';

/** `paybill fraud …`: rules tried on history before they are in force, and the cases they lead to. */
export function fraudCommand(): Command {
  const fraud = new Command('fraud').description('fraud rules tried on history, and the cases they lead to');
  onEventStore(fraud.command('backtest'))
    .description('print what rules would have found in history; nothing is written and nobody is told')
    .requiredOption('--rules <file>', 'the rules (YAML)')
    .option('--from <day>', 'first day, by when payments count (UTC)', day)
    .option('--to <day>', 'last day', day)
    .addHelpText(
      'after',
      `
With --json the first alerts of each rule are printed too, with their evidence. The rules see only what counts within those days: for a rule that knows an account by its habits, begin early enough.

Example:
  paybill fraud backtest --rules my-rules.yaml --from 2026-01-01 --to 2026-01-31`,
    )
    .action(runBacktest);
  fraud.addCommand(rulesCommand());
  fraud.addCommand(casesCommand());
  return fraud;
}

function rulesCommand(): Command {
  const rules = new Command('rules').description('the files that fraud rules stand in');
  rules
    .command('check')
    .description('say whether a rules file would be taken, and if not, why, with its lines')
    .argument('<file>', 'the rules (YAML)')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  paybill fraud rules check my-rules.yaml')
    .action(async (file: string, options: { json?: boolean }) => {
      const { version, rules: found } = await rulesOf(file);
      const value = { file, version, rules: found.length };
      answer(options, value, () => `${file} would be taken: version ${version}, ${found.length} rules`);
    });
  return rules;
}

function casesCommand(): Command {
  const cases = new Command('cases').description('cases of suspected fraud');
  const add = (name: string, description: string, example: string) =>
    onApi(cases.command(name))
      .description(description)
      .addHelpText('after', `\nExample:\n  paybill fraud cases ${name} ${example}`);
  add('list', 'print the cases, the latest opened first', '--state open')
    .addOption(new Option('--state <state>', 'only these').choices(['open', 'assigned', 'confirmed', 'dismissed']))
    .action(listCases);
  add('assign', 'give a case to somebody to look into', `${EXAMPLE_CASE} --to analyst-7`)
    .argument('<id>', 'the case', uuid)
    .requiredOption('--to <id>', 'who looks into it; an opaque id of a person or a team')
    .action((id: string, options: CasesOptions & { to: string }) =>
      decide(id, 'assign', { assignee: options.to }, options),
    );
  add('confirm', 'it is fraud: payments of the account are held', `${EXAMPLE_CASE} --reason customer-confirmed`)
    .argument('<id>', 'the case', uuid)
    .requiredOption('--reason <code>', 'a code such as customer-confirmed')
    .action((id: string, options: CasesOptions & { reason: string }) =>
      decide(id, 'confirm', { reason: options.reason }, options),
    );
  add('dismiss', 'it is no fraud: a hold of the case is released', `${EXAMPLE_CASE} --reason known-customer`)
    .argument('<id>', 'the case', uuid)
    .requiredOption('--reason <code>', 'a code such as known-customer')
    .action((id: string, options: CasesOptions & { reason: string }) =>
      decide(id, 'dismiss', { reason: options.reason }, options),
    );
  return cases;
}

/** @throws WrongOption | RulesRefused */
async function rulesOf(file: string): Promise<RuleSet> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new WrongOption(`the rules cannot be read: ${error.message}`);
  });
  return readRules(text, file);
}

async function runBacktest({ rules: file, from, to, ...options }: BacktestOptions): Promise<void> {
  // The rules first: a wrong file is named whether or not Paybill runs.
  const rules = await rulesOf(file);
  if (from !== undefined && to !== undefined && from > to) throw new WrongOption('--to: must not lie before --from');
  const report = await withLog(options, (log) => backtest({ rules, messages: history(log, { from, to }) }));
  answer(options, report, () => reported(report));
}

/** What the log has to say about a stretch of days, as it stands now. */
async function* history(log: MessageLog, { from, to }: { from?: string | undefined; to?: string | undefined }) {
  const end = await log.store.lastPosition();
  const shown = progress('evaluating', Number(end));
  let read = 0;
  try {
    for await (const event of eventsBetween(log, 0n, end)) {
      const message = log.toMessage(event);
      const on = message.data.effectiveAt.slice(0, 10);
      if ((from === undefined || on >= from) && (to === undefined || on <= to)) yield message;
      shown.update(Number(event.position), ++read);
    }
  } finally {
    shown.stop();
  }
}

function reported({ ruleSetVersion, messages, from, to, rules }: Awaited<ReturnType<typeof backtest>>): string {
  const days = from === undefined || to === undefined ? '' : ` of ${from.slice(0, 10)} to ${to.slice(0, 10)}`;
  const rows = rules.map(({ id, version, action, alerts, accounts, amounts, first, last, samples }) => [
    ...[`${id} v${version}`, action, String(alerts), String(accounts)],
    Object.entries(amounts)
      .map(([currency, amount]) => `${amount} ${currency}`)
      .join(', '),
    ...[first?.slice(0, 10) ?? '', last?.slice(0, 10) ?? '', samples[0]?.accountId ?? ''],
  ]);
  const headings = ['rule', 'action', 'alerts', 'accounts', 'amount', 'first', 'last', 'example (account)'];
  return `Rules ${ruleSetVersion} over ${messages.toLocaleString('en')} messages${days}\n
${table([headings, ...rows], [2, 3, 4])}`;
}

async function listCases({ state, ...options }: CasesOptions & { state?: string }): Promise<void> {
  const api = await PaybillApi.of(options);
  const cases = await api.all(CaseView, `/fraud/cases${state === undefined ? '' : `?state=${state}`}`);
  answer(options, { cases }, () => (cases.length === 0 ? 'there is no case' : listing(cases)));
}

function listing(cases: readonly z.output<typeof CaseView>[]): string {
  const rows = cases.map(({ caseId, accountId, state: at, severity, alertCount, assignee, reason, openedAt }) => [
    ...[caseId, accountId, at, severity, String(alertCount), assignee ?? '', reason ?? ''],
    openedAt.replace(/\.\d+Z$/, 'Z'),
  ]);
  const headings = ['case', 'account', 'state', 'severity', 'alerts', 'assignee', 'reason', 'opened'];
  return table([headings, ...rows], [4]);
}

const DONE = { assign: 'is assigned', confirm: 'is confirmed', dismiss: 'is dismissed' } as const;

async function decide(id: string, action: keyof typeof DONE, body: object, options: CasesOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const receipt = await api.ask(CaseReceipt, `/fraud/cases/${id}/${action}`, { method: 'POST', body });
  answer(options, receipt, () => `case ${id} ${DONE[action]}`);
}
