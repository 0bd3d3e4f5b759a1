/*
 * By which rules customers object to what they are charged. Data, so that another regulator is another version; the version is
 * recorded in the events it shaped, together with what followed from it, so that history is read without it.
 */

interface DisputePolicy {
  /** Recorded in events; a policy that changes gets another. */
  readonly version: string;
  /** Days that the customer has, after a decision for the company, before what was in dispute is dunned for. */
  readonly daysToPayAfter: number;
}

/**
 * United States: what is in dispute need not be paid, is not reported as late and bears no charge; after the decision the
 * customer has ten days to pay before it is (12 CFR 1026.13(d) and (g)(2); 52 Pa. Code §56.164 for utilities).
 */
export const DISPUTE_POLICY: DisputePolicy = { version: 'us-billing-error/1', daysToPayAfter: 10 };
