import { type Message } from '#libs/contracts';
import { type Rule, type RuleSet } from '../rules/rule-set.js';
import { decimalOf, unitsOf } from '../rules/units.js';
import { type Activity } from './activity.js';
import { type Alert } from './alert.js';
import { evaluate } from './evaluate.js';
import { monitoringOf } from './monitoring.js';

interface BacktestOptions {
  readonly rules: RuleSet;
  /** In the order of the log, or of any topic: the messages of an account in order. */
  readonly messages: AsyncIterable<Message>;
  /** Told of every alert, for whoever wants more than the report; nothing is kept of it. */
  readonly onAlert?: (alert: Alert) => void;
  /** Most accounts, tokens and channels in memory; those not seen for longest are forgotten first. */
  readonly mostKeys?: number;
}

/** What a rule would have said about a stretch of history. */
interface RuleReport extends Pick<Rule, 'id' | 'version' | 'kind' | 'action' | 'severity'> {
  readonly alerts: number;
  /** Of these, the ones that counted long before they were recorded. */
  readonly historic: number;
  /** Different accounts alerted about; at least so many once {@link MOST_ACCOUNTS} is reached. */
  readonly accounts: number;
  /** Sum of the amounts that set the rule off, by currency. */
  readonly amounts: Readonly<Record<string, string>>;
  /** When the first and last of them count. */
  readonly first?: string;
  readonly last?: string;
  /** The first few, with their evidence. */
  readonly samples: readonly Alert[];
}

interface BacktestReport {
  readonly ruleSetVersion: string;
  readonly messages: number;
  /** When the earliest and latest messages count. */
  readonly from?: string;
  readonly to?: string;
  readonly rules: readonly RuleReport[];
}

const MOST_ACCOUNTS = 100_000;
const SAMPLES = 5;

/** Evaluates rules over messages without any effect: nothing is written, nobody is told. Memory is bounded. */
export async function backtest({
  rules,
  messages,
  onAlert = () => undefined,
  mostKeys = 200_000,
}: BacktestOptions): Promise<BacktestReport> {
  const monitoring = monitoringOf(rules);
  const remembered = new Recent(mostKeys);
  const tallies = new Map(rules.rules.map((rule) => [rule.id, new RuleTally(rule)]));
  let count = 0;
  let from: string | undefined;
  let to: string | undefined;
  for await (const message of messages) {
    count++;
    const { effectiveAt } = message.data;
    if (from === undefined || effectiveAt < from) from = effectiveAt;
    if (to === undefined || effectiveAt > to) to = effectiveAt;
    const { changed, alerts } = evaluate(monitoring, (key) => remembered.get(key), message);
    for (const [key, activity] of changed) remembered.set(key, activity);
    for (const alert of alerts) {
      tallies.get(alert.ruleId)!.add(alert, message);
      onAlert(alert);
    }
  }
  const period = from === undefined ? {} : { from, to };
  const reports = [...tallies.values()].map((tally) => tally.report());
  return { ruleSetVersion: rules.version, messages: count, ...period, rules: reports };
}

class RuleTally {
  #alerts = 0;
  #historic = 0;
  #first: string | undefined;
  #last: string | undefined;
  readonly #accounts = new Set<string>();
  readonly #amounts = new Map<string, { units: bigint; digits: number }>();
  readonly #samples: Alert[] = [];

  constructor(private readonly rule: Rule) {}

  add(alert: Alert, { data }: Message): void {
    this.#alerts++;
    if (alert.historic) this.#historic++;
    if (this.#accounts.size < MOST_ACCOUNTS) this.#accounts.add(alert.accountId);
    if (this.#samples.length < SAMPLES) this.#samples.push(alert);
    const at = alert.effectiveAt;
    if (this.#first === undefined || at < this.#first) this.#first = at;
    if (this.#last === undefined || at > this.#last) this.#last = at;
    if ('amount' in data && data.amount) this.#addAmount(data.amount);
  }

  #addAmount({ amount, currency }: { amount: string; currency: string }): void {
    const before = this.#amounts.get(currency);
    const digits = amount.split('.')[1]?.length ?? 0;
    const units = (before?.units ?? 0n) + (unitsOf(amount) ?? 0n);
    this.#amounts.set(currency, { units, digits: Math.max(digits, before?.digits ?? 0) });
  }

  report(): RuleReport {
    const { id, version, kind, action, severity } = this.rule;
    const amounts = [...this.#amounts].map(([currency, { units, digits }]) => [currency, decimalOf(units, digits)]);
    return {
      ...{ id, version, kind, action, severity },
      alerts: this.#alerts,
      historic: this.#historic,
      accounts: this.#accounts.size,
      amounts: Object.fromEntries(amounts) as Record<string, string>,
      ...(this.#first !== undefined && { first: this.#first, last: this.#last }),
      samples: this.#samples,
    };
  }
}

/** The activity of the keys seen most recently. */
class Recent {
  readonly #activities = new Map<string, Activity>();

  constructor(private readonly most: number) {}

  get(key: string): Activity | undefined {
    return this.#activities.get(key);
  }

  set(key: string, activity: Activity): void {
    // A map keeps the order in which keys came: taken out and put in, this one is the last to be forgotten.
    this.#activities.delete(key);
    this.#activities.set(key, activity);
    if (this.#activities.size > this.most) this.#activities.delete(this.#activities.keys().next().value!);
  }
}
