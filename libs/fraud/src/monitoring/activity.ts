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
  /** For a rule and version, the bursts it has alerted about: that one goes on is no new alert. */
  readonly bursts: Readonly<Record<string, readonly Burst[]>>;
}

/** A stretch of time in which a rule finds what it looks for again and again: when it was alerted, and the latest find. */
export type Burst = readonly [began: number, latest: number];

export const NOTHING: Activity = { entries: [], bursts: {} };

/** How much is remembered under each key of a scope. */
export interface Bounds {
  /** The longest window of any rule, in milliseconds. */
  readonly window: number;
  /**
   * The most entries of each kind. When there are more, the earliest of that kind go, and a rule sees the latest only. Kinds
   * do not share a place: honest payments, of which there are most under load, must not push the declined ones out.
   */
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
  kept.splice(0, tooOld);
  if (place < tooOld) return { entries: kept, own: -1 };
  const own = place - tooOld;
  const surplus = surplusOf(kept, entry.kind, bounds.most);
  if (surplus < 0) return { entries: kept, own };
  kept.splice(surplus, 1);
  return { entries: kept, own: own === surplus ? -1 : surplus < own ? own - 1 : own };
}

/** Index of the earliest entry of a kind of which there is one too many, else −1. */
function surplusOf(entries: readonly Entry[], kind: FactKind, most: number): number {
  if (entries.length <= most) return -1;
  let count = 0;
  for (const entry of entries) if (entry.kind === kind) count++;
  return count > most ? entries.findIndex((entry) => entry.kind === kind) : -1;
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
  readonly b?: Activity['bursts'];
}

export function stored({ entries, bursts }: Activity): StoredActivity {
  const e = entries.map((entry): StoredEntry => {
    const { at, kind, units, currency, messageId, accountId, token, paymentId } = entry;
    return [at, kind, units.toString(), currency, messageId, accountId, token, paymentId];
  });
  return Object.keys(bursts).length > 0 ? { e, b: bursts } : { e };
}

export function restored({ e, b = {} }: StoredActivity): Activity {
  const entries = e.map(
    ([at, kind, units, currency = '', messageId = '', accountId = '', token = '', paymentId = '']): Entry => {
      return { at, kind, units: BigInt(units), currency, messageId, accountId, token, paymentId };
    },
  );
  return { entries, bursts: b };
}
