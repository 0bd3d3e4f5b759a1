import { DAY } from '../rules/duration.js';
import { type Scope } from '../rules/rule-set.js';
import { type Fact, type FactKind } from './facts.js';

/* What is remembered of one account, token or channel: its facts, in order of when they count, within bounds. */

/** A remembered fact. Texts that do not matter for the key are empty. */
export interface Entry {
  readonly at: number;
  readonly kind: FactKind;
  readonly units: bigint;
  readonly currency: string;
  readonly messageId: string;
  readonly accountId: string;
  readonly token: string;
  readonly paymentId: string;
}

/** All that is remembered under one key. */
export interface Activity {
  /** In order of when they count; among equals, in order of arrival. */
  readonly entries: readonly Entry[];
  /** For a rule and version, when it last found what it looks for: that it still does is no new alert. */
  readonly found: Readonly<Record<string, readonly number[]>>;
}

export const NOTHING: Activity = { entries: [], found: {} };

/** How much is remembered under each key of a scope. */
export interface Bounds {
  /** The longest window of any rule, in milliseconds. */
  readonly window: number;
  /** The most entries. When there are more, the earliest go, and a rule sees the latest only. */
  readonly most: number;
}

/**
 * The ledger takes a payment that counts up to a day ahead. Nothing is forgotten until a window and that day have passed,
 * or one payment dated tomorrow would make the rules blind until then.
 */
const AHEAD = DAY;

/** Adds an entry where it belongs, and forgets what no window can reach any more. `own` is −1 when it is itself too old. */
export function remember(entries: readonly Entry[], entry: Entry, bounds: Bounds): { entries: Entry[]; own: number } {
  const place = firstAfter(entries, entry.at);
  const latest = Math.max(entry.at, entries.at(-1)?.at ?? entry.at);
  const kept = entries.slice();
  kept.splice(place, 0, entry);
  const tooOld = firstAfter(kept, latest - bounds.window - AHEAD);
  const drop = Math.max(tooOld, kept.length - bounds.most);
  if (drop > 0) kept.splice(0, drop);
  return { entries: kept, own: place < drop ? -1 : place - drop };
}

/** Index of the first entry later than a moment. */
export function firstAfter(entries: readonly Entry[], moment: number): number {
  // Nearly always the latest is what has just come.
  if (entries.length === 0 || entries.at(-1)!.at <= moment) return entries.length;
  let low = 0;
  let high = entries.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.at <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A fact as it is remembered under a key of a scope. */
export function entryOf(fact: Fact, scope: Scope): Entry {
  const { at, kind, messageId, amount } = fact;
  return {
    at,
    kind,
    units: amount?.units ?? 0n,
    currency: amount?.currency ?? '',
    messageId,
    accountId: scope === 'account' ? '' : fact.accountId,
    token: scope === 'token' ? '' : (fact.token ?? ''),
    paymentId: scope === 'account' ? (fact.paymentId ?? '') : '',
  };
}

/** The keys a fact is remembered under. */
export function keyOf(fact: Fact, scope: Scope): string | undefined {
  const id = scope === 'account' ? fact.accountId : scope === 'token' ? fact.token : fact.channel;
  return id === undefined || id === '' ? undefined : `${scope}:${id}`;
}

type StoredEntry = [at: number, kind: FactKind, units: string, ...texts: string[]];
/** Activity as its row holds it: small, because it is written with every batch. */
export interface StoredActivity {
  readonly e: readonly StoredEntry[];
  readonly f?: Activity['found'];
}

export function stored({ entries, found }: Activity): StoredActivity {
  const e = entries.map((entry): StoredEntry => {
    const { at, kind, units, currency, messageId, accountId, token, paymentId } = entry;
    return [at, kind, units.toString(), currency, messageId, accountId, token, paymentId];
  });
  return Object.keys(found).length > 0 ? { e, f: found } : { e };
}

export function restored({ e, f = {} }: StoredActivity): Activity {
  const entries = e.map(
    ([at, kind, units, currency = '', messageId = '', accountId = '', token = '', paymentId = '']): Entry => {
      return { at, kind, units: BigInt(units), currency, messageId, accountId, token, paymentId };
    },
  );
  return { entries, found: f };
}
