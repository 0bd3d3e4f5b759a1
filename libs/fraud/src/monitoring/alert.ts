import { type Rule } from '../rules/rule-set.js';

/** What a rule says about a message, with all that is needed to check it by hand. */
export interface Alert {
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly ruleSetVersion: string;
  readonly kind: Rule['kind'];
  readonly action: Rule['action'];
  readonly severity: Rule['severity'];
  /** The account of the message that set the rule off. */
  readonly accountId: string;
  /** What the rule counts by: `account:…`, `token:…`, `channel:…`. */
  readonly key: string;
  /** The message that set the rule off. */
  readonly messageId: string;
  /** When that message counts, and when it was recorded; ISO 8601, UTC. */
  readonly effectiveAt: string;
  readonly recordedAt: string;
  /** The message counts so long before it was recorded that it is history: noted, but nobody acts on it. */
  readonly historic: boolean;
  readonly evidence: Evidence;
}

interface Evidence {
  /** Ids of the messages the rule looked at, the latest {@link MOST_EVENTS} of them, in order of when they count. */
  readonly events: readonly string[];
  /** How many there were. */
  readonly eventCount: number;
  /** The numbers that were compared; money as exact decimals. */
  readonly numbers: Readonly<Record<string, string | number>>;
  /** The stretch of time looked at; ISO 8601, UTC. */
  readonly window: { readonly from: string; readonly to: string };
}

/** Enough to see a pattern; a thousand ids in one alert help nobody. */
export const MOST_EVENTS = 50;
