import { Command } from 'commander';
import { z } from 'zod';
import { answer } from './answer.js';
import { WrongOption } from './options.js';
import { PaybillApi, RefusedByPaybill } from './paybill-api.js';
import { table } from './table.js';
import { type ApiOptions, onApi } from './target.js';

interface ParkedOptions extends ApiOptions {
  readonly actor: string;
  readonly json?: boolean;
}

/** What waits for a person, of either kind. */
interface Parked {
  readonly kind: 'message' | 'delivery';
  readonly id: string;
  readonly accountId: string;
  /** What it is, and who could not do it: `payment.applied → notifications`, `bill-ready → email`. */
  readonly what: string;
  readonly reason: string | null;
  readonly attempts: number;
  /** How much queues behind it; null where that is not told. */
  readonly waiting: number | null;
  readonly since: string;
}

const ParkedMessage = z.object({
  id: z.string(),
  consumer: z.string(),
  accountId: z.string(),
  type: z.string().nullable(),
  reason: z.string().nullable(),
  attempts: z.int(),
  waiting: z.int(),
  parkedAt: z.string(),
});
const ParkedDelivery = z.object({
  id: z.string(),
  accountId: z.string(),
  type: z.string(),
  channel: z.string(),
  reason: z.string().nullable(),
  attempts: z.int(),
  lastAttemptAt: z.string().nullable(),
  createdAt: z.string(),
});
const Decided = z.object({ id: z.string(), state: z.string() });

/** `paybill parked …`: what consumers could not handle and what could not be delivered, for a person to decide. */
export function parkedCommand(): Command {
  const parked = new Command('parked').description(
    'messages and deliveries that failed for good and hold up their account',
  );
  onApi(parked.command('list'))
    .description('print what is parked, the oldest first')
    .addHelpText('after', '\nExample:\n  paybill parked list --data ./data')
    .action(list);
  onApi(parked.command('retry'))
    .description('have one tried again, or all, and then what waits behind it')
    .argument('[id]', 'a number is a message, a UUID a delivery')
    .option('--all', 'everything that is parked')
    .addHelpText('after', '\nExamples:\n  paybill parked retry 17\n  paybill parked retry --all')
    .action(retry);
  onApi(parked.command('discard'))
    .description('give one up, so that those behind it go on')
    .argument('<id>', 'a number is a message, a UUID a delivery')
    .requiredOption('--reason <text>', 'why; kept and shown to other operators, so no personal data')
    .addHelpText('after', '\nExample:\n  paybill parked discard 17 --reason "sent by a test"')
    .action(discard);
  return parked;
}

async function list(options: ParkedOptions): Promise<void> {
  const parked = await everyParked(await PaybillApi.of(options));
  answer(options, { parked }, () => (parked.length === 0 ? 'nothing is parked' : listing(parked)));
}

async function everyParked(api: PaybillApi): Promise<Parked[]> {
  const messages = await api.all(ParkedMessage, '/parked-messages');
  const deliveries = await api.all(ParkedDelivery, '/parked-deliveries');
  const parked = [
    ...messages.map(({ consumer, type, parkedAt: since, ...one }): Parked => {
      return { kind: 'message', ...one, what: `${type ?? 'unknown'} → ${consumer}`, since };
    }),
    ...deliveries.map(({ type, channel, lastAttemptAt, createdAt, ...one }): Parked => {
      return {
        kind: 'delivery',
        ...one,
        what: `${type} → ${channel}`,
        waiting: null,
        since: lastAttemptAt ?? createdAt,
      };
    }),
  ];
  return parked.sort((a, b) => a.since.localeCompare(b.since));
}

function listing(parked: readonly Parked[]): string {
  const rows = parked.map(({ kind, id, accountId, what, reason, attempts, waiting, since }) => [
    ...[kind, id, accountId, what, String(attempts), waiting === null ? '' : String(waiting)],
    ...[since.replace(/\.\d+Z$/, 'Z'), oneLine(reason ?? '')],
  ]);
  return table([['kind', 'id', 'account', 'what', 'attempts', 'waiting', 'since', 'reason'], ...rows], [4, 5]);
}

/** What a server somewhere answered may hold anything, and a terminal obeys some of it. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ');
}

async function retry(id: string | undefined, { all, ...options }: ParkedOptions & { all?: boolean }) {
  if ((id === undefined) === (all === undefined)) throw new WrongOption('name the id to retry, or --all');
  const path = id === undefined ? undefined : pathOf(id);
  const api = await PaybillApi.of(options);
  if (path !== undefined) {
    const decided = await api.ask(Decided, `${path}/retry`, { method: 'POST' });
    answer(options, decided, () => `${decided.id} is tried again`);
    return;
  }
  const decided = await retryAll(api);
  const { length } = decided.retried;
  answer(options, decided, () => (length === 0 ? 'nothing is parked' : `${length} are tried again`));
}

/** Somebody else may decide one meanwhile; that is no reason to leave the others. */
async function retryAll(api: PaybillApi): Promise<{ retried: string[]; decidedMeanwhile: string[] }> {
  const retried: string[] = [];
  const decidedMeanwhile: string[] = [];
  for (const { id } of await everyParked(api)) {
    try {
      await api.ask(Decided, `${pathOf(id)}/retry`, { method: 'POST' });
      retried.push(id);
    } catch (error) {
      if (!(error instanceof RefusedByPaybill)) throw error;
      decidedMeanwhile.push(id);
    }
  }
  return { retried, decidedMeanwhile };
}

async function discard(id: string, { reason, ...options }: ParkedOptions & { reason: string }): Promise<void> {
  const path = pathOf(id);
  const api = await PaybillApi.of(options);
  const decided = await api.ask(Decided, `${path}/discard`, { method: 'POST', body: { reason } });
  answer(options, decided, () => `${decided.id} is given up`);
}

/** The two kinds never have the same ids: messages are numbered, deliveries have UUIDs. */
function pathOf(id: string): string {
  if (/^\d{1,18}$/.test(id)) return `/parked-messages/${id}`;
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id)) return `/parked-deliveries/${id}`;
  throw new WrongOption('the id must be a number (a message) or a UUID (a delivery), as paybill parked list prints it');
}
