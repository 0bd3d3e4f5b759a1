import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { RuleSet } from './rule-set.js';

/** A rules file that is not taken: every fault with its path and line. */
export class RulesRefused extends Error {
  override readonly name = 'RulesRefused';
}

interface Issue {
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}

/**
 * Reads a rule set from YAML.
 * @param path names the file in what is said about it.
 * @throws RulesRefused
 */
export function readRules(text: string, path: string): RuleSet {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken) {
    throw new RulesRefused(`${path}:${lines.linePos(broken.pos[0]).line}: is not YAML: ${broken.message}`);
  }
  const result = RuleSet.safeParse(document.toJS());
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, document, lines));
  const inOrder = faults.sort((a, b) => a.line - b.line);
  throw new RulesRefused(inOrder.map(({ line, what }) => `${path}:${line}: ${what}`).join('\n'));
}

/** Members that do not belong there are named one by one, each where it stands. */
function faultsOf({ message, path, keys }: Issue, document: Document, lines: LineCounter) {
  const found = keys
    ? keys.map((key) => [[...path, key], 'is not a setting of this rule'] as const)
    : [[path, message] as const];
  return found.map(([at, what]) => ({
    line: lineOf(document, lines, at),
    what: `${at.map(String).join('.') || 'the file'} ${what}`,
  }));
}

/** The line of what a path leads to or, where that is missing, of what it is missing from. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
