import { readYaml } from '#libs/platform';
import { RuleSet } from './rule-set.js';

/** A rules file that is not taken: every fault with its path and line. */
export class RulesRefused extends Error {
  override readonly name = 'RulesRefused';
}

/**
 * Reads a rule set from YAML.
 * @param path names the file in what is said about it.
 * @throws RulesRefused
 */
export function readRules(text: string, path: string): RuleSet {
  const read = readYaml(RuleSet, text, path);
  if ('value' in read) return read.value;
  throw new RulesRefused(read.faults);
}
