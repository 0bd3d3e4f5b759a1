import { formatMinor, parseMinor } from '../../money/minor-units.js';
import { digitsOf } from '../../money/money.js';
import { startOf } from '../../billing/command-fields.js';
import { type GlAccount, inChart, isResult } from '../chart-of-accounts.js';
import { type EntryPosting, type JournalEntry } from '../journal-entry.js';

/** What an account's balances were when the exported period begins; of no event. */
interface OpeningEntry extends Pick<JournalEntry, 'accountId' | 'effectiveAt' | 'postings'> {
  readonly kind: 'opening-balances';
  readonly position: null;
  readonly revision: null;
  readonly eventId: null;
  readonly reference: null;
  readonly reason: null;
  readonly recordedAt: null;
}

export type ExportedEntry = JournalEntry | OpeningEntry;

const RESULTS: GlAccount = 'Opening Balances';

/**
 * What is exported of one account: its entries of the period, and before them one that carries forward what the earlier
 * ones came to. Balances go on, so they are carried forward as they were; results do not, and come together in equity.
 * @param entries all of the account until the period's end, in the order in which they count.
 * @param from the period's first day.
 */
export function exportedEntries(entries: readonly JournalEntry[], from: string | undefined): readonly ExportedEntry[] {
  if (from === undefined) return entries;
  const begins = startOf(from);
  const first = entries.findIndex(({ effectiveAt }) => effectiveAt >= begins);
  const earlier = first === -1 ? entries : entries.slice(0, first);
  const postings = carriedForward(earlier.flatMap((entry) => entry.postings));
  const inPeriod = entries.slice(earlier.length);
  if (postings.length === 0) return inPeriod;
  return [opening(entries[0]!.accountId, begins, postings), ...inPeriod];
}

function opening(accountId: string | null, effectiveAt: string, postings: readonly EntryPosting[]): OpeningEntry {
  return {
    position: null,
    accountId,
    revision: null,
    eventId: null,
    kind: 'opening-balances',
    reference: null,
    reason: null,
    effectiveAt,
    recordedAt: null,
    postings,
  };
}

function carriedForward(postings: readonly EntryPosting[]): EntryPosting[] {
  const currency = postings[0]?.amount.currency;
  if (currency === undefined) return [];
  const digits = digitsOf(currency);
  const sums = new Map<string, bigint>();
  let results = 0n;
  for (const { account, amount } of postings) {
    const minor = parseMinor(amount.amount, digits);
    if (isResult(inChart(account))) results += minor;
    else sums.set(account, (sums.get(account) ?? 0n) + minor);
  }
  return [...sums, [RESULTS, results] as const]
    .filter(([, minor]) => minor !== 0n)
    .map(([account, minor]) => ({ account, amount: { amount: formatMinor(minor, digits), currency } }));
}

/** Cuts entries that stand in the order of their accounts into those of each. */
export function* byAccount(entries: readonly JournalEntry[]): Generator<readonly JournalEntry[]> {
  for (let from = 0; from < entries.length;) {
    const { accountId } = entries[from]!;
    let to = from + 1;
    while (entries[to]?.accountId === accountId) to++;
    yield entries.slice(from, to);
    from = to;
  }
}
