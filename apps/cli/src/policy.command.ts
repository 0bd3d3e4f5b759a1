import { recorded, type EventStore } from '#libs/event-sourcing';
import { account, type AccountEvent, PolicySimulation, readCollectionPolicy } from '#libs/ledger';
import { Command } from 'commander';
import { eventsBetween, withStore } from './account-log.js';
import { answer } from './answer.js';
import { countedText } from './money.js';
import { day, jsonOption, WrongOption } from './options.js';
import { progress } from './progress.js';
import { table } from './table.js';
import { type EventStoreOptions, onEventStore } from './target.js';

interface SimulateOptions extends EventStoreOptions {
  readonly from: string;
  readonly to: string;
  readonly json?: boolean;
}

/** `paybill policy …`: collection policies, tried on history before they are in force. */
export function policyCommand(): Command {
  const policy = new Command('policy').description('collection policies, tried on history before they are in force');
  policy
    .command('check')
    .description('say whether a collection policy file would be taken, and if not, why, with its lines')
    .argument('<file>', 'the policy (YAML)')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  paybill policy check my-policy.yaml')
    .action(check);
  onEventStore(policy.command('simulate'))
    .description('print what a policy would have made of history beside what happened; nothing is written')
    .argument('<file>', 'the policy (YAML)')
    .requiredOption('--from <day>', 'first day on which the policy is asked (UTC)', day)
    .requiredOption('--to <day>', 'last day', day)
    .addHelpText(
      'after',
      `
Each account is lived through day by day with the policy in place of what collections did in those days. Customers are taken to have paid what they paid, when they did: whom a notice would have moved to pay earlier, nobody knows.

Example:
  paybill policy simulate my-policy.yaml --from 2026-01-01 --to 2026-06-30`,
    )
    .action(simulate);
  return policy;
}

async function check(file: string, options: { json?: boolean }): Promise<void> {
  const { versions } = await readCollectionPolicy(file);
  const value = { file, versions: versions.map(({ version, validFrom }) => ({ version, validFrom })) };
  const named = value.versions.map(({ version, validFrom }) => `${version} from ${validFrom}`).join(', ');
  answer(options, value, () => `${file} would be taken: ${named}`);
}

async function simulate(file: string, { from, to, ...options }: SimulateOptions): Promise<void> {
  // The policy first: a wrong file is named whether or not Paybill runs.
  const policy = await readCollectionPolicy(file);
  if (from > to) throw new WrongOption('--to: must not lie before --from');
  const simulation = new PolicySimulation(policy, { from, to });
  await withStore(options, (store) => liveThrough(store, simulation));
  const value = { from, to, policy: policy.versions.map(({ version }) => version), ...simulation.result };
  answer(options, value, () => reported(value));
}

/** Account by account, so that no more than one is in memory. */
async function liveThrough(store: EventStore, simulation: PolicySimulation): Promise<void> {
  const ids: string[] = [];
  const { category } = account;
  for await (const { type, stream } of eventsBetween({ store, category }, 0n, await store.lastPosition())) {
    if (type === 'AccountOpened') ids.push(stream.slice(category.length + 1));
  }
  const shown = progress('simulating', ids.length, 'accounts');
  try {
    for (const [index, id] of ids.entries()) {
      const events: AccountEvent[] = [];
      for await (const stored of store.readStream(`${category}-${id}`)) events.push(recorded(account.events, stored));
      simulation.account(events);
      shown.update(index + 1, index + 1);
    }
  } finally {
    shown.stop();
  }
}

type Simulated = PolicySimulation['result'] & { from: string; to: string; policy: readonly string[] };

function reported({ from, to, policy, accounts, happened, simulated }: Simulated): string {
  const steps = [...new Set([...happened.steps, ...simulated.steps].map(({ step }) => step))].sort();
  const count = (of: Simulated['happened'], step: string) => of.steps.find((one) => one.step === step)?.count ?? 0;
  const rows = [
    ['late fees', countedText(happened.lateFees), countedText(simulated.lateFees)],
    ...steps.map((step) => [
      `step ${step}`,
      ...[happened, simulated].map((of) => count(of, step).toLocaleString('en')),
    ]),
    ['suspended', happened.suspended.toLocaleString('en'), simulated.suspended.toLocaleString('en')],
    ['restored', happened.restored.toLocaleString('en'), simulated.restored.toLocaleString('en')],
    ['written off', countedText(happened.writtenOff), countedText(simulated.writtenOff)],
  ];
  return `Policy ${policy.join(', ')} over ${accounts.toLocaleString('en')} accounts, ${from} to ${to}

${table([['', 'happened', 'simulated'], ...rows], [1, 2])}`;
}
