import { readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { readRules } from './read-rules.job.js';
import { type RuleSet } from './rule-set.js';

/** What fraud monitoring is set by. */
export const FraudSettings = z.object({
  /** The rules file in force; the rules that come with Paybill when it is not set. */
  PAYBILL_FRAUD_RULES: z.string().optional(),
});

/** The rules that come with Paybill. They are not copied into dist: from there, too, the way leads to the source. */
export const DEFAULT_RULES = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../rules/default.yaml' : '../../../../../libs/fraud/rules/default.yaml',
    import.meta.url,
  ),
);

/** How the rules stand, for health and for whoever asks which rules are in force. */
export interface RulesStanding {
  readonly path: string;
  readonly rules: RuleSet;
  /** The same as they stand in the file. */
  readonly written: unknown;
  /** When they were taken into force by this process. */
  readonly since: Date;
  /** Why a newer file was not taken, while that is so. */
  readonly refused: { readonly reason: string; readonly at: Date } | undefined;
}

const LOOK_EVERY_MS = 1_000;

/** A rules file and the rules in force. A file that becomes bad changes nothing but what is told about it. */
export class RulesFile {
  #standing: RulesStanding;
  #seen: string;

  private constructor(path: string, text: string, seen: string) {
    this.#standing = standingOf(path, text);
    this.#seen = seen;
  }

  /** @throws RulesRefused | Error when there is no such file: without rules nothing starts. */
  static async open(path: string = DEFAULT_RULES): Promise<RulesFile> {
    const seen = await lookOf(path);
    return new RulesFile(path, await readFile(path, 'utf8'), seen);
  }

  get rules(): RuleSet {
    return this.#standing.rules;
  }

  get standing(): RulesStanding {
    return this.#standing;
  }

  /** Reads the file again when it has changed. @returns whether anything is different now. */
  async refresh(): Promise<boolean> {
    const { path } = this.#standing;
    try {
      const seen = await lookOf(path);
      if (seen === this.#seen) return false;
      const text = await readFile(path, 'utf8');
      this.#seen = seen;
      this.#standing = standingOf(path, text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason === this.#standing.refused?.reason) return false;
      // A file that cannot be read is looked at again, and so is one that comes back as it was.
      if (!isRefusal(error)) this.#seen = '';
      this.#standing = { ...this.#standing, refused: { reason, at: new Date() } };
    }
    return true;
  }

  /** Looks at the file every second until `signal` aborts, and tells when anything is different. */
  async watch(
    signal: AbortSignal,
    changed: (standing: RulesStanding) => void | Promise<void>,
    everyMs = LOOK_EVERY_MS,
  ): Promise<void> {
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted && (await this.refresh())) await changed(this.#standing);
    }
  }
}

function standingOf(path: string, text: string): RulesStanding {
  return { path, rules: readRules(text, path), written: parse(text), since: new Date(), refused: undefined };
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'RulesRefused';
}

/** What a change of a file shows in; another file put in its place has another number. */
async function lookOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs} ${size} ${ino}`;
}
