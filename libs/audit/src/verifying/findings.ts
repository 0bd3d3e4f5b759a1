/** What verification can find; docs/runbooks/audit-verify-finds-faults.md says what each of them means. */
type FindingKind =
  | 'changed'
  | 'wrong-id'
  | 'removed'
  | 'inserted'
  | 'broken-link'
  | 'reordered'
  | 'hidden'
  | 'rewritten'
  | 'truncated'
  | 'forked'
  | 'bad-checkpoint';

/** Something that is not as it was written or signed. */
export interface Finding {
  readonly kind: FindingKind;
  /** A sentence for people that names what and where. */
  readonly message: string;
  readonly stream?: string;
  readonly revision?: number;
  /** In the log, in bytes. */
  readonly position?: bigint;
  readonly eventId?: string;
}

/** Findings beyond these are counted and not kept: a log that is replaced as a whole has as many as events. */
const MOST_KEPT = 1000;

/** Findings in the order in which they were made. */
export class Findings {
  readonly #kept = new Set<Finding>();
  #count = 0;

  add(finding: Finding): Finding {
    this.#count += 1;
    if (this.#kept.size < MOST_KEPT) this.#kept.add(finding);
    return finding;
  }

  /** A finding that turned out to be something else. */
  withdraw(finding: Finding): void {
    this.#count -= 1;
    this.#kept.delete(finding);
  }

  get count(): number {
    return this.#count;
  }

  get kept(): readonly Finding[] {
    return [...this.#kept];
  }
}
