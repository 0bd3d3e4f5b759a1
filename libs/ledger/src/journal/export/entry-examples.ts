import { type Recorded } from '#libs/event-sourcing';
import { type AccountEvent } from '../../billing/account-events.js';
import { historyEntryOf } from '../../history/history-entry.js';
import { formatMinor, parseMinor } from '../../money/minor-units.js';
import { digitsOf } from '../../money/money.js';
import { type JournalEntry } from '../journal-entry.js';
import { postingsOf } from '../postings.js';
import { byAccount, type ExportedEntry, exportedEntries } from './exported-entry.js';
import { type JournalFormat } from './journal-format.js';

/* Journals for the specs of the export. */

/**
 * The journal of a log, by account and in the order in which it counts.
 * @param days how many days after the first of 2026 each event is effective, in turn: what is recorded later may well
 * count earlier.
 */
export function journalOf(log: readonly Recorded<AccountEvent>[], days: readonly number[]): JournalEntry[] {
  const entries = log.map((event, index) => entryOf(event, days[index % days.length]!));
  return entries.filter(({ postings }) => postings.length > 0).sort(inOrder);
}

function entryOf(event: Recorded<AccountEvent>, day: number): JournalEntry {
  return {
    position: event.position.toString(),
    accountId: event.entityId,
    revision: event.revision.toString(),
    eventId: event.id,
    ...historyEntryOf(event),
    effectiveAt: new Date(Date.UTC(2026, 0, 1 + day, 12)).toISOString(),
    recordedAt: event.metadata.recordedAt,
    postings: postingsOf(event).map(({ account, amount, currency }) => ({ account, amount: { amount, currency } })),
  };
}

function inOrder(left: JournalEntry, right: JournalEntry): number {
  const by = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return (
    by(left.accountId ?? '~', right.accountId ?? '~') ||
    by(left.effectiveAt, right.effectiveAt) ||
    Number(left.revision) - Number(right.revision)
  );
}

/** Entries in a format, as an export of them would be. */
export function written(format: JournalFormat, all: readonly JournalEntry[], from?: string): string {
  const extent = { position: '0', entries: all.length };
  const texts = [...byAccount(all)].flatMap((entries) => {
    const exported = exportedEntries(entries, from);
    return exported.length > 0 ? [format.account(exported)] : [];
  });
  return format.begin(extent) + texts.join('') + format.end(extent);
}

/** What every general-ledger account comes to in each currency, as `12.30 USD`; those of zero are left out. */
export function totalsOf(entries: readonly Pick<ExportedEntry, 'postings'>[]): Record<string, string[]> {
  const sums = new Map<string, Map<string, bigint>>();
  for (const { account, amount } of entries.flatMap(({ postings }) => postings)) {
    const { currency } = amount;
    const sum = sums.get(account) ?? new Map<string, bigint>();
    sums.set(account, sum.set(currency, (sum.get(currency) ?? 0n) + parseMinor(amount.amount, digitsOf(currency))));
  }
  const lines = [...sums].map(([account, sum]) => [
    account,
    [...sum]
      .filter(([, minor]) => minor !== 0n)
      .map(([currency, minor]) => `${formatMinor(minor, digitsOf(currency))} ${currency}`)
      .sort(),
  ]);
  return Object.fromEntries(lines.filter(([, amounts]) => amounts!.length > 0)) as Record<string, string[]>;
}

/** The same from what an accounting program found: without classes and customers, names as they were before escaping. */
export function totalsFrom(balances: ReadonlyMap<string, readonly string[]>): Record<string, string[]> {
  const entries = [...balances].map(([path, amounts]) => {
    const [, name = '', last = ''] = path.split(':');
    const divided = name === 'Revenue' || name === 'Tax Payable';
    const account = divided ? `${name}:${decodeURIComponent(last)}` : name;
    return {
      postings: amounts.map((amount) => {
        const [number = '', currency = ''] = amount.split(' ');
        return { account, amount: { amount: number, currency } };
      }),
    };
  });
  return totalsOf(entries);
}
