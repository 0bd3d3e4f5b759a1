import { Command } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import { uuid } from './options.js';
import { PaybillApi } from './paybill-api.js';
import { properties, table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface VerificationOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
}

const Entry = z.looseObject({ what: z.string(), at: z.string(), actor: z.string() });
const Verification = z.object({
  accountId: z.string(),
  pinSetAt: z.string().nullable(),
  question: z.string().nullable(),
  questionText: z.string().nullable(),
  locked: z.boolean(),
  lockedUntil: z.string().nullable(),
  attemptsLeft: z.int(),
  trail: z.array(Entry),
});
const Unlocked = z.object({
  accountId: z.string(),
  unlocked: z.boolean(),
  position: z.string(),
  repeated: z.boolean(),
});

const EXAMPLE_ACCOUNT = '3f0c2b1e-8a4d-4c58-9d55-0c6f0a1e2b3d';

/** `paybill verification …`: how customers prove who they are, for staff who have to help one that is locked out. */
export function verificationCommand(): Command {
  const verification = new Command('verification').description('PIN, security question and codes of a customer');
  onApi(verification.command('show'))
    .description('print what a customer has set, whether it is locked, and what happened last')
    .argument('<account>', 'the account', uuid)
    .addHelpText(
      'after',
      `\nNo secret is shown: none is kept.\n\nExample:\n  paybill verification show ${EXAMPLE_ACCOUNT}`,
    )
    .action(show);
  onApi(verification.command('unlock'))
    .description('end a lock and forgive what was counted, once you know otherwise who the customer is')
    .argument('<account>', 'the account', uuid)
    .requiredOption('--reason <code>', 'a code such as identified-in-person; kept for ever with --actor')
    .addHelpText(
      'after',
      `\nExample:\n  paybill verification unlock ${EXAMPLE_ACCOUNT} --reason identified-in-person --actor agent-7`,
    )
    .action(unlock);
  return verification;
}

async function show(accountId: string, options: VerificationOptions): Promise<void> {
  const api = await PaybillApi.of(options);
  const shown = await api.ask(Verification, `/accounts/${accountId}/verification`);
  answer(options, shown, () => described(shown));
}

function described({ pinSetAt, question, locked, lockedUntil, attemptsLeft, trail }: z.output<typeof Verification>) {
  const lock = locked ? `until ${lockedUntil === null ? 'staff unlocks' : shortly(lockedUntil)}` : 'no';
  const facts: [string, string][] = [
    ['PIN', pinSetAt === null ? 'not set' : `set ${shortly(pinSetAt)}`],
    ['question', question ?? 'not set'],
    ['locked', lock],
    ['attempts left', String(attemptsLeft)],
  ];
  const rows = trail.map(({ what, at, actor, ...more }) => [shortly(at), what, actor, details(more)]);
  const happened = rows.length === 0 ? 'nothing has happened yet' : table([['when', 'what', 'actor', ''], ...rows]);
  return `${properties(facts)}\n\n${happened}`;
}

/** What an entry of the trail says besides, in the order in which it is said. */
function details(more: Readonly<Record<string, unknown>>): string {
  return ['method', 'purpose', 'askedBy', 'question', 'until', 'expiresAt', 'reason']
    .flatMap((name) => (typeof more[name] === 'string' ? [more[name]] : []))
    .join(', ');
}

function shortly(instant: string): string {
  return instant.replace(/\.\d+Z$/, 'Z');
}

async function unlock(accountId: string, { reason, ...options }: VerificationOptions & { reason: string }) {
  const api = await PaybillApi.of(options);
  const path = `/accounts/${accountId}/verification/unlock`;
  const unlocked = await api.ask(Unlocked, path, { method: 'POST', body: { reason } });
  const done = unlocked.unlocked ? 'is unlocked' : 'was not locked, and nothing was counted';
  answer(options, unlocked, () => `verification of ${accountId} ${done}`);
}
